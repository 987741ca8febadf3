//! Erasure: the customer's keys go, and with them everything sealed under them; the log stays whole.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::{Committed, Done};
use crate::wiring::{Act, Vault};
use domain::{CustomerId, EntryId, FieldKind, Millis, TenantId};
use store::{Condition, Effect, FieldRef, SHEET};

/// Backups made before an erasure open until the shelf key under which the customer lay is destroyed: a shelf key
/// takes customers for a week and goes six days after the next was made (`shelf.rs`).
pub(crate) const SHELF_LIFE_MS: i64 = 14 * 24 * 3_600_000;

/// What an erasure leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The entry.
    pub receipt: EntryId,
    /// From when on no backup opens either.
    pub backups_unreadable_by: Millis,
}

impl Vault {
    /// Erases a customer: keys, values, counters, interactions' links and index rows, in one transaction with its
    /// entry. Two steps: the values that are indexed are used (under an entry of its own) to find their index rows.
    ///
    /// # Errors
    /// The refusal with its entry, or why nothing could be done.
    pub async fn erase(&self, scope: &Scope, customer: CustomerId) -> Result<Erased, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let act = self.act(scope, Kind::Erasure)?.about(customer, None, 0, keys);
        if let Err(denial) = self.may(scope, policy::Act::Erase) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let used =
            self.act(scope, Kind::Erasure)?.about(customer, None, 0, self.entry_keys(scope.tenant, customer).await?);
        let used = used.when(Condition::CustomerExists(customer)).when(Condition::Unheld(customer));
        let index = self.index_rows_of(used, scope.tenant, customer).await?;
        // Told from the entry before it by the number, so that erasures can be counted.
        let act = act
            .when(Condition::CustomerExists(customer))
            .when(Condition::Unheld(customer))
            .effect(Effect::Erase { customer, index })
            .detail(1);
        let act = act.effect(self.answers_gone(scope.tenant, customer)?);
        let receipt = self.commit_plain(act).await?;
        self.kept_keys.forget(scope.tenant, customer);
        Ok(Erased { receipt, backups_unreadable_by: self.clock.now().plus(SHELF_LIFE_MS) })
    }

    /// The customer's index rows, found by the values that are indexed: these are used under this act's entry.
    pub(crate) async fn index_rows_of(
        &self,
        mut act: Act,
        tenant: TenantId,
        customer: CustomerId,
    ) -> Result<Vec<(u16, [u8; 16])>, VaultError> {
        let indexed = |field: u16| {
            use FieldKind::{Card, Email, Name, Order, Phone, PostalAddress};
            FieldKind::from_code(field)
                .is_some_and(|kind| matches!(kind, Name | PostalAddress | Phone | Email | Card | Order))
        };
        let rows = self.store.fields(tenant, customer).await?;
        act.read = rows
            .iter()
            .filter(|row| row.field != SHEET && indexed(row.field))
            .map(|row| FieldRef { customer, field: row.field, instance: row.instance })
            .collect();
        let Done::Committed { values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let terms = Committed::index_terms(values)?;
        let asked: Vec<(u16, &[u8])> =
            terms.iter().map(|term| (term.index.code(), term.normalised.as_bytes())).collect();
        let digests = self.holder.index(tenant, &asked).await?;
        Ok(terms.iter().map(|term| term.index.code()).zip(digests).collect())
    }
}
