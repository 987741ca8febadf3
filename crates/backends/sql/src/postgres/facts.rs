//! A batch's facts: locked by one statement, and read by the next, in one round trip.
//!
//! Rows that are there are locked until the end of the transaction, in one order everywhere: table by table as in
//! [`lookup`](super::lookup), and by key within each. Whoever waits sees what the one before committed: of the locked rows at once, and of those that are
//! only read because a statement of their own reads them afterwards. The waiting statement itself would show them as they
//! were before it waited, beside locked rows as they are now. Rows that aren't
//! there can't be locked: they are inserted as new, and where somebody else was first, the batch is settled again.
//!
//! Sealed values are only read: they are written by transactions that hold the lock on their customer.

use super::failure::Failed;
use super::lookup::{Found, Keys, LOCKED_TABLES, TABLES, statement};
use super::pool::Pool;
use super::transaction::{Durable, Question, Transaction};
use super::value::{blobs, ints};
use crate::rows::{self, Wrong, bytes, number};
use core::ops::Range;
use domain::{Counter, CustomerId, InteractionId, TenantId};
use std::collections::BTreeMap;
use store::{Facts, FieldRef, Table, Wanted};
use tokio_postgres::Row;

/// Begins a transaction and reads what is wanted. `power` says whether people or rules will change in it.
pub(super) async fn read<'a>(
    pool: &'a Pool,
    wanted: &Wanted,
    power: bool,
    durable: Durable,
) -> Result<(Transaction<'a>, Facts), Failed> {
    let mut keys = keys(wanted);
    let asked: Vec<_> = [0..LOCKED_TABLES, LOCKED_TABLES..TABLES.len()]
        .into_iter()
        .filter_map(|branches| question(branches, &mut keys, power))
        .collect();
    let (transaction, answers) = Transaction::begin(pool, durable, &asked).await?;
    match facts(wanted, answers.iter().flatten()) {
        Ok(facts) => Ok((transaction, facts)),
        Err(wrong) => {
            transaction.roll_back().await;
            Err(wrong.into())
        }
    }
}

/// One statement for these tables, if anything of them is wanted.
fn question<'a>(branches: Range<usize>, keys: &mut [Option<Keys<'a>>], power: bool) -> Option<Question<'a>> {
    let mut bits = 0;
    let mut values = Vec::with_capacity(16);
    for branch in branches {
        if let Some(keys) = keys[branch].take() {
            bits |= 1 << branch;
            values.extend(keys);
        }
    }
    (bits != 0).then(|| (statement(bits, power), values))
}

fn tenants<K>(keys: &[(TenantId, K)]) -> super::value::Value<'static> {
    ints(keys.iter().map(|(tenant, _)| tenant.0))
}

/// What is wanted of each table, in the tables' order; `None` of those of which nothing is.
fn keys(wanted: &Wanted) -> [Option<Keys<'_>>; TABLES.len()] {
    let only = |tenants: &[TenantId]| (!tenants.is_empty()).then(|| vec![ints(tenants.iter().map(|tenant| tenant.0))]);
    [
        only(&wanted.powers),
        pair(&wanted.customers, |id| &id.0),
        pair(&wanted.interactions, |id| &id.0),
        pair(&wanted.codes, |id| &id.0),
        (!wanted.budgets.is_empty()).then(|| {
            let keys = &wanted.budgets;
            vec![tenants(keys), blobs(keys.iter().map(|(_, counter)| counter.bytes().as_slice()))]
        }),
        (!wanted.admissions.is_empty()).then(|| {
            let keys = &wanted.admissions;
            let kinds = ints(keys.iter().map(|(_, key)| key.kind as u8));
            vec![tenants(keys), kinds, blobs(keys.iter().map(|(_, key)| key.id.as_slice()))]
        }),
        pair(&wanted.requests, |id| id),
        (!wanted.fields.is_empty()).then(|| {
            let keys = &wanted.fields;
            let customers = blobs(keys.iter().map(|(_, field)| field.customer.0.as_slice()));
            let fields = ints(keys.iter().map(|(_, field)| field.field));
            let instances = ints(keys.iter().map(|(_, field)| field.instance));
            vec![tenants(keys), customers, fields, instances]
        }),
        only(&wanted.closes),
    ]
}

