//! Which powers must not meet, over a tenant's whole power: in one person, and above whom nobody of IT may stand.

use domain::duty::{Forbidden, grantable};
use domain::{PersonId, Refusal, Role};
use keys::Powers;
use keys::power::{Person, PowerChange, plain};
use std::collections::BTreeMap;

/// Power after these changes, unless powers meet in it that must not and didn't before.
pub(super) fn checked(before: &Powers, changes: &[PowerChange]) -> Result<Powers, Refusal> {
    let (after, old) = (before.after(changes), breaches(before));
    match breaches(&after).into_iter().find(|(id, _)| !old.contains_key(id)) {
        None => Ok(after),
        Some((_, Forbidden::Pair { .. })) => Err(Refusal::ForbiddenPair),
        Some((_, Forbidden::ManagedByIt)) => Err(Refusal::ManagedByIt),
    }
}

/// Everybody whose role must not be, and why. Who has the same name is taken for the same human.
pub(super) fn breaches(powers: &Powers) -> BTreeMap<PersonId, Forbidden> {
    let here: BTreeMap<PersonId, Person> = powers
        .all::<Person>()
        .map(|(id, person)| (PersonId(id), person))
        .filter(|(id, _)| !powers.has_left(*id))
        .collect();
    let mut held: BTreeMap<String, Vec<(PersonId, Role)>> = BTreeMap::new();
    for (id, person) in &here {
        held.entry(plain(&person.name)).or_default().push((*id, person.role));
    }
    let breach = |(id, person): (&PersonId, &Person)| {
        let same = held.get(&plain(&person.name)).into_iter().flatten();
        let others: Vec<Role> = same.filter(|(other, _)| other != id).map(|(_, role)| *role).collect();
        let above: Vec<Role> =
            powers.above(*id).iter().filter_map(|id| here.get(id)).map(|person| person.role).collect();
        grantable(person.role, &others, &above).err().map(|why| (*id, why))
    };
    here.iter().filter_map(breach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Millis, PowerKind};
    use keys::power::{Left, PowerBody, Reporting};

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
        breaches(powers).keys().map(|id| id.0[0]).collect()
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
    }
}
