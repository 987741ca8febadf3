//! The sequencer: gives committed entries their places, writes tiles, signs checkpoints. One at a time per log, by
//! lease; the published head advances by compare-and-swap, so that two can't fork it.

mod missing;
mod telling;

use crate::error::VaultError;
use crate::losses::{Loss, Losses};
use crate::promises::Promises;
use crate::wiring::{TenantConfig, Vault};
use domain::{Clock, EntryId, Millis, TenantId};
use keys::KeyHolder;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::{Fence, Job, LogHead, PendingLeaf, Publication, Store, StoreError, Swap, TileKey};
use telling::Telling;
use transparency::{
    Checkpoint, Error, Level, NoteSigner, OriginKeys, Tile, TileBuilder, TilePath, empty_root, extend_bundles,
    leaf_hash, sign_checkpoint,
};

/// How long a lease lasts without renewal, in milliseconds.
const LEASE_MS: i64 = 1_500;
/// A lease that is given back ended a minute ago, also for a node whose clock is behind.
const GIVEN_BACK_MS: i64 = -60_000;
/// How many entries one publication takes.
const MOST: u32 = 4_096;
/// The queue's old end is nearly always empty, and where rows were deleted an engine may still walk over them: only
/// entries of the last seconds are looked for, and every few seconds all of them. In milliseconds.
const RECENT_MS: i64 = 3_000;
const ALL_EVERY_MS: i64 = 5_000;

struct Signers {
    ed25519: NoteSigner,
    ml_dsa: NoteSigner,
}

/// The sequencer of one tenant's log.
pub struct Sequencer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    tenant: TenantConfig,
    holder: [u8; 16],
    signers: Signers,
    state: Option<Log>,
    leased: Option<(Fence, Millis)>,
    promises: Arc<Promises>,
    losses: Arc<Losses>,
    /// Entries whose rows were edited: they get no place, and the others go on without them.
    aside: HashSet<EntryId>,
    looked_back: bool,
    /// When the whole queue is looked at again.
    all_at: Millis,
    keys: Arc<dyn KeyHolder>,
    telling: Telling,
}

/// The log's right edge, as this sequencer published or found it.
struct Log {
    builder: TileBuilder,
    bundle: Vec<u8>,
}

/// The public keys of a tenant's log.
///
/// # Errors
/// If the key holder gave none, or the origin's name can't be signed under.
pub fn origin_keys(vault: &Vault, tenant: &TenantConfig) -> Result<OriginKeys, VaultError> {
    let signers = signers(vault, tenant)?;
    OriginKeys::new(signers.ed25519.verifier_key().clone(), signers.ml_dsa.verifier_key().clone())
        .map_err(|_| VaultError::Damaged)
}

fn signers(vault: &Vault, tenant: &TenantConfig) -> Result<Signers, VaultError> {
    let keys = vault.keys(tenant.id)?;
    Ok(Signers {
        ed25519: NoteSigner::ed25519(&tenant.origin, keys.log_ed25519.bytes()).map_err(|_| VaultError::Damaged)?,
        ml_dsa: NoteSigner::ml_dsa_44(&tenant.origin, keys.log_ml_dsa.bytes()).map_err(|_| VaultError::Damaged)?,
    })
}

impl Sequencer {
    /// A sequencer for a tenant's log; `holder` names this node in the lease.
    ///
    /// # Errors
    /// If there are no keys to sign with.
    pub fn new(vault: &Vault, tenant: &TenantConfig, holder: [u8; 16]) -> Result<Self, VaultError> {
        Ok(Self {
            store: Arc::clone(&vault.store),
            clock: Arc::clone(&vault.clock),
            tenant: tenant.clone(),
            holder,
            signers: signers(vault, tenant)?,
            state: None,
            leased: None,
            promises: Arc::clone(&vault.promises),
            losses: Arc::clone(&vault.losses),
            aside: HashSet::new(),
            looked_back: false,
            all_at: Millis(i64::MIN),
            keys: Arc::clone(&vault.holder),
            telling: Telling::default(),
        })
    }

