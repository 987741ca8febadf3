//! What was spent, recounted from the log while it grows: a counter's row that says less than the log stops disclosure.
//!
//! Each movement says from where to where it moved its counter's total, which only grows. So the movements of one counter
//! never overlap, and a row's total is never below the highest of them: where it is, or where the row is gone, or where two
//! movements begin at the same total, somebody deleted the row, edited it, or put an older one of its own back. A row is
//! read after the entries it is held against; so honest nodes, crashes and time never look like that.
//!
//! One node at a time does it, by lease. Newest first it also reads back as far as any window reaches. Other nodes learn of
//! a mismatch from the counter of mismatches, which is a budget like any other.

mod carry;
mod doubt;
mod mend;
mod seen;

use crate::error::VaultError;
use crate::private::entry::open_audit;
use crate::wiring::Vault;
use domain::budget::STEP_MS;
use domain::{Counter, Millis, TenantId};
pub(crate) use doubt::Doubts;
use seen::Seen;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::{EntryRow, Job};

/// How long a lease lasts without renewal, in milliseconds.
const LEASE_MS: i64 = 3_000;
/// How many entries one step reads, and how many rows it holds against them beside those that just moved.
const CHUNK: u64 = 500;
const CHECKED: usize = 256;

/// What a step was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecountStep {
    /// Nothing is left to be read, or another node does it.
    Idle,
    /// There is more to be read.
    More,
}

/// Recounts one tenant's budgets.
pub struct Recounter {
    vault: Arc<Vault>,
    tenant: TenantId,
    holder: [u8; 16],
    leased_until: Option<Millis>,
    reading: Option<Reading>,
}

/// How far the log was read, and what it said.
struct Reading {
    /// Places from here on weren't read yet.
    next: u64,
    /// Places below this weren't read either; `None` once all that matters was.
    back: Option<u64>,
    seen: HashMap<Counter, Seen>,
    /// Counters that were mended: what older entries say of them is settled.
    mended: HashSet<Counter>,
    /// Counters that are due to be held against their rows.
    due: Vec<Counter>,
}

/// What one step met.
#[derive(Default)]
struct Moved {
    counters: HashSet<Counter>,
    /// Of which two entries moved from the same total.
    twice: HashSet<Counter>,
}

/// How long a counter's movements matter.
fn matters_ms(counter: &Counter) -> i64 {
    let window = counter.matters();
    window.length_ms() + window.step_ms() + STEP_MS
}

impl Recounter {
    /// A recounter for a tenant; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId, holder: [u8; 16]) -> Self {
        Self { vault: Arc::clone(vault), tenant, holder, leased_until: None, reading: None }
    }

    /// One step: learns whether a mismatch stands, reads what is new and some of what is old, and holds rows against it.
    ///
    /// # Errors
    /// If the store fails; then it is tried again.
    pub async fn tick(&mut self) -> Result<RecountStep, VaultError> {
        self.vault.refresh_spending(self.tenant).await?;
        if !self.may().await? {
            self.reading = None;
            return Ok(RecountStep::Idle);
        }
        let size = self.vault.store.head(self.tenant).await?.size;
        let mut reading = self.reading.take().unwrap_or_else(|| Reading::from(size));
        let step = reading.step(&self.vault, self.tenant, size).await?;
        // Only what was done whole counts: after a failure it is begun anew.
        self.reading = Some(reading);
        Ok(step)
    }

    async fn may(&mut self) -> Result<bool, VaultError> {
        let now = self.vault.now();
        if self.leased_until.is_none_or(|until| now >= until) {
            let fence = self.vault.store.lease(Job::Recount(self.tenant), self.holder, now, LEASE_MS).await?;
            self.leased_until = fence.map(|_| now.plus(LEASE_MS / 2));
        }
        Ok(self.leased_until.is_some())
    }
}

impl Reading {
    fn from(size: u64) -> Self {
        let (seen, mended, due) = (HashMap::new(), HashSet::new(), Vec::new());
        Self { next: size, back: Some(size), seen, mended, due }
    }

