//! A batch's facts, read and locked in few statements.
//!
//! Rows that are there are locked until the end of the transaction, in one order everywhere: table by table as they
//! stand here, and by key within each. Whoever waits sees what the one before committed. Rows that aren't there can't be
//! locked: they are inserted as new, and where somebody else was first, the batch is settled again.
//!
//! Sealed values are only read: they are written by transactions that hold the lock on their customer.

use super::columns::From;
use super::transaction::{Question, Transaction};
use super::value::{blobs, ints};
use super::{failure::Failed, pool::Pool};
use crate::rows::{self, Wrong, bytes, millis, number};
use domain::{Counter, CustomerId, InteractionId, TenantId};
use std::collections::BTreeMap;
use store::{Facts, FieldRef, Table, Wanted};
use tokio_postgres::Row;

const POWERS: &str = "SELECT tenant, version, tag FROM power WHERE tenant = ANY($1) ORDER BY tenant FOR SHARE";
const CHANGING_POWERS: &str =
    "SELECT tenant, version, tag FROM power WHERE tenant = ANY($1) ORDER BY tenant FOR UPDATE";
const CUSTOMERS: &str = "SELECT c.tenant, c.id, c.epoch, c.wrapped, c.n, c.head, c.tag FROM customer c \
     JOIN unnest($1, $2) AS w (tenant, id) ON c.tenant = w.tenant AND c.id = w.id \
     ORDER BY c.tenant, c.id FOR UPDATE OF c";
const INTERACTIONS: &str = "SELECT i.tenant, i.id, i.reference, i.channel, i.phase, i.person, i.customer, i.binding, \
     i.started, i.ended, i.active, i.events, i.tag FROM interaction i \
     JOIN unnest($1, $2) AS w (tenant, id) ON i.tenant = w.tenant AND i.id = w.id \
     ORDER BY i.tenant, i.id FOR UPDATE OF i";
const CODES: &str = "SELECT c.tenant, c.interaction, c.mac, c.expires, c.wrong, c.used, c.tag FROM code c \
     JOIN unnest($1, $2) AS w (tenant, interaction) ON c.tenant = w.tenant AND c.interaction = w.interaction \
     ORDER BY c.tenant, c.interaction FOR UPDATE OF c";
const BUDGETS: &str = "SELECT b.tenant, b.counter, b.since, b.used, b.last, b.tag FROM budget b \
     JOIN unnest($1, $2, $3) AS w (tenant, counter, since) \
     ON b.tenant = w.tenant AND b.counter = w.counter AND b.since = w.since \
     ORDER BY b.tenant, b.counter, b.since FOR UPDATE OF b";
const REQUESTS: &str = "SELECT r.tenant, r.id, r.content, r.session, r.entry, r.at, r.answer FROM request r \
     JOIN unnest($1, $2) AS w (tenant, id) ON r.tenant = w.tenant AND r.id = w.id";
const FIELDS: &str = "SELECT f.tenant, f.customer, f.field, f.instance, f.version, f.sealed FROM field f \
     JOIN unnest($1, $2, $3, $4) AS w (tenant, customer, field, instance) ON f.tenant = w.tenant \
     AND f.customer = w.customer AND f.field = w.field AND f.instance = w.instance";
/// Nothing to lock: of two closes with one number, only one can be inserted.
const CLOSES: &str = "SELECT tenant, max(number) FROM close WHERE tenant = ANY($1) GROUP BY tenant";

/// Begins a transaction and reads what is wanted. `power` says whether people or rules will change in it.
pub(super) async fn read<'a>(pool: &'a Pool, wanted: &Wanted, power: bool) -> Result<(Transaction<'a>, Facts), Failed> {
    let asked = questions(wanted, power);
    let (transaction, answers) = Transaction::begin(pool, &asked).await?;
    let mut answers = answers.into_iter();
    let facts = facts(wanted, || answers.next().unwrap_or_default());
    match facts {
        Ok(facts) => Ok((transaction, facts)),
        Err(wrong) => {
            transaction.roll_back().await;
            Err(wrong.into())
        }
    }
}

fn tenants<K>(keys: &[(TenantId, K)]) -> super::value::Value<'static> {
    ints(keys.iter().map(|(tenant, _)| tenant.0))
}

