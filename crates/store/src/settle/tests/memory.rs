//! An engine in a few maps: what an engine must do around `settle`, and nothing else.

use super::random;
use crate::conformance::help::{ANA, BEN, NOW, OpenSeals, TENANT, customer_row, field_row};
use crate::{
    BudgetRow, CodeRow, CustomerRow, Effect, EntryRow, Facts, FieldRef, FieldRow, Intent, InteractionRow, Outcome,
    PowerHead, RequestRow, StateRow, Wanted, settle,
};
use domain::{Counter, CustomerId, InteractionId, Millis, TenantId};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) powers: BTreeMap<TenantId, PowerHead>,
    pub(super) interactions: BTreeMap<(TenantId, InteractionId), InteractionRow>,
    pub(super) budgets: BTreeMap<(TenantId, Counter), BudgetRow>,
    pub(super) customers: BTreeMap<(TenantId, CustomerId), CustomerRow>,
    pub(super) states: BTreeMap<(TenantId, CustomerId), StateRow>,
    pub(super) fields: BTreeMap<(TenantId, FieldRef), FieldRow>,
    pub(super) requests: BTreeMap<(TenantId, [u8; 16]), RequestRow>,
    pub(super) codes: BTreeMap<(TenantId, InteractionId), CodeRow>,
    pub(super) closes: BTreeMap<TenantId, u64>,
    pub(super) entries: Vec<(TenantId, EntryRow)>,
}

impl Memory {
    pub(super) fn with_customers() -> Self {
        let mut memory = Self::default();
        for customer in [ANA, BEN] {
            memory.customers.insert((TENANT, customer), customer_row(1));
            for field in 0..3 {
                let row = field_row(field, 1);
                memory.fields.insert((TENANT, FieldRef { customer, field, instance: row.instance }), row);
            }
        }
        memory
    }

    /// Two customers, a call of Ana's, a code on its way.
    pub(super) fn furnished() -> Self {
        let mut memory = Self::with_customers();
        memory.commit(NOW, random::furniture());
        memory
    }

    /// The same customers and call again, with what was spent and counted so far.
    pub(super) fn refurnished(self) -> Self {
        let fresh = Self::furnished();
        Self { states: self.states.into_iter().chain(fresh.states).collect(), ..fresh }
    }

    pub(super) fn commit(&mut self, now: Millis, intents: Vec<Intent>) -> Vec<Outcome> {
        let mut facts = self.facts(&Wanted::by(&intents));
        facts.check(&OpenSeals);
        let settled = settle(&mut facts, intents, now);
        facts.retag(&OpenSeals);
        self.entries.extend(settled.entries);
        settled.effects.iter().for_each(|(tenant, effect)| self.apply(*tenant, effect));
        self.write(&facts);
        settled.outcomes
    }

    pub(super) fn facts(&self, wanted: &Wanted) -> Facts {
        let mut facts = Facts::default();
        wanted.powers.iter().for_each(|key| facts.powers.read(*key, self.powers.get(key).copied()));
        wanted.interactions.iter().for_each(|key| facts.interactions.read(*key, self.interactions.get(key).cloned()));
        wanted.budgets.iter().for_each(|key| facts.budgets.read(*key, self.budgets.get(key).cloned()));
        wanted.customers.iter().for_each(|key| facts.customers.read(*key, self.customers.get(key).cloned()));
        wanted.states.iter().for_each(|key| facts.states.read(*key, self.states.get(key).copied()));
        wanted.fields.iter().for_each(|key| facts.fields.read(*key, self.fields.get(key).cloned()));
        wanted.requests.iter().for_each(|key| facts.requests.read(*key, self.requests.get(key).copied()));
        wanted.closes.iter().for_each(|key| facts.closes.read(*key, self.closes.get(key).copied()));
        wanted.codes.iter().for_each(|key| facts.codes.read(*key, self.codes.get(key).copied()));
        facts
    }

    fn write(&mut self, facts: &Facts) {
        self.powers.extend(facts.powers.changed().map(|(key, row)| (*key, *row)));
        self.interactions.extend(facts.interactions.changed().map(|(key, row)| (*key, row.clone())));
        self.budgets.extend(facts.budgets.changed().map(|(key, row)| (*key, row.clone())));
        self.states.extend(facts.states.changed().map(|(key, row)| (*key, *row)));
        self.requests.extend(facts.requests.changed().map(|(key, row)| (*key, *row)));
        self.closes.extend(facts.closes.changed().map(|(key, row)| (*key, *row)));
        self.codes.extend(facts.codes.changed().map(|(key, row)| (*key, *row)));
    }

    fn apply(&mut self, tenant: TenantId, effect: &Effect) {
        match effect {
            Effect::PutCustomer(customer, row) => drop(self.customers.insert((tenant, *customer), row.clone())),
            Effect::RewrapCustomer(customer, row) => {
                if let Some(kept) = self.customers.get_mut(&(tenant, *customer)) {
                    kept.clone_from(row);
                }
            }
            Effect::PutField(customer, row) => {
                let field = FieldRef { customer: *customer, field: row.field, instance: row.instance };
                self.fields.insert((tenant, field), row.clone());
            }
            Effect::RewrapField { customer, row, before } => {
                let field = FieldRef { customer: *customer, field: row.field, instance: row.instance };
                let kept = self.fields.get_mut(&(tenant, field));
                if let Some(kept) = kept.filter(|kept| kept.version == row.version && kept.sealed == *before) {
                    kept.clone_from(row);
                }
            }
            Effect::DropField(field) => drop(self.fields.remove(&(tenant, *field))),
            Effect::Erase { customer, .. } => {
                self.customers.remove(&(tenant, *customer));
                self.states.remove(&(tenant, *customer));
                self.fields.retain(|(owner, field), _| (*owner, field.customer) != (tenant, *customer));
                self.interactions.retain(|(owner, _), row| *owner != tenant || !super::super::names(row, *customer));
            }
            _ => {}
        }
    }

    /// Edits one row of the `which`-th kind, as somebody with the database would.
    pub(super) fn tamper(&mut self, which: usize) {
        match which {
            0 => self.interactions.values_mut().for_each(|row| row.binding = domain::Binding::Proven),
            1 => self.budgets.values_mut().for_each(|row| row.total = 0),
            2 => self.states.values_mut().for_each(|row| row.n = 0),
            _ => self.codes.values_mut().for_each(|row| row.wrong = 3),
        }
        if which == 0 {
            self.interactions.values_mut().for_each(|row| row.active = row.active.plus(1));
        }
    }
}
