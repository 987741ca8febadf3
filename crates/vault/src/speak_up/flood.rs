//! Bounds for everybody together: nothing is kept by which one could be told from another.

use domain::{Millis, TenantId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Tag;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many slow hashes are computed at a time.
const HASHING: usize = 2;
/// How many wait for that.
const WAITING: usize = 32;
const HOUR_MS: i64 = 3_600_000;
/// For how long it is told that somebody was turned away.
const TOLD_MS: i64 = 24 * HOUR_MS;
/// Those who were turned away are told of in steps of so many: one person is none.
const STEP: u64 = 10;

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    /// Reports, and what is added to them.
    Words,
    /// The same about security, of those who are signed in: they leave room for who has no name.
    NamedWords,
    /// Codes that were entered, right or wrong: at 95 bits no number of tries finds one, and a limit of wrong ones alone would let
    /// whoever tries some keep all others from their answers.
    Codes,
}

impl Flow {
    /// How many in any hour, and at once.
    fn rate(self) -> i64 {
        match self {
            Self::Words => 30,
            Self::NamedWords => 20,
            Self::Codes => 1_200,
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
    /// For whom there was no room: how many, and when the last one. In this node's memory alone, and of nobody in particular.
    turned_away: Mutex<BTreeMap<(TenantId, Flow), TurnedAway>>,
    /// The box as this node last saw it.
    seen: Mutex<BTreeMap<TenantId, Seen>>,
}

/// For whom there was no room, one by one no further apart than a day.
#[derive(Clone, Copy)]
struct TurnedAway {
    many: u64,
    last: Millis,
}

/// A box as it was seen.
#[derive(Clone, Copy)]
struct Seen {
    /// How often it had been written.
    written: u64,
    tag: Tag,
    /// Was an older or another one put in its place, and does the book not say so yet?
    broken: bool,
    /// In which stretch of time this node last turned one that was ahead of it.
    turned: Option<i64>,
}

impl Default for Speaking {
    fn default() -> Self {
        Self {
            turn: tokio::sync::Mutex::default(),
            hashing: Semaphore::new(HASHING),
            waiting: Semaphore::new(WAITING),
            flows: Mutex::default(),
            turned_away: Mutex::default(),
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

    /// Is there room for one more? Where there isn't, somebody is turned away, and it is counted.
    pub(super) fn hears(&self, tenant: TenantId, flow: Flow, now: Millis) -> bool {
        let there = self.has_room(tenant, flow, now);
        if !there {
            self.turns_away(tenant, flow, now);
        }
        there
    }

    /// Somebody was turned away, for want of room.
    pub(super) fn turns_away(&self, tenant: TenantId, flow: Flow, now: Millis) {
        let mut all = lock(&self.turned_away);
        let before = all.get(&(tenant, flow)).filter(|before| now.since(before.last) < TOLD_MS);
        let many = before.map_or(0, |before| before.many).saturating_add(1);
        all.insert((tenant, flow), TurnedAway { many, last: now });
    }

    /// How many were turned away of late, up to the next ten.
    pub(super) fn turned_away(&self, tenant: TenantId, flow: Flow, now: Millis) -> u64 {
        self.turned_away_within(tenant, flow, now, TOLD_MS)
    }

    /// Is the way without a name shut to others just now, or was it so a few hours ago?
    pub(super) fn is_flooded(&self, tenant: TenantId, now: Millis) -> bool {
        self.turned_away_within(tenant, Flow::Words, now, super::TURN_MS) > 0
    }

    fn turned_away_within(&self, tenant: TenantId, flow: Flow, now: Millis, within: i64) -> u64 {
        let all = lock(&self.turned_away);
        let of_late = all.get(&(tenant, flow)).filter(|told| now.since(told.last) < within);
        of_late.map_or(0, |told| told.many.next_multiple_of(STEP))
    }

    /// Takes one, if there is room.
    pub(super) fn takes(&self, tenant: TenantId, flow: Flow, now: Millis) -> bool {
        let there = self.hears(tenant, flow, now);
        if there {
            let mut flows = lock(&self.flows);
            let rest = flows.entry((tenant, flow)).or_insert(now.0);
            *rest = (*rest).max(now.0) + HOUR_MS / flow.rate();
        }
        there
    }

    /// The box was read. Is it the one that this node saw, or one that was written since? Once it isn't, it says so until
    /// [`Self::told_box`].
    pub(super) fn sees_box(&self, tenant: TenantId, written: u64, tag: Tag) -> bool {
        let mut seen = lock(&self.seen);
        let before = seen.entry(tenant).or_insert(Seen { written, tag, broken: false, turned: None });
        let on = written > before.written || (written == before.written && tag == before.tag);
        *before = Seen { written, tag, broken: before.broken || !on, ..*before };
        !before.broken
    }

    /// This node wrote the box, in the place of the one that it read.
    pub(super) fn wrote_box(&self, tenant: TenantId, written: u64, tag: Tag) {
        let mut seen = lock(&self.seen);
        let before = seen.entry(tenant).or_insert(Seen { written, tag, broken: false, turned: None });
        (before.written, before.tag) = (written, tag);
    }

    /// That a box was put back is kept in the book now.
    pub(super) fn told_box(&self, tenant: TenantId) {
        if let Some(seen) = lock(&self.seen).get_mut(&tenant) {
            seen.broken = false;
        }
    }

    /// How often the box had been written as this node last saw it; none if it saw none.
    pub(super) fn saw_box(&self, tenant: TenantId) -> Option<u64> {
        lock(&self.seen).get(&tenant).map(|seen| seen.written)
    }

    /// May a box that is ahead be turned? Once in each stretch, so that nodes whose clocks differ don't turn it in turns.
    pub(super) fn turns_ahead(&self, tenant: TenantId, stretch: i64) -> bool {
        let mut seen = lock(&self.seen);
        seen.get_mut(&tenant).is_some_and(|seen| seen.turned.replace(stretch) != Some(stretch))
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
        assert!(speaking.has_room(one, Flow::Codes, Millis(1_000)));
    }

    #[test]
    fn those_who_are_turned_away_are_told_of_in_tens_and_forgotten_after_a_day() {
        let speaking = Speaking::default();
        let (one, other) = (TenantId(1), TenantId(2));
        let told = |whose, at| speaking.turned_away(whose, Flow::Words, Millis(at));
        (0..30).for_each(|_| assert!(speaking.takes(one, Flow::Words, Millis(0))));
        assert!(told(one, 0) == 0 && !speaking.is_flooded(one, Millis(0)));
        assert!(!speaking.takes(one, Flow::Words, Millis(1)) && !speaking.hears(one, Flow::Words, Millis(2)));
        assert_eq!((told(one, 2), told(other, 2)), (10, 0));
        assert_eq!(speaking.turned_away(one, Flow::NamedWords, Millis(2)), 0, "another way");
        (0..9).for_each(|_| speaking.turns_away(one, Flow::Words, Millis(3)));
        assert_eq!(told(one, 3), 20);
        assert!(speaking.is_flooded(one, Millis(5 * HOUR_MS)) && !speaking.is_flooded(one, Millis(7 * HOUR_MS)));
        assert_eq!((told(one, 23 * HOUR_MS), told(one, 25 * HOUR_MS)), (20, 0));
    }

    #[test]
    fn a_box_that_was_put_back_is_noticed() {
        let (speaking, one) = (Speaking::default(), TenantId(1));
        let sees = |written, tag| speaking.sees_box(one, written, [tag; 16]);
        assert!(speaking.saw_box(one).is_none() && sees(4, 1) && sees(5, 2) && sees(5, 2));
        assert!(!sees(5, 3) && !sees(6, 4), "another one of the same count, told until the book says so");
        speaking.told_box(one);
        assert!(sees(6, 4) && !sees(5, 2));
        speaking.told_box(one);
        speaking.wrote_box(one, 6, [9; 16]);
        assert!(sees(6, 9) && !sees(6, 4));
    }

    #[test]
    fn a_box_that_is_ahead_is_turned_once_in_a_stretch() {
        let (speaking, one) = (Speaking::default(), TenantId(1));
        speaking.wrote_box(one, 1, [0; 16]);
        assert!(speaking.turns_ahead(one, 7) && !speaking.turns_ahead(one, 7) && speaking.turns_ahead(one, 8));
    }
}
