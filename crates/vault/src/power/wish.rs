//! What a security officer asks for: people, their roles, whom they report to, how they get in, and who has left.

use super::Snapshot;
use super::access::Access;
use super::asked::Asked;
use super::change::Change;
use super::governance::Governance;
use super::governing::Governing;
use crate::private::entry::Kind;
use crate::settings_form::Settings;
use domain::{Millis, PersonId, Refusal, Role, TenantId};
use keys::power::{Assertion, Left, Passkey, PowerBody, Reporting};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use store::{PersonRow, Tag};

/// A change in an officer's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PowerWish {
    /// Somebody new.
    AddPerson {
        /// Name.
        name: String,
        /// Role.
        role: Role,
        /// Team.
        team: String,
        /// Their manager.
        reports_to: Option<PersonId>,
    },
    /// Another role or team.
    SetRole {
        /// Whose.
        person: PersonId,
        /// Role.
        role: Role,
        /// Team.
        team: String,
    },
    /// Another manager, or none.
    ReportsTo {
        /// Whose.
        person: PersonId,
        /// The manager.
        manager: Option<PersonId>,
    },
    /// Somebody has left. Needs nobody's approval.
    Left {
        /// Who.
        person: PersonId,
    },
    /// Another key or login, or none.
    Access(Access),
    /// What others asked for.
    Asked(Asked),
    /// Other rules, limits, settings or another data plan.
    Governing(Governing),
}

impl PowerWish {
    /// Whom it is about, where the wish alone says it; a new person by the id that they will have.
    pub(super) fn subject(&self, new: PersonId) -> Option<PersonId> {
        match self {
            Self::AddPerson { .. } => Some(new),
            Self::SetRole { person, .. } | Self::ReportsTo { person, .. } | Self::Left { person } => Some(*person),
            Self::Access(access) => Some(access.person()),
            Self::Asked(_) | Self::Governing(_) => None,
        }
    }

    /// What its entry tells of.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Left { .. } => Kind::PersonLeft,
            Self::Access(_) | Self::Asked(Asked::Device { .. }) => Kind::PowerChanged,
            Self::Asked(Asked::Passkey { .. }) => Kind::PasskeyAdded,
            Self::Governing(governing) => governing.kind(),
            _ => Kind::PersonChanged,
        }
    }

    /// Why it isn't tried on the log of the last thirty days, where that would say nothing.
    pub(super) fn untried(&self, governance: &Governance) -> Option<&'static str> {
        match self {
            Self::Governing(Governing::Settings { toml })
                if Settings::read(toml)
                    .is_ok_and(|settings| settings.probation_days == governance.settings.probation_days) =>
            {
                Some(
                    "These settings decide how long something goes on, who is believed and who is sent to. No entry of the log says that, so it can't say what would have become otherwise.",
                )
            }
            Self::Governing(_) | Self::SetRole { .. } | Self::Left { .. } => None,
            Self::AddPerson { .. } => {
                Some("Somebody new has done nothing yet, so the log can't say what would have become of it.")
            }
            Self::ReportsTo { .. } => Some(
                "No rule about customers' data asks whom somebody reports to, so nothing in the log would have become otherwise.",
            ),
            Self::Access(_) => Some(
                "It decides how somebody gets in, not what they may do, so nothing in the log would have become otherwise.",
            ),
            Self::Asked(_) => Some(
                "It lets somebody in, or takes over what the identity provider says of them; the log doesn't have what they will do.",
            ),
        }
    }

    /// The rows that change.
    pub(crate) fn changes(&self, snapshot: &Snapshot, new: PersonId, now: Millis) -> Result<Vec<Change>, Refusal> {
        let here = |person: PersonId| {
            let row = snapshot.everybody().into_iter().find(|row| row.id == person);
            row.filter(|_| !snapshot.has_left(person)).ok_or(Refusal::NotFound)
        };
        let under = |person: PersonId, manager: PersonId| {
            here(manager)?;
            if person == manager {
                Err(Refusal::NotFound)
            } else {
                Ok(Change::put(person.0, &Reporting { to: manager }))
            }
        };
        match self {
            Self::AddPerson { name, role, team, reports_to } => {
                let (name, team, tenant) = (name.clone(), team.clone(), snapshot.tenant);
                let row = PersonRow { id: new, tenant, role: *role, name, team, token: None, tag: [0; 16] };
                let reporting = reports_to.map(|manager| under(new, manager)).transpose()?;
                Ok(core::iter::once(Change::Person(row)).chain(reporting).collect())
            }
            Self::SetRole { person, role, team } => {
                let row = PersonRow::clone(here(*person)?);
                Ok(vec![Change::Person(PersonRow { role: *role, team: team.clone(), ..row })])
            }
            Self::ReportsTo { person, manager } => {
                here(*person)?;
                let dropped = Change::Drop((Reporting::KIND, person.0));
                Ok(vec![manager.map_or(Ok(dropped), |manager| under(*person, manager))?])
            }
            Self::Left { person } => {
                here(*person)?;
                Ok(vec![Change::put(person.0, &Left { at: now })])
            }
            Self::Access(access) => access.changes(snapshot, now),
            // What it changes stands in the row by which it was asked for.
            Self::Asked(_) => Err(Refusal::NotFound),
            Self::Governing(governing) => governing.changes(),
        }
    }

    /// In a sentence, for who approves it.
    pub(super) fn words(&self, snapshot: &Snapshot) -> String {
        let name = |id: PersonId| snapshot.name(id).unwrap_or("somebody unknown").to_owned();
        let in_team = |team: &str| if team.is_empty() { "in no team".to_owned() } else { format!("in team {team}") };
        match self {
            Self::AddPerson { name: new, role, team, reports_to } => {
                let manager = reports_to.map_or("nobody".to_owned(), name);
                format!("Add {new} as {}, {}, reporting to {manager}.", role.label().to_lowercase(), in_team(team))
            }
            Self::SetRole { person, role, team } => {
                let become_so = format!("Make {} {}, {}.", name(*person), role.label().to_lowercase(), in_team(team));
                let decides = |person: &PersonId| snapshot.person(*person).is_some_and(|row| row.role.decides());
                let kept = snapshot.all::<Passkey>().filter(|(_, passkey)| passkey.person == *person).count();
                if kept == 0 || !role.decides() || decides(person) {
                    return become_so;
                }
                let keep = if kept == 1 { "The passkey stays".to_owned() } else { format!("The {kept} passkeys stay") };
                format!("{become_so} {keep} that one officer's signature let in: make sure whose it is.")
            }
            Self::ReportsTo { person, manager: Some(manager) } => {
                format!("{} reports to {} from now on.", name(*person), name(*manager))
            }
            Self::ReportsTo { person, manager: None } => format!("{} reports to nobody from now on.", name(*person)),
            Self::Left { person } => format!("{} has left, and can't come back under this id.", name(*person)),
            Self::Access(access) => access.words(&name(access.person())),
            Self::Asked(_) => String::new(),
            Self::Governing(governing) => governing.words(snapshot),
        }
    }
}

