//! The rows a batch of intents needs, read under one lock, and changed in memory by `settle`.

use crate::admission::{AdmissionKey, AdmissionRow};
use crate::intent::{Condition, Effect, FieldRef, Intent, Seals};
use crate::power::PowerHead;
use crate::rows::{BudgetRow, CodeRow, CustomerRow, FieldRow, InteractionRow, RequestRow, StateRow};
use domain::interaction::Happening;
use domain::{Counter, CustomerId, InteractionId, TenantId};

/// The keys to read, each list sorted and without repetition: the order in which rows are locked.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Versions of people and rules.
    pub powers: Vec<TenantId>,
    /// Interactions.
    pub interactions: Vec<(TenantId, InteractionId)>,
    /// Allowances.
    pub budgets: Vec<(TenantId, Counter)>,
    /// Customers' keys.
    pub customers: Vec<(TenantId, CustomerId)>,
    /// Customers' counters.
    pub states: Vec<(TenantId, CustomerId)>,
    /// Sealed values.
    pub fields: Vec<(TenantId, FieldRef)>,
    /// Requests seen.
    pub requests: Vec<(TenantId, [u8; 16])>,
    /// Codes sent.
    pub codes: Vec<(TenantId, InteractionId)>,
    /// How often logs were closed.
    pub closes: Vec<TenantId>,
    /// What lets somebody in.
    pub admissions: Vec<(TenantId, AdmissionKey)>,
}

impl Wanted {
    /// What these intents need.
    #[must_use]
    pub fn by(intents: &[Intent]) -> Self {
        let mut wanted = Self::default();
        for intent in intents {
            wanted.add(intent);
        }
        wanted.sort();
        wanted
    }

    fn add(&mut self, intent: &Intent) {
        let tenant = intent.tenant;
        if let Some(customer) = intent.customer {
            self.add_state(tenant, customer);
        }
        self.requests.extend(intent.request.iter().map(|request| (tenant, request.key)));
        self.budgets.extend(intent.spend.iter().map(|spend| (tenant, spend.counter)));
        self.fields.extend(intent.read.iter().map(|field| (tenant, *field)));
        self.customers.extend(intent.read.iter().map(|field| (tenant, field.customer)));
        for condition in &intent.when {
            self.add_condition(tenant, condition);
        }
        for effect in &intent.effects {
            self.add_effect(tenant, effect);
        }
    }

    /// The state lies in the customer's row.
    fn add_state(&mut self, tenant: TenantId, customer: CustomerId) {
        self.customers.push((tenant, customer));
        self.states.push((tenant, customer));
    }

    fn add_condition(&mut self, tenant: TenantId, condition: &Condition) {
        match *condition {
            Condition::Never(_) => {}
            Condition::Unguarded { customer, .. }
            | Condition::Untouched { customer, .. }
            | Condition::Unlimited { customer, .. }
            | Condition::Unheld(customer) => {
                self.add_state(tenant, customer);
            }
            Condition::Answers { customer, key, .. } => {
                self.add_state(tenant, customer);
                self.admissions.push((tenant, key));
            }
            Condition::FewShown { customer, interaction, .. } => {
                self.add_state(tenant, customer);
                self.interactions.push((tenant, interaction));
            }
            Condition::PowerVersion(_) => self.powers.push(tenant),
            Condition::Handles { interaction, .. }
            | Condition::OnChannel { interaction, .. }
            | Condition::OnTheLine { interaction, .. }
            | Condition::Unopened(interaction)
            | Condition::BoundTo { interaction, .. }
            | Condition::FreeFor { interaction, .. } => {
                self.interactions.push((tenant, interaction));
            }
            Condition::CodeIs { interaction, .. } => {
                self.codes.push((tenant, interaction));
                self.interactions.push((tenant, interaction));
            }
            Condition::NextClose(_) => self.closes.push(tenant),
            Condition::Admission { key, .. } => self.admissions.push((tenant, key)),
            Condition::CustomerExists(customer) => self.customers.push((tenant, customer)),
            Condition::FieldAbsent(field) | Condition::FieldVersion(field, _) => self.fields.push((tenant, field)),
        }
    }

