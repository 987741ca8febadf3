//! What the operator and the node do beside serving, as entries: keys made and destroyed, the founding, the beginning
//! of service. None of them opens anything.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Operator, Vault};

impl Vault {
    /// Logs that a shelf's key was made.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn log_shelf_made(&self, operator: &Operator, epoch: u32) -> Result<(), VaultError> {
        self.log_key(operator, Kind::KeyMade, epoch).await
    }

    /// Logs what a new installation was made with: its root key, its tenant, the tenant's own key and first shelf.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn log_founding(&self, operator: &Operator) -> Result<(), VaultError> {
        for kind in [Kind::RootKeyMade, Kind::TenantMade] {
            self.commit_plain(self.bare_act(operator.tenant, kind)?).await?;
        }
        for epoch in [0, 1] {
            self.log_key(operator, Kind::KeyMade, epoch).await?;
        }
        Ok(())
    }

    /// Logs, for each tenant, that this node begins to serve, and under which rules: allowances, timeouts, the time
    /// until re-masking, whether roles can be chosen. Rules come from the configuration; another mark is other rules.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn log_serving(&self) -> Result<(), VaultError> {
        let digest = hashed(&[b"rules", format!("{:?}", self.config).as_bytes()]);
        let mark = digest[..6].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        for tenant in &self.tenants {
            self.commit_plain(self.bare_act(tenant.id, Kind::ServingBegun)?.detail(mark)).await?;
        }
        Ok(())
    }

    pub(crate) async fn log_key(&self, operator: &Operator, kind: Kind, epoch: u32) -> Result<(), VaultError> {
        self.commit_plain(self.bare_act(operator.tenant, kind)?.detail(u64::from(epoch))).await.map(drop)
    }
}