/// Keys of a tenant and sixteen bytes.
fn pair<K>(keys: &[(TenantId, K)], id: fn(&K) -> &[u8; 16]) -> Option<Keys<'_>> {
    (!keys.is_empty()).then(|| vec![tenants(keys), blobs(keys.iter().map(|(_, key)| id(key).as_slice()))])
}

/// Every wanted key gets its row, or none.
fn facts<'a>(wanted: &Wanted, answer: impl Iterator<Item = &'a Row>) -> Result<Facts, Wrong> {
    let mut found: [Vec<Found<'_>>; TABLES.len()] = Default::default();
    for row in answer {
        let (branch, row) = Found::read(row)?;
        found[branch].push(row);
    }
    let [powers, customers, interactions, codes, budgets, admissions, requests, fields, closes] = found;
    let mut facts = Facts::default();
    fill(&mut facts.powers, &wanted.powers, &powers, |row| Ok((tenant(row)?, rows::power_head(&row.from(1))?)))?;
    let mut states = BTreeMap::new();
    fill(&mut facts.customers, &wanted.customers, &customers, |row| {
        let key = (tenant(row)?, CustomerId(bytes(row, 1)?));
        let (customer, state) = rows::customer_and_state(&row.from(2))?;
        states.insert(key, state);
        Ok((key, customer))
    })?;
    put(&mut facts.states, &wanted.states, states);
    fill(&mut facts.interactions, &wanted.interactions, &interactions, |row| {
        Ok(((tenant(row)?, InteractionId(bytes(row, 1)?)), rows::interaction(&row.from(1))?))
    })?;
    fill(&mut facts.codes, &wanted.codes, &codes, |row| {
        Ok(((tenant(row)?, InteractionId(bytes(row, 1)?)), rows::code(&row.from(2))?))
    })?;
    fill(&mut facts.budgets, &wanted.budgets, &budgets, |row| {
        Ok(((tenant(row)?, Counter::from_bytes(bytes(row, 1)?)), rows::budget(&row.from(2))?))
    })?;
    fill(&mut facts.requests, &wanted.requests, &requests, |row| {
        Ok(((tenant(row)?, bytes(row, 1)?), rows::request(&row.from(2))?))
    })?;
    fill(&mut facts.fields, &wanted.fields, &fields, |row| {
        let field = rows::field(&row.from(2))?;
        let customer = CustomerId(bytes(row, 1)?);
        Ok(((tenant(row)?, FieldRef { customer, field: field.field, instance: field.instance }), field))
    })?;
    fill(&mut facts.admissions, &wanted.admissions, &admissions, |row| {
        let admission = rows::admission(&row.from(1))?;
        Ok(((tenant(row)?, admission.key), admission))
    })?;
    fill(&mut facts.closes, &wanted.closes, &closes, |row| Ok((tenant(row)?, number(row, 1)?)))?;
    Ok(facts)
}

fn tenant(row: &Found<'_>) -> Result<TenantId, Wrong> {
    number(row, 0).map(TenantId)
}

fn fill<K: Ord + Copy, V>(
    table: &mut Table<K, V>,
    wanted: &[K],
    read: &[Found<'_>],
    map: impl FnMut(&Found<'_>) -> Result<(K, V), Wrong>,
) -> Result<(), Wrong> {
    let found = read.iter().map(map).collect::<Result<BTreeMap<_, _>, _>>()?;
    put(table, wanted, found);
    Ok(())
}

fn put<K: Ord + Copy, V>(table: &mut Table<K, V>, wanted: &[K], mut found: BTreeMap<K, V>) {
    for key in wanted {
        table.read(*key, found.remove(key));
    }
}
