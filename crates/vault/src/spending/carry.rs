//! What was spent by the clock hour goes on in the windows that slide: an update in the middle of an hour gives nobody a
//! second allowance.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::budget::Counted;
use domain::{Limits, Room, TenantId};
use store::{HourlyRow, RequestKey, Spend, Turn};

const HOUR_MS: i64 = 3_600_000;

/// How many points one of what was counted is worth at most.
fn worth(limits: &Limits, counted: Counted) -> u32 {
    let weights = &limits.weights;
    match counted {
        // What is sensitive counted three: so the dearest value is worth a third of it.
        Counted::Reveals => weights.reveal(domain::FieldKind::PostalAddress).max(weights.dearest().div_ceil(3)),
        Counted::Views => weights.view,
        Counted::Searches => weights.search(0).max(weights.search(usize::MAX)),
        Counted::Answers => weights.verify_pass.max(weights.verify_fail),
        Counted::Attempts => 1,
    }
}

impl Vault {
    /// Counts what was spent in the running clock hour by a version from before windows slid: once for each counter, however
    /// often it is asked. A row that was edited counts as a whole hour's allowance of a person.
    ///
    /// # Errors
    /// If the store fails; then it can be asked again.
    pub async fn carry_budgets_over(&self, tenant: TenantId) -> Result<(), VaultError> {
        let now = self.clock.now();
        let hour = now.plus(-now.0.rem_euclid(HOUR_MS));
        for row in self.store.hourly_budgets(tenant, hour).await? {
            self.carry_over(tenant, &row).await?;
        }
        Ok(())
    }

    async fn carry_over(&self, tenant: TenantId, row: &HourlyRow) -> Result<(), VaultError> {
        let Some((counter, counted)) = row.counter.goes_on_in() else { return Ok(()) };
        let limits = self.limits(tenant);
        let genuine = row.tag == row.tag_by(&*self.seals, tenant);
        let points = if genuine { row.used.saturating_mul(worth(&limits, counted)) } else { limits.person.all.hour };
        let act = self.bare_act(tenant, Kind::BudgetCarried)?.detail(row.used.into());
        let key = hashed(&[b"carried", row.counter.bytes(), &row.since.0.to_be_bytes()]);
        let request = Some(RequestKey { key, content: key, session: [0; 16], answer: 0 });
        let (turn, at) = (Turn::Spend(points), act.draft.id.minted());
        let otherwise = domain::Refusal::BudgetExhausted;
        let spend = Spend { counter, purpose: None, turn, at, room: Room::ANY, otherwise };
        self.commit_plain(Act { request, ..act }.spend(spend)).await.map(drop)
    }
}
