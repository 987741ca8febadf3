//! Budgets, recounted from the log: each row's last entry leads back, entry by entry, to its counter's first, and says what
//! moved at each. So do the rows of clock hours, from before windows slid. The log is read once, newest first; what is in
//! memory are the chains' open ends.

use super::allotments::{self, Allotments};
use super::broken;
use crate::failure::Failure;
use domain::{Counter, EntryId, Millis, TenantId};
use std::collections::{HashMap, HashSet};
use store::{Spent, Store};
use vault::{AuditBody, Before, LogLine, TenantConfig};

const NONE: EntryId = EntryId([0; 16]);

/// Entries' movements that a row or a later entry leads to, and those that nothing led to yet.
pub(super) struct Spending<'a> {
    tenant: &'a TenantConfig,
    rows: usize,
    /// Counters of which a mend was met: older entries of theirs are settled by it.
    mended: HashSet<Counter>,
    expected: HashMap<(EntryId, Counter), Expected>,
    unclaimed: HashMap<(EntryId, Counter), Step>,
    allotments: Allotments<'a>,
}

/// What an entry must say of a counter.
struct Expected {
    /// Of a clock hour's counter: which.
    since: Option<Millis>,
    total: u64,
    /// Exactly that; where an entry doesn't say how much it moved, at most.
    exactly: bool,
}

struct Step {
    previous: EntryId,
    total: u64,
    /// In the log before the budgets were read: some row must lead here.
    old: bool,
    /// By how much it moved the counter.
    moved: Option<i64>,
    /// Of a clock hour's counter, `total` falls with what is given back; of others it only grows.
    hourly: bool,
}

impl Step {
    fn of(body: &AuditBody, spent: &Spent, old: bool) -> Self {
        let hourly = spent.moved.is_none();
        let moved = spent.moved.or_else(|| allotments::moved(body).filter(|_| spent.counter.is_allotted()));
        Self { previous: spent.previous, total: spent.total, old, moved, hourly }
    }

    /// What the entry before it must say.
    fn before(&self, since: Option<Millis>) -> Option<Expected> {
        let exactly = self.moved.is_some();
        let total = match self.moved {
            Some(moved) if self.hourly => self.total.checked_add_signed(-moved)?,
            Some(moved) => self.total.checked_sub(moved.unsigned_abs())?,
            None => self.total,
        };
        // A movement by nothing is where a budget was put right: what was before it is settled.
        let starts = self.previous == NONE && exactly && total != 0 && self.moved != Some(0);
        (!starts && self.hourly == since.is_some()).then_some(Expected { since, total, exactly })
    }
}

impl<'a> Spending<'a> {
    /// Reads the rows. What is committed later isn't asked of them.
    pub(super) async fn of_rows(store: &dyn Store, tenant: &'a TenantConfig) -> Result<Self, Failure> {
        let rows = store.budgets(tenant.id).await?;
        let hourly = store.hourly_budgets(tenant.id, Millis(0)).await?;
        let mut spending = Self {
            tenant,
            rows: rows.len() + hourly.len(),
            mended: HashSet::new(),
            expected: HashMap::new(),
            unclaimed: HashMap::new(),
            allotments: Allotments::new(tenant),
        };
        for (counter, row) in rows {
            spending.expect(row.last, counter, Expected { since: None, total: row.total, exactly: true })?;
        }
        for row in hourly {
            let expected = Expected { since: Some(row.since), total: row.used.into(), exactly: true };
            spending.expect(row.last, row.counter, expected)?;
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
        let since = expected.since;
        match entry != NONE && self.expected.insert((entry, counter), expected).is_some() {
            true => Err(wrong(self.tenant, &counter, since, &format!("{entry} was spent twice"))),
            false => Ok(()),
        }
    }

    /// Takes in what one entry spent.
    pub(super) fn take(&mut self, line: &LogLine, old: bool) -> Result<(), Failure> {
        let Some(body) = &line.body else { return Ok(()) };
        self.allotments.take(line.entry, body, old)?;
        for spent in &body.spent {
            let step = Step::of(body, spent, old);
            let mends = spent.moved == Some(0);
            match self.expected.remove(&(line.entry, spent.counter)) {
                Some(expected) => self.follow(line.entry, spent.counter, expected, step)?,
                None if self.mended.contains(&spent.counter) => {}
                None => drop(self.unclaimed.insert((line.entry, spent.counter), step)),
            }
            if mends {
                self.mended.insert(spent.counter);
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
            let Expected { since, total, exactly } = expected;
            if if exactly { step.total != total } else { step.total > total } {
                let problem = format!("it says {total} were used, the log says {} at {entry}", step.total);
                return Err(wrong(self.tenant, &counter, since, &problem));
            }
            expected = step.before(since).ok_or_else(|| {
                let problem = format!("what {entry} moved doesn't fit what was counted before it");
                wrong(self.tenant, &counter, since, &problem)
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
            return Err(wrong(self.tenant, counter, expected.since, &problem));
        }
        match self.unclaimed.iter().find(|(_, step)| step.old) {
            Some(((entry, _), _)) => {
                Err(broken(self.tenant, "entry", entry, "it spent from an allowance that no budget row tells of"))
            }
            None => Ok(()),
        }
    }
}

pub(super) fn wrong(tenant: &TenantConfig, counter: &Counter, since: Option<Millis>, problem: &str) -> Failure {
    let name = counter.bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match since {
        Some(since) => broken(tenant, "hourly_budget", format!("{name} from {since}"), problem),
        None => broken(tenant, "budget", name, problem),
    }
}

/// What stands in the log and waits for it.
pub(super) async fn before(store: &dyn Store, tenant: TenantId) -> Result<Before, Failure> {
    // In this order: what is placed in between is in one of them.
    let pending = store.pending(tenant, None, u32::MAX).await?.into_iter().map(|leaf| leaf.entry).collect();
    Ok(Before { size: store.head(tenant).await?.size, pending })
}