impl PowerWish {
    /// More of it, where a sentence isn't enough.
    pub(super) fn details(&self, snapshot: &Snapshot, at: Millis) -> Vec<String> {
        match self {
            Self::Governing(governing) => governing.details(snapshot, plan::day_of(at)),
            _ => Vec::new(),
        }
    }
}

/// As a draft carries it: an array of its number and what it says.
impl PowerWish {
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        let maybe = |e: &mut Encoder<&mut Vec<u8>>, id: &Option<PersonId>| -> Encoded {
            match id {
                Some(id) => e.bytes(&id.0)?,
                None => e.null()?,
            };
            Ok(())
        };
        match self {
            Self::AddPerson { name, role, team, reports_to } => {
                e.array(5)?.u8(1)?.str(name)?.str(role.slug())?.str(team)?;
                maybe(e, reports_to)
            }
            Self::SetRole { person, role, team } => {
                e.array(4)?.u8(2)?.bytes(&person.0)?.str(role.slug())?.str(team)?;
                Ok(())
            }
            Self::ReportsTo { person, manager } => {
                e.array(3)?.u8(3)?.bytes(&person.0)?;
                maybe(e, manager)
            }
            Self::Left { person } => {
                e.array(2)?.u8(4)?.bytes(&person.0)?;
                Ok(())
            }
            Self::Access(access) => access.write(e),
            Self::Asked(asked) => asked.write(e),
            Self::Governing(governing) => governing.write(e),
        }
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(match d.u8()? {
            1 => {
                let (name, role, team) = (d.str()?.to_owned(), Role::from_slug(d.str()?), d.str()?.to_owned());
                let reports_to = id(d)?;
                role.map(|role| Self::AddPerson { name, role, team, reports_to })
            }
            2 => {
                let (person, role, team) = (id(d)?, Role::from_slug(d.str()?), d.str()?.to_owned());
                person.zip(role).map(|(person, role)| Self::SetRole { person, role, team })
            }
            3 => {
                let (person, manager) = (id(d)?, id(d)?);
                person.map(|person| Self::ReportsTo { person, manager })
            }
            4 => id(d)?.map(|person| Self::Left { person }),
            number @ (11..=14 | 19 | 20) => Access::read(number, d)?.map(Self::Access),
            number @ 15..=17 => Asked::read(number, d)?.map(Self::Asked),
            number @ 21..=24 => Governing::read(number, d)?.map(Self::Governing),
            _ => None,
        })
    }
}

/// A wish of one moment: what an approval is given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drafted {
    pub(super) tenant: TenantId,
    pub(super) at: Millis,
    /// The version that it goes on from.
    pub(super) from: u64,
    /// Names it; and the id of somebody new.
    pub(super) new: PersonId,
    /// The tag of the row by which it was asked for, if it was.
    pub(super) seen: Option<Tag>,
    pub(super) wish: PowerWish,
    /// Of rules: were they proved?
    pub(super) proved: Option<bool>,
    /// Of rules: do they permit more than those before?
    pub(super) widens: Option<bool>,
    /// Who has signed already, of those who must.
    pub(super) signed: Vec<Assertion>,
}

