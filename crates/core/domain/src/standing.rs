//! New staff: a class of their own with small budgets, until they have been here for a while.

use crate::ids::PersonId;
use crate::time::Millis;

const DAY_MS: i64 = 24 * 3_600_000;

/// How long somebody has been here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// New: a quarter of each allowance.
    Probation,
    /// The whole of it.
    Regular,
}

impl Standing {
    /// Somebody's standing at a moment. It rests on when their id was minted, which no later edit changes; an id from
    /// the future (another machine's clock) is a new one. Without any days there is no probation.
    #[must_use]
    pub fn of(person: PersonId, now: Millis, probation_days: u16) -> Self {
        let days_ms = i64::from(probation_days) * DAY_MS;
        if days_ms > 0 && now.since(person.minted()) < days_ms { Self::Probation } else { Self::Regular }
    }

    /// Are they new here?
    #[must_use]
    pub fn is_probation(self) -> bool {
        self == Self::Probation
    }

    /// Their own limit, of a whole one: a quarter for who is new, and at least one of what isn't nothing.
    #[must_use]
    pub fn limit(self, whole: u32) -> u32 {
        match self {
            Self::Probation => (whole / 4).max(whole.min(1)),
            Self::Regular => whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hired_at(at: i64) -> PersonId {
        PersonId::earliest(Millis(at))
    }

    #[test]
    fn probation_ends_by_itself() {
        let hired = 1_767_225_600_000;
        let after = |ms| Standing::of(hired_at(hired), Millis(hired + ms), 14);
        assert_eq!(after(0), Standing::Probation);
        assert_eq!(after(14 * DAY_MS - 1), Standing::Probation);
        assert_eq!(after(14 * DAY_MS), Standing::Regular);
        assert_eq!(after(-DAY_MS), Standing::Probation);
        assert_eq!(Standing::of(hired_at(hired), Millis(hired), 0), Standing::Regular);
        assert_eq!(Standing::of(hired_at(hired), Millis(hired - DAY_MS), 0), Standing::Regular);
    }

    #[test]
    fn who_is_new_has_a_quarter_and_never_more_than_the_whole() {
        for (whole, new) in [(0, 0), (1, 1), (3, 1), (40, 10), (u32::MAX, u32::MAX / 4)] {
            assert_eq!(Standing::Probation.limit(whole), new);
            assert_eq!(Standing::Regular.limit(whole), whole);
        }
    }
}
