//! Figures of groups, so that none of them says what one person did.
//!
//! Of one closed drill, teams of eight or more who met it are shown by themselves. Smaller ones are added up; if that is still fewer
//! than eight, the smallest of the others joins them: so whatever is subtracted from whatever, eight or more are left. Shares are
//! rounded to tens and end at 10 and 90, because "all of them" would name everybody.

use super::FEWEST;
use super::book::Drill;
use domain::Reaction;

/// How many steps reports are counted in, by how fast they came.
pub(super) const SPEEDS: usize = 5;

/// Within which time half of the reports came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed {
    /// Within so many seconds.
    pub within_s: u32,
}

const STEPS_S: [u32; SPEEDS] = [30, 60, 120, 300, 600];

/// What some people made of a drill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Who reported it, by how fast.
    pub(super) reported: [u32; SPEEDS],
    pub(super) ignored: u32,
    pub(super) fell: u32,
}

impl Tally {
    pub(super) fn count(&mut self, reaction: Reaction, after_ms: i64) {
        match reaction {
            Reaction::Ignored => self.ignored += 1,
            Reaction::Fell => self.fell += 1,
            Reaction::Reported => {
                let within = |step: &u32| after_ms <= i64::from(*step) * 1_000;
                self.reported[STEPS_S.iter().position(within).unwrap_or(SPEEDS - 1)] += 1;
            }
        }
    }

    pub(super) fn reports(&self) -> u32 {
        self.reported.iter().sum()
    }

    pub(super) fn met(&self) -> u32 {
        self.reports() + self.ignored + self.fell
    }

    fn and(mut self, other: &Self) -> Self {
        for (own, others) in self.reported.iter_mut().zip(other.reported) {
            *own += others;
        }
        self.ignored += other.ignored;
        self.fell += other.fell;
        self
    }

    fn median(&self) -> Option<Speed> {
        let half = self.reports().div_ceil(2);
        let mut seen = 0;
        let mut steps = STEPS_S.iter().zip(self.reported);
        let reached = |(_, count): &(&u32, u32)| {
            seen += count;
            half > 0 && seen >= half
        };
        steps.find(reached).map(|(within_s, _)| Speed { within_s: *within_s })
    }
}

/// The parts of a group: who met this kind of drill for the first time, and who had met it before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) first: Tally,
    pub(super) again: Tally,
}

impl Parts {
    pub(super) fn met(&self) -> u32 {
        self.first.met() + self.again.met()
    }

    pub(super) fn and(self, other: &Self) -> Self {
        Self { first: self.first.and(&other.first), again: self.again.and(&other.again) }
    }

    /// As if all had met it for the first time.
    pub(super) fn joined(self) -> Self {
        Self { first: self.first.and(&self.again), again: Tally::default() }
    }

    /// Nothing, of fewer than eight.
    pub(super) fn figures(&self) -> Option<Figures> {
        let all = self.first.and(&self.again);
        let met = all.met();
        let (first, again) = (self.first.met(), self.again.met());
        // Of a part only what leaves eight in the other, or nobody.
        let parted = again >= FEWEST && (first >= FEWEST || first == 0);
        (met >= FEWEST).then(|| Figures {
            met,
            reported: tens(all.reports(), met),
            fell: tens(all.fell, met),
            // Of fewer reports it would say how fast somebody was; and it is none for one report as for none.
            median: all.median().filter(|_| all.reports() >= FEWEST),
            fell_again: parted.then(|| tens(self.again.fell, again)),
        })
    }
}

/// A share in percent, rounded to tens; 10 is at most ten, 90 at least ninety.
fn tens(part: u32, of: u32) -> u8 {
    let tens = (part * 10 + of / 2).checked_div(of).unwrap_or(0).clamp(1, 9);
    u8::try_from(tens * 10).unwrap_or(90)
}

/// What eight people or more made of drills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How many met it.
    pub met: u32,
    /// The share that reported it, in percent, in tens: 10 is at most ten, 90 at least ninety.
    pub reported: u8,
    /// The share that fell for it, likewise.
    pub fell: u8,
    /// Within which time half of the reports came; none of fewer than eight reports.
    pub median: Option<Speed>,
    /// Of those who had met such a drill before, the share that fell for it; none of fewer than eight.
    pub fell_again: Option<u8>,
}

/// Teams that are shown together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<T> {
    /// Their names; an empty one stands for who is in no team.
    pub teams: Vec<String>,
    /// What is shown of them.
    pub shown: T,
}

