//! What the log has of the line, whatever rows there are: which files were made, and who registered a key. Who takes out all rows, or the
//! newest ones with all that names them, is found out by it. Looked at when a node starts, and once an hour.

use crate::error::VaultError;
use crate::private::entry::{Kind, open_audit};
use crate::wiring::Vault;
use domain::{EntryId, Millis, PersonId, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// How often it is looked at, in milliseconds.
const EVERY_MS: i64 = 3_600_000;
/// How far back it is looked again, in milliseconds: other nodes' clocks may be behind.
const AGAIN_MS: i64 = 24 * 3_600_000;
/// How many rows are fetched at once.
const CHUNK: u32 = 500;

/// What the log has of one tenant's line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Logged {
    /// The numbers of the files that were made.
    pub(super) files: BTreeSet<u64>,
    /// Who registered a key.
    pub(super) people: BTreeSet<PersonId>,
    /// When it was looked at.
    at: Option<Millis>,
}

impl Logged {
    /// Is it time to look, and since when? Of the whole log at first.
    fn due(&self, now: Millis) -> Option<Millis> {
        let Some(at) = self.at else { return Some(Millis(0)) };
        let away = now.since(at);
        // Before the last look: a clock was set back.
        let due = !(0..EVERY_MS).contains(&away);
        due.then(|| Millis(at.0.min(now.0).saturating_sub(AGAIN_MS).max(0)))
    }
}

/// The same of every tenant.
#[derive(Default)]
pub(crate) struct BoardLooks(Mutex<BTreeMap<TenantId, Logged>>);

impl Vault {
    /// What was seen at the last look.
    pub(super) fn board_logged(&self, tenant: TenantId) -> Logged {
        let looks = self.board_looks.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(&tenant).cloned().unwrap_or_default()
    }

    /// Looks at the log, if it is time.
    pub(super) async fn look_at_board_log(&self, tenant: TenantId) -> Result<(), VaultError> {
        let now = self.clock.now();
        let mut logged = self.board_logged(tenant);
        let Some(since) = logged.due(now) else { return Ok(()) };
        let audit = &self.keys(tenant)?.audit;
        let mut before = EntryId([0xff; 16]);
        loop {
            // Others get their turn between two chunks.
            tokio::task::yield_now().await;
            let rows = self.store.entries_between(tenant, EntryId::earliest(since), before, CHUNK).await?;
            for row in &rows {
                let body = open_audit(audit, row.id, &row.leaf, &row.audit).filter(|body| body.decision.is_ok());
                let Some(body) = body else { continue };
                match body.kind {
                    Kind::BoardReport => logged.files.extend(body.board.map(|note| note.number)),
                    Kind::BoardKey => logged.people.extend(body.person),
                    _ => {}
                }
            }
            match rows.last().filter(|_| rows.len() == CHUNK as usize) {
                Some(last) => before = last.id,
                None => break,
            }
        }
        logged.at = Some(now);
        self.board_looks.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, logged);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_looked_at_at_first_and_once_an_hour() {
        let day = 24 * EVERY_MS;
        let looked = |at| Logged { at: Some(Millis(at)), ..Logged::default() };
        assert_eq!(Logged::default().due(Millis(9 * day)), Some(Millis(0)));
        assert_eq!(looked(9 * day).due(Millis(9 * day + EVERY_MS - 1)), None);
        assert_eq!(looked(9 * day).due(Millis(9 * day + EVERY_MS)), Some(Millis(8 * day)));
        assert_eq!(looked(9 * day).due(Millis(5 * day)), Some(Millis(4 * day)));
    }
}