    fn add_effect(&mut self, tenant: TenantId, effect: &Effect) {
        match effect {
            Effect::Happened { interaction, event, .. } => {
                self.interactions.push((tenant, *interaction));
                if let Happening::Connected { caller: Some(caller), .. } = event.what {
                    self.customers.push((tenant, caller));
                }
            }
            Effect::Bind { interaction, .. }
            | Effect::OpenCase { interaction, .. }
            | Effect::EndCase { interaction } => {
                self.interactions.push((tenant, *interaction));
            }
            Effect::Prove { interaction } => {
                self.interactions.push((tenant, *interaction));
                self.codes.push((tenant, *interaction));
            }
            Effect::SendCode { interaction, .. } => self.codes.push((tenant, *interaction)),
            Effect::SetPower(..) => self.powers.push(tenant),
            Effect::RestoreBudget { counter, .. } => self.budgets.push((tenant, *counter)),
            Effect::Guard(customer, _)
            | Effect::Hold(customer, _)
            | Effect::Limit(customer, ..)
            | Effect::Answered(customer, _) => self.add_state(tenant, *customer),
            Effect::Show { customer, interaction, .. } => {
                self.add_state(tenant, *customer);
                self.interactions.push((tenant, *interaction));
            }
            Effect::PutClose(_) => self.closes.push(tenant),
            Effect::PutAdmission(row) => self.admissions.push((tenant, row.key)),
            _ => {}
        }
    }

    fn sort(&mut self) {
        fn tidy<T: Ord>(list: &mut Vec<T>) {
            list.sort_unstable();
            list.dedup();
        }
        tidy(&mut self.powers);
        tidy(&mut self.interactions);
        tidy(&mut self.budgets);
        tidy(&mut self.customers);
        tidy(&mut self.states);
        tidy(&mut self.fields);
        tidy(&mut self.requests);
        tidy(&mut self.codes);
        tidy(&mut self.closes);
        tidy(&mut self.admissions);
    }
}

/// One row's place: what was read there, and whether it was changed since.
#[derive(Debug)]
pub struct Slot<V> {
    /// The row, if there is one.
    pub row: Option<V>,
    /// Was there one in the store when it was read? Then it is locked; otherwise somebody else may put one there.
    pub stored: bool,
    /// To be written?
    pub changed: bool,
    /// Does its tag fail? Then nothing may be decided on it.
    pub tampered: bool,
}

