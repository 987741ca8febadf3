//! An identity provider's name for a person.

use super::body::{PowerBody, id};
use crate::view::hash;
use domain::{PersonId, PowerKind};
use minicbor::{Decoder, Encoder};

/// Whom a provider's subject is. The row's id is [`Login::id`], so that one subject is one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The provider.
    pub issuer: String,
    /// Its name for the person.
    pub subject: String,
    /// Who that is here.
    pub person: PersonId,
}

impl Login {
    /// `H("rf1/login" ‖ length of issuer u32 ‖ issuer ‖ subject)[..16]`
    #[must_use]
    pub fn id(issuer: &str, subject: &str) -> [u8; 16] {
        let length = u32::try_from(issuer.len()).unwrap_or(u32::MAX).to_be_bytes();
        let whole = hash(&[b"rf1/login", &length, issuer.as_bytes(), subject.as_bytes()]);
        let mut id = [0; 16];
        id.copy_from_slice(&whole[..16]);
        id
    }
}

impl PowerBody for Login {
    const KIND: PowerKind = PowerKind::Login;

    /// `[issuer, subject, person]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(3)?.str(&self.issuer)?.str(&self.subject)?.bytes(&self.person.0)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let (issuer, subject) = (d.str()?.to_owned(), d.str()?.to_owned());
        Ok(id(d.bytes()?).map(|person| Self { issuer, subject, person: PersonId(person) }))
    }
}
