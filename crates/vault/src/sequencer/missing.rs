//! Entries that went missing between their commit and their place: rows that somebody deleted or changed.

use super::{MOST, Sequencer};
use crate::error::VaultError;
use crate::losses::Loss;
use crate::promises::Leaf;
use domain::EntryId;
use store::{PendingLeaf, TileKey};

/// A leaf in a bundle: its length in two bytes, then itself.
const ENTRY_IN_BUNDLE: usize = 2 + 65;
/// How many missed entries are looked for in one round.
const LOOKED_FOR: usize = 256;
/// How many of the newest entries are looked at when the node starts.
const LOOKED_BACK: u32 = 1_000;

/// Milliseconds within which a place that another node gave is in a published head.
const PUBLISHED_WITHIN_MS: i64 = 500;

/// What became of an entry that doesn't wait any more.
enum Fate {
    /// It is in the log, where another node put it.
    Placed,
    /// It has a place that the published log doesn't reach yet.
    Open,
    Lost(Loss),
}

impl Sequencer {
    /// After a publication that didn't count: because another node's did, or because rows were edited, which would stop
    /// the log for ever.
    pub(super) async fn set_aside(&mut self) -> Result<(), VaultError> {
        let mut placed = Vec::new();
        for PendingLeaf { entry, leaf } in self.store.pending(self.tenant.id, None, self.most()).await? {
            match self.store.entry(self.tenant.id, entry).await? {
                None => self.lost(entry, Loss::Gone),
                Some(row) if row.leaf != leaf => self.lost(entry, Loss::Changed),
                Some(row) if row.index.is_some() => placed.push(entry),
                Some(_) => {}
            }
        }
        if placed.is_empty() {
            return Ok(());
        }
        // Another node may have placed them in between; then they don't wait any more.
        for PendingLeaf { entry, .. } in self.store.pending(self.tenant.id, None, self.most()).await? {
            if placed.contains(&entry) {
                self.lost(entry, Loss::Changed);
            }
        }
        Ok(())
    }

    /// Looks for entries that were promised before a look at the queue, from an entry on, which found these, sorted.
    pub(super) async fn miss(&mut self, look: u64, from: Option<EntryId>, found: &[EntryId]) -> Result<(), VaultError> {
        // Where the queue is longer than what was read, only so far.
        let last = found.last().filter(|_| found.len() >= MOST as usize);
        for (entry, leaf, since) in self.promises.missed(self.tenant.id, look, found, LOOKED_FOR) {
            if last.is_some_and(|last| entry > *last) || from.is_some_and(|from| entry < from) {
                continue;
            }
            match self.fate(entry, &leaf).await? {
                Fate::Placed => self.promises.forget(self.tenant.id, entry),
                Fate::Open if self.clock.now().since(since) < PUBLISHED_WITHIN_MS => {}
                Fate::Open => self.lost(entry, Loss::Changed),
                Fate::Lost(loss) => self.lost(entry, loss),
            }
        }
        self.look_back(found).await
    }

    /// Once, at the start: do the newest entries have a place or wait for one? What was promised before is forgotten.
    async fn look_back(&mut self, found: &[EntryId]) -> Result<(), VaultError> {
        if self.looked_back {
            return Ok(());
        }
        let newest = self.store.entries_between(self.tenant.id, EntryId([0; 16]), EntryId([0xff; 16]), LOOKED_BACK);
        let newest = newest.await?;
        // Read after the entries: by now they wait, or have their places.
        let waiting = self.store.pending(self.tenant.id, None, self.most()).await?;
        for row in newest.iter().filter(|row| row.index.is_none()) {
            if found.contains(&row.id) || waiting.iter().any(|wait| wait.entry == row.id) {
                continue;
            }
            let now = self.store.entry(self.tenant.id, row.id).await?;
            if now.is_none_or(|row| row.index.is_none()) {
                self.lost(row.id, Loss::Gone);
            }
        }
        self.looked_back = true;
        Ok(())
    }

    /// What became of an entry that isn't pending.
    async fn fate(&self, entry: EntryId, leaf: &Leaf) -> Result<Fate, VaultError> {
        let Some(row) = self.store.entry(self.tenant.id, entry).await? else { return Ok(Fate::Lost(Loss::Gone)) };
        let Some(place) = row.index else { return Ok(Fate::Lost(Loss::Gone)) };
        if row.leaf != *leaf {
            return Ok(Fate::Lost(Loss::Changed));
        }
        if place >= self.store.head(self.tenant.id).await?.size {
            return Ok(Fate::Open);
        }
        let key = TileKey { level: -1, index: place / 256 };
        let bundle = self.store.tile(self.tenant.id, key).await?.unwrap_or_default();
        let at = (place % 256) as usize * ENTRY_IN_BUNDLE;
        let published = bundle.get(at + 2..at + ENTRY_IN_BUNDLE);
        Ok(if published == Some(leaf) { Fate::Placed } else { Fate::Lost(Loss::Changed) })
    }

    pub(super) fn lost(&mut self, entry: EntryId, loss: Loss) {
        self.promises.forget(self.tenant.id, entry);
        if self.aside.insert(entry) {
            self.losses.add(self.clock.now(), self.tenant.id, entry, loss);
        }
    }
}
