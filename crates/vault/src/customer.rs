//! What a person sees of interactions and of their own allowances: no customer data.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::budget::{WINDOW_MS, window_of};
use domain::{BudgetKind, Counter, InteractionId, Millis, Phase, Refusal};
use store::{InteractionRow, Page};

/// What is left of an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLeft {
    /// Of what.
    pub kind: BudgetKind,
    /// How much.
    pub left: u32,
    /// Of how much.
    pub limit: u32,
    /// When it is whole again.
    pub resets_at: Millis,
}

impl Vault {
    /// A person's own allowances.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn budgets(&self, scope: &Scope) -> Result<Vec<BudgetLeft>, VaultError> {
        let window = window_of(self.clock.now());
        let mut out = Vec::new();
        for kind in BudgetKind::ALL {
            let limit = self.limit(scope, kind);
            let used = self
                .store
                .budget(scope.tenant, Counter::person(kind, scope.person.id), window)
                .await?
                .map_or(0, |row| row.used);
            out.push(BudgetLeft { kind, left: limit.saturating_sub(used), limit, resets_at: window.plus(WINDOW_MS) });
        }
        Ok(out)
    }

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
        page.items.iter_mut().for_each(|row| self.run_out(row));
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
                self.run_out(&mut row);
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
    fn run_out(&self, row: &mut InteractionRow) {
        if row.phase != Phase::Ended && self.config.timeouts.expired(row.started, row.active, self.clock.now()) {
            row.phase = Phase::Ended;
            row.ended = Some(row.active);
        }
    }
}
