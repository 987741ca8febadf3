//! Budgets, recounted from the log: each row's last entry leads back, entry by entry, to the window's first.

use super::broken;
use crate::failure::Failure;
use domain::{Counter, EntryId, Millis, TenantId};
use std::collections::{HashMap, HashSet};
use store::{BudgetRow, Store};
use vault::{LogLine, TenantConfig, Vault};

/// Pending entries that are looked at; more means that no sequencer runs.
const MOST: u32 = 1_000_000;
const NONE: EntryId = EntryId([0; 16]);

/// What stood in the database before the log was read.
pub(super) struct Snapshot {
    size: u64,
    pending: HashSet<EntryId>,
    budgets: Vec<(Counter, Millis, BudgetRow)>,
}

impl Snapshot {
    pub(super) async fn take(store: &dyn Store, tenant: TenantId) -> Result<Self, Failure> {
        let size = store.head(tenant).await?.size;
        let budgets = store.budgets(tenant).await?;
        let pending = store.pending(tenant, MOST).await?.into_iter().map(|leaf| leaf.entry).collect();
        Ok(Self { size, pending, budgets })
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }
}

pub(super) struct Counts {
    pub(super) halves: usize,
    pub(super) budgets: usize,
}

pub(super) async fn recount(vault: &Vault, tenant: &TenantConfig, before: Snapshot) -> Result<Counts, Failure> {
    let operator = vault.operator(tenant.id);
    let waiting = vault.pending_bodies(&operator).await?;
    let lines = vault.audit_bodies(&operator).await?;
    let mut log = Spending::of(tenant, &waiting, 0)?;
    log.steps.extend(Spending::of(tenant, &lines, before.size)?.steps);
    for (counter, window, row) in &before.budgets {
        log.follow(tenant, &before.pending, counter, *window, row)?;
    }
    if let Some(((entry, _), _)) = log.steps.iter().find(|(_, step)| step.old && !step.seen) {
        return Err(broken(tenant, "entry", entry, "it spent from an allowance that no budget row tells of"));
    }
    Ok(Counts { halves: lines.len(), budgets: before.budgets.len() })
}

struct Step {
    previous: EntryId,
    used: u32,
    /// In the log before the budgets were read: some row must lead here.
    old: bool,
    seen: bool,
}

struct Spending {
    steps: HashMap<(EntryId, Counter), Step>,
}

impl Spending {
    fn of(tenant: &TenantConfig, lines: &[LogLine], size: u64) -> Result<Self, Failure> {
        let mut steps = HashMap::new();
        for line in lines.iter().rev() {
            let wrong = || broken(tenant, "entry", line.entry, "its audit half doesn't open, or doesn't fit its leaf");
            for spent in &line.body.as_ref().ok_or_else(wrong)?.spent {
                let step = Step { previous: spent.previous, used: spent.used, old: line.place < size, seen: false };
                steps.insert((line.entry, spent.counter), step);
            }
        }
        Ok(Self { steps })
    }

    fn follow(
        &mut self,
        tenant: &TenantConfig,
        pending: &HashSet<EntryId>,
        counter: &Counter,
        window: Millis,
        row: &BudgetRow,
    ) -> Result<(), Failure> {
        let name = || {
            format!("{} from {window}", counter.bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        };
        let wrong = |problem: String| broken(tenant, "budget", name(), &problem);
        let (mut entry, mut used) = (row.last, row.used);
        while entry != NONE {
            let Some(step) = self.steps.get_mut(&(entry, *counter)) else {
                // Not in the log yet; it will be checked once it is.
                return if pending.contains(&entry) {
                    Ok(())
                } else {
                    Err(wrong(format!("the log has no {entry} that spent from it")))
                };
            };
            // A re-delivery spends nothing, so what was used need not fall.
            let fits = if entry == row.last { step.used == used } else { step.used <= used };
            if !fits {
                return Err(wrong(format!("it says {used} were used, the log says {} at {entry}", step.used)));
            }
            if std::mem::replace(&mut step.seen, true) {
                return Err(wrong(format!("{entry} was spent twice")));
            }
            (entry, used) = (step.previous, step.used);
        }
        Ok(())
    }
}
