//! What has run out goes.

use crate::error::VaultError;
use crate::wiring::Vault;

/// Nodes' clocks differ: what ran out a moment ago may still be looked at elsewhere, in milliseconds.
const MARGIN_MS: i64 = 10 * 60_000;

impl Vault {
    /// Removes sessions, invitations, answered challenges and the like that have run out; says how many.
    ///
    /// # Errors
    /// If the store fails; the rest goes the next time.
    pub async fn sweep_admissions(&self) -> Result<u64, VaultError> {
        let before = self.clock.now().plus(-MARGIN_MS);
        let mut swept = 0;
        for tenant in &self.tenants {
            swept += self.store.sweep_admissions(tenant.id, before).await?;
        }
        Ok(swept)
    }
}
