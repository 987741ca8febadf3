//! How many different fields of one record are shown in one interaction: beyond a few, a second person must agree.
//! Each field counts once, however often it is looked at and by whomever, in the transaction that shows it.

use crate::error::VaultError;
use crate::reveal::{RevealCommand, hashed};
use crate::wiring::{Act, Vault};
use domain::{Refusal, TenantId};
use store::{Condition, Effect, Shown};

/// A field's mark. The first of each kind has its own; later ones, such as a second order, share the rest.
fn mark(command: &RevealCommand) -> u8 {
    const KINDS: u8 = 11;
    let code = u8::try_from(command.field.code()).unwrap_or(KINDS);
    if command.instance <= 1 && code < KINDS {
        return code;
    }
    let (field, instance) = (command.field.code().to_be_bytes(), command.instance.to_be_bytes());
    KINDS + hashed(&[b"field", &field, &instance])[0] % (32 - KINDS)
}

impl Vault {
    /// The act shows this field, which counts once. One that needs to be among the few is refused beyond them.
    pub(crate) fn showing(&self, act: Act, tenant: TenantId, command: &RevealCommand, few: bool) -> Act {
        let (customer, interaction, mark) = (command.customer, command.interaction, mark(command));
        let act = act.effect(Effect::Show { customer, interaction, mark });
        if !few {
            return act;
        }
        let (most, otherwise) = (self.limits(tenant).fields_per_interaction, Refusal::ManyFields);
        act.when(Condition::FewShown { customer, interaction, mark, most, otherwise })
    }

    /// Would this be one field more than the few that may be shown? As of now; the commit counts anew.
    pub(crate) async fn is_one_too_many(&self, tenant: TenantId, command: &RevealCommand) -> Result<bool, VaultError> {
        let Some(interaction) = self.store.interaction(tenant, command.interaction).await? else { return Ok(false) };
        let last = self.store.state(tenant, command.customer).await?.and_then(|state| state.shown);
        let shown = Shown::within(last, interaction.started);
        Ok(!shown.has(mark(command)) && shown.count() >= self.limits(tenant).fields_per_interaction)
    }
}