pub(super) type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Drafted {
    /// `[tenant, ms, version, id, tag or null, [wish…], proved or null, widens or null, [credential, client data,
    /// authenticator data, signature…]]`
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(9)?.u32(self.tenant.0)?.i64(self.at.0)?.u64(self.from)?.bytes(&self.new.0)?;
        match &self.seen {
            Some(tag) => e.bytes(tag)?,
            None => e.null()?,
        };
        self.wish.write(e)?;
        e.encode(self.proved)?.encode(self.widens)?;
        e.array(4 * self.signed.len() as u64)?;
        for Assertion { credential, client_data, authenticator_data, signature } in &self.signed {
            e.bytes(credential)?.bytes(client_data)?.bytes(authenticator_data)?.bytes(signature)?;
        }
        Ok(())
    }

    /// What [`Drafted::encode`] wrote; `None` for anything else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let drafted = Self::read(&mut Decoder::new(bytes)).ok().flatten()?;
        (drafted.encode() == bytes).then_some(drafted)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let (tenant, at, from) = (TenantId(d.u32()?), Millis(d.i64()?), d.u64()?);
        let Some(new) = id(d)? else { return Ok(None) };
        let seen = id(d)?.map(|tag| tag.0);
        let wish = PowerWish::read(d)?;
        let (proved, widens) = (d.decode()?, d.decode()?);
        let mut signed = Vec::new();
        for _ in 0..d.array()?.unwrap_or_default() / 4 {
            let mut bytes = || d.bytes().map(<[u8]>::to_vec);
            let (credential, client_data) = (bytes()?, bytes()?);
            signed.push(Assertion { credential, client_data, authenticator_data: bytes()?, signature: bytes()? });
        }
        Ok(wish.map(|wish| Self { tenant, at, from, new, seen, wish, proved, widens, signed }))
    }
}

fn id(d: &mut Decoder<'_>) -> Result<Option<PersonId>, minicbor::decode::Error> {
    if d.datatype()? == Type::Null {
        d.null()?;
        return Ok(None);
    }
    Ok(d.bytes()?.try_into().ok().map(PersonId))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_comes_back_as_it_was_and_nothing_else_is_one() {
        let (person, manager) = (PersonId([1; 16]), PersonId([2; 16]));
        let (name, team) = ("Mo Novak".to_owned(), "north".to_owned());
        let wishes = [
            PowerWish::AddPerson {
                name: name.clone(),
                role: Role::Agent,
                team: team.clone(),
                reports_to: Some(manager),
            },
            PowerWish::AddPerson { name, role: Role::Agent, team: team.clone(), reports_to: None },
            PowerWish::SetRole { person, role: Role::BoardMember, team },
            PowerWish::ReportsTo { person, manager: Some(manager) },
            PowerWish::ReportsTo { person, manager: None },
            PowerWish::Left { person },
            PowerWish::Access(Access::AddKey { person, key: "{}".to_owned() }),
            PowerWish::Access(Access::DropKey { person }),
            PowerWish::Access(Access::BindLogin { person, issuer: "https://id".to_owned(), subject: "s".to_owned() }),
            PowerWish::Access(Access::DropLogin { person }),
            PowerWish::Access(Access::DropToken { person }),
            PowerWish::Access(Access::KeepToken { person }),
            PowerWish::Asked(Asked::Proposal { id: person, role: None, issuer: None }),
            PowerWish::Asked(Asked::Proposal { id: person, role: Some(Role::Agent), issuer: Some("i".to_owned()) }),
            PowerWish::Asked(Asked::Device { id: [3; 16], code: "0123-4567".to_owned() }),
            PowerWish::Asked(Asked::Passkey { id: [3; 16] }),
            PowerWish::Governing(Governing::Rules { files: Vec::new() }),
            PowerWish::Governing(Governing::Rules { files: vec![("1.cedar".to_owned(), "permit".to_owned()); 2] }),
            PowerWish::Governing(Governing::Limits { toml: "code_per_hour = 3".to_owned() }),
            PowerWish::Governing(Governing::Plan { toml: "[plan]".to_owned() }),
            PowerWish::Governing(Governing::Settings { toml: "remask_s = 30".to_owned() }),
        ];
        let [credential, client_data, authenticator_data, signature] = [1, 2, 3, 4].map(|what| vec![what; 3]);
        let assertion = Assertion { credential, client_data, authenticator_data, signature };
        for (turn, wish) in wishes.into_iter().enumerate() {
            let seen = (turn % 2 == 0).then_some([7; 16]);
            let (proved, signed) = ([None, Some(true), Some(false)][turn % 3], vec![assertion.clone(); turn % 3]);
            let (tenant, at, from, new) = (TenantId(3), Millis(4), 5, manager);
            let widens = proved.map(|proved| !proved);
            let drafted = Drafted { tenant, at, from, new, seen, wish, proved, widens, signed };
            let bytes = drafted.encode();
            assert_eq!(Drafted::decode(&bytes), Some(drafted));
            for length in 0..bytes.len() {
                assert_eq!(Drafted::decode(&bytes[..length]), None);
            }
            assert_eq!(Drafted::decode(&[bytes, vec![0]].concat()), None);
        }
    }
}
