//! Bounds for everybody together: nothing is kept by which one could be told from another.

use super::TURN_MS;
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
/// For how many stretches between two turns of the box it is told that attempts were turned away: a day.
const TOLD: i64 = 24 * HOUR_MS / TURN_MS;
/// Attempts are told of in whole steps of so many.
const STEP: u64 = 10;
/// How much of one report's the box holds at most. Whoever has a code got it with a report, and that may be one who floods: to fill the
/// way of what is added they need so many more reports of their own. It is counted in the box itself; nothing is kept for it.
pub(super) const MOST_OF_ONE: usize = 10;
/// By how many a count is lessened before it is told, drawn by chance: by as many as bits are set in these bytes, so 0 to 32 and mostly about
/// 16. Whoever floods knows how many attempts were their own: without it they would stop one short of a step and read whether one other came.
pub(super) type Draw = [u8; 4];

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    /// Reports without a name.
    Words,
    /// What is added under a code that some report has: who floods the way of new reports must not cut off the conversations that are
    /// under way. Nobody fills this one without having reported something; see [`MOST_OF_ONE`] for who has.
    Added,
    /// Reports about security and what is added to them, of those who are signed in: they leave room for who has no name.
    NamedWords,
    /// Codes that were entered, right or wrong: at 95 bits no number of tries finds one, and a limit of wrong ones alone would let
    /// whoever tries some keep all others from their answers.
    Codes,
}

impl Flow {
    /// How many in any hour, and at once.
    ///
    /// Between two turns of the box that comes to seven times as many: those at once, and six hours of more. So these are nearly what
    /// the box takes of each ([`Self::in_box`]), and no more than that: else whoever floods for an hour would shut the way until the next
    /// turn, and so a place is free again every minute or two.
    fn rate(self) -> i64 {
        match self {
            Self::Words => 50,
            Self::Added => 30,
            Self::NamedWords => 20,
            Self::Codes => 1_200,
        }
    }

    /// How many of it the box holds at most. Each way has a part of its own, as limits of an hour are each node's, and several nodes
    /// take in more than one box holds. Together 512 reports: the hashes of all that come with one turn stand in the row of each, so twice as
    /// many of them would be four times as much to write. What is added has no hash; it is a few kilobytes of words each.
    pub(super) fn in_box(self) -> usize {
        match self {
            Self::Words => 368,
            Self::NamedWords => 144,
            // Also what those with a name add, which comes at the rate of theirs.
            Self::Added => 352,
            Self::Codes => 0,
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
    /// How full each flow was in each stretch between two turns of the box. In this node's memory alone, and of nobody in particular.
    crowds: Mutex<BTreeMap<(TenantId, Flow, i64), Crowd>>,
    /// The box as this node last saw it.
    seen: Mutex<BTreeMap<TenantId, Seen>>,
}

/// How full it was in one stretch.
#[derive(Clone, Copy, Default)]
struct Crowd {
    /// How many attempts found no room.
    away: u64,
    /// How many took the last place. Whoever floods without a break does so all the time and may never be turned away.
    filled: u64,
    /// What is told of it; nothing before the stretch is over, so that no moment within it can be read by it.
    told: Option<Told>,
}

/// What is told of a stretch.
#[derive(Clone, Copy)]
struct Told {
    away: u64,
    full: bool,
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
            crowds: Mutex::default(),
            seen: Mutex::default(),
        }
    }
}

/// The number of turns of the box since 1970.
fn stretch_of(at: Millis) -> i64 {
    at.0.div_euclid(TURN_MS)
}

