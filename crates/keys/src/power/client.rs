//! A machine client's public key.

use super::body::PowerBody;
use domain::{Millis, PowerKind};
use minicbor::{Decoder, Encoder};

/// The key that a machine client signs its assertions with. The row's id is the client's as a person: one key each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The public JSON Web Key (RFC 7517), as text.
    pub key: String,
    /// When it was enrolled.
    pub added: Millis,
}

impl PowerBody for Client {
    const KIND: PowerKind = PowerKind::Client;

    /// `[key, ms]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(2)?.str(&self.key)?.i64(self.added.0)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(Some(Self { key: d.str()?.to_owned(), added: Millis(d.i64()?) }))
    }
}
