//! Reads any node of a tree from its tiles, fetching each tile once.

use crate::error::Error;
use crate::merkle::{HASH_BYTES, Hash, complete_subtree, empty_root, join_subtrees};
use crate::path::{Level, TILE_WIDTH, TilePath};

/// Heights of the binary tree between two levels of tiles: 2^8 = 256.
pub(crate) const LEVEL_HEIGHT: u32 = 8;

/// Levels that a tree of u64 size can have.
pub(crate) const LEVELS: u8 = 8;

/// A tree of fixed size, any node of which can be asked for.
pub(crate) trait Nodes {
    /// The root of the complete subtree number `index` at `height` (leaves are at 0).
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Error>;

    /// The hash of the leaves from `start` to before `end`, where `start` is a multiple of the smallest power
    /// of two that isn't below the length, as in every step of the RFC 6962 recursions.
    fn range(&mut self, start: u64, end: u64) -> Result<Hash, Error> {
        let mut subtrees = Vec::new();
        let mut position = start;
        while position < end {
            let height = (end - position).ilog2();
            subtrees.push(self.node(height, position >> height)?);
            position += 1 << height;
        }
        Ok(join_subtrees(&subtrees).unwrap_or_else(empty_root))
    }
}

/// A tree of fixed size whose tiles come from `fetch`.
pub(crate) struct TileReader<F> {
    size: u64,
    fetch: F,
    read: Vec<(TilePath, Vec<Hash>)>,
}

impl<F, B> TileReader<F>
where
    F: FnMut(TilePath) -> Option<B>,
    B: AsRef<[u8]>,
{
    pub(crate) fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch, read: Vec::new() }
    }

    /// The tile `index` of `level` as wide as this tree fills it.
    fn tile_of(&self, level: u32, index: u64) -> Result<TilePath, Error> {
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        tile_path(self.size, level, index).ok_or(Error::TilePath("the tree has no such tile"))
    }

    fn tile(&mut self, path: TilePath) -> Result<&[Hash], Error> {
        let known = self.read.iter().position(|(read, _)| *read == path);
        let position = match known {
            Some(position) => position,
            None => {
                let data = (self.fetch)(path).ok_or(Error::TileMissing(path))?;
                self.read.push((path, tile_hashes(path, data.as_ref())?));
                self.read.len() - 1
            }
        };
        self.read.get(position).map(|(_, hashes)| hashes.as_slice()).ok_or(Error::TileMissing(path))
    }
}

impl<F, B> Nodes for TileReader<F>
where
    F: FnMut(TilePath) -> Option<B>,
    B: AsRef<[u8]>,
{
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Error> {
        let level = height / LEVEL_HEIGHT;
        let below = height % LEVEL_HEIGHT;
        let first = index << below;
        let path = self.tile_of(level, first / u64::from(TILE_WIDTH))?;
        let hashes = self.tile(path)?;
        let offset = usize::from((first % u64::from(TILE_WIDTH)) as u8);
        hashes.get(offset..offset + (1 << below)).and_then(complete_subtree).ok_or(Error::TileLength(path))
    }
}

/// The path of tile `index` at `level` in a tree of `size`, as wide as the tree fills it; nothing if empty.
pub(crate) fn tile_path(size: u64, level: u8, index: u64) -> Option<TilePath> {
    let hashes = hashes_at(size, level);
    let before = index.checked_mul(u64::from(TILE_WIDTH))?;
    let width = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
    let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
    Some(TilePath::trusted(Level::Hashes(level), index, width))
}

/// How many hashes a tree of `size` has at `level`: one per complete 256^level leaves.
pub(crate) fn hashes_at(size: u64, level: u8) -> u64 {
    size.checked_shr(LEVEL_HEIGHT * u32::from(level)).unwrap_or(0)
}

/// The first `width` hashes of `data`, which may be a wider version of the tile: tiles only ever grow.
pub(crate) fn tile_hashes(path: TilePath, data: &[u8]) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = data.as_chunks::<HASH_BYTES>();
    let fits = rest.is_empty() && hashes.len() <= usize::from(TILE_WIDTH);
    hashes.get(..usize::from(path.width())).filter(|_| fits).map(<[Hash]>::to_vec).ok_or(Error::TileLength(path))
}
