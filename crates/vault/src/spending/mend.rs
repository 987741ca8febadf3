//! Puts budgets right from the log: rows that say less than it, or are gone. Nobody gains by it: what the log says was
//! spent counts again.

use super::matters_ms;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};
use domain::{Counter, History, Millis, Purpose, TenantId};
use std::collections::HashMap;
use store::{BudgetRow, Effect};

/// Entries that are opened at once.
const PAGE: u32 = 1_000;

/// One movement, as its entry says it.
struct Movement {
    total: u64,
    at: Millis,
    purpose: Option<Purpose>,
    moved: i64,
}

/// What the log says of a counter.
#[derive(Default)]
struct Told {
    total: u64,
    /// Those that count still.
    movements: Vec<Movement>,
    /// Where movements began: twice at the same total is a row that was set back.
    starts: Vec<u64>,
    /// A mend says that all before it is settled.
    settled: bool,
}

impl Told {
    fn forked(&mut self) -> bool {
        self.starts.sort_unstable();
        self.starts.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// What counts still, of every branch.
    fn history(&mut self) -> History {
        self.movements.sort_unstable_by_key(|movement| (movement.at, movement.total));
        let mut history = History::default();
        for Movement { at, purpose, moved, .. } in &self.movements {
            let amount = u32::try_from(moved.unsigned_abs()).unwrap_or(u32::MAX);
            match *moved {
                1.. => history.spend(*at, *purpose, amount),
                // What doesn't fit counts as spent.
                _ => drop(history.give_back(*at, *purpose, amount)),
            }
        }
        history
    }
}

impl Vault {
    /// Gives each budget's row that says less than the log what the log says, with an entry for each, and takes back the
    /// alarm that stopped disclosure. Says how many there were.
    ///
    /// # Errors
    /// If the store fails; what was mended by then stays.
    pub async fn mend_budgets(&self, operator: &Operator) -> Result<u64, VaultError> {
        let tenant = operator.tenant;
        let mut told = self.told(operator).await?;
        let rows: HashMap<Counter, BudgetRow> = self.store.budgets(tenant).await?.into_iter().collect();
        let mut mended = 0;
        for (counter, told) in &mut told {
            let genuine = rows.get(counter).filter(|row| row.tag == row.tag_by(&*self.seals, tenant, counter));
            if genuine.is_some_and(|row| row.total >= told.total) && !told.forked() {
                continue;
            }
            let total = told.total.max(genuine.map_or(0, |row| row.total));
            let effect = Effect::RestoreBudget { counter: *counter, total, history: told.history().encode() };
            let mut act = self.bare_act(tenant, Kind::BudgetMended)?.detail(counter.bytes()[0].into());
            act.draft.person = counter.owner();
            self.commit_plain(act.effect(effect)).await?;
            mended += 1;
        }
        self.clear_mismatches(tenant).await?;
        Ok(mended)
    }

    async fn clear_mismatches(&self, tenant: TenantId) -> Result<(), VaultError> {
        let total = async |mended| {
            let row = self.store.budget(tenant, Counter::mismatches(mended)).await?;
            Ok::<u64, VaultError>(row.map_or(0, |row| row.total))
        };
        let open = total(false).await?.saturating_sub(total(true).await?);
        if open > 0 {
            let act = self.bare_act(tenant, Kind::BudgetMended)?;
            let count = u32::try_from(open).unwrap_or(u32::MAX);
            let spend = self.mismatch(act.draft.id.minted(), true, count);
            self.commit_plain(act.spend(spend)).await?;
        }
        self.refresh_spending(tenant).await
    }

    /// Everything that the log says of counters: the waiting entries first, then the placed ones, newest first.
    async fn told(&self, operator: &Operator) -> Result<HashMap<Counter, Told>, VaultError> {
        let mut told: HashMap<Counter, Told> = HashMap::new();
        let mut lines = self.pending_bodies(operator).await?;
        let mut place = None;
        loop {
            for line in &lines {
                let Some(body) = &line.body else { continue };
                let moved = body.spent.iter().filter_map(|spent| Some((spent.counter, spent.total, spent.moved?)));
                for (counter, total, moved) in moved {
                    let told = told.entry(counter).or_default();
                    told.total = told.total.max(total);
                    let at = body.allotted.map_or(line.entry.minted(), |allotted| allotted.window);
                    if !told.settled && moved != 0 {
                        told.starts.push(total.saturating_sub(moved.unsigned_abs()));
                    }
                    told.settled |= moved == 0;
                    if self.now().since(at) <= matters_ms(&counter) && moved != 0 {
                        told.movements.push(Movement { total, at, purpose: body.purpose, moved });
                    }
                }
            }
            lines = self.audit_page(operator, place, PAGE).await?;
            let Some(last) = lines.last() else { return Ok(told) };
            place = Some(last.place);
        }
    }
}
