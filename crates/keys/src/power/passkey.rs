//! A person's passkey: the public half of a WebAuthn credential.

use super::body::{PowerBody, id};
use crate::view::hash;
use crate::words::words;
use domain::{Millis, PersonId, PowerKind};
use minicbor::{Decoder, Encoder};

/// With what a passkey signs; numbers as in COSE (RFC 9053).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256; the public key is a point in SEC1, uncompressed (65 bytes).
    Es256,
    /// Ed25519; the public key is 32 bytes (RFC 8032).
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256, as of many computers' own chips; the public key is `length of n u16 ‖ n ‖ e`.
    Rs256,
}

impl Algorithm {
    fn code(self) -> i16 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }

    fn from_code(code: i16) -> Option<Self> {
        [Self::Es256, Self::EdDsa, Self::Rs256].into_iter().find(|algorithm| algorithm.code() == code)
    }
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Whose.
    pub person: PersonId,
    /// The credential's id, as the authenticator made it.
    pub credential: Vec<u8>,
    /// With what it signs.
    pub algorithm: Algorithm,
    /// Its public key: see [`Algorithm`].
    pub public_key: Vec<u8>,
    /// The relying party that it was made for: a domain.
    pub rp_id: String,
    /// What the program that signs people in keeps of it.
    pub state: Vec<u8>,
    /// What its owner calls it.
    pub label: String,
    /// When it was enrolled.
    pub added: Millis,
    /// The team leader who agreed; of an agent's. None of others', and of what counts since the setting up.
    pub leader: Option<PersonId>,
}

/// How much of the hash of a public key its check words say: 80 bits, in four words.
const CHECKED: usize = 10;

impl Passkey {
    /// What two people compare before it counts: `H("rf1/passkey words" ‖ public key)[..10]`, in words.
    #[must_use]
    pub fn check_words(&self) -> String {
        words(&hash(&[b"rf1/passkey words", &self.public_key])[..CHECKED]).join(" ")
    }

    /// How many bits the modulus of an RSA key has; none for another key.
    #[must_use]
    pub fn modulus_bits(&self) -> Option<usize> {
        (self.algorithm == Algorithm::Rs256).then_some(())?;
        let (length, rest) = self.public_key.split_first_chunk::<2>()?;
        let modulus = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        let first = modulus.iter().position(|byte| *byte != 0)?;
        Some((modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize)
    }
}

impl PowerBody for Passkey {
    const KIND: PowerKind = PowerKind::Passkey;

    /// `[person, credential, COSE algorithm, public key, rp id, state, label, ms]`, and the leader where one agreed.
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(if self.leader.is_some() { 9 } else { 8 })?
            .bytes(&self.person.0)?
            .bytes(&self.credential)?
            .i16(self.algorithm.code())?;
        e.bytes(&self.public_key)?.str(&self.rp_id)?.bytes(&self.state)?.str(&self.label)?.i64(self.added.0)?;
        if let Some(leader) = self.leader {
            e.bytes(&leader.0)?;
        }
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let parts = d.array()?;
        let person = id(d.bytes()?).map(PersonId);
        let credential = d.bytes()?.to_vec();
        let algorithm = Algorithm::from_code(d.i16()?);
        let (public_key, rp_id) = (d.bytes()?.to_vec(), d.str()?.to_owned());
        let (state, label, added) = (d.bytes()?.to_vec(), d.str()?.to_owned(), Millis(d.i64()?));
        let leader = if parts == Some(9) { id(d.bytes()?).map(PersonId) } else { None };
        let known = person.zip(algorithm);
        Ok(known.map(|(person, algorithm)| Self {
            person,
            credential,
            algorithm,
            public_key,
            rp_id,
            state,
            label,
            added,
            leader,
        }))
    }
}
