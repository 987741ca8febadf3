//! The evidence around a report: while one is open that came up in an interaction, what is held of that interaction's customer is
//! neither expired nor erased.

use super::Case;
use crate::error::VaultError;
use crate::wiring::{Act, Vault};
use domain::{CustomerId, Hold, InteractionId, PersonId, TenantId};
use store::Effect;

impl Vault {
    /// Whose data this interaction concerns, and does a hold for it have to be placed? Only whoever has the interaction holds
    /// by a report: nobody keeps customers whom they don't serve. A hold for another reason stays as it is.
    pub(super) async fn to_freeze(
        &self,
        (tenant, by): (TenantId, PersonId),
        interaction: Option<InteractionId>,
    ) -> Result<(Option<CustomerId>, Option<Effect>), VaultError> {
        let Some(interaction) = interaction else { return Ok((None, None)) };
        let row = self.store.interaction(tenant, interaction).await?.filter(|row| row.person == Some(by));
        let customer = row.and_then(|row| row.customer);
        let Some(customer) = customer else { return Ok((None, None)) };
        Ok(match self.store.state(tenant, customer).await? {
            Some(state) if state.hold.is_some() => (Some(customer), None),
            Some(_) => (Some(customer), Some(Effect::Hold(customer, Some(Hold::Reported)))),
            None => (None, None),
        })
    }

    /// The act that closes a report lifts its hold, unless another open one needs it.
    pub(super) async fn thawed(&self, act: Act, case: &Case, others: &[Case]) -> Result<Act, VaultError> {
        let Some(customer) = case.frozen else { return Ok(act) };
        let needs = |other: &Case| other.id != case.id && other.is_open() && other.frozen == Some(customer);
        let state = self.store.state(act.tenant, customer).await?;
        if others.iter().any(needs) || state.is_none_or(|state| state.hold != Some(Hold::Reported)) {
            return Ok(act);
        }
        Ok(act.effect(Effect::Hold(customer, None)))
    }
}
