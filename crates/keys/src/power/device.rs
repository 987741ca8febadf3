//! A device that somebody works from.

use super::body::{PowerBody, id};
use domain::{Millis, PersonId, PowerKind};
use minicbor::{Decoder, Encoder};

/// The public half of a browser's key, and who agreed that it is this person's. The row's id is the first half of the key's
/// SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Who works from it.
    pub person: PersonId,
    /// The key: a P-256 point, uncompressed (SEC 1, 2.3.3).
    pub key: Vec<u8>,
    /// The team leader who agreed.
    pub leader: PersonId,
    /// The security officer who agreed.
    pub officer: PersonId,
    /// When it was enrolled.
    pub added: Millis,
}

impl PowerBody for Device {
    const KIND: PowerKind = PowerKind::Device;

    /// `[person, key, leader, officer, ms]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(5)?.bytes(&self.person.0)?.bytes(&self.key)?.bytes(&self.leader.0)?;
        e.bytes(&self.officer.0)?.i64(self.added.0)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let person = id(d.bytes()?).map(PersonId);
        let key = d.bytes()?.to_vec();
        let (leader, officer) = (id(d.bytes()?).map(PersonId), id(d.bytes()?).map(PersonId));
        let added = Millis(d.i64()?);
        let all = person.zip(leader).zip(officer);
        Ok(all.map(|((person, leader), officer)| Self { person, key, leader, officer, added }))
    }
}
