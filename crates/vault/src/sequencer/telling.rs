//! Tells the key holder what was published. It released keys for entries and waits until it hears that they are in the log;
//! without that it releases no more.

use super::Sequencer;
use domain::{EntryId, Millis};
use keys::{HolderError, Published};
use store::PendingLeaf;
use transparency::empty_root;

/// With nothing new, it is asked this often whether it misses something, in milliseconds.
const EVERY_MS: i64 = 2_000;
/// How many are kept for a holder that doesn't answer. It asks for others when it answers again.
const MOST: usize = 100_000;

/// What is still to be told.
pub(super) struct Telling {
    untold: Vec<EntryId>,
    last: Millis,
    failed: Option<HolderError>,
}

impl Default for Telling {
    fn default() -> Self {
        Self { untold: Vec::new(), last: Millis(i64::MIN), failed: None }
    }
}

impl Telling {
    pub(super) fn placed(&mut self, entries: &[PendingLeaf]) {
        let room = MOST.saturating_sub(self.untold.len());
        self.untold.extend(entries.iter().take(room).map(|pending| pending.entry));
    }
}

impl Sequencer {
    /// By whoever has the log's right edge: that is, by one node.
    pub(super) async fn tell(&mut self) {
        let now = self.clock.now();
        let Some(log) = &self.state else { return };
        if self.telling.untold.is_empty() && now.since(self.telling.last).abs() < EVERY_MS {
            return;
        }
        let size = log.builder.size();
        let root = if size == 0 { empty_root() } else { log.builder.root() };
        let head = Published { size, root, entries: &self.telling.untold };
        self.telling.last = now;
        match self.keys.published(self.tenant.id, head).await {
            Ok(owed) => {
                self.telling.failed = None;
                self.telling.untold.clear();
                self.look_for(owed).await;
            }
            Err(error) => {
                if self.telling.failed.replace(error) != Some(error) {
                    let tenant = self.tenant.id.0;
                    tracing::error!(tenant, %error, "the key holder doesn't take what was published; it is told again");
                }
            }
        }
    }

    /// What the holder misses and the log has is told next time.
    async fn look_for(&mut self, owed: Vec<EntryId>) {
        for entry in owed {
            let row = self.store.entry(self.tenant.id, entry).await;
            if matches!(row, Ok(Some(row)) if row.index.is_some()) {
                self.telling.untold.push(entry);
            }
        }
    }
}
