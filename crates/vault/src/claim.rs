//! Claim: the agent says which of the search's hits is on the line.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Binding, CustomerId, InteractionId, Refusal};
use store::{Condition, Effect};
use subtle::ConstantTimeEq;

impl Vault {
    /// Binds the interaction to a customer whom a search in this very interaction found.
    ///
    /// # Errors
    /// The refusal with its entry, or why nothing could be done.
    pub async fn claim(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        customer: CustomerId,
        proof: &[u8; 16],
    ) -> Result<(), VaultError> {
        let expected = self.claim_proof(scope.tenant, interaction, scope.person.id, customer)?;
        let found = bool::from(expected.ct_eq(proof));
        let keys = if found { self.entry_keys(scope.tenant, customer).await? } else { None };
        let act = self.act(scope, Kind::Claim)?.about(customer, Some(interaction), 0, keys);
        let act = match self.needs(scope, policy::Act::Claim) {
            Err(denial) => act.denied(&denial),
            // Where nothing can be claimed at all, that is what is said.
            Ok(needs) if !found => {
                self.on_ground(act, scope, &needs, interaction, None).when(Condition::Never(Refusal::NotAHit))
            }
            Ok(needs) => self
                .on_ground(act, scope, &needs, interaction, None)
                .when(Condition::FreeFor { interaction, customer })
                .when(Condition::CustomerExists(customer))
                .when(crate::rights::unrestricted(customer))
                .effect(Effect::Bind { interaction, customer, binding: Binding::Claimed }),
        };
        self.commit_plain(act).await.map(drop)
    }
}
