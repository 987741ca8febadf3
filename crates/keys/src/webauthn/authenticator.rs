//! `authenticatorData`: `SHA-256(rp id)[32] ‖ flags ‖ counter u32 ‖ [attested credential]` (6.1).

use super::Misfit;
use crate::power::Algorithm;
use crate::view::hash;
use minicbor::Decoder;
use minicbor::data::Type;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const ATTESTED: u8 = 1 << 6;
/// The longest id of a credential (5.1).
const LONGEST: usize = 1023;

/// What an authenticator says.
pub(super) struct AuthenticatorData<'a> {
    pub(super) counter: u32,
    attested: Option<&'a [u8]>,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads it, if it is for this relying party and somebody was verified.
    pub(super) fn read(bytes: &'a [u8], rp_id: &str) -> Result<Self, Misfit> {
        let (party, rest) = bytes.split_first_chunk::<32>().ok_or(Misfit::Unreadable)?;
        let ([flags], rest) = rest.split_first_chunk().ok_or(Misfit::Unreadable)?;
        let (counter, rest) = rest.split_first_chunk().ok_or(Misfit::Unreadable)?;
        if *party != hash(&[rp_id.as_bytes()]) {
            return Err(Misfit::RelyingParty);
        }
        if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
            return Err(Misfit::NotVerified);
        }
        Ok(Self { counter: u32::from_be_bytes(*counter), attested: (flags & ATTESTED != 0).then_some(rest) })
    }

    /// The new credential: `AAGUID[16] ‖ length u16 ‖ id ‖ COSE key`. Extensions may follow and are ignored.
    pub(super) fn credential(&self) -> Result<(Vec<u8>, Algorithm, Vec<u8>), Misfit> {
        let rest = self.attested.and_then(|rest| rest.get(16..)).ok_or(Misfit::Unreadable)?;
        let (length, rest) = rest.split_first_chunk().ok_or(Misfit::Unreadable)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, key) = rest.split_at_checked(length).ok_or(Misfit::Unreadable)?;
        if !(16..=LONGEST).contains(&length) {
            return Err(Misfit::Unreadable);
        }
        let (algorithm, key) = cose_key(key)?;
        Ok((id.to_vec(), algorithm, key))
    }
}

/// A COSE key: of P-256 for ES256, of Ed25519 for EdDSA (RFC 9053, 7.1 and 7.2), of RSA for RS256 (RFC 8230, 4).
fn cose_key(bytes: &[u8]) -> Result<(Algorithm, Vec<u8>), Misfit> {
    let mut key = CoseKey::default();
    key.read(&mut Decoder::new(bytes)).map_err(|_| Misfit::Unreadable)?;
    let CoseKey { kind, algorithm, curve, modulus, second, y } = key;
    let half = |bytes: Option<Vec<u8>>| bytes.filter(|bytes| bytes.len() == 32);
    match (kind, algorithm, curve) {
        (Some(2), Some(-7), Some(1)) => {
            let (x, y) = half(second).zip(half(y)).ok_or(Misfit::Algorithm)?;
            Ok((Algorithm::Es256, [&[4][..], &x, &y].concat()))
        }
        (Some(1), Some(-8), Some(6)) => Ok((Algorithm::EdDsa, half(second).ok_or(Misfit::Algorithm)?)),
        (Some(3), Some(-257), None) => {
            let (n, e) = modulus.zip(second).ok_or(Misfit::Algorithm)?;
            let length = u16::try_from(n.len()).ok().filter(|length| (256..=1024).contains(length));
            let length = length.ok_or(Misfit::Algorithm)?;
            Ok((Algorithm::Rs256, [&length.to_be_bytes()[..], &n, &e].concat()))
        }
        _ => Err(Misfit::Algorithm),
    }
}

/// The members of a COSE key; some numbers stand for another thing in each kind.
#[derive(Default)]
struct CoseKey {
    kind: Option<i64>,
    algorithm: Option<i64>,
    /// -1 of curves.
    curve: Option<i64>,
    /// -1 of RSA: n.
    modulus: Option<Vec<u8>>,
    /// -2: x of curves, e of RSA.
    second: Option<Vec<u8>>,
    /// -3: y.
    y: Option<Vec<u8>>,
}

impl CoseKey {
    fn read(&mut self, d: &mut Decoder<'_>) -> Result<(), minicbor::decode::Error> {
        let members = d.map()?.ok_or_else(|| minicbor::decode::Error::message("of unknown length"))?;
        for _ in 0..members {
            match d.i64()? {
                1 => self.kind = Some(d.i64()?),
                3 => self.algorithm = Some(d.i64()?),
                -1 if d.datatype()? == Type::Bytes => self.modulus = Some(d.bytes()?.to_vec()),
                -1 => self.curve = Some(d.i64()?),
                -2 => self.second = Some(d.bytes()?.to_vec()),
                -3 => self.y = Some(d.bytes()?.to_vec()),
                _ => d.skip()?,
            }
        }
        Ok(())
    }
}
