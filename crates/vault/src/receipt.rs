//! Receipts and the public face of the log.

use crate::error::VaultError;
use crate::sequencer::{checkpoint_size, tile_at};
use crate::wiring::Vault;
use domain::{EntryId, Refusal, TenantId};
use store::LogHead;
use transparency::{Receipt, TilePath, inclusion_proof};

/// A receipt, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptAnswer {
    /// The text of a C2SP tlog-proof; its extra data is the leaf.
    Ready(String),
    /// The entry is durable and will be in the tree in a moment.
    Pending,
}

impl Vault {
    /// The receipt of an entry. It tells nothing about anyone: whoever knows the entry's id may have it.
    ///
    /// # Errors
    /// `Refused(NotFound)` for an unknown entry.
    pub async fn receipt(&self, tenant: TenantId, entry: EntryId) -> Result<ReceiptAnswer, VaultError> {
        let row = self.store.entry(tenant, entry).await?.ok_or(VaultError::refused(Refusal::NotFound))?;
        let Some(index) = row.index else { return Ok(ReceiptAnswer::Pending) };
        let head = self.store.head(tenant).await?;
        let size = checkpoint_size(&head).ok_or(VaultError::Damaged)?;
        let tiles = self.tiles_for(tenant, size, index).await?;
        let find = |path: TilePath| tiles.iter().find(|(known, _)| *known == path).map(|(_, data)| data.as_slice());
        let hashes = inclusion_proof(size, index, find).map_err(|_| VaultError::Damaged)?;
        let receipt = Receipt { index, hashes, checkpoint: head.checkpoint, extra: Some(row.leaf.to_vec()) };
        Ok(ReceiptAnswer::Ready(receipt.encode()))
    }

    /// Which tiles the proof needs is learnt by asking for it without any, and fetching what is missing.
    async fn tiles_for(&self, tenant: TenantId, size: u64, index: u64) -> Result<Vec<(TilePath, Vec<u8>)>, VaultError> {
        let mut tiles: Vec<(TilePath, Vec<u8>)> = Vec::new();
        loop {
            let mut missing = None;
            let find = |path: TilePath| {
                let found = tiles.iter().find(|(known, _)| *known == path).map(|(_, data)| data.as_slice());
                if found.is_none() {
                    missing = missing.or(Some(path));
                }
                found
            };
            let tried = inclusion_proof(size, index, find);
            match (tried, missing) {
                (Ok(_), _) => return Ok(tiles),
                (Err(_), Some(path)) => {
                    let data = tile_at(&*self.store, tenant, path).await?.ok_or(VaultError::Damaged)?;
                    tiles.push((path, data));
                }
                (Err(_), None) => return Err(VaultError::Damaged),
            }
        }
    }

    /// The log as last published.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn log_head(&self, tenant: TenantId) -> Result<LogHead, VaultError> {
        Ok(self.store.head(tenant).await?)
    }

    /// A tile or entry bundle as C2SP tlog-tiles names it; `None` if the log isn't as wide.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn log_tile(&self, tenant: TenantId, path: TilePath) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(tile_at(&*self.store, tenant, path).await?)
    }
}
