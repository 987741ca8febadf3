//! Budgets, recounted from the log: each row's last entry leads back, entry by entry, to the window's first. The log is
//! read once, newest first; what is in memory are the chains' open ends.

use super::allotments::{self, Allotments};
use super::broken;
use crate::failure::Failure;
use domain::{Counter, EntryId, Millis, TenantId};
use std::collections::HashMap;
use store::{BudgetRow, Store};
use vault::{Before, LogLine, TenantConfig};

const NONE: EntryId = EntryId([0; 16]);

/// Entries' movements that a row or a later entry leads to, and those that nothing led to yet.
pub(super) struct Spending<'a> {
    tenant: &'a TenantConfig,
    rows: usize,
    expected: HashMap<(EntryId, Counter), Expected>,
    unclaimed: HashMap<(EntryId, Counter), Step>,
    allotments: Allotments<'a>,
}

/// What an entry must say of a counter.
struct Expected {
    window: Millis,
    used: u32,
    /// Of a row's last entry, and of what an allotment goes on from, exactly that; of others at most, as a re-delivery
    /// spends nothing.
    exactly: bool,
}

struct Step {
    previous: EntryId,
    used: u32,
    /// In the log before the budgets were read: some row must lead here.
    old: bool,
    /// Of an allotment: by how much it moved the counter.
    moved: Option<i64>,
}

impl Step {
    /// What the entry before it must say.
    fn before(&self, window: Millis) -> Option<Expected> {
        let exactly = self.moved.is_some();
        let used = match self.moved {
            Some(moved) => u32::try_from(i64::from(self.used) - moved).ok()?,
            None => self.used,
        };
        let starts = self.previous == NONE && exactly && used != 0;
        (!starts).then_some(Expected { window, used, exactly })
    }
}

impl<'a> Spending<'a> {
    /// Reads the rows. What is committed later isn't asked of them.
    pub(super) async fn of_rows(store: &dyn Store, tenant: &'a TenantConfig) -> Result<Self, Failure> {
        let rows = store.budgets(tenant.id).await?;
        let mut spending = Self {
            tenant,
            rows: rows.len(),
            expected: HashMap::new(),
            unclaimed: HashMap::new(),
            allotments: Allotments::new(tenant),
        };
        for (counter, window, BudgetRow { used, last, .. }) in rows {
            spending.expect(last, counter, Expected { window, used, exactly: true })?;
        }
        Ok(spending)
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many allotments the log tells of.
    pub(super) fn allotments(&self) -> usize {
        self.allotments.count()
    }

    fn expect(&mut self, entry: EntryId, counter: Counter, expected: Expected) -> Result<(), Failure> {
        let window = expected.window;
        match entry != NONE && self.expected.insert((entry, counter), expected).is_some() {
            true => Err(wrong(self.tenant, &counter, window, &format!("{entry} was spent twice"))),
            false => Ok(()),
        }
    }

    /// Takes in what one entry spent.
    pub(super) fn take(&mut self, line: &LogLine, old: bool) -> Result<(), Failure> {
        let Some(body) = &line.body else { return Ok(()) };
        self.allotments.take(line.entry, body, old)?;
        for spent in &body.spent {
            let moved = allotments::moved(body).filter(|_| spent.counter.is_allotted());
            let step = Step { previous: spent.previous, used: spent.used, old, moved };
            match self.expected.remove(&(line.entry, spent.counter)) {
                Some(expected) => self.follow(line.entry, spent.counter, expected, step)?,
                None => drop(self.unclaimed.insert((line.entry, spent.counter), step)),
            }
        }
        Ok(())
    }

    /// Goes back from an entry that was expected, as far as earlier ones are known already.
    fn follow(
        &mut self,
        mut entry: EntryId,
        counter: Counter,
        mut expected: Expected,
        mut step: Step,
    ) -> Result<(), Failure> {
        loop {
            let Expected { window, used, exactly } = expected;
            if if exactly { step.used != used } else { step.used > used } {
                let problem = format!("it says {used} were used, the log says {} at {entry}", step.used);
                return Err(wrong(self.tenant, &counter, window, &problem));
            }
            expected = step.before(window).ok_or_else(|| {
                let problem = format!("the allotment {entry} doesn't fit what was allotted before it");
                wrong(self.tenant, &counter, window, &problem)
            })?;
            entry = step.previous;
            match self.unclaimed.remove(&(entry, counter)) {
                Some(earlier) => step = earlier,
                None => return self.expect(entry, counter, expected),
            }
        }
    }

    /// After the whole log: no row leads to an entry that isn't there, and no old entry is without a row.
    pub(super) fn close(&self, before: &Before) -> Result<(), Failure> {
        self.allotments.close()?;
        // One that isn't in the log yet will be checked once it is.
        let missing = self.expected.iter().find(|((entry, _), _)| !before.pending.contains(entry));
        if let Some(((entry, counter), expected)) = missing {
            let problem = format!("the log has no {entry} that spent from it");
            return Err(wrong(self.tenant, counter, expected.window, &problem));
        }
        match self.unclaimed.iter().find(|(_, step)| step.old) {
            Some(((entry, _), _)) => {
                Err(broken(self.tenant, "entry", entry, "it spent from an allowance that no budget row tells of"))
            }
            None => Ok(()),
        }
    }
}

pub(super) fn wrong(tenant: &TenantConfig, counter: &Counter, window: Millis, problem: &str) -> Failure {
    let name = counter.bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    broken(tenant, "budget", format!("{name} from {window}"), problem)
}

/// What stands in the log and waits for it.
pub(super) async fn before(store: &dyn Store, tenant: TenantId) -> Result<Before, Failure> {
    // In this order: what is placed in between is in one of them.
    let pending = store.pending(tenant, None, u32::MAX).await?.into_iter().map(|leaf| leaf.entry).collect();
    Ok(Before { size: store.head(tenant).await?.size, pending })
}
