//! What a security officer asks for: people, their roles, whom they report to, and who has left.

use super::change::Change;
use super::{Snapshot, told};
use crate::limits_form::Budgets;
use crate::private::entry::Kind;
use domain::{Millis, PersonId, Refusal, Role, TenantId};
use keys::power::{Assertion, Left, LimitsText, PowerBody, Reporting, RulesText, THE_ONE};
use minicbor::{Decoder, Encoder};
use store::PersonRow;

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
    /// Other rules; those that the program comes with, where no files are given.
    SetRules {
        /// Names and texts, in the order in which they speak.
        files: Vec<(String, String)>,
    },
    /// Other limits.
    SetLimits {
        /// As `[budgets]` is written.
        toml: String,
    },
}

impl PowerWish {
    /// Whom it is about; a new person by the id that they will have.
    pub(super) fn subject(&self, new: PersonId) -> Option<PersonId> {
        match self {
            Self::AddPerson { .. } => Some(new),
            Self::SetRole { person, .. } | Self::ReportsTo { person, .. } | Self::Left { person } => Some(*person),
            Self::SetRules { .. } | Self::SetLimits { .. } => None,
        }
    }

    /// What its entry tells of.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Left { .. } => Kind::PersonLeft,
            Self::SetRules { .. } => Kind::RulesChanged,
            Self::SetLimits { .. } => Kind::LimitsChanged,
            Self::AddPerson { .. } | Self::SetRole { .. } | Self::ReportsTo { .. } => Kind::PersonChanged,
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
            Self::SetRules { files } if files.is_empty() => Ok(vec![Change::Drop((RulesText::KIND, THE_ONE))]),
            Self::SetRules { files } => Ok(vec![Change::put(THE_ONE, &RulesText { files: files.clone() })]),
            Self::SetLimits { toml } => {
                let limits = Budgets::read(toml).map_err(|_| Refusal::RulesUnfit)?;
                Ok(vec![Change::put(THE_ONE, &LimitsText { toml: Budgets::of(&limits).toml() })])
            }
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
                format!("Make {} {}, {}.", name(*person), role.label().to_lowercase(), in_team(team))
            }
            Self::ReportsTo { person, manager: Some(manager) } => {
                format!("{} reports to {} from now on.", name(*person), name(*manager))
            }
            Self::ReportsTo { person, manager: None } => format!("{} reports to nobody from now on.", name(*person)),
            Self::Left { person } => format!("{} has left, and can't come back under this id.", name(*person)),
            Self::SetRules { files } => match super::governance::chosen(files) {
                Ok(rules) => told::rules(&snapshot.governance, &rules),
                Err(error) => error.to_string(),
            },
            Self::SetLimits { toml } => match Budgets::read(toml) {
                Ok(limits) => told::limits(&snapshot.governance.limits, &limits),
                Err(error) => error.to_string(),
            },
        }
    }
}

/// A wish of one moment: what an approval is given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drafted {
    pub(super) tenant: TenantId,
    pub(super) at: Millis,
    /// The version that it goes on from.
    pub(super) from: u64,
    /// The id of somebody new.
    pub(super) new: PersonId,
    pub(super) wish: PowerWish,
    /// Of rules: were they proved?
    pub(super) proved: Option<bool>,
    /// Who has signed already, of those who must.
    pub(super) signed: Vec<Assertion>,
}

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Drafted {
    /// `[tenant, ms, version, id, [wish…], proved, [[credential, client data, authenticator data, signature]…]]`
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(7)?.u32(self.tenant.0)?.i64(self.at.0)?.u64(self.from)?.bytes(&self.new.0)?;
        write_wish(&self.wish, e)?;
        match self.proved {
            Some(proved) => e.bool(proved)?,
            None => e.null()?,
        };
        e.array(self.signed.len() as u64)?;
        for Assertion { credential, client_data, authenticator_data, signature } in &self.signed {
            e.array(4)?.bytes(credential)?.bytes(client_data)?.bytes(authenticator_data)?.bytes(signature)?;
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
        let wish = read_wish(d)?;
        let proved =
            if d.datatype()? == minicbor::data::Type::Null { d.null().map(|()| None)? } else { Some(d.bool()?) };
        let mut signed = Vec::new();
        for _ in 0..d.array()?.unwrap_or_default() {
            d.array()?;
            let mut bytes = || d.bytes().map(<[u8]>::to_vec);
            let (credential, client_data) = (bytes()?, bytes()?);
            signed.push(Assertion { credential, client_data, authenticator_data: bytes()?, signature: bytes()? });
        }
        Ok(wish.map(|wish| Self { tenant, at, from, new, wish, proved, signed }))
    }
}

