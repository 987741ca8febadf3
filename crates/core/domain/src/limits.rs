//! What an act weighs, and how much there may be of it: what an operator sets.

use crate::budget::{PerWindow, Room};
use crate::field::FieldKind;
use crate::purpose::Purpose;
use crate::standing::Standing;

/// What each act tells, in points of information: one unit for everything that somebody learns about customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// A value shown, by kind of field, in the order of [`FieldKind::ALL`].
    fields: [u32; FieldKind::ALL.len()],
    /// A masked record looked at.
    pub view: u32,
    /// A search that found nobody: it tells that nobody here has this number or name, and is how lists are probed.
    pub search_miss: u32,
    /// Each customer that a search found. "More than three" tells as much as three.
    pub search_hit: u32,
    /// A caller's answer that fits.
    pub verify_pass: u32,
    /// One that doesn't: what is on record isn't this, which is how a record is guessed.
    pub verify_fail: u32,
}

/// More hits than this aren't shown.
const MOST_HITS: u32 = 3;

impl Weights {
    /// Everything weighs one: acts are counted rather than what they tell.
    pub const EVEN: Self = Self {
        fields: [1; FieldKind::ALL.len()],
        view: 1,
        search_miss: 1,
        search_hit: 1,
        verify_pass: 1,
        verify_fail: 1,
    };

    /// A value of this kind shown.
    #[must_use]
    pub fn reveal(&self, kind: FieldKind) -> u32 {
        FieldKind::ALL.iter().position(|other| *other == kind).map_or(u32::MAX, |place| self.fields[place])
    }

    /// The same with another weight for a kind of field.
    #[must_use]
    pub fn with(mut self, kind: FieldKind, weight: u32) -> Self {
        if let Some(place) = FieldKind::ALL.iter().position(|other| *other == kind) {
            self.fields[place] = weight;
        }
        self
    }

    /// A search that found so many.
    #[must_use]
    pub fn search(&self, found: usize) -> u32 {
        let found = u32::try_from(found).unwrap_or(u32::MAX).min(MOST_HITS);
        if found == 0 { self.search_miss } else { self.search_hit.saturating_mul(found) }
    }

    /// The dearest value.
    #[must_use]
    pub fn dearest(&self) -> u32 {
        self.fields.iter().copied().max().unwrap_or(1).max(1)
    }
}

impl Default for Weights {
    fn default() -> Self {
        let weigh = |kind: &FieldKind| match kind {
            FieldKind::Order | FieldKind::Preference => 1,
            FieldKind::Name | FieldKind::Note => 2,
            FieldKind::Phone | FieldKind::Email => 3,
            FieldKind::PostalAddress => 4,
            FieldKind::DateOfBirth => 8,
            FieldKind::BankAccount | FieldKind::Card => 16,
        };
        let fields = FieldKind::ALL.each_ref().map(weigh);
        Self { fields, view: 1, search_miss: 3, search_hit: 2, verify_pass: 1, verify_fail: 4 }
    }
}

/// One subject's allowance: for everything, and for single purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whatever for.
    pub all: PerWindow,
    /// For one purpose, in the order of [`Purpose::ALL`].
    purposes: [PerWindow; Purpose::ALL.len()],
}

impl Allowance {
    /// One without limits for single purposes.
    #[must_use]
    pub const fn of(all: PerWindow) -> Self {
        Self { all, purposes: [PerWindow::ANY; Purpose::ALL.len()] }
    }

    /// The limit for one purpose.
    #[must_use]
    pub fn purpose(&self, purpose: Purpose) -> PerWindow {
        Purpose::ALL.iter().position(|other| *other == purpose).map_or(PerWindow::ANY, |place| self.purposes[place])
    }

    /// The same with another limit for a purpose.
    #[must_use]
    pub fn with(mut self, purpose: Purpose, limits: PerWindow) -> Self {
        if let Some(place) = Purpose::ALL.iter().position(|other| *other == purpose) {
            self.purposes[place] = limits;
        }
        self
    }

    /// What holds for an act of this purpose, by somebody who has been here for so long.
    #[must_use]
    pub fn room(&self, purpose: Option<Purpose>, standing: Standing) -> Room {
        let own = |limits: PerWindow| limits.map(|whole| if whole == u32::MAX { whole } else { standing.limit(whole) });
        Room { all: own(self.all), purpose: purpose.map_or(PerWindow::ANY, |purpose| own(self.purpose(purpose))) }
    }
}

