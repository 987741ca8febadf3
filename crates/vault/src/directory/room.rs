//! How much the identity provider may leave waiting for security: whoever holds it could bury a proposal among so many that nobody
//! reads any.

use super::record::Record;
use super::wish::wishes;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::AdmissionKind;

/// So many proposals may wait at once.
pub const MOST_WAITING: usize = 1_000;
/// For how long, in milliseconds, a count is believed: it goes through the whole list. What comes by this node is counted on.
const BELIEVED_MS: i64 = 1_000;

/// How many proposals of each tenant wait, as counted last, and how many are on their way.
#[derive(Default)]
pub(crate) struct KnownWaiting {
    tenants: Mutex<HashMap<TenantId, Waiting>>,
    /// One counts; who waits for that goes by what it found.
    counting: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Default)]
struct Waiting {
    /// When they were counted; none before they ever were.
    at: Option<Millis>,
    count: usize,
    /// Places of proposals that are being committed.
    taken: usize,
    /// How many this node has ever kept: a count that went on meanwhile may have missed them.
    kept: usize,
}

/// A place among those that wait, taken before the proposal is committed: those who ask at once don't all find the same one free.
/// Where nobody says that the proposal was refused, as when whoever asked is gone, it is counted as one that waits.
pub(super) struct Place<'a> {
    among: &'a KnownWaiting,
    tenant: TenantId,
    refused: bool,
}

impl Place<'_> {
    /// Gives it back where the proposal was refused.
    pub(super) fn after<T>(mut self, committed: Result<T, VaultError>) -> Result<T, VaultError> {
        self.refused = matches!(committed, Err(VaultError::Refused { .. }));
        committed
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = self.among.lock().get_mut(&self.tenant) {
            let waits = usize::from(!self.refused);
            waiting.taken -= 1;
            waiting.count += waits;
            waiting.kept += waits;
        }
    }
}

impl KnownWaiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Waiting>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, tenant: TenantId) -> Waiting {
        self.lock().get(&tenant).copied().unwrap_or_default()
    }

    /// A count of before the clock was set back is none.
    fn is_believed(&self, tenant: TenantId, now: Millis) -> bool {
        self.of(tenant).at.is_some_and(|at| (0..BELIEVED_MS).contains(&now.since(at)))
    }

    /// Of a count that began when this node had kept so many.
    fn counted(&self, tenant: TenantId, now: Millis, count: usize, kept_before: usize) {
        let mut tenants = self.lock();
        let waiting = tenants.entry(tenant).or_default();
        (waiting.at, waiting.count) = (Some(now), count + (waiting.kept - kept_before));
    }

    /// Looks and takes in one step; none where as many wait as may.
    fn take(&self, tenant: TenantId) -> Option<Place<'_>> {
        let mut tenants = self.lock();
        let waiting = tenants.entry(tenant).or_default();
        if waiting.count + waiting.taken >= MOST_WAITING {
            return None;
        }
        waiting.taken += 1;
        Some(Place { among: self, tenant, refused: false })
    }
}

impl Vault {
    /// A place for one more that waits for security, if there is one. Several nodes at once may let a few more pass.
    pub(super) async fn place_for_a_proposal(&self, snapshot: &Snapshot) -> Result<Option<Place<'_>>, VaultError> {
        let (tenant, known) = (snapshot.tenant, &self.proposed);
        if !known.is_believed(tenant, self.clock.now()) {
            let _alone = known.counting.lock().await;
            if !known.is_believed(tenant, self.clock.now()) {
                let kept_before = known.of(tenant).kept;
                let rows = self.all_admissions(tenant, AdmissionKind::Listing).await?;
                let genuine = rows.iter().filter_map(|row| self.genuine_record(tenant, row));
                let count = genuine.filter(|record| waits(record, snapshot)).count();
                known.counted(tenant, self.clock.now(), count, kept_before);
            }
        }
        Ok(known.take(tenant))
    }
}

/// Does anything of it wait for security?
pub(super) fn waits(record: &Record, snapshot: &Snapshot) -> bool {
    !record.gone && !wishes(record, snapshot).0.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Refusal;

    const TENANT: TenantId = TenantId(1);

    fn counted(count: usize) -> KnownWaiting {
        let known = KnownWaiting::default();
        known.counted(TENANT, Millis(5_000), count, 0);
        known
    }

    #[test]
    fn the_last_place_is_taken_once_and_given_back_where_the_proposal_was_refused() {
        let known = counted(MOST_WAITING - 1);
        let last = known.take(TENANT).unwrap();
        assert!(known.take(TENANT).is_none(), "it isn't committed yet, and taken all the same");
        assert!(last.after::<()>(Err(VaultError::refused(Refusal::NameTaken))).is_err());
        known.take(TENANT).unwrap().after(Ok(())).unwrap();
        assert!(known.take(TENANT).is_none());
    }

    #[test]
    fn who_is_gone_before_the_answer_leaves_no_place_behind() {
        let known = counted(MOST_WAITING - 1);
        drop(known.take(TENANT));
        assert!(known.take(TENANT).is_none(), "it may have been committed");
    }

    #[test]
    fn a_count_forgets_neither_what_is_on_its_way_nor_what_was_kept_meanwhile() {
        let known = counted(0);
        let [under_way, kept] = [known.take(TENANT).unwrap(), known.take(TENANT).unwrap()];
        let kept_before = known.of(TENANT).kept;
        kept.after(Ok(())).unwrap();
        known.counted(TENANT, Millis(6_000), MOST_WAITING - 2, kept_before);
        assert!(known.take(TENANT).is_none());
        assert!(under_way.after::<()>(Err(VaultError::refused(Refusal::NameTaken))).is_err());
        assert!(known.take(TENANT).is_some());
    }

    #[test]
    fn a_count_is_believed_for_a_second_and_not_before_it_was_made() {
        let known = counted(0);
        for (now, believed) in [(4_999, false), (5_000, true), (5_999, true), (6_000, false)] {
            assert_eq!(known.is_believed(TENANT, Millis(now)), believed, "{now}");
        }
    }
}