/// Rows by key. Few, so a sorted list.
#[derive(Debug)]
pub struct Table<K, V>(Vec<(K, Slot<V>)>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Table<K, V> {
    /// Puts in what was read; keys come in order.
    pub fn read(&mut self, key: K, row: Option<V>) {
        debug_assert!(self.0.last().is_none_or(|(last, _)| *last < key), "rows are read in key order");
        let stored = row.is_some();
        self.0.push((key, Slot { row, stored, changed: false, tampered: false }));
    }

    /// The slot of a wanted key; `None` if it wasn't wanted.
    pub fn slot(&mut self, key: &K) -> Option<&mut Slot<V>> {
        let at = self.0.binary_search_by(|(other, _)| other.cmp(key)).ok()?;
        Some(&mut self.0[at].1)
    }

    /// Changes a wanted row.
    pub fn put(&mut self, key: &K, row: V) {
        self.put_with(key, || row);
    }

    /// Changes a wanted row; another isn't even made.
    pub fn put_with(&mut self, key: &K, row: impl FnOnce() -> V) {
        if let Some(slot) = self.slot(key) {
            slot.row = Some(row());
            slot.changed = true;
            slot.tampered = false;
        }
    }

    /// Takes rows away, as the store will.
    pub fn clear(&mut self, gone: impl Fn(&K, &V) -> bool) {
        for (key, slot) in &mut self.0 {
            if slot.row.as_ref().is_some_and(|row| gone(key, row)) {
                *slot = Slot { row: None, stored: slot.stored, changed: false, tampered: false };
            }
        }
    }

    /// The changed rows.
    pub fn changed(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().filter(|(_, slot)| slot.changed).filter_map(|(key, slot)| slot.row.as_ref().map(|row| (key, row)))
    }

    /// The changed rows that were in the store when they were read, or those that weren't.
    pub fn changed_where(&self, stored: bool) -> impl Iterator<Item = (&K, &V)> {
        let slots = self.0.iter().filter(move |(_, slot)| slot.changed && slot.stored == stored);
        slots.filter_map(|(key, slot)| slot.row.as_ref().map(|row| (key, row)))
    }

    /// Was this row wanted, and was there none in the store?
    #[must_use]
    pub fn is_absent(&self, key: &K) -> bool {
        self.0.binary_search_by(|(other, _)| other.cmp(key)).is_ok_and(|at| !self.0[at].1.stored)
    }

    /// The rows there are, as they are now, without those whose tag failed.
    pub fn into_genuine(self) -> impl Iterator<Item = (K, V)> {
        self.0.into_iter().filter(|(_, slot)| !slot.tampered).filter_map(|(key, slot)| Some((key, slot.row?)))
    }

    fn check(&mut self, mut genuine: impl FnMut(&K, &V) -> bool) {
        for (key, slot) in &mut self.0 {
            slot.tampered = slot.row.as_ref().is_some_and(|row| !genuine(key, row));
        }
    }

    fn retag(&mut self, mut tag: impl FnMut(&K, &mut V)) {
        for (key, slot) in self.0.iter_mut().filter(|(_, slot)| slot.changed) {
            if let Some(row) = &mut slot.row {
                tag(key, row);
            }
        }
    }
}

/// Everything a batch decides on.
#[derive(Debug, Default)]
pub struct Facts {
    /// Versions of people and rules.
    pub powers: Table<TenantId, PowerHead>,
    /// Interactions.
    pub interactions: Table<(TenantId, InteractionId), InteractionRow>,
    /// Allowances.
    pub budgets: Table<(TenantId, Counter), BudgetRow>,
    /// Customers' keys.
    pub customers: Table<(TenantId, CustomerId), CustomerRow>,
    /// Customers' counters.
    pub states: Table<(TenantId, CustomerId), StateRow>,
    /// Sealed values.
    pub fields: Table<(TenantId, FieldRef), FieldRow>,
    /// Requests seen.
    pub requests: Table<(TenantId, [u8; 16]), RequestRow>,
    /// Codes sent.
    pub codes: Table<(TenantId, InteractionId), CodeRow>,
    /// The number of each log's last close.
    pub closes: Table<TenantId, u64>,
    /// What lets somebody in.
    pub admissions: Table<(TenantId, AdmissionKey), AdmissionRow>,
}

impl Facts {
    /// Marks every row whose tag isn't its own. A head of power has the key holder's tag, which only a load can have
    /// checked: an edited version is another version here.
    pub fn check(&mut self, seals: &dyn Seals) {
        self.interactions.check(|(tenant, _), row| row.tag == seals.tag(*tenant, "interaction", &row.material()));
        self.budgets.check(|(tenant, counter), row| row.tag == row.tag_by(seals, *tenant, counter));
        self.states.check(|(tenant, customer), row| row.tag == row.tag_by(seals, *tenant, *customer));
        self.codes
            .check(|(tenant, interaction), row| row.tag == seals.tag(*tenant, "code", &row.material(*interaction)));
        self.admissions.check(|(tenant, _), row| row.tag == seals.tag(*tenant, "admission", &row.material()));
    }

    /// Gives every changed row its tag.
    pub fn retag(&mut self, seals: &dyn Seals) {
        self.interactions.retag(|(tenant, _), row| row.tag = seals.tag(*tenant, "interaction", &row.material()));
        self.budgets.retag(|(tenant, counter), row| row.tag = row.tag_by(seals, *tenant, counter));
        self.states.retag(|(tenant, customer), row| row.tag = row.tag_by(seals, *tenant, *customer));
        self.codes
            .retag(|(tenant, interaction), row| row.tag = seals.tag(*tenant, "code", &row.material(*interaction)));
        self.admissions.retag(|(tenant, _), row| row.tag = seals.tag(*tenant, "admission", &row.material()));
    }
}
