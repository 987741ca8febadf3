//! A customer has themselves erased. The same as an officer does it: keys, values, counter and index rows in one transaction with
//! its entry, the session with them; a legal hold stops it, with its reason.

use super::scope::CustomerScope;
use crate::certificate::CertificateAnswer;
use crate::erase::Erased;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, TenantId};
use keys::derive::{mac, short};
use subtle::ConstantTimeEq as _;

/// An erasure, and what its certificate is fetched with: nobody is signed in any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The erasure.
    pub erased: Erased,
    /// Lets its certificate be read.
    pub proof: [u8; 16],
}

impl Vault {
    /// Erases the customer who asks.
    ///
    /// # Errors
    /// `Refused(LegalHold)` with its entry; as [`Vault::own_record`].
    pub async fn forget_me(&self, scope: &CustomerScope) -> Result<Forgotten, VaultError> {
        let (tenant, customer) = (scope.tenant, scope.customer);
        let acts = (self.own_act(scope, Kind::Erasure).await?, self.own_act(scope, Kind::Erasure).await?);
        let receipt = self.commit_plain(self.erasing(acts, customer).await?.effect(scope.ended())).await?;
        let erased = self.erased(tenant, customer, receipt).await;
        Ok(Forgotten { erased, proof: self.forgotten_proof(tenant, receipt)? })
    }

    /// The certificate of an erasure, for whoever was told its proof: who was erased has no session any more. It names nobody,
    /// and everything in it may be shown to anybody, so that giving it again is no entry.
    ///
    /// # Errors
    /// `Unauthenticated` without the right proof; `Refused(NotFound)` where there is no such erasure.
    pub async fn forgotten_certificate(
        &self,
        tenant: TenantId,
        entry: EntryId,
        proof: &[u8; 16],
    ) -> Result<CertificateAnswer, VaultError> {
        if !bool::from(self.forgotten_proof(tenant, entry)?.ct_eq(proof)) {
            return Err(VaultError::Unauthenticated);
        }
        self.certified(tenant, entry).await
    }

    /// `MAC(X(row, "rf1/claim"), "forgotten" ‖ entry)[..16]`
    fn forgotten_proof(&self, tenant: TenantId, entry: EntryId) -> Result<[u8; 16], VaultError> {
        Ok(short(mac(&self.keys(tenant)?.claim, &[b"forgotten", &entry.0])))
    }
}