/// How much is allowed, and what weighs how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What acts weigh.
    pub weights: Weights,
    /// One person's points.
    pub person: Allowance,
    /// One team's.
    pub team: Allowance,
    /// Everybody's together.
    pub tenant: Allowance,
    /// One-time codes sent by one person, per hour.
    pub code_per_hour: u32,
    /// Answers checked in one interaction.
    pub verify_per_interaction: u32,
    /// Answers checked against one customer's record, per hour.
    pub verify_per_customer: u32,
    /// One-time codes sent in one interaction.
    pub code_per_interaction: u32,
    /// Different fields of one record shown in one interaction without a second person.
    pub fields_per_interaction: u32,
    /// Second people asked for by one person, per hour.
    pub approval_per_hour: u32,
    /// How often one person says yes as a second person, per hour.
    pub agreed_per_hour: u32,
    /// For how many seconds a change that lets somebody do more waits, after it was signed, until it counts.
    pub widening_waits_s: u32,
}

/// A day: long enough for the board and the client to look.
const WIDENING_WAITS_S: u32 = 24 * 3_600;

impl Default for Limits {
    /// A call costs some twenty points: a search or none, the record, two answers checked, a name and an address. Sixty
    /// calls a day are 1,200 points, twelve in an hour 240, 22 days of sixty calls 26,400. What is said is a quarter more or
    /// so. For a purpose that opens what is sensitive it is three quarters of that: a payment on each of these calls.
    fn default() -> Self {
        let person = Allowance::of(PerWindow { hour: 320, day: 1_600, month: 30_000 });
        let sensitive = PerWindow { hour: 240, day: 1_200, month: 22_500 };
        let three = [Purpose::Payment, Purpose::Verification, Purpose::Correction];
        Self {
            weights: Weights::default(),
            person: three.into_iter().fold(person, |person, purpose| person.with(purpose, sensitive)),
            // 250 seats, of which not all work at once; and fifty such teams.
            team: Allowance::of(PerWindow { hour: 40_000, day: 250_000, month: 5_000_000 }),
            tenant: Allowance::of(PerWindow { hour: 2_000_000, day: 12_500_000, month: 250_000_000 }),
            code_per_hour: 40,
            verify_per_interaction: 5,
            verify_per_customer: 10,
            code_per_interaction: 3,
            fields_per_interaction: 4,
            approval_per_hour: 12,
            agreed_per_hour: 30,
            widening_waits_s: WIDENING_WAITS_S,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_with_sixty_calls_a_day_is_never_stopped() {
        let Limits { weights, person, .. } = Limits::default();
        let search = (weights.search(0) + weights.search(1) + weights.search(3)) / 3;
        let checks = 2 * weights.verify_pass + weights.verify_fail / 2;
        let shown = weights.reveal(FieldKind::Name)
            + weights.reveal(FieldKind::PostalAddress)
            + weights.reveal(FieldKind::Order);
        let call = search + weights.view + checks + shown;
        assert!(call <= 20, "{call}");
        for (calls, window) in [(12, person.all.hour), (60, person.all.day), (22 * 60, person.all.month)] {
            assert!(calls * call <= window, "{calls} calls of {call}");
        }
        let payments = person.purpose(Purpose::Payment);
        for (calls, window) in [(12, payments.hour), (60, payments.day), (22 * 60, payments.month)] {
            assert!(calls * weights.reveal(FieldKind::BankAccount) <= window, "{calls} payments");
        }
    }

    #[test]
    fn who_is_new_has_a_quarter_of_what_is_limited() {
        let allowance = Allowance::of(PerWindow::hourly(40)).with(Purpose::Payment, PerWindow::hourly(8));
        let room = allowance.room(Some(Purpose::Payment), Standing::Probation);
        assert_eq!(room, Room { all: PerWindow::hourly(10), purpose: PerWindow::hourly(2) });
        assert_eq!(allowance.room(None, Standing::Regular), Room::hourly(40));
    }

    #[test]
    fn more_hits_tell_more_and_a_list_tells_no_more_than_three() {
        let weights = Weights::default();
        assert_eq!([0, 1, 2, 3, 4, 400].map(|found| weights.search(found)), [3, 2, 4, 6, 6, 6]);
    }
}
