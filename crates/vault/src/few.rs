//! How many different fields of one record one person was shown in one interaction: beyond a few, a second person must agree.
//! Each field counts once, however often it is looked at, in the transaction that shows it.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::EntryKeys;
use crate::reveal::{RevealCommand, hashed};
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, PersonId, Refusal, Room, TenantId};
use store::{Spend, Turn};

/// What counts one person's fields in one interaction: its total has a bit for each.
fn shown(person: PersonId, command: &RevealCommand, keys: &EntryKeys) -> Counter {
    let subject = hashed(&[b"fields", &person.0, &command.interaction.0]);
    Counter::interaction(BudgetKind::Fields, keys.counter(&subject))
}

/// The bit of a field. The first of each kind has its own; later ones, such as a second order, share the rest.
fn bit(command: &RevealCommand) -> u8 {
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
    pub(crate) fn showing(&self, act: Act, scope: &Scope, command: &RevealCommand, few: bool) -> Act {
        let Some(keys) = &act.draft.keys else { return act };
        let most = if few { self.limits(scope.tenant).fields_per_interaction } else { u32::MAX };
        let (counter, turn) = (shown(scope.person(), command, keys), Turn::Mark { bit: bit(command), most });
        let (at, otherwise) = (act.draft.id.minted(), Refusal::ManyFields);
        act.spend(Spend { counter, purpose: None, turn, at, room: Room::ANY, otherwise })
    }

    /// Would this be one field more than the few that this person may have shown? As of now; the commit counts anew.
    pub(crate) async fn is_one_too_many(
        &self,
        tenant: TenantId,
        person: PersonId,
        command: &RevealCommand,
    ) -> Result<bool, VaultError> {
        let Some(keys) = self.entry_keys(tenant, command.customer).await? else { return Ok(false) };
        let row = self.store.budget(tenant, shown(person, command, &keys)).await?;
        let marks = row.map_or(0, |row| row.total);
        let most = self.limits(tenant).fields_per_interaction;
        Ok(marks & 1 << bit(command) == 0 && marks.count_ones() >= most)
    }
}