/// A count as it is told: less a number drawn by chance, down to whole steps. So it says never more than there were, and never that one came.
fn dulled(many: u64, draw: Draw) -> u64 {
    let less = many.saturating_sub(u32::from_ne_bytes(draw).count_ones().into());
    less - less % STEP
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

    /// Is there room for one more? Where there isn't, an attempt is turned away, and it is counted.
    pub(super) fn hears(&self, tenant: TenantId, flow: Flow, now: Millis) -> bool {
        let there = self.has_room(tenant, flow, now);
        if !there {
            self.turns_away(tenant, flow, now);
        }
        there
    }

    /// An attempt was turned away, for want of room.
    pub(super) fn turns_away(&self, tenant: TenantId, flow: Flow, now: Millis) {
        self.counts(tenant, flow, now, |crowd| crowd.away += 1);
    }

    fn counts(&self, tenant: TenantId, flow: Flow, now: Millis, one: impl FnOnce(&mut Crowd)) {
        let stretch = stretch_of(now);
        let mut crowds = lock(&self.crowds);
        crowds.retain(|(whose, _, at), _| *whose != tenant || *at >= stretch - TOLD);
        one(crowds.entry((tenant, flow, stretch)).or_default());
    }

    /// Stretches that are over are told of from now on, once and for all.
    pub(super) fn tells_crowds(&self, tenant: TenantId, now: Millis, mut draw: impl FnMut() -> Draw) {
        let over = |whose: TenantId, at: i64| whose == tenant && at < stretch_of(now);
        for ((whose, _, at), crowd) in &mut *lock(&self.crowds) {
            if crowd.told.is_none() && over(*whose, *at) {
                let draw = draw();
                let full = dulled(crowd.away.saturating_add(crowd.filled), draw) > 0;
                crowd.told = Some(Told { away: dulled(crowd.away, draw), full });
            }
        }
    }

    /// About how many attempts were turned away in the day before the last turn of the box, and never more than there were.
    pub(super) fn turned_away(&self, tenant: TenantId, flow: Flow, now: Millis) -> u64 {
        let (crowds, stretch) = (lock(&self.crowds), stretch_of(now));
        let day = crowds.range((tenant, flow, stretch - TOLD)..(tenant, flow, stretch));
        day.filter_map(|(_, crowd)| crowd.told).map(|told| told.away).sum()
    }

    /// Was a way without a name full again and again in the stretch before the last turn of the box?
    pub(super) fn is_flooded(&self, tenant: TenantId, now: Millis) -> bool {
        let (crowds, last) = (lock(&self.crowds), stretch_of(now) - 1);
        let full = |flow| crowds.get(&(tenant, flow, last)).and_then(|crowd| crowd.told).is_some_and(|told| told.full);
        [Flow::Words, Flow::Added].into_iter().any(full)
    }

    /// Takes one, if there is room.
    pub(super) fn takes(&self, tenant: TenantId, flow: Flow, now: Millis) -> bool {
        let there = self.hears(tenant, flow, now);
        if there {
            {
                let mut flows = lock(&self.flows);
                let rest = flows.entry((tenant, flow)).or_insert(now.0);
                *rest = (*rest).max(now.0) + HOUR_MS / flow.rate();
            }
            if !self.has_room(tenant, flow, now) {
                self.counts(tenant, flow, now, |crowd| crowd.filled += 1);
            }
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
        assert_eq!((0..60).filter(|_| take(1_000)).count(), 50);
        assert!(speaking.takes(other, Flow::Words, Millis(1_000)) && !take(60_000));
        assert!(take(1_000 + HOUR_MS / 50) && !take(1_000 + HOUR_MS / 50));
        for flow in [Flow::Added, Flow::NamedWords, Flow::Codes] {
            assert!(speaking.has_room(one, flow, Millis(1_000)), "{flow:?} is a way of its own");
        }
    }

    #[test]
    fn one_node_fills_no_part_of_the_box_before_it_is_turned() {
        let most = |flow: Flow| {
            let speaking = Speaking::default();
            (0..TURN_MS).step_by(1_000).filter(|at| speaking.takes(ONE, flow, Millis(*at))).count()
        };
        assert!(most(Flow::Words) <= Flow::Words.in_box());
        assert!(most(Flow::NamedWords) <= Flow::NamedWords.in_box());
        assert!(most(Flow::Added) + most(Flow::NamedWords) <= Flow::Added.in_box(), "both say more");
    }

    #[test]
    fn a_flood_of_what_is_added_is_told_as_one_of_reports_is() {
        let speaking = Speaking::default();
        (0..30).for_each(|_| assert!(speaking.takes(ONE, Flow::Added, turn(0))));
        (0..25).for_each(|_| assert!(!speaking.takes(ONE, Flow::Added, turn(0))));
        speaking.tells_crowds(ONE, turn(0), || LEAST);
        assert!(!speaking.is_flooded(ONE, turn(0)), "its stretch isn't over");
        speaking.tells_crowds(ONE, turn(1), || LEAST);
        assert!(speaking.is_flooded(ONE, turn(1)) && !speaking.is_flooded(ONE, turn(2)));
        assert_eq!([Flow::Added, Flow::Words].map(|flow| speaking.turned_away(ONE, flow, turn(1))), [20, 0]);
    }

    const ONE: TenantId = TenantId(1);
    /// Lessens a count by nothing, and by as much as there is.
    const LEAST: Draw = [0; 4];
    const MOST: Draw = [0xff; 4];

    fn turn(number: i64) -> Millis {
        Millis(number * TURN_MS)
    }

    fn told(speaking: &Speaking, at: Millis) -> (u64, bool) {
        (speaking.turned_away(ONE, Flow::Words, at), speaking.is_flooded(ONE, at))
    }

    #[test]
    fn nothing_is_told_of_a_flood_before_the_turn_of_the_box_and_nothing_changes_until_the_next() {
        let speaking = Speaking::default();
        (0..50).for_each(|_| assert!(speaking.takes(ONE, Flow::Words, turn(0))));
        (0..29).for_each(|_| assert!(!speaking.takes(ONE, Flow::Words, turn(0))));
        for at in [1, TURN_MS - 1] {
            speaking.tells_crowds(ONE, Millis(at), || LEAST);
            assert_eq!(told(&speaking, Millis(at)), (0, false), "its stretch isn't over");
        }
        speaking.tells_crowds(ONE, turn(1), || LEAST);
        assert_eq!(told(&speaking, turn(1)), (20, true), "down to tens");
        let other = TenantId(2);
        assert!(speaking.turned_away(other, Flow::Words, turn(1)) == 0 && !speaking.is_flooded(other, turn(1)));
        assert_eq!(speaking.turned_away(ONE, Flow::NamedWords, turn(1)), 0, "another way");
        (0..99).for_each(|_| speaking.turns_away(ONE, Flow::Words, turn(1)));
        speaking.tells_crowds(ONE, turn(1), || LEAST);
        assert_eq!(told(&speaking, Millis(2 * TURN_MS - 1)), (20, true), "neither more attempts nor time change it");
        speaking.tells_crowds(ONE, turn(2), || LEAST);
        assert_eq!(told(&speaking, turn(2)), (110, true));
        speaking.tells_crowds(ONE, turn(3), || LEAST);
        assert_eq!(told(&speaking, turn(3)), (110, false), "over with a turn, not so long after the last one");
    }

    #[test]
    fn of_few_attempts_nothing_is_told_and_chance_hides_each_of_many() {
        let after = |filled: u64, away: u64, draw| {
            let speaking = Speaking::default();
            speaking.counts(ONE, Flow::Words, turn(0), |crowd| (crowd.filled, crowd.away) = (filled, away));
            speaking.tells_crowds(ONE, turn(1), || draw);
            // Told once: another draw would tell more of the same count.
            speaking.tells_crowds(ONE, turn(1), || LEAST);
            told(&speaking, turn(1))
        };
        assert_eq!((after(1, 1, LEAST), after(0, 9, LEAST)), ((0, false), (0, false)), "down, never up");
        assert_eq!((after(0, 10, LEAST), after(0, 10, [1, 0, 0, 0])), ((10, true), (0, false)));
        assert_eq!((after(0, 41, MOST), after(0, 42, MOST)), ((0, false), (10, true)), "many are always told of");
        assert_eq!(after(42, 0, MOST), (0, true), "who floods without a break, and turns nobody away");
    }

    #[test]
    fn the_figure_is_that_of_a_day_however_long_a_flood_goes_on() {
        let speaking = Speaking::default();
        for number in 0..12 {
            (0..10).for_each(|_| speaking.turns_away(ONE, Flow::Words, turn(number)));
            speaking.tells_crowds(ONE, turn(number + 1), || LEAST);
            let day = 10 * u64::try_from(number + 1).unwrap().min(4);
            assert_eq!(told(&speaking, turn(number + 1)), (day, true));
        }
        assert_eq!((told(&speaking, turn(15)).0, told(&speaking, turn(16)).0), (10, 0));
        assert!(lock(&speaking.crowds).len() <= 5, "older ones are forgotten");
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
