//! What nodes were allotted of the allowances that a team or everybody shares, held against what was drawn from it: each
//! disclosure names the allotments that it drew from. Of a window the chain in [`super::budgets`] says how much was
//! allotted; here it is that no allotment was used beyond its amount, nor granted beyond its limit.

use super::broken;
use super::budgets::wrong;
use crate::failure::Failure;
use domain::history::step_of;
use domain::{Counter, EntryId, Millis};
use std::collections::HashMap;
use vault::{AuditBody, Kind, TenantConfig};

/// One allotment, whose entry and drawings are met in any order.
#[derive(Default)]
struct Allotment {
    granted: Option<Granted>,
    drawn: u64,
    /// Some of it was drawn before the log was begun to be read: so its entry must be met.
    old: bool,
}

struct Granted {
    counter: Counter,
    since: Option<Millis>,
    amount: u64,
}

/// All of a log's: some hundred bytes for each.
pub(super) struct Allotments<'a> {
    tenant: &'a TenantConfig,
    all: HashMap<EntryId, Allotment>,
}

/// By how much an entry moved a shared counter, as its detail says; `None` if it is no allotment's.
pub(super) fn moved(body: &AuditBody) -> Option<i64> {
    let amount = i64::try_from(body.detail?).ok()?;
    match body.kind {
        Kind::AllotmentTaken => Some(amount),
        Kind::AllotmentReturned => Some(-amount),
        _ => None,
    }
}

impl<'a> Allotments<'a> {
    pub(super) fn new(tenant: &'a TenantConfig) -> Self {
        Self { tenant, all: HashMap::new() }
    }

    pub(super) fn count(&self) -> usize {
        self.all.values().filter(|allotment| allotment.granted.is_some()).count()
    }

    /// Takes in what one entry says.
    pub(super) fn take(&mut self, entry: EntryId, body: &AuditBody, old: bool) -> Result<(), Failure> {
        if body.decision.is_err() {
            return Ok(());
        }
        for piece in &body.drawn {
            let allotment = self.all.entry(piece.allotment).or_default();
            allotment.drawn += u64::from(piece.amount);
            allotment.old |= old;
        }
        match body.kind {
            Kind::AllotmentTaken => self.grant(entry, body),
            Kind::AllotmentReturned => self.returned(entry, body),
            _ => Ok(()),
        }
    }

    fn grant(&mut self, entry: EntryId, body: &AuditBody) -> Result<(), Failure> {
        let ([spent], Some(allotted), Some(amount)) = (body.spent.as_slice(), body.allotted, body.detail) else {
            return Err(broken(self.tenant, "entry", entry, "it is an allotment that doesn't say of what"));
        };
        if !spent.counter.is_allotted() || step_of(allotted.window) != allotted.window {
            return Err(broken(self.tenant, "entry", entry, "it allots what isn't shared, or of no step of time"));
        }
        // In entries from before windows slid, the counter is that of a clock hour.
        let (whole, since) = match spent.moved {
            Some(moved) if moved != i64::try_from(amount).unwrap_or(-1) => {
                return Err(broken(self.tenant, "entry", entry, "it allots another amount than it counts"));
            }
            Some(_) => (amount, None),
            None => (spent.total, Some(allotted.window)),
        };
        if whole > u64::from(allotted.limit) {
            let problem = format!("{whole} were allotted at {entry}, of {}", allotted.limit);
            return Err(wrong(self.tenant, &spent.counter, since, &problem));
        }
        let granted = Granted { counter: spent.counter, since, amount };
        self.all.entry(entry).or_default().granted = Some(granted);
        Ok(())
    }

    /// What is given back of an allotment counts as drawn from it; so it moved the counter by that, and no more. Or by nothing, where it
    /// isn't counted any more.
    fn returned(&self, entry: EntryId, body: &AuditBody) -> Result<(), Failure> {
        let sum: u64 = body.drawn.iter().map(|piece| u64::from(piece.amount)).sum();
        if body.detail != Some(sum) && body.detail != Some(0) {
            return Err(broken(self.tenant, "entry", entry, "it gives back another amount than it names"));
        }
        Ok(())
    }

    /// After the whole log.
    pub(super) fn close(&self) -> Result<(), Failure> {
        for (entry, Allotment { granted, drawn, old }) in &self.all {
            match granted {
                Some(Granted { counter, since, amount }) if drawn > amount => {
                    let problem = format!("{drawn} were drawn from the allotment {entry}, which was of {amount}");
                    return Err(wrong(self.tenant, counter, *since, &problem));
                }
                None if *old => {
                    let problem = "entries drew from it as from an allotment, and the log has none";
                    return Err(broken(self.tenant, "entry", entry, problem));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
