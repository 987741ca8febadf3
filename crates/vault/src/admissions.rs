//! Rows of one kind that let somebody in, or wait to, read to the last one: whoever lists what waits must see all of it.

use crate::error::VaultError;
use crate::wiring::Vault;
use domain::TenantId;
use store::{AdmissionKind, AdmissionRow};

/// Rows read at a time.
const PAGE: u32 = 500;

impl Vault {
    /// All rows of a kind, by their names. For kinds of which there are as many as people, not as customers.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn all_admissions(
        &self,
        tenant: TenantId,
        kind: AdmissionKind,
    ) -> Result<Vec<AdmissionRow>, VaultError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let rows = self.store.admissions(tenant, kind, after, PAGE).await?;
            after = rows.last().map(|row| row.key.id).filter(|_| rows.len() == PAGE as usize);
            all.extend(rows);
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}
