//! Bearer tokens: whoever sets a tenant up gives them, and nobody afterwards. Officers say which of them go on counting.

use super::body::PowerBody;
use super::{Person, Powers};
use domain::{PersonId, PowerKind, Role};
use minicbor::{Decoder, Encoder};
use std::collections::BTreeSet;

/// Officers let this bearer token of a person's go on counting. The row's id is the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The token's digest, as the person's row has it: another token isn't confirmed.
    pub token: [u8; 32],
    /// The person's role when it was confirmed: for another one it says nothing, as that may need more officers.
    pub role: Role,
}

impl PowerBody for Confirmed {
    const KIND: PowerKind = PowerKind::Confirmed;

    /// `[digest, role]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(2)?.bytes(&self.token)?.str(self.role.slug())?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let token = d.bytes()?.try_into().ok();
        let role = Role::from_slug(d.str()?);
        Ok(token.zip(role).map(|(token, role)| Self { token, role }))
    }
}

impl Powers {
    /// Who has a token that no officer confirmed since the setting up, for the role that they have; of programs nobody is asked.
    /// Until an officer has a passkey, there is nobody to confirm any.
    #[must_use]
    pub fn unconfirmed_tokens(&self) -> BTreeSet<PersonId> {
        if self.officers().next().is_none() {
            return BTreeSet::new();
        }
        let people = self.all::<Person>().filter(|(_, row)| row.role != Role::Integrator);
        let stands = |(id, row): ([u8; 16], Person)| {
            let shown = Confirmed { token: row.token?, role: row.role };
            let confirmed = self.get::<Confirmed>(&id) == Some(shown);
            (!confirmed && !self.has_left(PersonId(id))).then_some(PersonId(id))
        };
        people.filter_map(stands).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Algorithm, Left, Passkey, PowerChange};
    use super::*;
    use domain::Millis;

    const ADA: PersonId = PersonId([1; 16]);
    const SOL: PersonId = PersonId([2; 16]);

    fn person(role: Role, token: Option<[u8; 32]>) -> Vec<u8> {
        Person { role, name: "A person".to_owned(), team: "north".to_owned(), token }.encode()
    }

    fn passkey() -> Vec<u8> {
        let (credential, public_key, state) = (vec![7], vec![8], Vec::new());
        let (rp_id, label, added) = ("desk.example".to_owned(), "A key".to_owned(), Millis(5));
        let algorithm = Algorithm::Es256;
        Passkey { person: SOL, credential, algorithm, public_key, rp_id, state, label, added, leader: None }.encode()
    }

    fn put(kind: PowerKind, id: PersonId, body: Vec<u8>) -> PowerChange {
        ((kind, id.0), Some(body))
    }

    fn stands(powers: &Powers) -> bool {
        powers.unconfirmed_tokens().contains(&ADA)
    }

    #[test]
    fn a_persons_token_stands_until_it_is_confirmed_or_gone() {
        let row = Confirmed { token: [3; 32], role: Role::Agent };
        assert_eq!(Confirmed::decode(&row.encode()), Some(row));
        let ada = |role, token| put(PowerKind::Person, ADA, person(role, token));
        let agent = |token| ada(Role::Agent, token);
        let officer = put(PowerKind::Person, SOL, person(Role::SecurityOfficer, None));
        let before = Powers::default().after(&[agent(Some([3; 32])), officer]);
        assert!(!stands(&before), "nobody could confirm it yet");
        let now = before.after(&[put(PowerKind::Passkey, PersonId([9; 16]), passkey())]);
        assert_eq!(now.unconfirmed_tokens(), BTreeSet::from([ADA]));
        let confirmed = now.after(&[put(PowerKind::Confirmed, ADA, row.encode())]);
        assert!(!stands(&confirmed));
        assert!(stands(&confirmed.after(&[agent(Some([4; 32]))])), "another token");
        let left = Left { at: Millis(5) }.encode();
        let ends = [agent(None), put(PowerKind::Left, ADA, left)];
        assert!(ends.into_iter().all(|end| !stands(&now.after(&[end]))));
        // An auditor reads the log: nobody but a program is left out.
        for role in Role::ALL {
            assert_eq!(stands(&now.after(&[ada(role, Some([3; 32]))])), role != Role::Integrator, "{role:?}");
        }
    }

    #[test]
    fn a_token_is_confirmed_for_one_role_and_of_who_decides_by_two() {
        let made = |role| put(PowerKind::Confirmed, ADA, Confirmed { token: [3; 32], role }.encode());
        let ada = |role| put(PowerKind::Person, ADA, person(role, Some([3; 32])));
        let officer = put(PowerKind::Person, SOL, person(Role::SecurityOfficer, None));
        let passkey = put(PowerKind::Passkey, PersonId([9; 16]), passkey());
        let agent = Powers::default().after(&[ada(Role::Agent), officer, passkey]);
        let confirmed = agent.after(&[made(Role::Agent)]);
        assert!(!stands(&confirmed));
        let promoted = confirmed.after(&[ada(Role::TeamLeader)]);
        assert!(stands(&promoted), "one officer confirmed the token of an agent");
        assert!(!stands(&promoted.after(&[made(Role::TeamLeader)])));
        assert!(!agent.governs(&made(Role::Agent)) && promoted.governs(&made(Role::TeamLeader)));
        // Ahead of the role, to be found there once it is given.
        assert!(agent.governs(&made(Role::TeamLeader)) && agent.governs(&made(Role::Auditor)));
    }
}
