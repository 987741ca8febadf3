//! How many different fields of one record one person was shown in one interaction: beyond a few, a second person must agree.
//! Each field counts once, however often it is looked at, in the transaction that shows it.

use crate::auth::Scope;
use crate::budgets::history;
use crate::error::VaultError;
use crate::private::entry::EntryKeys;
use crate::reveal::{RevealCommand, hashed};
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, PersonId, Refusal, Room, TenantId};
use store::{Spend, Turn};

/// What counts one person's fields in one interaction.
struct Counted {
    /// How many different ones.
    fields: Counter,
    /// Whether this one was among them.
    this: Counter,
}

impl Counted {
    fn of(person: PersonId, command: &RevealCommand, keys: &EntryKeys) -> Self {
        let (person, interaction) = (person.0, command.interaction.0);
        let (field, instance) = (command.field.code().to_be_bytes(), command.instance.to_be_bytes());
        let name = |subject: [u8; 16]| keys.counter(&subject);
        Self {
            fields: Counter::interaction(BudgetKind::Fields, name(hashed(&[b"fields", &person, &interaction]))),
            this: Counter::interaction(
                BudgetKind::Shown,
                name(hashed(&[b"shown", &person, &interaction, &field, &instance])),
            ),
        }
    }
}

impl Vault {
    /// The act shows this field, which counts once. One that needs to be among the few is refused beyond them.
    pub(crate) fn showing(&self, act: Act, scope: &Scope, command: &RevealCommand, few: bool) -> Act {
        let Some(keys) = &act.draft.keys else { return act };
        let counted = Counted::of(scope.person(), command, keys);
        let limit = self.limits(scope.tenant).fields_per_interaction;
        let (at, turn, otherwise) = (act.draft.id.minted(), Turn::First(counted.this), Refusal::ManyFields);
        let first = |counter, room| Spend { counter, purpose: None, turn, at, room, otherwise };
        let room = if few { Room::daily(limit) } else { Room::ANY };
        let (fields, this) = (first(counted.fields, room), first(counted.this, Room::ANY));
        act.spend(fields).spend(this)
    }

    /// Would this be one field more than the few that this person may have shown? As of now; the commit counts anew.
    pub(crate) async fn is_one_too_many(
        &self,
        tenant: TenantId,
        person: PersonId,
        command: &RevealCommand,
    ) -> Result<bool, VaultError> {
        let Some(keys) = self.entry_keys(tenant, command.customer).await? else { return Ok(false) };
        let counted = Counted::of(person, command, &keys);
        if self.store.budget(tenant, counted.this).await?.is_some() {
            return Ok(false);
        }
        let row = self.store.budget(tenant, counted.fields).await?;
        let room = Room::daily(self.limits(tenant).fields_per_interaction);
        Ok(history(row.as_ref()).left(self.clock.now(), None, &room).0 < 1)
    }
}
