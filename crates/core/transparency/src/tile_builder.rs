//! Which tiles a batch of leaves changes: the sequencer's side of C2SP tlog-tiles.

use crate::error::Error;
use crate::frontier::Frontier;
use crate::merkle::{HASH_BYTES, Hash, complete_subtree};
use crate::path::{Level, TILE_WIDTH, TilePath};
use crate::tile_reader::{LEVEL_HEIGHT, LEVELS, hashes_at, tile_hashes, tile_path};

/// A tile or an entry bundle to be stored and served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Where it is served.
    pub path: TilePath,
    /// For a hash tile `width` hashes of 32 bytes; for an entry bundle `width` length-prefixed entries.
    pub data: Vec<u8>,
}

/// The right edge of the tree with its partial tiles: takes batches of leaf hashes and yields changed tiles.
///
/// Every node is hashed once, about one hash per leaf, and only the partial tiles (at most 8 KiB per level)
/// are held. It changes in memory only: keep a clone until the tiles are stored, and go back to it if not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TileBuilder {
    frontier: Frontier,
    /// Per level the hashes of its partial tile; empty where the last tile is full.
    partial: Vec<Vec<u8>>,
}

/// The right edge that a log had when it had `size` leaves, by its tiles of that size or wider ones. Nothing is checked: whoever knows
/// the root then compares it.
///
/// # Errors
/// [`Error::TileMissing`] and [`Error::TileLength`].
pub fn frontier_at<B: AsRef<[u8]>>(size: u64, fetch: impl FnMut(TilePath) -> Option<B>) -> Result<Frontier, Error> {
    frontier_of(size, &partial_hashes(size, fetch)?)
}

/// Per level the hashes of the partial tile of a log of `size` leaves.
fn partial_hashes<B: AsRef<[u8]>>(
    size: u64,
    mut fetch: impl FnMut(TilePath) -> Option<B>,
) -> Result<Vec<Vec<Hash>>, Error> {
    let mut levels = Vec::new();
    for level in 0..LEVELS {
        let hashes = match partial_path(size, level) {
            Some(path) => {
                let data = fetch(path).ok_or(Error::TileMissing(path))?;
                tile_hashes(path, data.as_ref())?
            }
            None => Vec::new(),
        };
        levels.push(hashes);
    }
    Ok(levels)
}

fn frontier_of(size: u64, levels: &[Vec<Hash>]) -> Result<Frontier, Error> {
    let subtrees = levels.iter().rev().flat_map(|hashes| complete_subtrees(hashes)).collect();
    Frontier::from_subtrees(size, subtrees)
}

impl TileBuilder {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on where a log of `size` leaves and this `root` stopped. `fetch` returns the partial tiles of that
    /// size (a wider version does as well); at most one per level is asked for.
    ///
    /// # Errors
    /// [`Error::TileMissing`], [`Error::TileLength`], and [`Error::TilesDisagree`] if the tiles don't hash to
    /// `root`: they were changed, or belong to another tree.
    pub fn resume<B: AsRef<[u8]>>(
        size: u64,
        root: &Hash,
        fetch: impl FnMut(TilePath) -> Option<B>,
    ) -> Result<Self, Error> {
        let levels = partial_hashes(size, fetch)?;
        let frontier = frontier_of(size, &levels)?;
        if frontier.root() != *root {
            return Err(Error::TilesDisagree);
        }
        let partial = levels.iter().map(|hashes| hashes.concat()).collect();
        Ok(Self { frontier, partial })
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root of the tree (RFC 6962, section 2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The compact right edge of the same tree.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Adds `leaves` in order and returns every hash tile that is new or wider than before, ordered by level
    /// and index. Partial tiles that became full within the batch are returned full only.
    ///
    /// # Errors
    /// [`Error::TreeFull`], with nothing added.
    pub fn append(&mut self, leaves: &[Hash]) -> Result<Vec<Tile>, Error> {
        self.size().checked_add(leaves.len() as u64).ok_or(Error::TreeFull)?;
        let mut changed = Vec::new();
        let before = self.size();
        for leaf in leaves {
            let size = self.size() + 1;
            let partial = &mut self.partial;
            self.frontier.append_noting(*leaf, |height, hash| {
                if height.is_multiple_of(LEVEL_HEIGHT) {
                    changed.extend(push_hash(partial, height / LEVEL_HEIGHT, size, hash));
                }
            })?;
        }
        changed.extend(self.widened_since(before));
        changed.sort_by_key(|tile| tile.path);
        Ok(changed)
    }

    /// The partial tiles at the right edge, at most one per level: with the full ones that [`TileBuilder::append`]
    /// returned, all tiles of the tree.
    pub fn partial_tiles(&self) -> impl Iterator<Item = Tile> {
        self.widened_since(0)
    }

    /// The partial tiles that weren't there, or were narrower, when the tree had `before` leaves.
    fn widened_since(&self, before: u64) -> impl Iterator<Item = Tile> {
        let size = self.size();
        (0..LEVELS).zip(&self.partial).filter_map(move |(level, data)| {
            let grown = hashes_at(size, level) > hashes_at(before, level);
            let path = partial_path(size, level).filter(|_| grown)?;
            Some(Tile { path, data: data.clone() })
        })
    }
}

/// Adds a hash to a level's partial tile; the tile if that makes it full. `size` counts the newest leaf.
fn push_hash(partial: &mut Vec<Vec<u8>>, level: u32, size: u64, hash: Hash) -> Option<Tile> {
    let level = u8::try_from(level).ok()?;
    let row = usize::from(level);
    if partial.len() <= row {
        partial.resize_with(row + 1, Vec::new);
    }
    let data = partial.get_mut(row)?;
    data.extend_from_slice(&hash);
    let full = data.len() == usize::from(TILE_WIDTH) * HASH_BYTES;
    full.then(|| Tile {
        path: TilePath::trusted(Level::Hashes(level), last_tile(size, level), TILE_WIDTH),
        data: std::mem::take(data),
    })
}

/// The number of the tile that holds the newest hash of `level`.
fn last_tile(size: u64, level: u8) -> u64 {
    hashes_at(size, level).saturating_sub(1) / u64::from(TILE_WIDTH)
}

/// The path of the partial tile at `level`, unless the last tile there is full or the level is empty.
fn partial_path(size: u64, level: u8) -> Option<TilePath> {
    let path = tile_path(size, level, last_tile(size, level))?;
    (!path.is_full()).then_some(path)
}

/// The complete subtrees over the hashes of a partial tile, largest first: one per set bit of the count.
fn complete_subtrees(mut hashes: &[Hash]) -> Vec<Hash> {
    let mut subtrees = Vec::new();
    while let Some(bits) = hashes.len().checked_ilog2() {
        let (subtree, rest) = hashes.split_at(1 << bits);
        subtrees.extend(complete_subtree(subtree));
        hashes = rest;
    }
    subtrees
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_overflows_adds_nothing() {
        let frontier = Frontier::from_subtrees(u64::MAX - 1, vec![[7; 32]; 63]).unwrap();
        let mut builder = TileBuilder { frontier, partial: Vec::new() };
        let before = builder.clone();
        assert_eq!(builder.append(&[[1; 32], [2; 32]]), Err(Error::TreeFull));
        assert_eq!(builder, before);
    }
}