    /// Publishes what is pending; says how many entries got their places. Zero also when another node has the lease.
    /// Entries that this node committed and that are neither pending nor in the log are noted as lost.
    ///
    /// # Errors
    /// If the store fails, or the stored tiles don't fit the signed checkpoint: then nothing is published.
    pub async fn tick(&mut self) -> Result<usize, VaultError> {
        let look = self.promises.look();
        let from = self.look_from();
        let mut pending = self.store.pending(self.tenant.id, from, self.most()).await?;
        let found: Vec<EntryId> = pending.iter().map(|row| row.entry).collect();
        for entry in self.promises.changed(self.tenant.id, &pending) {
            self.lost(entry, Loss::Changed);
        }
        pending.retain(|row| !self.aside.contains(&row.entry));
        let placed = self.place(&pending).await;
        self.miss(look, from, &found).await?;
        self.tell().await;
        placed
    }

    /// From which entry on the queue is looked at this time.
    fn look_from(&mut self) -> Option<EntryId> {
        let now = self.clock.now();
        if now >= self.all_at || now.plus(ALL_EVERY_MS) < self.all_at {
            self.all_at = now.plus(ALL_EVERY_MS);
            return None;
        }
        Some(EntryId::earliest(now.plus(-RECENT_MS)))
    }

    /// How many rows of the queue are read at once.
    fn most(&self) -> u32 {
        MOST.saturating_add(u32::try_from(self.aside.len()).unwrap_or(u32::MAX))
    }

    async fn place(&mut self, pending: &[PendingLeaf]) -> Result<usize, VaultError> {
        if pending.is_empty() && self.state.is_some() {
            return Ok(0);
        }
        let Some(fence) = self.lease().await? else {
            self.state = None;
            return Ok(0);
        };
        let span = tracing::info_span!(
            target: "telemetry", parent: None, "publication", "ringfence.publication.entries" = pending.len()
        );
        let result = self.publish(fence, pending).await;
        drop(span);
        if !matches!(result, Ok(Swap::Done)) {
            self.state = None;
        }
        match result? {
            Swap::Done => {
                self.promises.placed(self.tenant.id, pending);
                Ok(pending.len())
            }
            Swap::Lost => self.set_aside().await.map(|()| 0),
        }
    }

    /// The right to publish, renewed once half of it has passed: each renewal is a durable write. Believing in it a
    /// moment too long does no harm, as a publication counts only under a fence that isn't old.
    async fn lease(&mut self) -> Result<Option<Fence>, VaultError> {
        let now = self.clock.now();
        if let Some((fence, until)) = self.leased
            && now < until
            && self.state.is_some()
        {
            return Ok(Some(fence));
        }
        let fence = self.store.lease(Job::Sequence(self.tenant.id), self.holder, now, LEASE_MS).await?;
        self.leased = fence.map(|fence| (fence, now.plus(LEASE_MS / 2)));
        Ok(fence)
    }

    /// Gives the lease back, if this sequencer has it: whoever comes next needn't wait until it runs out.
    ///
    /// # Errors
    /// If the store fails; then the lease runs out.
    pub async fn give_back(&mut self) -> Result<(), VaultError> {
        self.state = None;
        if self.leased.take().is_some() {
            self.store.lease(Job::Sequence(self.tenant.id), self.holder, self.clock.now(), GIVEN_BACK_MS).await?;
        }
        Ok(())
    }

    async fn publish(&mut self, fence: Fence, pending: &[PendingLeaf]) -> Result<Swap, VaultError> {
        let mut log = match self.state.take() {
            Some(log) => log,
            None => self.resume().await?,
        };
        let (from, before) = (log.builder.size(), log.builder.frontier().clone());
        let leaves: Vec<[u8; 65]> = pending.iter().map(|pending| pending.leaf).collect();
        let tiles = log.extend(&leaves).map_err(|_| VaultError::Damaged)?;
        let publication = Publication {
            tenant: self.tenant.id,
            fence,
            from,
            entries: pending.to_vec(),
            tiles: tiles.into_iter().map(|tile| (key(&tile.path), tile.data)).collect(),
            checkpoint: self.sign(&log.builder)?,
        };
        let swap = self.store.publish(publication).await?;
        if swap == Swap::Done {
            self.state = Some(log);
            self.telling.placed(before, pending);
        }
        Ok(swap)
    }

    fn sign(&self, builder: &TileBuilder) -> Result<String, VaultError> {
        let root = if builder.size() == 0 { empty_root() } else { builder.root() };
        let checkpoint = Checkpoint { origin: self.tenant.origin.clone(), size: builder.size(), root };
        sign_checkpoint(&checkpoint, &[&self.signers.ed25519, &self.signers.ml_dsa]).map_err(|_| VaultError::Damaged)
    }

