//! Inclusion and consistency proofs: made from tiles (RFC 6962, section 2.1) and checked (RFC 9162, section 2.1).

use crate::error::Error;
use crate::merkle::{Hash, empty_root, node_hash, split_point};
use crate::path::TilePath;
use crate::tile_reader::{Nodes, TileReader};

/// Proves that leaf `index` is in the tree of `size` leaves: sibling hashes from the leaf up, at most 64.
///
/// `fetch` returns the data of a hash tile as wide as this tree fills it; a wider version of the same tile
/// does as well. It is asked once per tile and call, for at most a few tiles per level.
///
/// # Errors
/// [`Error::IndexOutOfRange`]; [`Error::TileMissing`] and [`Error::TileLength`] from what `fetch` returns.
pub fn inclusion_proof<B: AsRef<[u8]>>(
    size: u64,
    index: u64,
    fetch: impl FnMut(TilePath) -> Option<B>,
) -> Result<Vec<Hash>, Error> {
    prove_inclusion(size, index, &mut TileReader::new(size, fetch))
}

/// The proof from any tree of `size` leaves.
pub(crate) fn prove_inclusion(size: u64, index: u64, tree: &mut impl Nodes) -> Result<Vec<Hash>, Error> {
    if index >= size {
        return Err(Error::IndexOutOfRange { index, size });
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split_point(end - start);
        if index < middle {
            proof.push(tree.range(middle, end)?);
            end = middle;
        } else {
            proof.push(tree.range(start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Proves that the tree of `new` leaves extends the tree of `old` leaves. `fetch` as for [`inclusion_proof`],
/// for the tree of `new` leaves. The proof is empty when `old` is zero or equals `new`.
///
/// # Errors
/// [`Error::SizesReversed`]; [`Error::TileMissing`] and [`Error::TileLength`] from what `fetch` returns.
pub fn consistency_proof<B: AsRef<[u8]>>(
    old: u64,
    new: u64,
    fetch: impl FnMut(TilePath) -> Option<B>,
) -> Result<Vec<Hash>, Error> {
    if old > new {
        return Err(Error::SizesReversed { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let mut tree = TileReader::new(new, fetch);
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, new);
    while old < end {
        let middle = start + split_point(end - start);
        if old <= middle {
            proof.push(tree.range(middle, end)?);
            end = middle;
        } else {
            proof.push(tree.range(start, middle)?);
            start = middle;
        }
    }
    // The verifier knows the old root; it must be told the old tree's last subtree only if that isn't the root.
    if start > 0 {
        proof.push(tree.range(start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Where a proof has climbed to: a node of the older (or leaf's) path and the last node of its row.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    /// Whether the next proof hash is a left sibling.
    fn sibling_is_left(&self) -> bool {
        self.node & 1 == 1 || self.node == self.last
    }

    /// Skips the rows in which the node is last without a sibling, then the row just joined.
    fn up_after_left(&mut self) {
        while self.node & 1 == 0 && self.node != 0 {
            self.up();
        }
        self.up();
    }
}

/// Checks that `leaf` is leaf `index` of the tree with `size` leaves and this `root`.
///
/// # Errors
/// [`Error::IndexOutOfRange`] or [`Error::InclusionProof`].
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), Error> {
    if index >= size {
        return Err(Error::IndexOutOfRange { index, size });
    }
    let mut climb = Climb { node: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        if climb.last == 0 {
            return Err(Error::InclusionProof);
        }
        if climb.sibling_is_left() {
            hash = node_hash(sibling, &hash);
            climb.up_after_left();
        } else {
            hash = node_hash(&hash, sibling);
            climb.up();
        }
    }
    let proven = climb.last == 0 && hash == *root;
    proven.then_some(()).ok_or(Error::InclusionProof)
}

/// Checks that the tree of `new` leaves and `new_root` extends the tree of `old` leaves and `old_root`.
///
/// Every tree extends the empty one, and each tree itself; both with an empty proof.
///
/// # Errors
/// [`Error::SizesReversed`] or [`Error::ConsistencyProof`].
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> Result<(), Error> {
    if old > new {
        return Err(Error::SizesReversed { old, new });
    }
    let proven = match (old == new, old == 0) {
        (true, _) => proof.is_empty() && old_root == new_root && (old > 0 || *old_root == empty_root()),
        (false, true) => proof.is_empty() && *old_root == empty_root(),
        (false, false) => connects((old, old_root), (new, new_root), proof),
    };
    proven.then_some(()).ok_or(Error::ConsistencyProof)
}

/// The check for `0 < old < new`.
fn connects(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let mut climb = Climb { node: old.0 - 1, last: new.0 - 1 };
    while climb.node & 1 == 1 {
        climb.up();
    }
    // A complete old tree is itself the first node; its root is known and left out of the proof.
    let (first, rest) = match (old.0.is_power_of_two(), proof) {
        (_, []) => return false,
        (true, all) => (old.1, all),
        (false, [first, rest @ ..]) => (first, rest),
    };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if climb.last == 0 {
            return false;
        }
        if climb.sibling_is_left() {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            climb.up_after_left();
        } else {
            new_hash = node_hash(&new_hash, sibling);
            climb.up();
        }
    }
    climb.last == 0 && old_hash == *old.1 && new_hash == *new.1
}
