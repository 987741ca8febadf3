//! What a session's row says.

use super::Way;
use super::binding::DEVICE_KEY;
use domain::{Millis, PersonId};
use minicbor::{Decoder, Encoder};

/// The content of a session's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// Whose.
    pub(crate) person: PersonId,
    /// SHA-256 of the cookie's secret.
    pub(crate) secret: [u8; 32],
    /// The browser's public key, uncompressed; none where sessions needn't be bound.
    pub(crate) device: Option<[u8; DEVICE_KEY]>,
    /// When it began.
    pub(crate) begun: Millis,
    /// When it was last used, to within a minute.
    pub(crate) seen: Millis,
    /// How it was signed in to.
    pub(crate) way: Way,
    /// Digest of the bearer token, or name of the passkey, that it rests on.
    pub(crate) rests_on: Option<[u8; 32]>,
    /// Was it ended?
    pub(crate) ended: bool,
}

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Body {
    /// CBOR: `[person, secret, device or null, begun, seen, way, rests on or null, ended]`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(192);
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(8)?.bytes(&self.person.0)?.bytes(&self.secret)?;
        maybe(e, self.device.as_ref().map(<[u8; DEVICE_KEY]>::as_slice))?;
        e.i64(self.begun.0)?.i64(self.seen.0)?.u8(self.way as u8)?;
        maybe(e, self.rests_on.as_ref().map(<[u8; 32]>::as_slice))?;
        e.bool(self.ended)?.ok()
    }

    /// The content of these bytes; `None` if they are none.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        (d.array().ok()? == Some(8)).then_some(())?;
        let body = Self {
            person: PersonId(d.bytes().ok()?.try_into().ok()?),
            secret: d.bytes().ok()?.try_into().ok()?,
            device: read_maybe(&mut d)?,
            begun: Millis(d.i64().ok()?),
            seen: Millis(d.i64().ok()?),
            way: Way::from_code(d.u8().ok()?)?,
            rests_on: read_maybe(&mut d)?,
            ended: d.bool().ok()?,
        };
        (d.position() == bytes.len()).then_some(body)
    }
}

fn maybe(e: &mut Encoder<&mut Vec<u8>>, bytes: Option<&[u8]>) -> Encoded {
    match bytes {
        Some(bytes) => e.bytes(bytes)?.ok(),
        None => e.null()?.ok(),
    }
}

/// Bytes of that length, or null.
fn read_maybe<const N: usize>(d: &mut Decoder<'_>) -> Option<Option<[u8; N]>> {
    if d.datatype().ok()? == minicbor::data::Type::Null {
        d.null().ok()?;
        return Some(None);
    }
    Some(Some(d.bytes().ok()?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_and_nothing_else_is_one() {
        let body = Body {
            person: PersonId([1; 16]),
            secret: [2; 32],
            device: Some([4; DEVICE_KEY]),
            begun: Millis(5),
            seen: Millis(-6),
            way: Way::Passkey,
            rests_on: None,
            ended: false,
        };
        let bytes = body.encode();
        assert_eq!(Body::decode(&bytes).as_ref(), Some(&body));
        let other = Body { device: None, rests_on: Some([9; 32]), ended: true, ..body };
        assert_eq!(Body::decode(&other.encode()), Some(other));
        for cut in 0..bytes.len() {
            assert_eq!(Body::decode(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(Body::decode(&[bytes, vec![0]].concat()), None);
    }
}
