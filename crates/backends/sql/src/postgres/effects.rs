//! Effects that need no facts. Those of one kind that follow each other are one statement, whatever of other kinds
//! stands between them, as long as their order can't matter.

use super::columns::escaped;
use super::transaction::Change;
use super::value::{Value, blob, blobs, int, ints, own, text};
use crate::statements;
use domain::{CustomerId, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use store::{CloseRow, CustomerRow, Effect, Facts, FieldRef, FieldRow, IndexRow, PowerEdit, Seals, StateRow};

/// The changes that these effects ask for, in order.
pub(super) fn changes<'a>(effects: &'a [(TenantId, Effect)], facts: &Facts, seals: &dyn Seals) -> Vec<Change<'a>> {
    let mut all = Vec::new();
    for run in effects.chunk_by(|(_, one), (_, other)| order(one) == order(other)) {
        match order(&run[0].1) {
            Order::Puts => Puts::gather(run).changes(facts, seals, &mut all),
            Order::Rewraps => all.push(rewraps(run)),
            Order::Resealings => all.push(resealings(run)),
            Order::Expiries => expire(run, &mut all),
            Order::FieldDrops => all.push(drop_fields(run)),
            Order::Drops => all.extend(run.iter().filter_map(|(tenant, effect)| dropped(*tenant, effect))),
            Order::Erasures => run.iter().for_each(|(tenant, effect)| erase(*tenant, effect, &mut all)),
        }
    }
    all
}

/// Effects of the same kind of order commute, where the later of two puts to one key counts.
#[derive(PartialEq, Eq)]
enum Order {
    Puts,
    Rewraps,
    Resealings,
    FieldDrops,
    Drops,
    Expiries,
    Erasures,
}

/// Does it delete a customer's interactions?
pub(super) fn erases(effect: &Effect) -> bool {
    matches!(order(effect), Order::Expiries | Order::Erasures)
}

fn order(effect: &Effect) -> Order {
    match effect {
        Effect::RewrapCustomer(..) => Order::Rewraps,
        Effect::RewrapField { .. } => Order::Resealings,
        Effect::DropField(_) => Order::FieldDrops,
        Effect::DropIndex { .. } => Order::Drops,
        Effect::Expire(_) => Order::Expiries,
        Effect::Erase { .. } => Order::Erasures,
        _ => Order::Puts,
    }
}

/// What is put, by key: sorted, so that two batches that put the same keys never wait for each other in a circle.
#[derive(Default)]
struct Puts<'a> {
    customers: BTreeMap<(TenantId, CustomerId), &'a CustomerRow>,
    fields: BTreeMap<(TenantId, FieldRef), &'a FieldRow>,
    index: BTreeMap<(TenantId, u16, [u8; 16], CustomerId), &'a IndexRow>,
    staged: Vec<(TenantId, &'a IndexRow)>,
    others: Vec<Change<'a>>,
}

impl<'a> Puts<'a> {
    fn gather(run: &'a [(TenantId, Effect)]) -> Self {
        let mut puts = Self::default();
        for (tenant, effect) in run {
            puts.add(*tenant, effect);
        }
        puts
    }

