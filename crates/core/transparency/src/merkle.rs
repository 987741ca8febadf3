//! RFC 6962, section 2.1: how leaves and nodes are hashed.

use aws_lc_rs::digest::{Context, SHA256, digest};

/// A SHA-256 Merkle tree hash.
pub type Hash = [u8; HASH_BYTES];

/// Bytes in a [`Hash`](type@Hash).
pub const HASH_BYTES: usize = 32;

/// The hash of an entry: SHA-256 of 0x00 and `entry` (RFC 6962, section 2.1).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(entry);
    to_hash(context.finish().as_ref())
}

/// The hash of two neighbouring subtrees: SHA-256 of 0x01, `left` and `right` (RFC 6962, section 2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [1; 1 + 2 * HASH_BYTES];
    input[1..=HASH_BYTES].copy_from_slice(left);
    input[1 + HASH_BYTES..].copy_from_slice(right);
    sha256(&input)
}

/// The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1).
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Plain SHA-256, for key ids.
pub(crate) fn sha256(input: &[u8]) -> Hash {
    to_hash(digest(&SHA256, input).as_ref())
}

fn to_hash(digest: &[u8]) -> Hash {
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(digest);
    hash
}

/// Joins the complete subtrees of a range, largest (leftmost) first, into the range's hash.
/// Nothing for an empty range.
pub(crate) fn join_subtrees(subtrees: &[Hash]) -> Option<Hash> {
    let (last, rest) = subtrees.split_last()?;
    Some(rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)))
}

/// The hash of a complete subtree whose nodes at some height are `nodes`. The count is a power of two.
pub(crate) fn complete_subtree(nodes: &[Hash]) -> Option<Hash> {
    let mut row = nodes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).filter_map(|pair| Some(node_hash(pair.first()?, pair.last()?))).collect();
    }
    row.first().copied()
}

/// The largest power of two strictly below `size`, where a tree of `size` > 1 is split (RFC 6962).
pub(crate) fn split_point(size: u64) -> u64 {
    match size {
        0 | 1 => 0,
        _ => 1 << (size - 1).ilog2(),
    }
}
