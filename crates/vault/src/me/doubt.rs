//! "I didn't call": a customer says that they know nothing of a conversation in which their data was looked at.

use super::scope::CustomerScope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{BudgetKind, Counter, EntryId, Refusal, ReportId};

/// How many of them one customer sends in any sixty minutes.
const REPORTS: u32 = 10;

impl Vault {
    /// Tells security that a customer knows nothing of what an entry about them tells of. It names the entry and its
    /// conversation, and no customer.
    ///
    /// # Errors
    /// `Refused(NotFound)` with its entry where the entry isn't about this customer; `Refused(AttemptsExhausted)` after ten in
    /// an hour; as [`Vault::own_record`].
    pub async fn own_doubt(&self, scope: &CustomerScope, entry: EntryId) -> Result<ReportId, VaultError> {
        let keys = self.entry_keys(scope.tenant, scope.customer).await?.ok_or(VaultError::Unauthenticated)?;
        let mut act = self.own_act(scope, Kind::OwnReport).await?;
        let row = self.store.entry(scope.tenant, entry).await?;
        let half = row.as_ref().and_then(|row| keys.open(row.id, &row.customer));
        let Some((_, half)) = half.filter(|(_, half)| half.customer == scope.customer) else {
            return Err(self.logged(act, Refusal::NotFound).await);
        };
        let id = ReportId(fresh(&*self.entropy));
        let text = format!("A customer says on their own page that they weren't in touch: {entry} tells of it.");
        if let Some(subject) = &mut act.draft.subject {
            subject.interaction = half.interaction;
        }
        let own = Counter::customer(BudgetKind::Code, self.own_name(&keys, b"reports"));
        let own = Self::attempt(&act, own, REPORTS, Refusal::AttemptsExhausted);
        let _turn = self.speaking.turn.lock().await;
        let (unchanged, remembered) = self.remembers(scope.tenant, &keys, id).await?;
        let act = act.when(unchanged).effect(remembered);
        let act = self.filed_of_customer(act.spend(own), id, half.interaction, &text).await?;
        self.commit_plain(act).await?;
        Ok(id)
    }
}