    fn add(&mut self, tenant: TenantId, effect: &'a Effect) {
        match effect {
            Effect::PutCustomer(id, row) => drop(self.customers.insert((tenant, *id), row)),
            Effect::PutField(customer, row) => {
                let field = FieldRef { customer: *customer, field: row.field, instance: row.instance };
                self.fields.insert((tenant, field), row);
            }
            Effect::PutIndex(row) => drop(self.index.insert((tenant, row.kind, row.mac, row.customer), row)),
            Effect::StageIndex(row) => self.staged.push((tenant, row)),
            Effect::SetPower(_, edits) => self.others.extend(edits.iter().map(|edit| edit_power(tenant, edit))),
            Effect::PutProgress { import, rows } => {
                const SQL: &str = "INSERT INTO import (tenant, id, done) VALUES ($1, $2, $3) \
                                   ON CONFLICT (tenant, id) DO UPDATE SET done = $3";
                self.others.push(Change::any(SQL, vec![int(tenant.0), blob(import), int(*rows)]));
            }
            Effect::PutClose(row) => self.others.extend(close(tenant, row)),
            // Settled in memory and written with the changed facts, or of another order.
            Effect::Happened { .. }
            | Effect::Bind { .. }
            | Effect::Prove { .. }
            | Effect::OpenCase { .. }
            | Effect::EndCase { .. }
            | Effect::RestoreBudget { .. }
            | Effect::SendCode { .. }
            | Effect::PutAdmission(_)
            | Effect::Guard(..)
            | Effect::Show { .. }
            | Effect::Hold(..)
            | Effect::Limit(..)
            | Effect::Answered(..)
            | Effect::RewrapCustomer(..)
            | Effect::RewrapField { .. }
            | Effect::DropField(_)
            | Effect::DropIndex { .. }
            | Effect::Expire(_)
            | Effect::Erase { .. } => {}
        }
    }

    fn changes(self, facts: &Facts, seals: &dyn Seals, all: &mut Vec<Change<'a>>) {
        if !self.customers.is_empty() {
            all.push(customers(&self.customers, seals));
        }
        // A value that must not be there yet may have been put there meanwhile; any other one is put over.
        let (new, over): (Vec<_>, Vec<_>) = self.fields.iter().partition(|(key, _)| facts.fields.is_absent(key));
        if !new.is_empty() {
            const NEW: &str = "INSERT INTO field (tenant, customer, field, instance, version, sealed) \
                               SELECT * FROM unnest($1, $2, $3, $4, $5, $6)";
            all.push(Change::any(NEW, fields(&new)));
        }
        if !over.is_empty() {
            const OVER: &str = "INSERT INTO field (tenant, customer, field, instance, version, sealed) \
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, customer, field, instance) \
                DO UPDATE SET version = excluded.version, sealed = excluded.sealed";
            all.push(Change::any(OVER, fields(&over)));
        }
        if !self.index.is_empty() {
            const INDEX: &str = "INSERT INTO blind_index (tenant, kind, mac, customer, tag) \
                                 SELECT * FROM unnest($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
            let rows: Vec<_> = self.index.iter().map(|(key, row)| (key.0, *row)).collect();
            all.push(Change::any(INDEX, index(&rows)));
        }
        if !self.staged.is_empty() {
            const STAGED: &str = "INSERT INTO staged_index (tenant, kind, mac, customer, tag) \
                                  SELECT * FROM unnest($1, $2, $3, $4, $5)";
            all.push(Change::any(STAGED, index(&self.staged)));
        }
        all.extend(self.others);
    }
}

fn customers<'a>(rows: &BTreeMap<(TenantId, CustomerId), &'a CustomerRow>, seals: &dyn Seals) -> Change<'a> {
    const SQL: &str = "INSERT INTO customer (tenant, id, epoch, wrapped, n, head, tag) \
        SELECT tenant, id, epoch, wrapped, 0, $5, tag FROM unnest($1, $2, $3, $4, $6) \
        AS w (tenant, id, epoch, wrapped, tag)";
    let head = [0_u8; 32];
    let tags = rows.keys().map(|(tenant, id)| StateRow::first(seals, *tenant, *id).tag.to_vec()).collect();
    let values = vec![
        ints(rows.keys().map(|(tenant, _)| tenant.0)),
        Value::OwnBlobs(rows.keys().map(|(_, id)| id.0.to_vec()).collect()),
        ints(rows.values().map(|row| row.epoch)),
        blobs(rows.values().map(|row| row.wrapped.as_slice())),
        own(head),
        Value::OwnBlobs(tags),
    ];
    Change::any(SQL, values)
}

