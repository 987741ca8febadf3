//! How somebody shows who they are, beside passkeys: a machine client by a key, who serves customers by an identity provider's
//! word.

use super::Snapshot;
use super::change::Change;
use domain::{Millis, PersonId, PowerKind, Refusal, Role};
use keys::power::{Client, Confirmed, Login, PowerBody as _};
use minicbor::{Decoder, Encoder};
use store::PersonRow;

/// A change of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// A machine client's public key; the one before it ends.
    AddKey {
        /// The client.
        person: PersonId,
        /// The public JSON Web Key, as `identity::jose::PublicKey` writes it.
        key: String,
    },
    /// The client's key ends. Needs nobody's approval.
    DropKey {
        /// The client.
        person: PersonId,
    },
    /// Whom a provider's subject is.
    BindLogin {
        /// Who.
        person: PersonId,
        /// The provider.
        issuer: String,
        /// Its name for the person.
        subject: String,
    },
    /// All of the person's logins end. Needs nobody's approval.
    DropLogin {
        /// Who.
        person: PersonId,
    },
    /// The person's bearer token ends, which whoever set the tenant up gave them. Needs nobody's approval.
    DropToken {
        /// Whose.
        person: PersonId,
    },
    /// The person's bearer token, which whoever set the tenant up gave them, goes on counting for the role that they have.
    KeepToken {
        /// Whose.
        person: PersonId,
    },
}

impl Access {
    /// Whose.
    pub(crate) fn person(&self) -> PersonId {
        let (Self::AddKey { person, .. }
        | Self::DropKey { person }
        | Self::BindLogin { person, .. }
        | Self::DropLogin { person }
        | Self::DropToken { person }
        | Self::KeepToken { person }) = self;
        *person
    }

    /// The rows that change: `NotFound` for who isn't here or has no such thing, `RoleNotAllowed` for a key of somebody who
    /// isn't a machine and a login of somebody who isn't an agent, `NameTaken` for a subject that somebody else is.
    pub(crate) fn changes(&self, snapshot: &Snapshot, now: Millis) -> Result<Vec<Change>, Refusal> {
        let here = |person: &PersonId, fits: fn(Role) -> bool| match snapshot.person(*person).map(|row| row.role) {
            None => Err(Refusal::NotFound),
            Some(role) if fits(role) => Ok(()),
            Some(_) => Err(Refusal::RoleNotAllowed),
        };
        match self {
            Self::AddKey { person, key } => {
                here(person, |role| role == Role::Integrator)?;
                Ok(vec![Change::put(person.0, &Client { key: key.clone(), added: now })])
            }
            Self::DropKey { person } => {
                snapshot.get::<Client>(&person.0).ok_or(Refusal::NotFound)?;
                Ok(vec![Change::Drop((Client::KIND, person.0))])
            }
            Self::BindLogin { person, issuer, subject } => {
                here(person, Role::comes_by_provider)?;
                let id = Login::id(issuer, subject);
                if snapshot.is_anothers(&id, *person) {
                    return Err(Refusal::NameTaken);
                }
                let (issuer, subject) = (issuer.clone(), subject.clone());
                Ok(vec![Change::put(id, &Login { issuer, subject, person: *person })])
            }
            Self::DropLogin { person } => {
                let own = snapshot.all::<Login>().filter(|(_, login)| login.person == *person);
                let gone: Vec<Change> = own.map(|(id, _)| Change::Drop((PowerKind::Login, id))).collect();
                if gone.is_empty() { Err(Refusal::NotFound) } else { Ok(gone) }
            }
            Self::DropToken { person } => {
                let row = snapshot.person(*person).filter(|row| row.token.is_some()).ok_or(Refusal::NotFound)?;
                Ok(vec![Change::Person(PersonRow { token: None, ..PersonRow::clone(row) })])
            }
            Self::KeepToken { person } => {
                let row = snapshot.person(*person).ok_or(Refusal::NotFound)?;
                let token = row.token.ok_or(Refusal::NotFound)?;
                Ok(vec![Change::put(person.0, &Confirmed { token, role: row.role })])
            }
        }
    }

    /// In a sentence, about somebody of this name.
    pub(super) fn words(&self, name: &str) -> String {
        match self {
            Self::AddKey { key, .. } => {
                let thumbprint = identity::jose::PublicKey::parse(key).map(|key| key.thumbprint()).unwrap_or_default();
                format!("{name} signs in with the key {thumbprint} from now on, and with no other.")
            }
            Self::DropKey { .. } => format!("{name} has no key any more, and can't sign in."),
            Self::BindLogin { issuer, subject, .. } => format!("{name} is whom {issuer} calls {subject}."),
            Self::DropToken { .. } => format!("{name}'s bearer token counts no more."),
            Self::KeepToken { .. } => {
                format!(
                    "{name}'s bearer token, which was given while the centre was set up, goes on counting, as long as their role stays the same."
                )
            }
            Self::DropLogin { .. } => format!("{name} can't sign in through an identity provider any more."),
        }
    }

    pub(super) fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> super::wish::Encoded {
        match self {
            Self::AddKey { person, key } => e.array(3)?.u8(11)?.bytes(&person.0)?.str(key)?,
            Self::DropKey { person } => e.array(2)?.u8(12)?.bytes(&person.0)?,
            Self::BindLogin { person, issuer, subject } => {
                e.array(4)?.u8(13)?.bytes(&person.0)?.str(issuer)?.str(subject)?
            }
            Self::DropLogin { person } => e.array(2)?.u8(14)?.bytes(&person.0)?,
            Self::DropToken { person } => e.array(2)?.u8(19)?.bytes(&person.0)?,
            Self::KeepToken { person } => e.array(2)?.u8(20)?.bytes(&person.0)?,
        };
        Ok(())
    }

    /// After its number.
    pub(super) fn read(number: u8, d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let Ok(person) = d.bytes()?.try_into().map(PersonId) else { return Ok(None) };
        Ok(match number {
            11 => Some(Self::AddKey { person, key: d.str()?.to_owned() }),
            12 => Some(Self::DropKey { person }),
            13 => Some(Self::BindLogin { person, issuer: d.str()?.to_owned(), subject: d.str()?.to_owned() }),
            14 => Some(Self::DropLogin { person }),
            19 => Some(Self::DropToken { person }),
            20 => Some(Self::KeepToken { person }),
            _ => None,
        })
    }
}
