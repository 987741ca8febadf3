//! Key material as types that can't be printed or copied by accident, and are wiped when dropped.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A 32-byte symmetric key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key32([u8; 32]);

impl Key32 {
    /// Takes the key's bytes over.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a cryptographic call.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What opens or seals one envelope: 32 bytes of key and 32 bytes of commitment to key and place.
/// Used once, therefore not `Clone`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Okm([u8; 64]);

impl Okm {
    /// Takes the derived bytes over.
    #[must_use]
    pub fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The cipher's key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.0[..32]
    }

    /// The commitment that the envelope must carry.
    #[must_use]
    pub fn commitment(&self) -> &[u8] {
        &self.0[32..]
    }
}