fn fields<'a>(rows: &[(&(TenantId, FieldRef), &&'a FieldRow)]) -> Vec<Value<'a>> {
    vec![
        ints(rows.iter().map(|(key, _)| key.0.0)),
        Value::OwnBlobs(rows.iter().map(|(key, _)| key.1.customer.0.to_vec()).collect()),
        ints(rows.iter().map(|(_, row)| row.field)),
        ints(rows.iter().map(|(_, row)| row.instance)),
        ints(rows.iter().map(|(_, row)| row.version)),
        blobs(rows.iter().map(|(_, row)| row.sealed.as_slice())),
    ]
}

fn index<'a>(rows: &[(TenantId, &'a IndexRow)]) -> Vec<Value<'a>> {
    vec![
        ints(rows.iter().map(|(tenant, _)| tenant.0)),
        ints(rows.iter().map(|(_, row)| row.kind)),
        blobs(rows.iter().map(|(_, row)| row.mac.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.customer.0.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.tag.as_slice())),
    ]
}

/// Pages that others began for the same close go; of two closes with one number the second is settled again.
fn close(tenant: TenantId, row: &CloseRow) -> [Change<'_>; 2] {
    let number = || int(row.number);
    let others = vec![int(tenant.0), number(), blob(&row.list)];
    let values = vec![
        int(tenant.0),
        number(),
        blob(&row.entry.0),
        blob(&row.list),
        int(row.covers),
        int(row.at.0),
        int(row.size),
        blob(&row.root),
    ];
    [Change::any(statements::DROP_OTHER_PAGES, others), Change::of(1, statements::PUT_CLOSE, values)]
}

fn edit_power(tenant: TenantId, edit: &PowerEdit) -> Change<'_> {
    let t = int(tenant.0);
    match edit {
        PowerEdit::Person(row) => {
            let values = vec![
                t,
                blob(&row.id.0),
                text(row.role.slug()),
                Value::Text(escaped(&row.name)),
                Value::Text(escaped(&row.team)),
                Value::MaybeBlob(row.token.as_ref().map(|token| token.as_slice())),
                blob(&row.tag),
            ];
            Change::any(statements::PUT_PERSON, values)
        }
        PowerEdit::Put(row) => {
            let values = vec![t, int(row.kind.code()), blob(&row.id), blob(&row.body), blob(&row.tag)];
            Change::any(statements::PUT_POWER_ROW, values)
        }
        PowerEdit::Drop(kind, id) => Change::any(statements::DROP_POWER_ROW, vec![t, int(kind.code()), blob(id)]),
    }
}

/// Nothing where there is no such customer any more. The later of two counts, so earlier ones aren't sent.
fn rewraps(run: &[(TenantId, Effect)]) -> Change<'_> {
    const SQL: &str = "UPDATE customer SET epoch = w.epoch, wrapped = w.wrapped \
        FROM unnest($1, $2, $3, $4) AS w (tenant, id, epoch, wrapped) \
        WHERE customer.tenant = w.tenant AND customer.id = w.id";
    let mut rows = BTreeMap::new();
    for (tenant, effect) in run {
        if let Effect::RewrapCustomer(id, row) = effect {
            rows.insert((*tenant, id), row);
        }
    }
    let values = vec![
        ints(rows.keys().map(|(tenant, _)| tenant.0)),
        blobs(rows.keys().map(|(_, id)| id.0.as_slice())),
        ints(rows.values().map(|row| row.epoch)),
        blobs(rows.values().map(|row| row.wrapped.as_slice())),
    ];
    Change::any(SQL, values)
}

/// Nothing where the row isn't what was rewrapped any more. In the order of their keys.
fn resealings(run: &[(TenantId, Effect)]) -> Change<'_> {
    const SQL: &str = "UPDATE field SET sealed = w.sealed \
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS w (tenant, customer, field, instance, version, sealed, before) \
        WHERE field.tenant = w.tenant AND field.customer = w.customer AND field.field = w.field \
        AND field.instance = w.instance AND field.version = w.version AND field.sealed = w.before";
    let mut rows = Vec::with_capacity(run.len());
    for (tenant, effect) in run {
        if let Effect::RewrapField { customer, row, before } = effect {
            let field = FieldRef { customer: *customer, field: row.field, instance: row.instance };
            rows.push(((*tenant, field), row, before));
        }
    }
    rows.sort_by_key(|(key, ..)| *key);
    let sealed: Vec<_> = rows.iter().map(|(key, row, _)| (key, row)).collect();
    let mut values = fields(&sealed);
    values.push(blobs(rows.iter().map(|(.., before)| before.as_slice())));
    Change::any(SQL, values)
}