/// Teams put together until each group has eight people or more; nothing where all of them are fewer.
pub(super) fn grouped<T: Copy>(
    teams: Vec<(String, T)>,
    size: impl Fn(&T) -> u32,
    add: impl Fn(T, &T) -> T,
) -> Vec<Group<T>> {
    let there = teams.into_iter().filter(|(_, one)| size(one) > 0);
    let (large, small): (Vec<_>, Vec<_>) = there.partition(|(_, one)| size(one) >= FEWEST);
    let mut groups: Vec<_> = large.into_iter().map(|(team, shown)| Group { teams: vec![team], shown }).collect();
    let joined = small.into_iter().fold(None, |joined: Option<Group<T>>, (team, one)| {
        Some(match joined {
            None => Group { teams: vec![team], shown: one },
            Some(mut group) => {
                group.teams.push(team);
                Group { shown: add(group.shown, &one), ..group }
            }
        })
    });
    let Some(mut joined) = joined else { return groups };
    if size(&joined.shown) < FEWEST {
        let smallest = groups.iter().enumerate().min_by_key(|(_, group)| size(&group.shown)).map(|(at, _)| at);
        let Some(at) = smallest else { return groups };
        let other = groups.remove(at);
        joined.teams.extend(other.teams);
        joined.shown = add(joined.shown, &other.shown);
    }
    joined.teams.sort();
    groups.push(joined);
    groups
}

impl Drill {
    /// What is shown of it: nothing before it is closed.
    pub(super) fn groups(&self) -> Vec<Group<Parts>> {
        if self.closed.is_none() {
            return Vec::new();
        }
        let teams = self.teams.iter();
        let teams = teams.map(|team| (team.team.clone(), Parts { first: team.first, again: team.again })).collect();
        grouped(teams, Parts::met, |one, other| one.and(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sized(sizes: &[u32]) -> Vec<Group<u32>> {
        let teams = sizes.iter().enumerate().map(|(at, size)| (format!("team {at:02}"), *size)).collect();
        grouped(teams, |size| *size, |one, other| one + other)
    }

    #[test]
    fn small_teams_are_added_up_and_a_rest_that_is_too_small_takes_one_more() {
        let shown = |sizes: &[u32]| sized(sizes).into_iter().map(|group| group.shown).collect::<Vec<_>>();
        assert_eq!(shown(&[7]), Vec::<u32>::new());
        assert_eq!(shown(&[8, 9]), [8, 9]);
        assert_eq!(shown(&[3, 4, 9]), [16]);
        assert_eq!(shown(&[3, 5, 9]), [9, 8]);
        assert_eq!(shown(&[1, 20, 9]), [20, 10], "the smallest of the others joins");
        assert_eq!(shown(&[0, 8]), [8], "a team that met nothing is no group");
    }

    #[test]
    fn shares_are_tens_and_never_say_all_or_none() {
        assert_eq!(tens(0, 8), 10);
        assert_eq!(tens(8, 8), 90);
        assert_eq!(tens(1, 8), 10);
        assert_eq!(tens(4, 8), 50);
        assert_eq!(tens(3, 8), 40);
    }

    #[test]
    fn half_of_the_reports_came_within() {
        let mut tally = Tally::default();
        assert_eq!(tally.median(), None);
        for after_ms in [10_000, 31_000, 31_000, 599_000, 999_000] {
            tally.count(Reaction::Reported, after_ms);
        }
        assert_eq!(tally.median(), Some(Speed { within_s: 60 }));
        assert_eq!((tally.met(), tally.reports()), (5, 5));
    }

    #[test]
    fn how_fast_reports_came_is_shown_of_eight_or_more() {
        let of = |reports: u32| {
            let mut first = Tally { ignored: 20, ..Tally::default() };
            (0..reports).for_each(|_| first.count(Reaction::Reported, 1_000));
            Parts { first, again: Tally::default() }.figures().unwrap().median
        };
        assert_eq!((of(0), of(1), of(7)), (None, None, None));
        assert_eq!(of(8), Some(Speed { within_s: 30 }));
    }

    proptest! {
        /// Whatever sums of groups somebody subtracts from whatever others, what is left is nobody or eight people or more.
        #[test]
        fn no_difference_of_groups_leaves_fewer_than_eight(sizes in prop::collection::vec(0u32..20, 0..7), one in any::<u8>(), other in any::<u8>()) {
            let groups = sized(&sizes);
            let chosen = |mask: u8| groups.iter().enumerate().filter(move |(at, _)| mask >> at & 1 == 1).map(|(at, _)| at).collect::<std::collections::BTreeSet<_>>();
            let (one, other) = (chosen(one), chosen(other));
            let left: u32 = one.symmetric_difference(&other).map(|at| groups[*at].shown).sum();
            prop_assert!(left == 0 || left >= FEWEST);
            let named: Vec<_> = groups.iter().flat_map(|group| &group.teams).collect();
            let once: std::collections::BTreeSet<_> = named.iter().collect();
            prop_assert_eq!(named.len(), once.len(), "each team is in one group");
            let (all, there): (u32, u32) = (groups.iter().map(|group| group.shown).sum(), sizes.iter().sum());
            prop_assert_eq!(all, if there >= FEWEST { there } else { 0 });
        }
    }
}
