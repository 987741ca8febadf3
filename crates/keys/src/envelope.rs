//! The sealed form of one field, in bytes:
//!
//! `01 ‖ suite u16 ‖ epoch u32 ‖ salt[24] ‖ com[32] ‖ ciphertext ‖ tag[16]`
//!
//! `hdr` is the first seven bytes. The key is derived from the customer's key, the header, the salt and the hash
//! of the place, so an envelope opens in its own place only; `com` commits to key and place, so no second key
//! opens it either (neither AES-GCM nor ChaCha20-Poly1305 alone promises that). The suite is in the header, so it is in the key
//! and in the additional data: an envelope can't be read as one of another suite.

use crate::derive::{expand, expand_512};
use crate::secret::{Key32, Okm};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use domain::{CustomerId, Suite, TenantId};
use zeroize::Zeroizing;

/// Bytes of the header.
pub const HEADER: usize = 7;
/// Bytes of the salt.
pub const SALT: usize = 24;
/// Bytes of the commitment.
pub const COMMITMENT: usize = 32;
/// Bytes of the tag, in each suite.
pub const TAG: usize = 16;
/// Bytes an envelope adds to its plaintext.
pub const OVERHEAD: usize = HEADER + SALT + COMMITMENT + TAG;

const FORMAT: u8 = 1;
/// Each key is derived for one envelope and used once, so the nonce may be zero.
const NONCE: [u8; NONCE_LEN] = [0; NONCE_LEN];

/// Where a value lives: part of its key and of its additional data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The client company.
    pub tenant: TenantId,
    /// The customer.
    pub customer: CustomerId,
    /// The kind of field; 0 is the customer's mask sheet.
    pub field: u16,
    /// Which of several of its kind, from 1; 0 for the mask sheet.
    pub instance: u32,
    /// How often it was replaced, from 1.
    pub version: u64,
}

impl Place {
    /// `ctx = lp(tenant) ‖ lp(customer) ‖ field u16 ‖ instance u32 ‖ version u64`, big-endian; `lp` is a u16
    /// length and the bytes.
    #[must_use]
    pub fn context(&self) -> [u8; 38] {
        let mut out = [0; 38];
        out[..2].copy_from_slice(&4_u16.to_be_bytes());
        out[2..6].copy_from_slice(&self.tenant.bytes());
        out[6..8].copy_from_slice(&16_u16.to_be_bytes());
        out[8..24].copy_from_slice(&self.customer.0);
        out[24..26].copy_from_slice(&self.field.to_be_bytes());
        out[26..30].copy_from_slice(&self.instance.to_be_bytes());
        out[30..].copy_from_slice(&self.version.to_be_bytes());
        out
    }
}

/// What an envelope says of itself before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// How it is sealed.
    pub suite: Suite,
    /// The shelf epoch it was sealed under.
    pub epoch: u32,
    /// Random, once per envelope.
    pub salt: [u8; SALT],
}

impl Header {
    /// The seven bytes `01 ‖ suite ‖ epoch`.
    #[must_use]
    pub fn bytes(&self) -> [u8; HEADER] {
        let mut out = [FORMAT, 0, 0, 0, 0, 0, 0];
        out[1..3].copy_from_slice(&self.suite.code().to_be_bytes());
        out[3..].copy_from_slice(&self.epoch.to_be_bytes());
        out
    }

    /// Reads the head of an envelope; `None` if it is too short, or of a format or suite that isn't known.
    #[must_use]
    pub fn parse(envelope: &[u8]) -> Option<Self> {
        if envelope.len() < OVERHEAD {
            return None;
        }
        let suite = Suite::from_code(Self::suite_of(&envelope[..3])?)?;
        let epoch = u32::from_be_bytes(envelope[3..HEADER].try_into().ok()?);
        let salt = envelope[HEADER..HEADER + SALT].try_into().ok()?;
        Some(Self { suite, epoch, salt })
    }

    /// The suite that an envelope says it is of, from its first three bytes, whether it is known here or not; `None` if they
    /// begin no envelope.
    #[must_use]
    pub fn suite_of(head: &[u8]) -> Option<u16> {
        match head {
            [FORMAT, high, low] => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        }
    }
}

/// Suite 1: `okm = X(K_c, "rf1/field" ‖ hdr ‖ salt ‖ H(ctx), 64)`. Suite 2: `okm = X512(K_c, "rf1/field" ‖ hdr ‖ salt ‖ ctx, 64)`.
#[must_use]
pub fn field_key(customer_key: &Key32, header: &Header, place: &Place) -> Okm {
    let (label, hdr, context) = (b"rf1/field", header.bytes(), place.context());
    Okm::new(match header.suite {
        Suite::AesGcm => {
            let context = digest(&SHA256, &context);
            expand(customer_key, &[label, &hdr, &header.salt, context.as_ref()])
        }
        Suite::ChaChaPoly => expand_512(customer_key, &[label, &hdr, &header.salt, &context]),
    })
}

/// The key of one envelope, ready for use with [`one_nonce`]. `None` only if the library refuses.
#[must_use]
pub fn cipher(suite: Suite, okm: &Okm) -> Option<LessSafeKey> {
    let algorithm: &'static Algorithm = match suite {
        Suite::AesGcm => &AES_256_GCM,
        Suite::ChaChaPoly => &CHACHA20_POLY1305,
    };
    Some(LessSafeKey::new(UnboundKey::new(algorithm, okm.key()).ok()?))
}

/// The nonce of every envelope.
#[must_use]
pub fn one_nonce() -> Nonce {
    Nonce::assume_unique_for_key(NONCE)
}

/// `hdr ‖ salt ‖ ctx`.
#[must_use]
pub fn additional(header: &Header, place: &Place) -> [u8; HEADER + SALT + 38] {
    let mut out = [0; HEADER + SALT + 38];
    out[..HEADER].copy_from_slice(&header.bytes());
    out[HEADER..HEADER + SALT].copy_from_slice(&header.salt);
    out[HEADER + SALT..].copy_from_slice(&place.context());
    out
}

/// The same value in the same place under another head: what it says is in here for a moment only, and is wiped. `None` if the
/// envelope doesn't open under the first key, or the library refuses.
#[must_use]
pub fn rewrap(envelope: &[u8], place: &Place, from: &Okm, (header, to): (&Header, &Okm)) -> Option<Vec<u8>> {
    let old = Header::parse(envelope)?;
    let (commitment, body) = envelope[HEADER + SALT..].split_at(COMMITMENT);
    verify_slices_are_equal(commitment, from.commitment()).ok()?;
    let mut bytes = Zeroizing::new(body.to_vec());
    let opened =
        cipher(old.suite, from)?.open_in_place(one_nonce(), Aad::from(additional(&old, place)), &mut bytes).ok()?;
    let length = opened.len();
    let (plain, rest) = bytes.split_at_mut(length);
    let aad = Aad::from(additional(header, place));
    let tag = cipher(header.suite, to)?.seal_in_place_separate_tag(one_nonce(), aad, plain).ok()?;
    rest.copy_from_slice(tag.as_ref());
    let mut out = Vec::with_capacity(envelope.len());
    out.extend_from_slice(&header.bytes());
    out.extend_from_slice(&header.salt);
    out.extend_from_slice(to.commitment());
    out.extend_from_slice(&bytes);
    Some(out)
}