    async fn step(&mut self, vault: &Vault, tenant: TenantId, size: u64) -> Result<RecountStep, VaultError> {
        let mut moved = Moved::default();
        let until = size.min(self.next + CHUNK);
        if until > self.next {
            let limit = u32::try_from(until - self.next).unwrap_or(u32::MAX);
            let mut rows = vault.store.entries(tenant, Some(until), limit).await?;
            let next = self.next;
            rows.reverse();
            for row in rows.iter().filter(|row| row.index.is_some_and(|place| place >= next)) {
                self.take(vault, tenant, row, true, &mut moved)?;
            }
            self.next = until;
        }
        if let Some(before) = self.back {
            let rows = vault.store.entries(tenant, Some(before), CHUNK as u32).await?;
            let oldest = vault.now().plus(-matters_ms(&Counter::tenant()));
            for row in &rows {
                self.take(vault, tenant, row, false, &mut moved)?;
            }
            let last = rows.last().filter(|row| row.id.minted() >= oldest);
            self.back = last.and_then(|row| row.index).filter(|place| *place > 0);
        }
        self.check(vault, tenant, moved).await?;
        let more = self.next < size || self.back.is_some();
        Ok(if more { RecountStep::More } else { RecountStep::Idle })
    }

    /// Takes in what an entry moved.
    fn take(
        &mut self,
        vault: &Vault,
        tenant: TenantId,
        row: &EntryRow,
        new: bool,
        moved: &mut Moved,
    ) -> Result<(), VaultError> {
        // An entry whose row was edited says nothing; `verify` names it, and its leaf in the tree proves it.
        let Some(body) = open_audit(&vault.keys(tenant)?.audit, row.id, &row.leaf, &row.audit) else { return Ok(()) };
        for spent in body.spent {
            let (Some(amount), counter) = (spent.moved, spent.counter) else { continue };
            let at = row.id.minted();
            if vault.now().since(at) > matters_ms(&counter) || (!new && self.mended.contains(&counter)) {
                continue;
            }
            moved.counters.insert(counter);
            if amount == 0 {
                self.mended.insert(counter);
                if new {
                    moved.twice.remove(&counter);
                    vault.spending_mended(tenant, counter);
                }
                let seen = self.seen.remove(&counter).filter(|_| !new);
                self.seen.insert(counter, seen.unwrap_or_else(|| Seen::settled(spent.total, at)));
                continue;
            }
            let start = spent.total.saturating_sub(amount.unsigned_abs());
            let seen = self.seen.entry(counter).or_insert_with(|| Seen::new(at));
            if !seen.take(start, spent.total, at) {
                moved.twice.insert(counter);
            }
        }
        Ok(())
    }

    /// Holds rows against what was seen: of counters that moved, and some of the others in turn.
    async fn check(&mut self, vault: &Vault, tenant: TenantId, moved: Moved) -> Result<(), VaultError> {
        if self.due.is_empty() {
            let now = vault.now();
            self.seen.retain(|counter, seen| now.since(seen.at) <= matters_ms(counter));
            self.due = self.seen.keys().copied().collect();
        }
        let rest = self.due.len().saturating_sub(CHECKED);
        let mut asked: HashSet<Counter> = self.due.drain(rest..).collect();
        asked.extend(&moved.counters);
        let rows = vault.store.budgets_of(tenant, asked.iter().copied().collect()).await?;
        let genuine = rows.into_iter().filter(|(counter, row)| row.tag == row.tag_by(&*vault.seals, tenant, counter));
        let totals: HashMap<Counter, u64> = genuine.map(|(counter, row)| (counter, row.total)).collect();
        for counter in asked {
            let Some(seen) = self.seen.get(&counter) else { continue };
            if moved.twice.contains(&counter) || totals.get(&counter).is_none_or(|total| *total < seen.total()) {
                vault.spending_disagrees(tenant, counter).await?;
            }
        }
        Ok(())
    }
}
