//! Checks a whole log: its entries give the leaf hashes, these the tiles of every level, and these the root.

use crate::bundle::decode_bundle;
use crate::merkle::{HASH_BYTES, Hash, leaf_hash};
use crate::path::{Level, TILE_WIDTH, TilePath};
use crate::proof::{inclusion_proof, verify_inclusion};
use crate::tile_builder::{Tile, TileBuilder};

/// Tiles that don't fit their entries and are remembered, so that memory stays bounded in a log that is all wrong.
const MOST_ODD: usize = 16;

/// What in a log doesn't hold, named as exactly as the rest of the log allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A tile or bundle that a tree of this size has isn't there.
    #[error("{0} is missing")]
    Missing(TilePath),
    /// An entry bundle is cut, too long, or not made of entries.
    #[error("{0} is cut, too long or malformed")]
    Malformed(TilePath),
    /// The entries hash to the signed root, and this tile isn't what they hash to.
    #[error("{0} isn't what the entries hash to")]
    Tile(TilePath),
    /// The tiles lead to the signed root, and this entry isn't the one that they have at its place.
    #[error("entry {index} in {bundle} isn't the one that the signed tree has there")]
    Entry {
        /// The entry's place, from zero.
        index: u64,
        /// The bundle that holds it.
        bundle: TilePath,
    },
    /// A tile and its entries say different things, and neither leads to the signed root.
    #[error("{0} and its entries disagree, and neither leads to the signed root")]
    Neither(TilePath),
    /// Entries and tiles fit each other and hash to another root: the checkpoint is of another tree.
    #[error("the entries hash to another root than the checkpoint signs")]
    Root,
}

/// Recomputes every hash of a log of `size` entries against the signed `root` (C2SP tlog-tiles, RFC 6962).
///
/// `fetch` returns the bytes of a bundle or tile exactly as wide as asked for. Each bundle and tile is asked for once,
/// in order (a few more times once something is wrong), and held no longer than it is compared: memory doesn't grow
/// with the log.
///
/// # Errors
/// The [`Fault`] found first; which of an entry and a tile is wrong is told by what leads to `root`.
pub fn check_log<B: AsRef<[u8]>>(
    size: u64,
    root: &Hash,
    mut fetch: impl FnMut(TilePath) -> Option<B>,
) -> Result<(), Fault> {
    let mut builder = TileBuilder::new();
    let mut odd = Vec::new();
    for index in 0..size.div_ceil(u64::from(TILE_WIDTH)) {
        let leaves = leaves_of(bundle_path(size, index), &mut fetch)?;
        let changed = builder.append(&leaves).map_err(|_| Fault::Root)?;
        compare(changed.into_iter().filter(|tile| tile.path.is_full()), &mut fetch, &mut odd);
    }
    compare(builder.partial_tiles(), &mut fetch, &mut odd);
    match odd.first() {
        None if builder.root() == *root => Ok(()),
        None => Err(Fault::Root),
        Some(first) if builder.root() == *root => Err(first.as_tile()),
        Some(first) => {
            let entry = odd.iter().find_map(|odd| odd.entry(size, root, &mut fetch));
            Err(entry.unwrap_or(Fault::Neither(first.computed.path)))
        }
    }
}

/// The bundle `index` as wide as a log of `size` entries fills it; it must have one.
fn bundle_path(size: u64, index: u64) -> TilePath {
    let left = size.saturating_sub(index * u64::from(TILE_WIDTH)).min(u64::from(TILE_WIDTH));
    TilePath::trusted(Level::Entries, index, left as u16)
}

fn leaves_of<B: AsRef<[u8]>>(
    bundle: TilePath,
    fetch: &mut impl FnMut(TilePath) -> Option<B>,
) -> Result<Vec<Hash>, Fault> {
    let data = fetch(bundle).ok_or(Fault::Missing(bundle))?;
    let entries = decode_bundle(data.as_ref(), bundle.width()).map_err(|_| Fault::Malformed(bundle))?;
    Ok(entries.into_iter().map(leaf_hash).collect())
}

/// A tile that isn't what its entries hash to.
struct Odd {
    computed: Tile,
    stored: Option<Vec<u8>>,
}

fn compare<B: AsRef<[u8]>>(
    tiles: impl Iterator<Item = Tile>,
    fetch: &mut impl FnMut(TilePath) -> Option<B>,
    odd: &mut Vec<Odd>,
) {
    for computed in tiles {
        let stored = fetch(computed.path);
        let same = stored.as_ref().is_some_and(|stored| stored.as_ref() == computed.data);
        if !same && odd.len() < MOST_ODD {
            odd.push(Odd { computed, stored: stored.map(|stored| stored.as_ref().to_vec()) });
        }
    }
}

impl Odd {
    /// The fault if the entries are right.
    fn as_tile(&self) -> Fault {
        match self.stored {
            None => Fault::Missing(self.computed.path),
            Some(_) => Fault::Tile(self.computed.path),
        }
    }

    /// The first entry that is proven wrong: the tile has another hash at its place, which leads to the root.
    fn entry<B: AsRef<[u8]>>(
        &self,
        size: u64,
        root: &Hash,
        fetch: &mut impl FnMut(TilePath) -> Option<B>,
    ) -> Option<Fault> {
        if self.computed.path.level() != Level::Hashes(0) {
            return None;
        }
        let (stored, _) = self.stored.as_ref()?.as_chunks::<HASH_BYTES>();
        let (computed, _) = self.computed.data.as_chunks::<HASH_BYTES>();
        let bundle = TilePath::trusted(Level::Entries, self.computed.path.index(), self.computed.path.width());
        let first = self.computed.path.index() * u64::from(TILE_WIDTH);
        let (index, leaf) = (first..).zip(stored).zip(computed).find(|((_, a), b)| a != b)?.0;
        let proof = inclusion_proof(size, index, fetch).ok()?;
        verify_inclusion(leaf, index, size, root, &proof).ok()?;
        Some(Fault::Entry { index, bundle })
    }
}
