//! A customer takes their data with them: all values in the open, for them alone.
//!
//! The plan isn't asked: what is held of a customer must be told to them also where the plan doesn't have it any more. Cards
//! and notes go as their masks: a card's number is shown to nobody, and a note may tell of others, so that a person looks
//! through it first.

use super::scope::CustomerScope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::plaintext::Plaintext;
use crate::private::release::{Committed, Done};
use crate::private::sheet::Masked;
use crate::wiring::Vault;
use domain::{BudgetKind, Counter, EntryId, FieldKind, Refusal};
use std::collections::BTreeSet;
use store::{FieldRef, SHEET};

/// How many copies one customer takes in any sixty minutes.
const COPIES: u32 = 6;

/// What a customer takes with them.
pub struct OwnExport {
    /// The values, in the order of their kinds.
    pub values: Vec<(FieldKind, u32, Plaintext)>,
    /// What goes as its mask.
    pub masks: Vec<Masked>,
    /// The entry.
    pub receipt: EntryId,
}

impl OwnExport {
    /// Of which values it tells, as they are or as their masks.
    #[must_use]
    pub fn places(&self) -> BTreeSet<(FieldKind, u32)> {
        let values = self.values.iter().map(|(kind, instance, _)| (*kind, *instance));
        values.chain(self.masks.iter().map(|masked| (masked.field, masked.instance))).collect()
    }
}

impl Vault {
    /// Gives a customer a copy of all that is held of them, under one entry, durable before anything is opened.
    ///
    /// # Errors
    /// `Refused(AttemptsExhausted)` after six in an hour; as [`Vault::own_record`].
    pub async fn own_export(&self, scope: &CustomerScope) -> Result<OwnExport, VaultError> {
        let customer = scope.customer;
        let keys = self.entry_keys(scope.tenant, customer).await?.ok_or(VaultError::Unauthenticated)?;
        let own = Counter::customer(BudgetKind::Code, self.own_name(&keys, b"copies"));
        let act = self.own_act(scope, Kind::OwnExport).await?;
        let own = Self::attempt(&act, own, COPIES, Refusal::AttemptsExhausted);
        let mut act = act.spend(own);
        let mut kinds = Vec::new();
        for row in self.store.fields(scope.tenant, customer).await?.iter().filter(|row| row.field != SHEET) {
            let Some(kind) = FieldKind::from_code(row.field).filter(|kind| !as_mask(*kind)) else { continue };
            kinds.push((kind, row.instance));
            act = act.read(FieldRef { customer, field: row.field, instance: row.instance });
        }
        act = act.read(FieldRef { customer, field: SHEET, instance: 0 });
        let Done::Committed { entry, mut values, .. } = self.commit(act).await? else {
            return Err(VaultError::Unknown);
        };
        let mut masks = values.pop().ok_or(VaultError::Damaged)?.open_sheet()?;
        masks.retain(|masked| as_mask(masked.field));
        let open = |((kind, instance), value): ((FieldKind, u32), Committed)| Ok((kind, instance, value.open()?));
        let values = kinds.into_iter().zip(values).map(open).collect::<Result<_, VaultError>>()?;
        Ok(OwnExport { values, masks, receipt: entry })
    }
}

/// Does it go as its mask?
pub(crate) fn as_mask(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Card | FieldKind::Note)
}
