//! The sealed form of one field, in bytes:
//!
//! `01 ‖ suite u16 ‖ epoch u32 ‖ salt[24] ‖ com[32] ‖ ciphertext ‖ tag[16]`
//!
//! `hdr` is the first seven bytes. The key is derived from the customer's key, the header, the salt and the hash
//! of the place, so an envelope opens in its own place only; `com` commits to key and place, so no second key
//! opens it either (AES-GCM alone doesn't promise that).

use crate::derive::expand;
use crate::secret::{Key32, Okm};
use aws_lc_rs::digest::{SHA256, digest};
use domain::{CustomerId, TenantId};

/// HKDF-SHA256 + AES-256-GCM with key commitment.
pub const SUITE: u16 = 1;
/// Bytes of the header.
pub const HEADER: usize = 7;
/// Bytes of the salt.
pub const SALT: usize = 24;
/// Bytes of the commitment.
pub const COMMITMENT: usize = 32;
/// Bytes of AES-GCM's tag.
pub const TAG: usize = 16;
/// Bytes an envelope adds to its plaintext.
pub const OVERHEAD: usize = HEADER + SALT + COMMITMENT + TAG;

const FORMAT: u8 = 1;

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
        out[1..3].copy_from_slice(&SUITE.to_be_bytes());
        out[3..].copy_from_slice(&self.epoch.to_be_bytes());
        out
    }

    /// Reads the head of an envelope; `None` if it is too short, or of a format or suite that isn't known.
    #[must_use]
    pub fn parse(envelope: &[u8]) -> Option<Self> {
        if envelope.len() < OVERHEAD || envelope[0] != FORMAT || envelope[1..3] != SUITE.to_be_bytes() {
            return None;
        }
        let epoch = u32::from_be_bytes(envelope[3..HEADER].try_into().ok()?);
        let salt = envelope[HEADER..HEADER + SALT].try_into().ok()?;
        Some(Self { epoch, salt })
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

/// `okm = X(K_c, "rf1/field" ‖ hdr ‖ salt ‖ H(ctx), 64)`.
#[must_use]
pub fn field_key(customer_key: &Key32, header: &Header, place: &Place) -> Okm {
    let context = digest(&SHA256, &place.context());
    Okm::new(expand(customer_key, &[b"rf1/field", &header.bytes(), &header.salt, context.as_ref()]))
}
