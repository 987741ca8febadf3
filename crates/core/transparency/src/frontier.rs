//! The compact right edge of a tree: enough to append and to know the root.

use crate::error::Error;
use crate::merkle::{HASH_BYTES, Hash, empty_root, join_subtrees, node_hash};

/// A tree reduced to the roots of its complete subtrees: at most 64 hashes for any size.
///
/// Appending costs one node hash per leaf on average; the root costs at most 63.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// One hash per set bit of `size`, the largest (leftmost) subtree first.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree (RFC 6962, section 2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        join_subtrees(&self.subtrees).unwrap_or_else(empty_root)
    }

    /// Adds one leaf.
    ///
    /// # Errors
    /// [`Error::TreeFull`] at 2^64 - 1 leaves.
    pub fn append(&mut self, leaf: Hash) -> Result<(), Error> {
        self.append_noting(leaf, |_, _| ())
    }

    /// Adds one leaf and tells `note` every node that this completes, from the leaf (height 0) upwards.
    pub(crate) fn append_noting(&mut self, leaf: Hash, mut note: impl FnMut(u32, Hash)) -> Result<(), Error> {
        let size = self.size.checked_add(1).ok_or(Error::TreeFull)?;
        let mut node = leaf;
        note(0, node);
        for height in 1..=size.trailing_zeros() {
            if let Some(left) = self.subtrees.pop() {
                node = node_hash(&left, &node);
                note(height, node);
            }
        }
        self.subtrees.push(node);
        self.size = size;
        Ok(())
    }

    /// The frontier in bytes: the size as a big-endian u64, then the subtree hashes, largest first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.subtrees.len() * HASH_BYTES);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend(self.subtrees.iter().flatten());
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::FrontierLength`] unless there is exactly one hash per set bit of the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (size, hashes) = bytes.split_first_chunk().ok_or(Error::FrontierLength)?;
        let (hashes, rest) = hashes.as_chunks();
        if !rest.is_empty() {
            return Err(Error::FrontierLength);
        }
        Self::from_subtrees(u64::from_be_bytes(*size), hashes.to_vec())
    }

    /// A frontier from its parts; the subtrees as described on the field.
    pub(crate) fn from_subtrees(size: u64, subtrees: Vec<Hash>) -> Result<Self, Error> {
        if subtrees.len() as u64 != u64::from(size.count_ones()) {
            return Err(Error::FrontierLength);
        }
        Ok(Self { size, subtrees })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_tree_takes_no_leaf() {
        let mut full = Frontier::from_subtrees(u64::MAX, vec![[7; 32]; 64]).unwrap();
        let before = full.clone();
        assert_eq!(full.append([0; 32]), Err(Error::TreeFull));
        assert_eq!(full, before);
    }

    #[test]
    fn bytes_must_match_the_size() {
        let mut frontier = Frontier::new();
        for leaf in 0..7 {
            frontier.append([leaf; 32]).unwrap();
        }
        let bytes = frontier.to_bytes();
        assert_eq!(bytes.len(), 8 + 3 * 32);
        assert_eq!(Frontier::from_bytes(&bytes), Ok(frontier));
        for cut in 0..bytes.len() {
            assert_eq!(Frontier::from_bytes(&bytes[..cut]), Err(Error::FrontierLength), "{cut}");
        }
        let longer = [bytes.as_slice(), &[0; 32]].concat();
        assert_eq!(Frontier::from_bytes(&longer), Err(Error::FrontierLength));
    }
}
