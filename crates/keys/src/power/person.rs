//! A person, as the root covers them.

use super::body::PowerBody;
use domain::{PowerKind, Role};
use minicbor::{Decoder, Encoder};

/// A member of staff or a machine client. The row's id is the person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What for.
    pub role: Role,
    /// Name.
    pub name: String,
    /// Team.
    pub team: String,
    /// SHA-256 of the bearer token, none if the person has none.
    pub token: Option<[u8; 32]>,
}

/// A name, of a person or of a team, however it is spaced, cased, accented and punctuated, and without what nobody sees: two names
/// that a person might take for one are one.
#[must_use]
pub fn plain(name: &str) -> String {
    let folded = domain::folded(name);
    // Of a name without letters and digits something must be left.
    if folded.is_empty() { name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase() } else { folded }
}

impl PowerBody for Person {
    const KIND: PowerKind = PowerKind::Person;

    /// `[role, name, team, token or null]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(4)?.str(self.role.slug())?.str(&self.name)?.str(&self.team)?;
        match &self.token {
            Some(token) => e.bytes(token)?,
            None => e.null()?,
        };
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let role = Role::from_slug(d.str()?);
        let (name, team) = (d.str()?.to_owned(), d.str()?.to_owned());
        let token = if d.datatype()? == minicbor::data::Type::Null { None } else { Some(d.bytes()?.try_into()) };
        let Ok(token) = token.transpose() else { return Ok(None) };
        Ok(role.map(|role| Self { role, name, team, token }))
    }
}
