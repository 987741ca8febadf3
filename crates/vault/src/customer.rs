//! What a person sees of interactions: no customer data.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{InteractionId, Millis, Phase, Refusal, TenantId};
use store::{InteractionRow, Page};

impl Vault {
    /// Interactions: their own for who serves, all for security, nobody's for the rest.
    ///
    /// # Errors
    /// `Refused(RoleNotAllowed)` with its entry, or if the store fails.
    pub async fn interactions(
        &self,
        scope: &Scope,
        live: bool,
        after: Option<(Millis, InteractionId)>,
        limit: u32,
    ) -> Result<Page<InteractionRow, (Millis, InteractionId)>, VaultError> {
        let own = match (scope.role().serves(), self.may(scope, policy::Act::ReadLog)) {
            (true, _) => Some(scope.person.id),
            (false, Ok(())) => None,
            (false, Err(denial)) => {
                return Err(self.logged_denial(self.act(scope, Kind::InteractionsRead)?, &denial).await);
            }
        };
        let mut page = self.store.interactions(scope.tenant, own, live, after, limit).await?;
        page.items.iter_mut().for_each(|row| self.run_out(scope.tenant, row));
        if live {
            page.items.retain(|row| row.phase != Phase::Ended);
        }
        Ok(page)
    }

    /// One interaction, if this person may know of it.
    ///
    /// # Errors
    /// `Refused(NotFound)` with its entry otherwise: somebody asked for what isn't theirs, or isn't there.
    pub async fn interaction(&self, scope: &Scope, id: InteractionId) -> Result<InteractionRow, VaultError> {
        let row = self.store.interaction(scope.tenant, id).await?;
        let own = row.as_ref().is_some_and(|row| scope.role().serves() && row.person == Some(scope.person.id));
        match row {
            Some(mut row) if own || self.reads_log(scope) => {
                self.run_out(scope.tenant, &mut row);
                Ok(row)
            }
            row => {
                let mut act = self.act(scope, Kind::InteractionsRead)?;
                if let Some(customer) = row.and_then(|row| row.customer) {
                    let keys = self.entry_keys(scope.tenant, customer).await?;
                    act = act.about(customer, Some(id), 0, keys);
                }
                Err(self.logged(act, Refusal::NotFound).await)
            }
        }
    }

    /// An interaction that ran out counts as ended, as it does at every commit.
    pub(crate) fn run_out(&self, tenant: TenantId, row: &mut InteractionRow) {
        if row.phase != Phase::Ended
            && self.settings(tenant).timeouts().expired(row.channel, row.started, row.active, self.clock.now())
        {
            row.phase = Phase::Ended;
            row.ended = Some(row.active);
        }
    }
}
