//! Who stands above whom.

use super::body::Reporting;
use super::person::Person;
use super::{PowerChange, Powers};
use domain::duty::Duty;
use domain::{PersonId, Role};
use std::collections::BTreeSet;

impl Powers {
    /// Everybody to whom somebody reports, however far up; each once, also where they report to each other in a circle.
    #[must_use]
    pub fn above(&self, person: PersonId) -> BTreeSet<PersonId> {
        let next = |at: PersonId| self.get::<Reporting>(&at.0).map(|reporting| reporting.to);
        let (mut seen, mut at) = (BTreeSet::new(), next(person));
        while let Some(manager) = at.filter(|manager| *manager != person && seen.insert(*manager)) {
            at = next(manager);
        }
        seen
    }

    /// Does it weigh who this person's manager is? It does with somebody of IT above them, before or after: that decides which role
    /// they can have. And it does where they, or anybody below them, watch IT or decide: above those nobody of IT may stand, and
    /// nobody is the second person of whom they report to.
    pub(super) fn manager_weighs(&self, person: PersonId, change: &PowerChange) -> bool {
        let after = self.after(core::slice::from_ref(change));
        let runs = |id: &PersonId| self.get::<Person>(&id.0).is_some_and(|row| row.role.duty() == Duty::Running);
        if self.above(person).iter().chain(&after.above(person)).any(runs) {
            return true;
        }
        let weighs = |role: Role| role.is_independent() || role.decides();
        let mut all = self.all::<Person>().filter(|(id, row)| weighs(row.role) && !self.has_left(PersonId(*id)));
        all.any(|(id, _)| id == person.0 || self.above(PersonId(id)).contains(&person))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::PowerBody as _;
    use domain::PowerKind;

    fn reports(from: u8, to: Option<u8>) -> PowerChange {
        let body = to.map(|to| Reporting { to: PersonId([to; 16]) }.encode());
        ((PowerKind::Reporting, [from; 16]), body)
    }

    fn powers() -> Powers {
        let people = [
            (1, Role::Agent),
            (2, Role::TeamLeader),
            (3, Role::SecurityOfficer),
            (4, Role::ItOperator),
            (5, Role::QualityAnalyst),
            (6, Role::Auditor),
            (7, Role::Agent),
        ];
        let person = |(id, role): (u8, Role)| {
            let row = Person { role, name: id.to_string(), team: String::new(), token: None };
            ((PowerKind::Person, [id; 16]), Some(row.encode()))
        };
        Powers::default().after(&people.map(person))
    }

    #[test]
    fn everybody_above_is_found_once_also_in_a_circle() {
        let of = |all: &[(u8, u8)]| {
            let changes: Vec<_> = all.iter().map(|(from, to)| reports(*from, Some(*to))).collect();
            powers().after(&changes).above(PersonId([1; 16])).iter().map(|id| id.0[0]).collect::<Vec<_>>()
        };
        assert_eq!(of(&[]), [0_u8; 0]);
        assert_eq!(of(&[(1, 2), (2, 3)]), [2, 3]);
        assert_eq!(of(&[(1, 2), (2, 3), (3, 2)]), [2, 3]);
        assert_eq!(of(&[(1, 2), (2, 1)]), [2]);
        assert_eq!(of(&[(1, 1)]), [0_u8; 0]);
    }

    #[test]
    fn a_manager_governs_where_a_forbidden_chain_or_a_second_person_hangs_on_it() {
        let powers = powers().after(&[reports(7, Some(5)), reports(6, Some(5))]);
        for (from, to, governs) in [
            (1, Some(2), false),
            (1, Some(5), false),
            (1, None, false),
            (1, Some(4), true),
            (7, None, false),
            (2, Some(5), true),
            (3, Some(2), true),
            (3, None, true),
            (6, None, true),
            (5, Some(1), true),
            (4, Some(1), false),
        ] {
            assert_eq!(powers.governs(&reports(from, to)), governs, "{from} to {to:?}");
        }
        let under_it = powers.after(&[reports(1, Some(4))]);
        assert!(under_it.governs(&reports(1, None)), "that IT is gone from above them lets them become an officer");
    }
}
