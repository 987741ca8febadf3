//! Which powers must not meet, over a tenant's whole power: in one person, and above whom nobody of IT may stand.

use super::person::{Person, plain};
use super::{PowerChange, Powers};
use domain::duty::{Forbidden, grantable};
use domain::{PersonId, Role};
use std::collections::BTreeMap;

impl Powers {
    /// What these changes bring about that no approval makes right, and that wasn't so before. What only takes power away brings
    /// nothing about.
    #[must_use]
    pub fn newly_forbidden(&self, changes: &[PowerChange]) -> Option<Forbidden> {
        if changes.iter().all(|change| self.is_narrowing(change)) {
            return None;
        }
        let (after, old) = (self.after(changes).breaches(), self.breaches());
        after.into_iter().find(|(id, _)| !old.contains_key(id)).map(|(_, why)| why)
    }

    /// Everybody whose role must not be, and why. Who has the same name is taken for the same human.
    #[must_use]
    pub fn breaches(&self) -> BTreeMap<PersonId, Forbidden> {
        let here: BTreeMap<PersonId, (String, Role)> = self
            .all::<Person>()
            .map(|(id, person)| (PersonId(id), (plain(&person.name), person.role)))
            .filter(|(id, _)| !self.has_left(*id))
            .collect();
        let mut held: BTreeMap<&str, Vec<(PersonId, Role)>> = BTreeMap::new();
        for (id, (name, role)) in &here {
            held.entry(name).or_default().push((*id, *role));
        }
        let breach = |(id, (name, role)): (&PersonId, &(String, Role))| {
            let same = held.get(name.as_str()).into_iter().flatten();
            let others: Vec<Role> = same.filter(|(other, _)| other != id).map(|(_, role)| *role).collect();
            let above: Vec<Role> =
                self.above(*id).iter().filter_map(|id| here.get(id)).map(|(_, role)| *role).collect();
            grantable(*role, &others, &above).err().map(|why| (*id, why))
        };
        here.iter().filter_map(breach).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::{Left, PowerBody as _, Reporting};
    use domain::{Millis, PowerKind};

    /// People by number, each with a role, and who reports to whom.
    fn powers(people: &[(u8, Role, &str)], reports: &[(u8, u8)], left: &[u8]) -> Powers {
        let mut powers = Powers::default();
        for (id, role, name) in people {
            let body = Person { role: *role, name: (*name).to_owned(), team: String::new(), token: None };
            powers.0.insert((PowerKind::Person, [*id; 16]), body.encode());
        }
        for (from, to) in reports {
            powers.0.insert((PowerKind::Reporting, [*from; 16]), Reporting { to: PersonId([*to; 16]) }.encode());
        }
        for id in left {
            powers.0.insert((PowerKind::Left, [*id; 16]), Left { at: Millis(1) }.encode());
        }
        powers
    }

    fn whom(powers: &Powers) -> Vec<u8> {
        powers.breaches().keys().map(|id| id.0[0]).collect()
    }

    #[test]
    fn nobody_of_it_stands_above_who_watches_however_far_up() {
        use Role::{Agent, ItOperator, SecurityOfficer, TeamLeader};
        let people = [(1, SecurityOfficer, "Sam"), (2, TeamLeader, "Lea"), (3, Agent, "Ada"), (4, ItOperator, "Ivo")];
        assert_eq!(whom(&powers(&people, &[(1, 2), (2, 3)], &[])), [0_u8; 0]);
        for chain in [&[(1, 4)][..], &[(1, 2), (2, 4)], &[(1, 2), (2, 3), (3, 4)], &[(1, 2), (2, 3), (3, 4), (4, 1)]] {
            assert_eq!(whom(&powers(&people, chain, &[])), [1], "{chain:?}");
            assert_eq!(whom(&powers(&people, chain, &[4])), [0_u8; 0], "who has left leans on nobody");
            assert_eq!(whom(&powers(&people, chain, &[1])), [0_u8; 0]);
        }
        assert_eq!(whom(&powers(&people, &[(1, 2), (2, 1)], &[])), [0_u8; 0], "a circle ends");
        assert_eq!(whom(&powers(&people, &[(1, 1), (2, 2)], &[])), [0_u8; 0]);
        assert_eq!(whom(&powers(&people, &[(1, 2), (2, 3), (3, 2)], &[])), [0_u8; 0]);
        assert_eq!(whom(&powers(&people, &[(3, 4), (2, 4)], &[])), [0_u8; 0], "agents may report to IT");
    }

    #[test]
    fn one_human_has_no_two_kinds_of_power() {
        use Role::{Agent, ItOperator, TeamLeader};
        let people =
            [(1, Agent, "Kim Novak"), (2, ItOperator, " kim  NOVAK"), (3, TeamLeader, "Kim"), (4, Agent, "kim")];
        assert_eq!(whom(&powers(&people, &[], &[])), [1, 2]);
        assert_eq!(whom(&powers(&people, &[], &[2])), [0_u8; 0]);
        let people = [(1, Agent, "Zoë O\u{2019}Brien"), (2, ItOperator, "Zoe\u{308}\u{200b} O'Brien")];
        assert_eq!(whom(&powers(&people, &[], &[])), [1, 2], "what nobody sees, or hardly, tells nobody apart");
    }

    #[test]
    fn only_what_these_changes_bring_about_is_found() {
        let people = [(1, Role::Agent, "Kim"), (2, Role::ItOperator, "kim"), (3, Role::Auditor, "Aud")];
        let before = powers(&people, &[], &[]);
        let reports = |to: u8| ((PowerKind::Reporting, [3; 16]), Some(Reporting { to: PersonId([to; 16]) }.encode()));
        assert_eq!(before.newly_forbidden(&[]), None, "it was so before");
        assert_eq!(before.newly_forbidden(&[reports(1)]), None);
        assert_eq!(before.newly_forbidden(&[reports(2)]), Some(Forbidden::ManagedByIt));
    }
}
