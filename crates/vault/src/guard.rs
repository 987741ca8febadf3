//! Guarded customers: security marks who is well known or easily hurt, and nothing of theirs is shown to one person alone.
//!
//! The mark lies in the customer's row under the tag of their state, so that one who edits it is noticed as soon as somebody
//! asks for anything of theirs.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{CustomerId, EntryId, Guard, TenantId};
use store::{Condition, Effect};

impl Vault {
    /// Marks a customer as guarded, or takes the mark away. Logged with the reason.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for no such customer; `Tampered` where their row was edited.
    pub async fn guard(
        &self,
        scope: &Scope,
        customer: CustomerId,
        guard: Option<Guard>,
    ) -> Result<EntryId, VaultError> {
        let kind = if guard.is_some() { Kind::CustomerGuarded } else { Kind::CustomerUnguarded };
        let act = self.permitted(scope, policy::Act::Guard, kind).await?;
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let act = act.about(customer, None, 0, keys).when(Condition::CustomerExists(customer));
        let act = guard.into_iter().fold(act, |act, guard| act.detail(guard as u64));
        self.commit_plain(act.effect(Effect::Guard(customer, guard))).await
    }

    /// May this person mark customers as guarded? What the rules say now.
    #[must_use]
    pub fn guards(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::Guard).is_ok()
    }

    /// Is this customer guarded, as their row says? An edited row guards them.
    pub(crate) async fn is_guarded(&self, tenant: TenantId, customer: CustomerId) -> Result<bool, VaultError> {
        let state = self.store.state(tenant, customer).await?;
        let genuine = |state: &store::StateRow| state.tag == state.tag_by(&*self.seals, tenant, customer);
        Ok(state.is_some_and(|state| state.guard.is_some() || !genuine(&state)))
    }
}
