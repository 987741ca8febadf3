//! Bounds for everybody together: nothing is kept by which one could be told from another.

use domain::{Millis, TenantId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many slow hashes are computed at a time.
const HASHING: usize = 2;
/// How many wait for that.
const WAITING: usize = 32;
const HOUR_MS: i64 = 3_600_000;

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    /// Reports, and what is added to them.
    Words,
    /// The same about security, of those who are signed in: they leave room for who has no name.
    NamedWords,
    /// Codes that were entered.
    Codes,
    /// Codes that no report has.
    WrongCodes,
}

impl Flow {
    /// How many in any hour, and at once.
    fn rate(self) -> i64 {
        match self {
            Self::Words => 30,
            Self::NamedWords => 20,
            Self::Codes => 1_200,
            Self::WrongCodes => 60,
        }
    }
}

/// What this node knows of those who speak up: how much of late, and how far the box was.
pub(crate) struct Speaking {
    /// One at a time writes the book of reports.
    pub(crate) turn: tokio::sync::Mutex<()>,
    hashing: Semaphore,
    waiting: Semaphore,
    /// When each flow is at rest again.
    flows: Mutex<BTreeMap<(TenantId, Flow), i64>>,
    /// How often the box had been written as this node last saw it.
    seen: Mutex<BTreeMap<TenantId, u64>>,
}

impl Default for Speaking {
    fn default() -> Self {
        Self {
            turn: tokio::sync::Mutex::default(),
            hashing: Semaphore::new(HASHING),
            waiting: Semaphore::new(WAITING),
            flows: Mutex::default(),
            seen: Mutex::default(),
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Speaking {
    /// A place to compute a slow hash; none where too many wait for one.
    pub(super) async fn hashing(&self) -> Option<(SemaphorePermit<'_>, SemaphorePermit<'_>)> {
        let waits = self.waiting.try_acquire().ok()?;
        Some((waits, self.hashing.acquire().await.ok()?))
    }

    /// Is there room for one more?
    pub(super) fn has_room(&self, tenant: TenantId, flow: Flow, now: Millis) -> bool {
        let rest = lock(&self.flows).get(&(tenant, flow)).copied().unwrap_or(i64::MIN);
        rest.saturating_sub(now.0) <= HOUR_MS - HOUR_MS / flow.rate()
    }

    /// Takes one, if there is room.
    pub(super) fn takes(&self, tenant: TenantId, flow: Flow, now: Millis) -> bool {
        let there = self.has_room(tenant, flow, now);
        if there {
            let mut flows = lock(&self.flows);
            let rest = flows.entry((tenant, flow)).or_insert(now.0);
            *rest = (*rest).max(now.0) + HOUR_MS / flow.rate();
        }
        there
    }

    /// The box was seen as often written; was it that far before?
    pub(super) fn sees_box(&self, tenant: TenantId, written: u64) -> bool {
        let mut seen = lock(&self.seen);
        let before = seen.entry(tenant).or_insert(written);
        let on = written >= *before;
        *before = written.max(*before);
        on
    }

    /// Has this node seen a box?
    pub(super) fn saw_box(&self, tenant: TenantId) -> bool {
        lock(&self.seen).contains_key(&tenant)
    }

    /// A new box takes the place of one that was taken out or edited.
    pub(super) fn forgets_box(&self, tenant: TenantId) {
        lock(&self.seen).remove(&tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_in_an_hour_and_then_one_by_one() {
        let speaking = Speaking::default();
        let (one, other) = (TenantId(1), TenantId(2));
        let take = |at| speaking.takes(one, Flow::Words, Millis(at));
        assert_eq!((0..40).filter(|_| take(1_000)).count(), 30);
        assert!(speaking.takes(other, Flow::Words, Millis(1_000)) && !take(60_000));
        assert!(take(1_000 + HOUR_MS / 30) && !take(1_000 + HOUR_MS / 30));
        assert!(speaking.has_room(one, Flow::WrongCodes, Millis(1_000)));
    }

    #[test]
    fn a_box_that_was_put_back_is_noticed() {
        let speaking = Speaking::default();
        assert!(
            !speaking.saw_box(TenantId(1)) && speaking.sees_box(TenantId(1), 4) && speaking.sees_box(TenantId(1), 5)
        );
        assert!(!speaking.sees_box(TenantId(1), 4));
        speaking.forgets_box(TenantId(1));
        assert!(speaking.sees_box(TenantId(1), 0));
    }
}
