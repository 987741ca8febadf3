//! What the operator and the node do beside serving, as entries: keys made and destroyed, the founding, the beginning
//! of service. None of them opens anything.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};

impl Vault {
    /// Logs what a new installation was made with: its root key, its tenant, the tenant's own key and first shelf.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn log_founding(&self, operator: &Operator) -> Result<(), VaultError> {
        for kind in [Kind::RootKeyMade, Kind::TenantMade] {
            self.commit_plain(self.bare_act(operator.tenant, kind)?).await?;
        }
        for epoch in [0, 1] {
            self.commit_plain(self.bare_act(operator.tenant, Kind::KeyMade)?.detail(epoch)).await?;
        }
        Ok(())
    }
}
