//! How many customers and which people there must be, and how often people and rules were changed: counted from the
//! log's audit halves. So a row that was deleted shows, and one that was put back from a backup.

use super::broken;
use crate::failure::Failure;
use domain::PersonId;
use std::collections::HashSet;
use vault::{Kind, LogLine, TenantConfig};

/// What is certain of the moment before, and what came after it at most.
#[derive(Clone, Copy, Default)]
struct Number {
    old: u64,
    all: u64,
}

impl Number {
    fn add(&mut self, count: u64, old: bool) {
        self.all += count;
        self.old += if old { count } else { 0 };
    }
}

#[derive(Default)]
pub(super) struct Tally {
    imported: Number,
    erased: Number,
    changes: Number,
    people: HashSet<PersonId>,
}

impl Tally {
    pub(super) fn take(&mut self, line: &LogLine, old: bool) {
        let Some(body) = line.body.as_ref().filter(|body| body.decision.is_ok()) else { return };
        match body.kind {
            Kind::Import => self.imported.add(body.detail.unwrap_or(0), old),
            Kind::Erasure => self.erased.add(body.detail.unwrap_or(0), old),
            Kind::Expired => self.erased.add(1, old),
            kind if kind.changes_power() => {
                self.changes.add(1, old);
                self.people.extend(body.upon.or(body.person).filter(|_| old));
            }
            _ => {}
        }
    }

    /// The rows were counted while a server may have been at work.
    pub(super) fn check_customers(&self, tenant: &TenantConfig, rows: u64) -> Result<(), Failure> {
        let least = self.imported.old.saturating_sub(self.erased.all);
        let most = self.imported.all.saturating_sub(self.erased.old);
        let log = format!("the log tells of {} taken in and {} erased", self.imported.all, self.erased.all);
        if rows < least {
            return Err(broken(
                tenant,
                "customer",
                format!("{} of them", least - rows),
                &format!("missing: {log}, {rows} are there"),
            ));
        }
        if rows > most {
            let problem = format!("put back or slipped in: {log}, {rows} are there");
            return Err(broken(tenant, "customer", format!("{} of them", rows - most), &problem));
        }
        Ok(())
    }

    pub(super) fn check_people(
        &self,
        tenant: &TenantConfig,
        version: u64,
        people: &HashSet<PersonId>,
    ) -> Result<(), Failure> {
        if let Some(gone) = self.people.iter().find(|person| !people.contains(person)) {
            return Err(broken(
                tenant,
                "person",
                gone,
                "missing: the log tells of this person, and nobody is ever removed",
            ));
        }
        if version < self.changes.old || version > self.changes.all {
            let problem = format!("it says version {version}, the log tells of {} changes", self.changes.all);
            return Err(broken(tenant, "power", tenant.id.0, &problem));
        }
        Ok(())
    }
}
