//! Receipts and the public face of the log.

use crate::error::VaultError;
use crate::sequencer::{checkpoint_size, tile_at};
use crate::wiring::Vault;
use domain::{EntryId, Refusal, TenantId};
use store::{CloseRow, Cosigned, LogHead, Store, StoreError};
use transparency::{Error, Receipt, TilePath, inclusion_proof};

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
        let (size, checkpoint) = self.covering(tenant, index).await?;
        if size <= index {
            // Its place was written and isn't on the disk yet.
            return Ok(ReceiptAnswer::Pending);
        }
        let hashes = self.prove_from_tiles(tenant, |find| inclusion_proof(size, index, find)).await?;
        let receipt = Receipt { index, hashes, checkpoint, extra: Some(row.leaf.to_vec()) };
        Ok(ReceiptAnswer::Ready(receipt.encode()))
    }

    /// The newest checkpoint over an entry: a witnessed one if there is, else the newest signed one.
    async fn covering(&self, tenant: TenantId, index: u64) -> Result<(u64, String), VaultError> {
        if self.is_witnessed(tenant)
            && let Some(row) = newest_cosigned(&*self.store, tenant).await?.filter(|row| row.size > index)
        {
            return Ok((row.size, row.note));
        }
        let head = self.store.head(tenant).await?;
        if head.checkpoint.is_empty() {
            // The first one is on its way to the disk.
            return Ok((0, head.checkpoint));
        }
        let size = checkpoint_size(&head).ok_or(VaultError::Damaged)?;
        Ok((size, head.checkpoint))
    }

    /// A proof from the stored tiles. Which ones it needs is learnt by asking for it without any, and fetching what is
    /// missing.
    pub(crate) async fn prove_from_tiles<T>(
        &self,
        tenant: TenantId,
        prove: impl Fn(&mut dyn FnMut(TilePath) -> Option<Vec<u8>>) -> Result<T, Error>,
    ) -> Result<T, VaultError> {
        let mut tiles: Vec<(TilePath, Vec<u8>)> = Vec::new();
        loop {
            let mut missing = None;
            let mut find = |path: TilePath| {
                let found = tiles.iter().find(|(known, _)| *known == path).map(|(_, data)| data.clone());
                if found.is_none() {
                    missing = missing.or(Some(path));
                }
                found
            };
            match (prove(&mut find), missing) {
                (Ok(proof), _) => return Ok(proof),
                (Err(_), Some(path)) => {
                    let data = tile_at(&*self.store, tenant, path).await?.ok_or(VaultError::Damaged)?;
                    tiles.push((path, data));
                }
                (Err(_), None) => return Err(VaultError::Damaged),
            }
        }
    }

    /// Closes of the log, newest first, falling from below `before`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn closes(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Result<Vec<CloseRow>, VaultError> {
        Ok(self.store.closes(tenant, before, limit).await?)
    }

    /// A close, and the place of its entry in the log; none for a moment after it was written.
    ///
    /// # Errors
    /// `Refused(NotFound)` if there is none of that number.
    pub async fn close(&self, tenant: TenantId, number: u64) -> Result<(CloseRow, Option<u64>), VaultError> {
        let found = self.store.closes(tenant, number.checked_add(1), 1).await?.pop();
        let row = found.filter(|row| row.number == number).ok_or(VaultError::refused(Refusal::NotFound))?;
        let place = self.store.entry(tenant, row.entry).await?.and_then(|entry| entry.index);
        Ok((row, place))
    }

    /// A page of a close's list; `None` if there is no such close or page.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn close_page(&self, tenant: TenantId, number: u64, page: u64) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.store.close_page(tenant, number, page).await?)
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

/// The newest checkpoint that enough witnesses signed.
pub(crate) async fn newest_cosigned(store: &dyn Store, tenant: TenantId) -> Result<Option<Cosigned>, StoreError> {
    Ok(store.cosigned(tenant).await?.into_iter().find(|row| row.witness.is_empty()))
}
