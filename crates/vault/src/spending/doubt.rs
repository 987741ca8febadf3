//! A counter that says less than the log: the alarm, its entry, and what is refused from then on.

use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Counter, Millis, Refusal, Room, TenantId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{Spend, Turn};

/// What this node knows of mismatches.
#[derive(Default)]
pub(crate) struct Doubts(Mutex<HashMap<TenantId, Doubt>>);

#[derive(Default)]
struct Doubt {
    /// How many the row ever said were noticed: one that says less was set back.
    noticed: u64,
    /// Of which counters this node told, and hasn't read yet that they were mended.
    told: Vec<Counter>,
}

impl Doubts {
    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Doubt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    /// Does a mismatch stand, as far as this node knows? Then nothing is disclosed.
    pub(crate) fn spending_doubted(&self, tenant: TenantId) -> bool {
        self.alarms.stands(tenant, AlarmKind::SpendingDisagrees)
    }

    /// Learns whether a mismatch stands, of which another node or another time may know.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn refresh_spending(&self, tenant: TenantId) -> Result<(), VaultError> {
        let [noticed, mended] = [false, true].map(Counter::mismatches);
        let rows = self.store.budgets_of(tenant, vec![noticed, mended]).await?;
        let edited = rows.iter().any(|(counter, row)| row.tag != row.tag_by(&*self.seals, tenant, counter));
        let total = |of| rows.iter().find(|(counter, _)| *counter == of).map_or(0, |(_, row)| row.total);
        let (noticed, mended) = (total(noticed), total(mended));
        let stands = {
            let mut doubts = self.doubts.lock();
            let doubt = doubts.entry(tenant).or_default();
            doubt.noticed = doubt.noticed.max(noticed);
            edited || mended < doubt.noticed
        };
        self.alarms.set(tenant, AlarmKind::SpendingDisagrees, stands, self.clock.now());
        Ok(())
    }

    /// The log says that a counter was mended: what happens to it from then on is to be told again.
    pub(super) fn spending_mended(&self, tenant: TenantId, counter: Counter) {
        self.doubts.lock().entry(tenant).or_default().told.retain(|told| *told != counter);
    }

    /// Raises the alarm, with an entry for each counter.
    pub(super) async fn spending_disagrees(&self, tenant: TenantId, counter: Counter) -> Result<(), VaultError> {
        if self.doubts.lock().entry(tenant).or_default().told.contains(&counter) {
            return Ok(());
        }
        self.alarms.set(tenant, AlarmKind::SpendingDisagrees, true, self.clock.now());
        let name: String = counter.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        tracing::error!(tenant = tenant.0, counter = name, "ALARM: a budget says less was spent than the log does");
        let mut act = self.bare_act(tenant, Kind::SpendingDisagrees)?.detail(counter.bytes()[0].into());
        act.draft.person = counter.owner();
        let spend = self.mismatch(act.draft.id.minted(), false, 1);
        self.commit_plain(act.spend(spend)).await?;
        self.doubts.lock().entry(tenant).or_default().told.push(counter);
        self.refresh_spending(tenant).await
    }

    /// One more noticed, or so many mended.
    pub(super) fn mismatch(&self, at: Millis, mended: bool, count: u32) -> Spend {
        let (counter, turn) = (Counter::mismatches(mended), Turn::Spend(count));
        Spend { counter, purpose: None, turn, at, room: Room::ANY, otherwise: Refusal::SpendingDisagrees }
    }
}
