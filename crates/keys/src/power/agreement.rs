//! With what an agent works, a device or a passkey, counts once their team leader agreed, beside security: so nobody of security
//! alone can be an agent.

use super::body::PowerBody as _;
use super::device::Device;
use super::passkey::Passkey;
use super::person::Person;
use super::{PowerChange, Powers};
use domain::{PersonId, PowerKind, Role};
use std::collections::BTreeSet;

impl Powers {
    /// Does one lead the team in which the other is? Nobody leads themselves, nor another account of theirs.
    #[must_use]
    pub fn leads(&self, leader: PersonId, other: PersonId) -> bool {
        let here = |person: PersonId| self.get::<Person>(&person.0).filter(|_| !self.has_left(person));
        let led = here(leader).zip(here(other));
        let fits = led.is_some_and(|(one, other)| one.role == Role::TeamLeader && one.team == other.team);
        fits && leader != other && self.human(leader) != self.human(other)
    }

    /// Agents' passkeys to which no team leader agreed, by the names of their rows: those of the setting up.
    fn without_leader(&self) -> BTreeSet<[u8; 16]> {
        let agents = self.all::<Passkey>().filter(|(_, passkey)| self.is_agent(passkey.person));
        agents.filter(|(_, passkey)| passkey.leader.is_none()).map(|(id, _)| id).collect()
    }

    /// Those among them that these changes make so, by a new passkey or by a role.
    #[must_use]
    pub fn newly_without_leader(&self, changes: &[PowerChange]) -> BTreeSet<[u8; 16]> {
        &self.after(changes).without_leader() - &self.without_leader()
    }

    /// Do these changes let an agent work with something to which no team leader of theirs agreed?
    #[must_use]
    pub fn pass_over_a_leader(&self, changes: &[PowerChange]) -> bool {
        let after = self.after(changes);
        let strange = |((kind, _), body): &PowerChange| match (kind, body) {
            (PowerKind::Passkey, Some(body)) => Passkey::decode(body)
                .and_then(|passkey| Some((passkey.leader?, passkey.person)))
                .is_some_and(|(leader, person)| !after.leads(leader, person)),
            (PowerKind::Device, Some(body)) => {
                Device::decode(body).is_some_and(|device| !after.leads(device.leader, device.person))
            }
            _ => false,
        };
        changes.iter().any(strange) || !self.newly_without_leader(changes).is_empty()
    }

    /// Is this person an agent, so that a passkey of theirs needs a team leader's yes?
    #[must_use]
    pub fn is_agent(&self, person: PersonId) -> bool {
        self.get::<Person>(&person.0).is_some_and(|row| row.role == Role::Agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::{Algorithm, Left};
    use domain::Millis;

    const AGENT: u8 = 1;

    fn person(id: u8, role: Role, team: &str) -> PowerChange {
        let row = Person { role, name: id.to_string(), team: team.to_owned(), token: None };
        ((PowerKind::Person, [id; 16]), Some(row.encode()))
    }

    fn powers() -> Powers {
        Powers::default().after(&[
            person(AGENT, Role::Agent, "north"),
            person(2, Role::TeamLeader, "north"),
            person(3, Role::TeamLeader, "south"),
            person(4, Role::SecurityOfficer, "north"),
            person(5, Role::TeamLeader, "north"),
            person(6, Role::QualityAnalyst, "north"),
            ((PowerKind::Left, [5; 16]), Some(Left { at: Millis(1) }.encode())),
        ])
    }

    fn passkey(of: u8, leader: Option<u8>) -> PowerChange {
        let row = Passkey {
            person: PersonId([of; 16]),
            credential: vec![of],
            algorithm: Algorithm::EdDsa,
            public_key: vec![1],
            rp_id: "localhost".to_owned(),
            state: Vec::new(),
            label: "A key".to_owned(),
            added: Millis(1),
            leader: leader.map(|leader| PersonId([leader; 16])),
        };
        assert_eq!(Passkey::decode(&row.encode()), Some(row.clone()));
        ((PowerKind::Passkey, [of; 16]), Some(row.encode()))
    }

    fn device(leader: u8) -> PowerChange {
        let (person, leader, officer) = (PersonId([AGENT; 16]), PersonId([leader; 16]), PersonId([4; 16]));
        let row = Device { person, key: vec![4], leader, officer, added: Millis(1) };
        ((PowerKind::Device, [9; 16]), Some(row.encode()))
    }

    #[test]
    fn what_an_agent_works_with_names_a_team_leader_of_theirs_who_is_there() {
        let over = |change: PowerChange| powers().pass_over_a_leader(&[change]);
        assert!(!over(passkey(AGENT, Some(2))) && !over(device(2)));
        for leader in [AGENT, 3, 4, 5, 6, 9] {
            assert!(over(passkey(AGENT, Some(leader))) && over(device(leader)), "{leader}");
        }
        // Nor another account of the agent's own, which leads the team.
        let twin =
            Person { role: Role::TeamLeader, name: " \u{661} ".to_owned(), team: "north".to_owned(), token: None };
        let twin = powers().after(&[((PowerKind::Person, [8; 16]), Some(twin.encode()))]);
        assert!(twin.pass_over_a_leader(&[passkey(AGENT, Some(8))]) && twin.pass_over_a_leader(&[device(8)]));
        assert!(over(passkey(AGENT, None)));
        assert!(!over(passkey(4, None)) && !over(passkey(6, None)), "only agents need one");
    }

    #[test]
    fn who_comes_to_be_an_agent_brings_no_passkey_to_which_no_leader_agreed() {
        let held = powers().after(&[passkey(6, None)]);
        let role = person(6, Role::Agent, "north");
        assert!(held.pass_over_a_leader(core::slice::from_ref(&role)));
        assert_eq!(held.newly_without_leader(core::slice::from_ref(&role)), BTreeSet::from([[6; 16]]));
        assert!(!held.pass_over_a_leader(&[role.clone(), ((PowerKind::Passkey, [6; 16]), None)]));
        // What counted since the setting up goes on counting.
        assert!(!held.after(&[role]).pass_over_a_leader(&[person(6, Role::Agent, "south")]));
    }
}
