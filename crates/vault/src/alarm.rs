//! Alarms about a log: what somebody must look at, since when, and what to do.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, Millis, TenantId};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Milliseconds that an entry may wait for its place before that is an alarm.
const STALLED_MS: i64 = 10_000;

/// Something about a log that somebody must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about: a stable name.
    pub kind: &'static str,
    /// Since when.
    pub since: Millis,
    /// What happened and what to do, in plain words.
    pub words: String,
}

/// How an entry went missing between its commit and its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A row of it is gone.
    Gone,
    /// A row of it says something else.
    Changed,
}

impl Loss {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Gone => "its row was deleted before it had its place in the log",
            Self::Changed => "its row was changed before it had its place in the log",
        }
    }
}

/// Losses that were found, all tenants'.
#[derive(Default)]
pub(crate) struct Losses(Mutex<HashMap<TenantId, Found>>);

struct Found {
    since: Millis,
    count: u64,
    first: EntryId,
    untold: VecDeque<(EntryId, Loss)>,
}

impl Losses {
    pub(crate) fn add(&self, now: Millis, tenant: TenantId, entry: EntryId, loss: Loss) {
        let mut all = self.lock();
        let blank = || Found { since: now, count: 0, first: entry, untold: VecDeque::new() };
        let found = all.entry(tenant).or_insert_with(blank);
        found.count += 1;
        found.untold.push_back((entry, loss));
    }

    fn next(&self, tenant: TenantId) -> Option<(EntryId, Loss)> {
        self.lock().get(&tenant)?.untold.front().copied()
    }

    fn told(&self, tenant: TenantId) {
        if let Some(found) = self.lock().get_mut(&tenant) {
            found.untold.pop_front();
        }
    }

    fn alarm(&self, tenant: TenantId) -> Option<Alarm> {
        let all = self.lock();
        let found = all.get(&tenant)?;
        let which = match found.count {
            1 => format!("The entry {} was", found.first),
            count => format!("{count} entries, the first of them {}, were", found.first),
        };
        let words = format!(
            "{which} taken out of the database, or changed there, after the act and before it had its place in the log. \
             Find out who has access to the database; keep it as it is, and compare it with a backup."
        );
        Some(Alarm { kind: "entry-lost", since: found.since, words })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    /// What somebody must look at, of one tenant's log. A loss stays until the node is restarted, and its entry for ever.
    #[must_use]
    pub fn log_alarms(&self, tenant: TenantId) -> Vec<Alarm> {
        let late = self.promises.oldest(tenant).filter(|since| self.now().since(*since) > STALLED_MS);
        let stalled = late.map(|since| Alarm {
            kind: "log-stalled",
            since,
            words:
                "Entries wait for their places in the log. They are durable, but nobody can prove them yet. Look into \
                    this node's own log for the reason."
                    .to_owned(),
        });
        self.losses.alarm(tenant).into_iter().chain(stalled).collect()
    }

    /// Makes an entry of each loss that has none yet; `tell` hears of it first, as the entry may fail.
    ///
    /// # Errors
    /// If the store fails; then it can be asked again.
    pub async fn log_losses(&self, tenant: TenantId, tell: impl Fn(EntryId, Loss)) -> Result<(), VaultError> {
        while let Some((entry, loss)) = self.losses.next(tenant) {
            tell(entry, loss);
            let moment = u64::try_from(entry.minted().0).unwrap_or(0);
            self.commit_plain(self.bare_act(tenant, Kind::EntryLost)?.detail(moment)).await?;
            self.losses.told(tenant);
        }
        Ok(())
    }
}
