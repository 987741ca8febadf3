//! Guarded customers: security marks who is well known or easily hurt, and nothing of theirs is shown to one person alone.
//!
//! The mark lies in the customer's row under the tag of their state, so that one who edits it is noticed as soon as somebody
//! asks for anything of theirs. One of security sets it; that it goes, two ask.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::twice::{MarkSet, Wish};
use crate::wiring::Vault;
use domain::{CustomerId, Guard, TenantId};
use store::{AdmissionKind, Condition, Effect, Page, StateRow};

/// How many customers are read at once, and at most for one page of the list: whoever is guarded is found by looking at all.
const READ: u32 = 5_000;
const LOOKED_AT: u32 = 100_000;

/// A guarded customer, for security.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// Who.
    pub customer: CustomerId,
    /// Why; none where their row was edited: nothing of theirs is shown then.
    pub why: Option<Guard>,
}

impl Vault {
    /// Marks a customer as guarded: one of security is enough, and another reason replaces it. Or asks that the mark be taken
    /// away; it is once a second one of security asks for it within seven days. Logged with the reason.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for no such customer; `Tampered` where their row was edited;
    /// `NotASecondOfficer` at the browser at which the first one asked, and for a program; `PowerChanged` where somebody else asked in this very moment.
    pub async fn guard(
        &self,
        scope: &Scope,
        customer: CustomerId,
        guard: Option<Guard>,
    ) -> Result<MarkSet, VaultError> {
        let asked = if guard.is_some() { Kind::CustomerGuarded } else { Kind::UnguardAsked };
        let act = self.permitted(scope, policy::Act::Guard, asked).await?;
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let about = |act: crate::wiring::Act| {
            act.about(customer, None, 0, keys.clone()).when(Condition::CustomerExists(customer))
        };
        if let Some(why) = guard {
            // Whoever asked that another mark go didn't ask it of this one.
            let forgotten = Wish { kind: AdmissionKind::UnguardAsked, of: customer.0, code: 0 };
            let forgotten = forgotten.forgotten(scope.tenant, self.clock.now());
            let act = about(act).detail(why as u64).effect(Effect::Guard(customer, guard)).effect(forgotten);
            return Ok(MarkSet { receipt: self.commit_plain(act).await?, waits_until: None });
        }
        // Asked of this mark only.
        let mark = self.store.state(scope.tenant, customer).await?.and_then(|state| state.guard);
        let wish = Wish { kind: AdmissionKind::UnguardAsked, of: customer.0, code: mark.map_or(0, |mark| mark as u8) };
        let word = match self.word(scope, &wish, &[policy::Act::Guard]).await {
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(about(act), refusal).await),
            word => word?,
        };
        let Some(first) = word.first else {
            let waits_until = Some(word.until);
            return Ok(MarkSet { receipt: self.commit_plain(word.on(about(act))).await?, waits_until });
        };
        let act = about(self.act(scope, Kind::CustomerUnguarded)?).upon(first);
        let act = word.on(act).effect(Effect::Guard(customer, None));
        Ok(MarkSet { receipt: self.commit_plain(act).await?, waits_until: None })
    }

    /// Who is guarded, by id, for who may guard. A page may have fewer than `limit`, or nobody, and still not be the last: there
    /// is no index of them. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn guarded(
        &self,
        scope: &Scope,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Page<Guarded, CustomerId>, VaultError> {
        let act = self.permitted(scope, policy::Act::Guard, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let (mut items, mut after, mut looked_at) = (Vec::new(), after, 0);
        while looked_at < LOOKED_AT {
            let rows = self.store.states(scope.tenant, after, READ).await?;
            for (customer, _, state) in &rows {
                let genuine = self.is_genuine_state(scope.tenant, *customer, state);
                if state.guard.is_some() || !genuine {
                    items.push(Guarded { customer: *customer, why: state.guard.filter(|_| genuine) });
                }
                if items.len() == limit as usize {
                    return Ok(Page { items, next: Some(*customer) });
                }
            }
            if rows.len() < READ as usize {
                return Ok(Page { items, next: None });
            }
            after = rows.last().map(|(customer, ..)| *customer);
            looked_at += READ;
        }
        Ok(Page { items, next: after })
    }

    fn is_genuine_state(&self, tenant: TenantId, customer: CustomerId, state: &StateRow) -> bool {
        state.tag == state.tag_by(&*self.seals, tenant, customer)
    }

    /// May this person mark customers as guarded? What the rules say now.
    #[must_use]
    pub fn guards(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::Guard).is_ok()
    }

    /// Is this customer guarded, as their row says? An edited row guards them.
    pub(crate) async fn is_guarded(&self, tenant: TenantId, customer: CustomerId) -> Result<bool, VaultError> {
        let state = self.store.state(tenant, customer).await?;
        Ok(state.is_some_and(|state| state.guard.is_some() || !self.is_genuine_state(tenant, customer, &state)))
    }
}
