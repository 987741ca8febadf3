//! The leaf that closes a log: in clear, so that anyone can check the list that it names.

use crate::error::Error;
use crate::merkle::{HASH_BYTES, Hash};

/// Bytes in the leaf of a [`Close`].
pub const CLOSE_BYTES: usize = 1 + 4 * 8 + HASH_BYTES;

/// What a leaf of a close starts with; leaves that start otherwise are other entries.
const VERSION: u8 = 2;

/// What a log states at a close: one sorted list for everyone, by its size and root.
///
/// Whoever is listed is counted with every entry below `covers`, and with none at or after the close's own place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// Which close, from 1 and without a gap.
    pub number: u64,
    /// How many leaves the log had when the counting began: each of them is counted.
    pub covers: u64,
    /// When that was, in milliseconds since 1970.
    pub at: u64,
    /// How many rows the list has.
    pub size: u64,
    /// The root of the tree over its rows (RFC 6962).
    pub root: Hash,
}

impl Close {
    /// `02 ‖ number u64 ‖ covers u64 ‖ at u64 ‖ size u64 ‖ root[32]`, big-endian.
    #[must_use]
    pub fn encode(&self) -> [u8; CLOSE_BYTES] {
        let mut leaf = [VERSION; CLOSE_BYTES];
        let numbers = [self.number, self.covers, self.at, self.size];
        for (place, number) in leaf[1..].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        leaf[CLOSE_BYTES - HASH_BYTES..].copy_from_slice(&self.root);
        leaf
    }

    /// The close in a leaf; nothing if the leaf is another kind of entry.
    ///
    /// # Errors
    /// [`Error::Close`] if it starts like one and isn't one: another length, or the number zero.
    pub fn parse(leaf: &[u8]) -> Result<Option<Self>, Error> {
        if leaf.first() != Some(&VERSION) {
            return Ok(None);
        }
        let wrong = || Error::Close("the leaf has the wrong length");
        let leaf: &[u8; CLOSE_BYTES] = leaf.try_into().map_err(|_| wrong())?;
        let (numbers, root) = leaf[1..].split_at(4 * 8);
        let number = |at: usize| numbers[at * 8..].first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let root = root.try_into().map_err(|_| wrong())?;
        let fields = (number(0), number(1), number(2), number(3));
        let (Some(number), Some(covers), Some(at), Some(size)) = fields else { return Err(wrong()) };
        if number == 0 {
            return Err(Error::Close("closes are numbered from one"));
        }
        Ok(Some(Self { number, covers, at, size, root }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: Close = Close { number: 7, covers: 300, at: 1_767_225_600_123, size: 70_000, root: [9; 32] };

    #[test]
    fn a_close_comes_back_and_nothing_else_is_one() {
        let leaf = CLOSE.encode();
        assert_eq!(Close::parse(&leaf), Ok(Some(CLOSE)));
        assert_eq!(Close::parse(&[1; CLOSE_BYTES]), Ok(None));
        assert_eq!(Close::parse(&[]), Ok(None));
        for cut in 1..CLOSE_BYTES {
            assert!(Close::parse(&leaf[..cut]).is_err(), "{cut}");
        }
        assert!(Close::parse(&[leaf.as_slice(), &[0]].concat()).is_err());
        assert!(Close::parse(&Close { number: 0, ..CLOSE }.encode()).is_err());
    }
}
