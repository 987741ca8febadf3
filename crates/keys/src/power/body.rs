//! What rows of power say, as CBOR.

use domain::{Millis, PersonId, PowerKind};
use minicbor::{Decoder, Encoder};

/// The typed content of a row of one kind.
pub trait PowerBody: Sized {
    /// Which kind.
    const KIND: PowerKind;

    /// As canonical CBOR.
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>>;

    /// Reads what [`PowerBody::write`] wrote; `None` for what says nothing.
    ///
    /// # Errors
    /// If it isn't CBOR of that shape.
    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error>;

    /// Its bytes.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> = self.write(&mut Encoder::new(&mut out));
        out
    }

    /// The content of these bytes; `None` if they aren't exactly one in canonical form.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let body = Self::read(&mut Decoder::new(bytes)).ok().flatten()?;
        (body.encode() == bytes).then_some(body)
    }
}

/// Sixteen bytes that are an id.
pub(super) fn id(bytes: &[u8]) -> Option<[u8; 16]> {
    bytes.try_into().ok()
}

/// Whom a person reports to. The row's id is the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reporting {
    /// The manager.
    pub to: PersonId,
}

impl PowerBody for Reporting {
    const KIND: PowerKind = PowerKind::Reporting;

    /// `[manager]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(1)?.bytes(&self.to.0)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(id(d.bytes()?).map(|to| Self { to: PersonId(to) }))
    }
}

/// A person has left. The row's id is the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Since when.
    pub at: Millis,
}

impl PowerBody for Left {
    const KIND: PowerKind = PowerKind::Left;

    /// `[ms]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(1)?.i64(self.at.0)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(Some(Self { at: Millis(d.i64()?) }))
    }
}