/// In the order of their keys.
fn drop_fields(run: &[(TenantId, Effect)]) -> Change<'_> {
    const SQL: &str = "DELETE FROM field USING unnest($1, $2, $3, $4) AS w (tenant, customer, field, instance) \
        WHERE field.tenant = w.tenant AND field.customer = w.customer AND field.field = w.field \
        AND field.instance = w.instance";
    let mut gone = BTreeSet::new();
    for (tenant, effect) in run {
        if let Effect::DropField(field) = effect {
            gone.insert((*tenant, field));
        }
    }
    let values = vec![
        ints(gone.iter().map(|(tenant, _)| tenant.0)),
        blobs(gone.iter().map(|(_, field)| field.customer.0.as_slice())),
        ints(gone.iter().map(|(_, field)| field.field)),
        ints(gone.iter().map(|(_, field)| field.instance)),
    ];
    Change::any(SQL, values)
}

/// In the order of their keys, each table's at once.
fn expire<'a>(run: &'a [(TenantId, Effect)], all: &mut Vec<Change<'a>>) {
    let mut gone = BTreeSet::new();
    for (tenant, effect) in run {
        if let Effect::Expire(customer) = effect {
            gone.insert((*tenant, customer));
        }
    }
    let deletes = [
        "DELETE FROM customer USING unnest($1, $2) AS w (tenant, id) \
         WHERE customer.tenant = w.tenant AND customer.id = w.id",
        "DELETE FROM field USING unnest($1, $2) AS w (tenant, id) \
         WHERE field.tenant = w.tenant AND field.customer = w.id",
        "DELETE FROM interaction USING unnest($1, $2) AS w (tenant, id) \
         WHERE interaction.tenant = w.tenant AND interaction.customer = w.id",
    ];
    let tenants = || ints(gone.iter().map(|(tenant, _)| tenant.0));
    let ids = || blobs(gone.iter().map(|(_, id)| id.0.as_slice()));
    all.extend(deletes.map(|sql| Change::any(sql, vec![tenants(), ids()])));
}

fn erase<'a>(tenant: TenantId, effect: &'a Effect, all: &mut Vec<Change<'a>>) {
    let Effect::Erase { customer, index } = effect else { return };
    let deletes = [
        "DELETE FROM customer WHERE tenant = $1 AND id = $2",
        "DELETE FROM field WHERE tenant = $1 AND customer = $2",
        "DELETE FROM interaction WHERE tenant = $1 AND customer = $2",
        "DELETE FROM staged_index WHERE tenant = $1 AND customer = $2",
    ];
    all.extend(deletes.map(|sql| Change::any(sql, vec![int(tenant.0), blob(&customer.0)])));
    all.push(drop_index(tenant, customer, index));
}

fn dropped(tenant: TenantId, effect: &Effect) -> Option<Change<'_>> {
    let Effect::DropIndex { customer, index } = effect else { return None };
    Some(drop_index(tenant, customer, index))
}

fn drop_index<'a>(tenant: TenantId, customer: &'a CustomerId, index: &'a [(u16, [u8; 16])]) -> Change<'a> {
    const INDEX: &str = "DELETE FROM blind_index USING unnest($3, $4) AS w (kind, mac) WHERE blind_index.tenant = $1 \
        AND blind_index.customer = $2 AND blind_index.kind = w.kind AND blind_index.mac = w.mac";
    let kinds = ints(index.iter().map(|(kind, _)| *kind));
    let macs = blobs(index.iter().map(|(_, mac)| mac.as_slice()));
    Change::any(INDEX, vec![int(tenant.0), blob(&customer.0), kinds, macs])
}
