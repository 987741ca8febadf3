//! Entries that went missing between their commit and their place in the log: an alarm, and an entry of each.

use crate::alarm::{Alarm, AlarmKind, Alarms};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, Millis, TenantId};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Milliseconds that an entry may wait for its place before that is an alarm.
const STALLED_MS: i64 = 10_000;

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

/// Losses that were found and have no entry yet, all tenants'.
pub(crate) struct Losses {
    alarms: Arc<Alarms>,
    untold: Mutex<VecDeque<(TenantId, EntryId, Loss)>>,
}

impl Losses {
    pub(crate) fn new(alarms: Arc<Alarms>) -> Self {
        Self { alarms, untold: Mutex::default() }
    }

    /// Raises the alarm. It stands until the node is restarted, and the entry for ever.
    pub(crate) fn add(&self, now: Millis, tenant: TenantId, entry: EntryId, loss: Loss) {
        self.alarms.set(tenant, AlarmKind::EntryLost, true, now);
        self.lock().push_back((tenant, entry, loss));
    }

    fn next(&self, tenant: TenantId) -> Option<(EntryId, Loss)> {
        self.lock().iter().find(|(whose, ..)| *whose == tenant).map(|(_, entry, loss)| (*entry, *loss))
    }

    fn told(&self, entry: EntryId) {
        self.lock().retain(|(_, other, _)| *other != entry);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(TenantId, EntryId, Loss)>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    /// The alarm about entries that wait for too long.
    pub(crate) fn stalled_alarm(&self, tenant: TenantId) -> Option<Alarm> {
        let since = self.promises.oldest(tenant)?;
        (self.now().since(since) > STALLED_MS).then_some(Alarm { kind: AlarmKind::LogStalled, since })
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
            self.losses.told(entry);
        }
        Ok(())
    }
}
