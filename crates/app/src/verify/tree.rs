//! The tree, recomputed from the entries' rows, against what is stored and signed.

use super::broken;
use crate::failure::Failure;
use domain::TenantId;
use store::{EntryRow, LogHead, Store, TileKey};
use transparency::{
    Checkpoint, Hash, Level, OriginKeys, Tile, TileBuilder, TilePath, decode_bundle, empty_root, leaf_hash,
    verify_checkpoint,
};
use vault::TenantConfig;

/// Entries of one bundle.
const WIDTH: u64 = 256;

pub(super) struct Tree {
    pub(super) size: u64,
}

pub(super) async fn check(store: &dyn Store, tenant: &TenantConfig, keys: &OriginKeys) -> Result<Tree, Failure> {
    // In this order: a server may be at work, and a log only grows.
    let newest = store.entries(tenant.id, None, 1).await?;
    let head = store.head(tenant.id).await?;
    if let Some(entry) = store.strays(tenant.id, 1).await?.first() {
        let problem = "it has no place in the log and doesn't wait for one, or another waits in its stead";
        return Err(broken(tenant, "pending", entry, problem));
    }
    if head.checkpoint.is_empty() && head.size == 0 {
        return no_log_yet(store, tenant).await;
    }
    let checkpoint = signed(tenant, &head, keys)?;
    if let Some(row) = newest.first().filter(|row| row.index.is_none_or(|place| place >= checkpoint.size)) {
        return Err(broken(tenant, "entry", row.id, "it has a place that the signed log doesn't reach"));
    }
    let mut walk = Walk { store, tenant, builder: TileBuilder::new(), partial: Vec::new() };
    let mut from = 0;
    while from < checkpoint.size {
        let to = (from + WIDTH).min(checkpoint.size);
        walk.bundle(from, to).await?;
        from = to;
    }
    walk.close(&checkpoint).await?;
    Ok(Tree { size: checkpoint.size })
}

async fn no_log_yet(store: &dyn Store, tenant: &TenantConfig) -> Result<Tree, Failure> {
    match store.entries(tenant.id, None, 1).await?.first() {
        Some(row) => Err(broken(tenant, "entry", row.id, "it has a place in a log that has no checkpoint")),
        None => Ok(Tree { size: 0 }),
    }
}

fn signed(tenant: &TenantConfig, head: &LogHead, keys: &OriginKeys) -> Result<Checkpoint, Failure> {
    let wrong = |problem: String| broken(tenant, "log_head", tenant.id.0, &problem);
    let checkpoint = verify_checkpoint(&head.checkpoint, keys)
        .map_err(|error| wrong(format!("the checkpoint doesn't verify: {error}")))?;
    if checkpoint.size != head.size {
        return Err(wrong(format!("it says {} entries, its checkpoint {}", head.size, checkpoint.size)));
    }
    Ok(checkpoint)
}

struct Walk<'a> {
    store: &'a dyn Store,
    tenant: &'a TenantConfig,
    builder: TileBuilder,
    /// The newest version of tiles that aren't full yet.
    partial: Vec<Tile>,
}

impl Walk<'_> {
    /// Places `from` to before `to`, which lie in one bundle.
    async fn bundle(&mut self, from: u64, to: u64) -> Result<(), Failure> {
        let id = self.tenant.id;
        let mut rows = self.store.entries(id, Some(to), (to - from) as u32).await?;
        rows.reverse();
        self.whole(&rows, from, to)?;
        let index = from / WIDTH;
        let data = self.stored(id, -1, index).await?;
        let path = TilePath::new(Level::Entries, index, (to - from) as u16)
            .map_err(|error| self.tile(-1, index, &error.to_string()))?;
        // A server may be at work: the stored bundle can be wider by now.
        let leaves = narrowed(&path, &data).and_then(|data| decode_bundle(data, path.width()).ok());
        let leaves = leaves.ok_or_else(|| self.tile(-1, index, "the bundle is cut or malformed"))?;
        for (row, leaf) in rows.iter().zip(leaves) {
            if row.leaf != leaf {
                return Err(broken(self.tenant, "entry", row.id, "its leaf isn't the one in the log at its place"));
            }
        }
        let hashes: Vec<Hash> = rows.iter().map(|row| leaf_hash(&row.leaf)).collect();
        let tiles = self.builder.append(&hashes).map_err(|error| self.tile(0, index, &error.to_string()))?;
        for tile in tiles {
            if tile.path.is_full() {
                self.same(&tile).await?;
            }
            self.partial
                .retain(|known| (known.path.level(), known.path.index()) != (tile.path.level(), tile.path.index()));
            if !tile.path.is_full() {
                self.partial.push(tile);
            }
        }
        Ok(())
    }

    fn whole(&self, rows: &[EntryRow], from: u64, to: u64) -> Result<(), Failure> {
        let mut expected = from..to;
        let wrong = rows.iter().find(|row| row.index != expected.next());
        match (wrong, expected.next()) {
            (None, None) => Ok(()),
            (Some(row), _) => Err(broken(self.tenant, "entry", row.id, "the entry before it is missing")),
            (None, Some(place)) => Err(broken(self.tenant, "entry", format!("at place {place}"), "it is missing")),
        }
    }

    async fn close(mut self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        for tile in std::mem::take(&mut self.partial) {
            self.same(&tile).await?;
        }
        let root = if checkpoint.size == 0 { empty_root() } else { self.builder.root() };
        if root != checkpoint.root {
            return Err(broken(
                self.tenant,
                "log_head",
                self.tenant.id.0,
                "the entries don't hash to the root that its checkpoint signs",
            ));
        }
        Ok(())
    }

    async fn same(&self, tile: &Tile) -> Result<(), Failure> {
        let Level::Hashes(level) = tile.path.level() else { return Ok(()) };
        let data = self.stored(self.tenant.id, level as i8, tile.path.index()).await?;
        match narrowed(&tile.path, &data) {
            Some(data) if data == tile.data => Ok(()),
            _ => Err(self.tile(level as i8, tile.path.index(), "it isn't what the entries hash to")),
        }
    }

    async fn stored(&self, tenant: TenantId, level: i8, index: u64) -> Result<Vec<u8>, Failure> {
        let data = self.store.tile(tenant, TileKey { level, index }).await?;
        data.ok_or_else(|| self.tile(level, index, "it is missing"))
    }

    fn tile(&self, level: i8, index: u64, problem: &str) -> Failure {
        broken(self.tenant, "tile", format!("level {level} number {index}"), problem)
    }
}

/// The part of a stored tile, as wide or wider, that `path` names.
fn narrowed<'a>(path: &TilePath, data: &'a [u8]) -> Option<&'a [u8]> {
    let length = match path.level() {
        Level::Hashes(_) => usize::from(path.width()) * 32,
        // Every leaf has 65 bytes behind a length of two.
        Level::Entries => usize::from(path.width()) * 67,
    };
    data.get(..length)
}