fn write_wish(wish: &PowerWish, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
    let maybe = |e: &mut Encoder<&mut Vec<u8>>, id: &Option<PersonId>| -> Encoded {
        match id {
            Some(id) => e.bytes(&id.0)?,
            None => e.null()?,
        };
        Ok(())
    };
    match wish {
        PowerWish::AddPerson { name, role, team, reports_to } => {
            e.array(5)?.u8(1)?.str(name)?.str(role.slug())?.str(team)?;
            maybe(e, reports_to)
        }
        PowerWish::SetRole { person, role, team } => {
            e.array(4)?.u8(2)?.bytes(&person.0)?.str(role.slug())?.str(team)?;
            Ok(())
        }
        PowerWish::ReportsTo { person, manager } => {
            e.array(3)?.u8(3)?.bytes(&person.0)?;
            maybe(e, manager)
        }
        PowerWish::Left { person } => {
            e.array(2)?.u8(4)?.bytes(&person.0)?;
            Ok(())
        }
        PowerWish::SetRules { files } => {
            e.array(2)?.u8(5)?.array(2 * files.len() as u64)?;
            files.iter().try_for_each(|(name, text)| e.str(name)?.str(text).map(drop))
        }
        PowerWish::SetLimits { toml } => {
            e.array(2)?.u8(6)?.str(toml)?;
            Ok(())
        }
    }
}

fn read_wish(d: &mut Decoder<'_>) -> Result<Option<PowerWish>, minicbor::decode::Error> {
    d.array()?;
    Ok(match d.u8()? {
        1 => {
            let (name, role, team) = (d.str()?.to_owned(), Role::from_slug(d.str()?), d.str()?.to_owned());
            let reports_to = id(d)?;
            role.map(|role| PowerWish::AddPerson { name, role, team, reports_to })
        }
        2 => {
            let (person, role, team) = (id(d)?, Role::from_slug(d.str()?), d.str()?.to_owned());
            person.zip(role).map(|(person, role)| PowerWish::SetRole { person, role, team })
        }
        3 => {
            let (person, manager) = (id(d)?, id(d)?);
            person.map(|person| PowerWish::ReportsTo { person, manager })
        }
        4 => id(d)?.map(|person| PowerWish::Left { person }),
        5 => {
            let files = d.array()?.unwrap_or_default() / 2;
            let mut file = || Ok((d.str()?.to_owned(), d.str()?.to_owned()));
            Some(PowerWish::SetRules { files: (0..files).map(|_| file()).collect::<Result<_, _>>()? })
        }
        6 => Some(PowerWish::SetLimits { toml: d.str()?.to_owned() }),
        _ => None,
    })
}

fn id(d: &mut Decoder<'_>) -> Result<Option<PersonId>, minicbor::decode::Error> {
    if d.datatype()? == minicbor::data::Type::Null {
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
            PowerWish::SetRules { files: Vec::new() },
            PowerWish::SetRules { files: vec![("1.cedar".to_owned(), "permit".to_owned()), Default::default()] },
            PowerWish::SetLimits { toml: "code_per_hour = 3".to_owned() },
        ];
        let text = |what: u8| vec![what; 3];
        let assertion =
            Assertion { credential: text(1), client_data: text(2), authenticator_data: text(3), signature: text(4) };
        let more = [(None, Vec::new()), (Some(true), Vec::new()), (Some(false), vec![assertion; 2])];
        for (wish, (proved, signed)) in wishes.into_iter().zip(more.into_iter().cycle()) {
            let drafted = Drafted { tenant: TenantId(3), at: Millis(4), from: 5, new: manager, wish, proved, signed };
            let bytes = drafted.encode();
            assert_eq!(Drafted::decode(&bytes), Some(drafted));
            for length in 0..bytes.len() {
                assert_eq!(Drafted::decode(&bytes[..length]), None);
            }
            assert_eq!(Drafted::decode(&[bytes, vec![0]].concat()), None);
        }
    }
}