/// One for each table from which something is wanted, in the order of [`facts`].
fn questions(wanted: &Wanted, power: bool) -> Vec<Question<'_>> {
    let mut all: Vec<Question<'_>> = Vec::with_capacity(8);
    if !wanted.powers.is_empty() {
        let sql = if power { CHANGING_POWERS } else { POWERS };
        all.push((sql, vec![ints(wanted.powers.iter().map(|tenant| tenant.0))]));
    }
    if !wanted.customers.is_empty() {
        let keys = blobs(wanted.customers.iter().map(|(_, id)| id.0.as_slice()));
        all.push((CUSTOMERS, vec![tenants(&wanted.customers), keys]));
    }
    if !wanted.interactions.is_empty() {
        let keys = blobs(wanted.interactions.iter().map(|(_, id)| id.0.as_slice()));
        all.push((INTERACTIONS, vec![tenants(&wanted.interactions), keys]));
    }
    if !wanted.codes.is_empty() {
        let keys = blobs(wanted.codes.iter().map(|(_, id)| id.0.as_slice()));
        all.push((CODES, vec![tenants(&wanted.codes), keys]));
    }
    if !wanted.budgets.is_empty() {
        let keys = &wanted.budgets;
        let counters = blobs(keys.iter().map(|(_, counter, _)| counter.bytes().as_slice()));
        let windows = ints(keys.iter().map(|(_, _, window)| window.0));
        all.push((BUDGETS, vec![ints(keys.iter().map(|(tenant, ..)| tenant.0)), counters, windows]));
    }
    if !wanted.requests.is_empty() {
        let keys = blobs(wanted.requests.iter().map(|(_, id)| id.as_slice()));
        all.push((REQUESTS, vec![tenants(&wanted.requests), keys]));
    }
    if !wanted.fields.is_empty() {
        let keys = &wanted.fields;
        let customers = blobs(keys.iter().map(|(_, field)| field.customer.0.as_slice()));
        let fields = ints(keys.iter().map(|(_, field)| field.field));
        let instances = ints(keys.iter().map(|(_, field)| field.instance));
        all.push((FIELDS, vec![tenants(keys), customers, fields, instances]));
    }
    if !wanted.closes.is_empty() {
        all.push((CLOSES, vec![ints(wanted.closes.iter().map(|tenant| tenant.0))]));
    }
    all
}

fn facts(wanted: &Wanted, mut next: impl FnMut() -> Vec<Row>) -> Result<Facts, Wrong> {
    let mut facts = Facts::default();
    if !wanted.powers.is_empty() {
        fill(&mut facts.powers, &wanted.powers, &next(), |row| Ok((tenant(row)?, rows::power(&From(1, row))?)))?;
    }
    if !wanted.customers.is_empty() {
        let read = next();
        let mut states = Vec::with_capacity(read.len());
        fill(&mut facts.customers, &wanted.customers, &read, |row| {
            let key = (tenant(row)?, CustomerId(bytes(row, 1)?));
            let (customer, state) = rows::customer_and_state(&From(2, row))?;
            states.push((key, state));
            Ok((key, customer))
        })?;
        put(&mut facts.states, &wanted.states, states.into_iter().collect());
    }
    if !wanted.interactions.is_empty() {
        fill(&mut facts.interactions, &wanted.interactions, &next(), |row| {
            Ok(((tenant(row)?, InteractionId(bytes(row, 1)?)), rows::interaction(&From(1, row))?))
        })?;
    }
    if !wanted.codes.is_empty() {
        fill(&mut facts.codes, &wanted.codes, &next(), |row| {
            Ok(((tenant(row)?, InteractionId(bytes(row, 1)?)), rows::code(&From(2, row))?))
        })?;
    }
    if !wanted.budgets.is_empty() {
        fill(&mut facts.budgets, &wanted.budgets, &next(), |row| {
            let key = (tenant(row)?, Counter::from_bytes(bytes(row, 1)?), millis(row, 2)?);
            Ok((key, rows::budget(&From(3, row))?))
        })?;
    }
    if !wanted.requests.is_empty() {
        fill(&mut facts.requests, &wanted.requests, &next(), |row| {
            Ok(((tenant(row)?, bytes(row, 1)?), rows::request(&From(2, row))?))
        })?;
    }
    if !wanted.fields.is_empty() {
        fill(&mut facts.fields, &wanted.fields, &next(), |row| {
            let field = rows::field(&From(2, row))?;
            let customer = CustomerId(bytes(row, 1)?);
            Ok(((tenant(row)?, FieldRef { customer, field: field.field, instance: field.instance }), field))
        })?;
    }
    if !wanted.closes.is_empty() {
        fill(&mut facts.closes, &wanted.closes, &next(), |row| Ok((tenant(row)?, number(row, 1)?)))?;
    }
    Ok(facts)
}

fn tenant(row: &Row) -> Result<TenantId, Wrong> {
    number(row, 0).map(TenantId)
}

/// Every wanted key gets its row, or none.
fn fill<K: Ord + Copy, V>(
    table: &mut Table<K, V>,
    wanted: &[K],
    read: &[Row],
    map: impl FnMut(&Row) -> Result<(K, V), Wrong>,
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
