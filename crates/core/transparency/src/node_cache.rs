//! Tiles kept with their inner nodes, for whoever makes many proofs of one log.

use std::collections::HashMap;

use crate::error::Error;
use crate::merkle::{Hash, node_hash};
use crate::path::{TILE_WIDTH, TilePath};
use crate::proof::prove_inclusion;
use crate::tile_reader::{LEVEL_HEIGHT, Nodes, tile_hashes, tile_path};

/// Keeps up to a number of tiles, about 16 KiB each with the nodes between their hashes. A proof from tiles that are
/// kept costs look-ups and a handful of hashes at the right edge, where [`inclusion_proof`](crate::inclusion_proof)
/// hashes every tile on the way anew.
#[derive(Debug)]
pub struct NodeCache {
    tiles: HashMap<TilePath, Vec<Vec<Hash>>>,
    most: usize,
}

impl NodeCache {
    /// An empty cache that keeps at most so many tiles, and starts anew when there would be more.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { tiles: HashMap::new(), most: most.max(1) }
    }

    /// As [`inclusion_proof`](crate::inclusion_proof): the same proof, and `fetch` is asked only for tiles that aren't
    /// kept.
    ///
    /// # Errors
    /// Those of [`inclusion_proof`](crate::inclusion_proof).
    pub fn inclusion_proof<B: AsRef<[u8]>>(
        &mut self,
        size: u64,
        index: u64,
        fetch: impl FnMut(TilePath) -> Option<B>,
    ) -> Result<Vec<Hash>, Error> {
        prove_inclusion(size, index, &mut Kept { size, fetch, cache: self })
    }

    fn load(&mut self, path: TilePath, data: &[u8]) -> Result<&Vec<Vec<Hash>>, Error> {
        if self.tiles.len() >= self.most {
            self.tiles.clear();
        }
        let mut rows = vec![tile_hashes(path, data)?];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            let (pairs, _) = row.as_chunks::<2>();
            rows.push(pairs.iter().map(|[left, right]| node_hash(left, right)).collect());
        }
        Ok(self.tiles.entry(path).or_insert(rows))
    }
}

struct Kept<'c, F> {
    size: u64,
    fetch: F,
    cache: &'c mut NodeCache,
}

impl<F, B> Nodes for Kept<'_, F>
where
    F: FnMut(TilePath) -> Option<B>,
    B: AsRef<[u8]>,
{
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Error> {
        let (level, below) = (height / LEVEL_HEIGHT, height % LEVEL_HEIGHT);
        let first = index << below;
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        let path = tile_path(self.size, level, first / u64::from(TILE_WIDTH))
            .ok_or(Error::TilePath("the tree has no such tile"))?;
        let place = usize::from((first % u64::from(TILE_WIDTH)) as u8) >> below;
        let at = |rows: &Vec<Vec<Hash>>| rows.get(below as usize).and_then(|row| row.get(place)).copied();
        if let Some(rows) = self.cache.tiles.get(&path) {
            return at(rows).ok_or(Error::TileLength(path));
        }
        let data = (self.fetch)(path).ok_or(Error::TileMissing(path))?;
        at(self.cache.load(path, data.as_ref())?).ok_or(Error::TileLength(path))
    }
}
