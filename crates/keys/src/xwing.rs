//! X-Wing (draft-connolly-cfrg-xwing-kem-06): ML-KEM-768 and X25519 together, so that what is sealed stays closed while
//! either of them holds.
//!
//! Composed here from aws-lc-rs, the one cryptographic library of the build, rather than taken from a crate that brings a
//! second set of both algorithms; that crate checks it in the tests, against the draft's vectors. The library makes no key
//! from the draft's 32-byte seed: a private key is ML-KEM's expanded one with X25519's.

use crate::derive;
use crate::secret::Key32;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, UnparsedPublicKey, X25519};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA3_256};
use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};
use zeroize::Zeroizing;

/// `pk_M[1184] ‖ pk_X[32]`.
pub const PUBLIC: usize = 1184 + 32;
/// `dk_M[2400] ‖ sk_X[32]`, the first in FIPS 203's expanded form.
pub const PRIVATE: usize = 2400 + 32;
/// `ct_M[1088] ‖ ct_X[32]`.
pub const ENCAPSULATED: usize = 1088 + 32;
/// The draft's label, `\.//^\`.
const LABEL: &[u8; 6] = br"\.//^\";
/// Where FIPS 203's expanded private key has the public one.
const PUBLIC_IN_PRIVATE: core::ops::Range<usize> = 1152..1152 + 1184;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public(pub Box<[u8; PUBLIC]>);

/// A private key; wiped when dropped.
pub struct Private(Zeroizing<Vec<u8>>);

impl Private {
    /// A new one, of the library's own randomness.
    ///
    /// # Errors
    /// If the library makes none.
    pub fn generate() -> Result<Self, Unspecified> {
        let lattice = DecapsulationKey::generate(&ML_KEM_768)?;
        let curve = agreement::PrivateKey::generate(&X25519)?;
        let seed: Curve25519SeedBin<'_> = curve.as_be_bytes()?;
        let bytes = [lattice.key_bytes()?.as_ref(), seed.as_ref()].concat();
        Self::from_bytes(&Zeroizing::new(bytes))
    }

    /// One whose bytes were kept. That it is whole is tried: what is sealed to it must open.
    ///
    /// # Errors
    /// If it isn't.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unspecified> {
        if bytes.len() != PRIVATE {
            return Err(Unspecified);
        }
        let private = Self(Zeroizing::new(bytes.to_vec()));
        let (sealed, secret) = encapsulate(&private.public()?)?;
        verify_slices_are_equal(decapsulate(&private, &sealed)?.bytes(), secret.bytes())?;
        Ok(private)
    }

    /// Its bytes, to be kept: `dk_M ‖ sk_X`.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its public half.
    ///
    /// # Errors
    /// If the library refuses the key.
    pub fn public(&self) -> Result<Public, Unspecified> {
        let mut bytes = Box::new([0; PUBLIC]);
        bytes[..1184].copy_from_slice(&self.0[PUBLIC_IN_PRIVATE]);
        bytes[1184..].copy_from_slice(self.curve()?.compute_public_key()?.as_ref());
        Ok(Public(bytes))
    }

    fn curve(&self) -> Result<agreement::PrivateKey, Unspecified> {
        agreement::PrivateKey::from_private_key(&X25519, &self.0[2400..]).map_err(|_| Unspecified)
    }
}

/// A shared secret for `to`, and what lets its private key have it.
///
/// # Errors
/// If it isn't a public key.
pub fn encapsulate(to: &Public) -> Result<(Vec<u8>, Key32), Unspecified> {
    let (lattice, curve) = to.0.split_at(1184);
    let lattice = EncapsulationKey::new(&ML_KEM_768, lattice).map_err(|_| Unspecified)?;
    let (sealed, lattice_secret) = lattice.encapsulate()?;
    let own = agreement::PrivateKey::generate(&X25519)?;
    let sent = own.compute_public_key()?;
    let secret = agreement::agree(&own, UnparsedPublicKey::new(&X25519, curve), Unspecified, |curve_secret| {
        Ok(combined(lattice_secret.as_ref(), curve_secret, sent.as_ref(), curve))
    })?;
    Ok(([sealed.as_ref(), sent.as_ref()].concat(), secret))
}

/// The shared secret again.
///
/// # Errors
/// If that isn't an encapsulation, or the key none.
pub fn decapsulate(private: &Private, sealed: &[u8]) -> Result<Key32, Unspecified> {
    if sealed.len() != ENCAPSULATED {
        return Err(Unspecified);
    }
    let (sealed, sent) = sealed.split_at(1088);
    let lattice = DecapsulationKey::new(&ML_KEM_768, &private.0[..2400]).map_err(|_| Unspecified)?;
    let lattice_secret = lattice.decapsulate(Ciphertext::from(sealed))?;
    let own = private.curve()?;
    let public = own.compute_public_key()?;
    agreement::agree(&own, UnparsedPublicKey::new(&X25519, sent), Unspecified, |curve_secret| {
        Ok(combined(lattice_secret.as_ref(), curve_secret, sent, public.as_ref()))
    })
}

/// `SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ label)`.
fn combined(lattice_secret: &[u8], curve_secret: &[u8], sent: &[u8], public: &[u8]) -> Key32 {
    let mut context = Context::new(&SHA3_256);
    for part in [lattice_secret, curve_secret, sent, public, LABEL] {
        context.update(part);
    }
    let mut secret = Zeroizing::new([0; 32]);
    secret.copy_from_slice(context.finish().as_ref());
    Key32::new(*secret)
}

/// Seals 32 bytes to a public key: `encapsulated[1120] ‖ ciphertext[32] ‖ tag[16]`, AES-256-GCM under
/// `X(ss, "rf1/custody/seal")` with context `context ‖ public key`. The key is used once, so the nonce is zero.
///
/// # Errors
/// If it isn't a public key.
pub fn seal(to: &Public, context: &[u8], plain: &[u8; 32]) -> Result<[u8; SEALED], Unspecified> {
    let (encapsulated, secret) = encapsulate(to)?;
    let mut bytes = plain.to_vec();
    let key = once(&secret)?;
    key.seal_in_place_append_tag(zero(), Aad::from([context, to.0.as_slice()].concat()), &mut bytes)?;
    [encapsulated, bytes].concat().try_into().map_err(|_| Unspecified)
}

/// Opens what was sealed to this key in this context.
///
/// # Errors
/// If it was sealed to another key, in another context, or edited.
pub fn open(private: &Private, context: &[u8], sealed: &[u8; SEALED]) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
    let (encapsulated, ciphertext) = sealed.split_at(ENCAPSULATED);
    let secret = decapsulate(private, encapsulated)?;
    let mut bytes = Zeroizing::new(ciphertext.to_vec());
    let context = Aad::from([context, private.public()?.0.as_slice()].concat());
    let plain = once(&secret)?.open_in_place(zero(), context, &mut bytes)?;
    Ok(Zeroizing::new((&*plain).try_into().map_err(|_| Unspecified)?))
}

/// How long what [`seal`] gives is.
pub const SEALED: usize = ENCAPSULATED + 32 + 16;

fn once(secret: &Key32) -> Result<LessSafeKey, Unspecified> {
    let key = derive::subkey(secret, &[b"rf1/custody/seal"]);
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.bytes())?))
}

fn zero() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}
