//! Erasure: the customer's keys go, and with them everything sealed under them; the log stays whole. Of staff, two must ask for it.

use crate::auth::Scope;
use crate::contact::corrected_at;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::{Committed, Done};
use crate::tombstone::Digests;
use crate::twice::Wish;
use crate::wiring::{Act, Vault};
use domain::{CustomerId, EntryId, FieldKind, Millis, Refusal, TenantId};
use store::{AdmissionKind, Condition, Effect, FieldRef, FieldRow, SHEET};

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

/// What an officer's asking for an erasure came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasing {
    /// It waits for a second officer.
    Waits {
        /// The entry.
        receipt: EntryId,
        /// Until when.
        until: Millis,
    },
    /// They are erased.
    Done(Erased),
}

/// What every erasure rests on: they are there, and nobody needs them.
fn erasable(act: Act, customer: CustomerId) -> Act {
    act.when(Condition::CustomerExists(customer)).when(Condition::Unheld(customer))
}

impl Vault {
    /// Asks that a customer be erased; they are once a second officer asks for the same within seven days: a data protection
    /// officer first, then another one or a security officer. In one transaction with its entry go keys, values, counters,
    /// interactions' links and index rows.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for no such customer, `LegalHold` for one who is held; `NotASecondOfficer` at
    /// the browser at which the first one asked, and for a program; `PowerChanged` where somebody else asked in this very moment.
    pub async fn erase(&self, scope: &Scope, customer: CustomerId) -> Result<Erasing, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let about = |kind| Ok::<_, VaultError>(self.act(scope, kind)?.about(customer, None, 0, keys.clone()));
        let agrees = self.may(scope, policy::Act::AgreeToAnswer);
        if let (Err(denial), Err(_)) = (self.may(scope, policy::Act::Erase), agrees) {
            return Err(self.logged_denial(about(Kind::ErasureAsked)?, &denial).await);
        }
        if keys.is_none() {
            let act = about(Kind::ErasureAsked)?;
            return Err(match self.may(scope, policy::Act::Erase) {
                Err(denial) => self.logged_denial(act, &denial).await,
                Ok(()) => self.logged(act, Refusal::NotFound).await,
            });
        }
        let wish = Wish { kind: AdmissionKind::EraseAsked, of: customer.0, code: 0 };
        let word = self.first_or_second(scope, &wish, policy::Act::Erase, about(Kind::ErasureAsked)?).await?;
        // Who had the use of their data restricted may need it; they erase it themselves, or ask for that.
        let unrestricted = || crate::rights::unrestricted(customer);
        let Some(first) = word.first else {
            let act = erasable(about(Kind::ErasureAsked)?, customer).when(unrestricted());
            let until = word.until;
            return Ok(Erasing::Waits { receipt: self.commit_plain(word.on(act)).await?, until });
        };
        let act = self.erasing((about(Kind::Erasure)?, about(Kind::Erasure)?), customer).await?;
        let receipt = self.commit_plain(word.on(act.upon(first).when(unrestricted()))).await?;
        Ok(Erasing::Done(self.erased(scope.tenant, customer, receipt).await))
    }

    /// May this person ask that somebody be erased, or agree to it?
    #[must_use]
    pub fn erases(&self, scope: &Scope) -> bool {
        [policy::Act::Erase, policy::Act::AgreeToAnswer].into_iter().any(|act| self.may(scope, act).is_ok())
    }

    /// The act by which a customer goes. The one before it, with an entry of its own, uses the values that are indexed, to find their
    /// index rows; this one is told from it by the number, so that erasures can be counted. Digests stay, against old files.
    pub(crate) async fn erasing(&self, (before, act): (Act, Act), customer: CustomerId) -> Result<Act, VaultError> {
        let tenant = act.tenant;
        let digests = self.digests_of(erasable(before, customer), tenant, customer).await?;
        let kept = self.tombstones(&digests).into_iter().map(Effect::PutAdmission);
        let act = erasable(act, customer).effect(Effect::Erase { customer, index: digests.index }).detail(1);
        Ok(kept.fold(act.effect(self.answers_gone(tenant, customer)?), Act::effect))
    }

    /// They went with this entry; what else names them goes now, and if it can't be reached, with the next sweep.
    pub(crate) async fn erased(&self, tenant: TenantId, customer: CustomerId, receipt: EntryId) -> Erased {
        self.kept_keys.forget(tenant, customer);
        drop(self.store.drop_mentions(tenant, customer).await);
        Erased { receipt, backups_unreadable_by: self.clock.now().plus(SHELF_LIFE_MS) }
    }

    /// By what the customer is found, and their names: of the values that are indexed, which are used under this act's entry.
    async fn digests_of(&self, mut act: Act, tenant: TenantId, customer: CustomerId) -> Result<Digests, VaultError> {
        let indexed = |field: u16| FieldKind::from_code(field).is_some_and(FieldKind::is_indexed);
        let rows = self.store.fields(tenant, customer).await?;
        act.read = rows
            .iter()
            .filter(|row| row.field != SHEET && indexed(row.field))
            .map(|row| FieldRef { customer, field: row.field, instance: row.instance })
            .collect();
        let Done::Committed { values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let findable = Committed::findable(values)?;
        let digests = self.digests(tenant, &[findable]).await?.pop().ok_or(VaultError::Damaged)?;
        // In an old file they are called what they were called before.
        let is_renamed = |row: &FieldRow| row.field == FieldKind::Name.code() && corrected_at(row.version).is_some();
        Ok(if rows.iter().any(is_renamed) { Digests::nameless(digests.index) } else { digests })
    }
}
