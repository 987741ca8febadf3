//! Splitting the root key into shares, and combining k of them.

use crate::RootKey;
use blahaj::Sharks;
use core::convert::Infallible;
use domain::Entropy;
use keys::Key32;
use rand_core::{TryCryptoRng, TryRng, utils};
use zeroize::Zeroizing;

/// More custodians than anybody can gather.
const MOST: u8 = 32;

/// How many shares there are, and how many of them it takes: 2 ≤ k ≤ n ≤ 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    needed: u8,
    of: u8,
}

/// Numbers that make no quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// One share would be the root key.
    #[error("a threshold of {0} would give the root key to one custodian alone")]
    TooFew(u8),
    /// Nobody could bring that many together.
    #[error("{needed} shares can't be brought together where there are {of} custodians")]
    TooMany {
        /// The threshold.
        needed: u8,
        /// The custodians.
        of: u8,
    },
    /// Too many custodians.
    #[error("{0} custodians are too many; 32 is the most")]
    Crowd(u8),
}

impl Quorum {
    /// `needed` of `of`.
    ///
    /// # Errors
    /// If one alone would do, or all together wouldn't.
    pub fn new(needed: u8, of: u8) -> Result<Self, QuorumError> {
        match (needed, of) {
            (0 | 1, _) => Err(QuorumError::TooFew(needed)),
            (_, of) if of > MOST => Err(QuorumError::Crowd(of)),
            (needed, of) if needed > of => Err(QuorumError::TooMany { needed, of }),
            _ => Ok(Self { needed, of }),
        }
    }

    /// How many shares give the root key.
    #[must_use]
    pub fn needed(self) -> u8 {
        self.needed
    }

    /// How many there are.
    #[must_use]
    pub fn of(self) -> u8 {
        self.of
    }
}

/// One share of the root key. It can't be printed, copied or compared, and is wiped when dropped.
pub struct Share {
    index: u8,
    bytes: Zeroizing<[u8; 32]>,
}

impl Share {
    /// A share as it was split off: its number from 1, and its 32 bytes.
    #[must_use]
    pub(crate) fn new(index: u8, bytes: [u8; 32]) -> Self {
        Self { index, bytes: Zeroizing::new(bytes) }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn index(&self) -> u8 {
        self.index
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// The generator that the library takes, over ours.
struct Dice<'a>(&'a dyn Entropy);

impl TryRng for Dice<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Dice<'_> {}

/// Splits the root key: each byte of it is the value at 0 of a random polynomial of degree k − 1 over GF(256), with the
/// modulus x⁸ + x⁴ + x³ + x² + 1, and share i has its values at i (Shamir, "How to share a secret", 1979).
#[must_use]
pub fn split(root: &RootKey, quorum: Quorum, entropy: &dyn Entropy) -> Vec<Share> {
    let dealt = Sharks(quorum.needed).dealer_rng(root.0.bytes(), &mut Dice(entropy)).take(quorum.of.into());
    let share = |dealt: blahaj::Share| {
        let bytes = Zeroizing::new(Vec::from(&dealt));
        let mut values = Zeroizing::new([0; 32]);
        values.copy_from_slice(&bytes[1..]);
        Share::new(bytes[0], *values)
    };
    dealt.map(share).collect()
}

/// What k shares give. Shares that don't belong together give a key too, which isn't the root: whoever combines compares
/// with what is known of the root. None if there are fewer than k, or two of one number.
#[must_use]
pub fn combine(quorum: Quorum, shares: &[Share]) -> Option<RootKey> {
    let distinct = shares.iter().enumerate().all(|(at, one)| shares[..at].iter().all(|other| other.index != one.index));
    if !distinct || shares.len() < usize::from(quorum.needed) {
        return None;
    }
    let dealt = |share: &Share| {
        let bytes = Zeroizing::new([&[share.index], share.bytes.as_slice()].concat());
        blahaj::Share::try_from(bytes.as_slice()).ok().filter(|_| share.index != 0)
    };
    let dealt: Vec<_> = shares[..quorum.needed.into()].iter().map(dealt).collect::<Option<_>>()?;
    let root = Zeroizing::new(Sharks(quorum.needed).recover(&dealt).ok()?);
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.copy_from_slice(root.get(..32)?);
    Some(RootKey(Key32::new(*bytes)))
}