    /// Goes on where the stored log stopped. The tiles must hash to the root of the signed checkpoint.
    async fn resume(&self) -> Result<Log, VaultError> {
        let head = self.store.head(self.tenant.id).await?;
        if head.size == 0 {
            return Ok(Log { builder: TileBuilder::new(), bundle: Vec::new() });
        }
        let keys =
            OriginKeys::new(self.signers.ed25519.verifier_key().clone(), self.signers.ml_dsa.verifier_key().clone());
        let keys = keys.map_err(|_| VaultError::Damaged)?;
        let checkpoint = transparency::verify_checkpoint(&head.checkpoint, &keys).map_err(|_| VaultError::Damaged)?;
        if checkpoint.size != head.size {
            return Err(VaultError::Damaged);
        }
        let partial = self.partial_tiles(checkpoint.size).await?;
        let builder = TileBuilder::resume(checkpoint.size, &checkpoint.root, |path| partial.get(&path));
        let builder = builder.map_err(|_| VaultError::Damaged)?;
        let width = (checkpoint.size % 256) as u16;
        let bundle = match width {
            0 => Vec::new(),
            _ => {
                let path =
                    TilePath::new(Level::Entries, checkpoint.size / 256, width).map_err(|_| VaultError::Damaged)?;
                tile_at(&*self.store, self.tenant.id, path).await?.ok_or(VaultError::Damaged)?
            }
        };
        Ok(Log { builder, bundle })
    }

    /// The partial hash tiles of a log of `size` entries.
    async fn partial_tiles(&self, size: u64) -> Result<HashMap<TilePath, Vec<u8>>, VaultError> {
        let mut partial = HashMap::new();
        for path in (0..8).filter_map(|level| partial_path(size, level)) {
            let tile = tile_at(&*self.store, self.tenant.id, path).await?;
            partial.insert(path, tile.ok_or(VaultError::Damaged)?);
        }
        Ok(partial)
    }
}

impl Log {
    fn extend(&mut self, leaves: &[[u8; 65]]) -> Result<Vec<Tile>, Error> {
        let size = self.builder.size();
        let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let mut tiles = self.builder.append(&hashes)?;
        let bundles = extend_bundles(size, &self.bundle, leaves)?;
        if let Some(last) = bundles.last() {
            self.bundle = if last.path.is_full() { Vec::new() } else { last.data.clone() };
        }
        tiles.extend(bundles);
        Ok(tiles)
    }
}

/// The partial tile of a log of `size` leaves at a level, if it has one there.
fn partial_path(size: u64, level: u8) -> Option<TilePath> {
    let hashes = size >> (8 * u32::from(level));
    let width = u16::try_from(hashes % 256).ok().filter(|width| *width > 0)?;
    TilePath::new(Level::Hashes(level), hashes / 256, width).ok()
}

fn key(path: &TilePath) -> TileKey {
    let level = match path.level() {
        Level::Hashes(level) => level as i8,
        Level::Entries => -1,
    };
    TileKey { level, index: path.index() }
}

/// The tile at `path`, cut from the widest version that is stored.
pub(crate) async fn tile_at(
    store: &dyn Store,
    tenant: TenantId,
    path: TilePath,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(data) = store.tile(tenant, key(&path)).await? else { return Ok(None) };
    let stored = match path.level() {
        Level::Hashes(_) => (data.len() / 32) as u16,
        Level::Entries => entries_in(&data),
    };
    let Ok(widest) = TilePath::new(path.level(), path.index(), stored) else { return Ok(None) };
    let tile = Tile { path: widest, data };
    Ok(tile.narrowed(&path).map(<[u8]>::to_vec))
}

/// How many length-prefixed entries a bundle holds.
fn entries_in(mut bundle: &[u8]) -> u16 {
    let mut count = 0;
    while let Some((head, rest)) = bundle.split_at_checked(2) {
        let length = usize::from(u16::from_be_bytes([head[0], head[1]]));
        let Some(rest) = rest.get(length..) else { return count };
        bundle = rest;
        count += 1;
    }
    count
}

/// The size that a published checkpoint names.
pub(crate) fn checkpoint_size(head: &LogHead) -> Option<u64> {
    head.checkpoint.lines().nth(1)?.parse().ok().filter(|size| *size == head.size)
}
