//! Asking to break the glass.

use super::{Glass, GlassId, Stage};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{BudgetKind, Counter, CustomerId, Emergency, EntryId, FieldKind, PersonId, Refusal};
use std::collections::BTreeSet;
use store::{Condition, Effect};
use zeroize::Zeroizing;

/// What a note is sealed for.
pub(super) const NOTE: &[u8] = b"rf1/glass";

/// What is asked for.
pub struct AskGlass {
    /// Whose.
    pub customer: CustomerId,
    /// Kind of field.
    pub field: FieldKind,
    /// Which of several.
    pub instance: u32,
    /// Why.
    pub reason: Emergency,
    /// What the other officer and reviewers should know; empty for nothing.
    pub note: Zeroizing<String>,
}

/// A request that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedGlass {
    /// Its name.
    pub id: GlassId,
    /// The entry of asking.
    pub receipt: EntryId,
    /// How many other officers have a passkey with which they could agree now.
    pub others: usize,
}

impl Vault {
    /// Asks, as one security officer, to be shown one value in an emergency. It shows nothing. Logged with the reason; what was
    /// written beside it is sealed, for the other officer and who reviews.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `Unplanned`; `NotFound` for no such customer; `NotASecondOfficer` from a browser
    /// that can't be told from another; `ApprovalsExhausted`.
    pub async fn ask_glass(&self, scope: &Scope, asked: &AskGlass) -> Result<AskedGlass, VaultError> {
        let keys = self.entry_keys(scope.tenant, asked.customer).await?;
        let act = self
            .act(scope, Kind::GlassAsked)?
            .about(asked.customer, None, asked.instance, keys)
            .field(asked.field.code())
            .detail(asked.reason as u64);
        if let Err(denial) = self.glass_needs(scope, asked.field) {
            return Err(self.logged_denial(act, &denial).await);
        }
        if !self.is_planned(scope.tenant, asked.field, plan::Act::Show, None) {
            let act = Act { wanted: Some((asked.field, plan::Act::Show, None)), ..act };
            return Err(self.logged(act, Refusal::Unplanned).await);
        }
        let Some(browser) = self.device_of(scope).await? else {
            return Err(self.logged(act, Refusal::NotASecondOfficer).await);
        };
        let (id, now) = (GlassId(fresh(&*self.entropy)), act.draft.at);
        let note = match asked.note.is_empty() {
            true => Vec::new(),
            false => self.seal_text(scope.tenant, NOTE, &id.0, asked.note.as_bytes())?,
        };
        let glass = Glass {
            id,
            asker: scope.person(),
            customer: asked.customer,
            field: asked.field,
            instance: asked.instance,
            reason: asked.reason,
            asked: now,
            browser,
            note,
            stage: Stage::Asked,
            since: now,
            tag: [0; 16],
        };
        let own = Counter::person(BudgetKind::Approval, scope.person());
        let limit = self.standing(scope).limit(self.limits(scope.tenant).approval_per_hour);
        let attempt = Self::attempt(&act, own, limit, Refusal::ApprovalsExhausted);
        let new = Condition::Admission { key: id.key(), tag: None, otherwise: Refusal::PowerChanged };
        let act = act.when(Condition::CustomerExists(asked.customer)).when(new).spend(attempt);
        let receipt = self.commit_plain(act.effect(Effect::PutAdmission(glass.row()))).await?;
        let power = self.power(scope.tenant).await?;
        let officers: BTreeSet<PersonId> = power.powers().officers().map(|passkey| passkey.person).collect();
        let others = officers.into_iter().filter(|other| self.may_agree(&power, &glass, *other)).count();
        Ok(AskedGlass { id, receipt, others })
    }
}
