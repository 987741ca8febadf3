//! A batch of intents as one transaction: read the wanted rows, settle, write.

use super::recent::Recent;
use super::{closes, folding};
use crate::rows::{self, Columns, Wrong};
use crate::statements;
use domain::{Counter, CustomerId, EntryId, Millis, TenantId};
use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, TransactionBehavior, params};
use store::{
    Effect, EntryRow, Facts, FieldRef, Intent, InteractionRow, Outcome, PowerEdit, Seals, Settled, Shown, StateRow,
    Wanted, settle,
};

pub(super) fn commit(
    connection: &mut Connection,
    recent: &mut Recent,
    now: Millis,
    intents: Vec<Intent>,
    seals: &dyn Seals,
) -> rusqlite::Result<Vec<Outcome>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    recent.refresh(&transaction)?;
    let mut facts = read(&transaction, &Wanted::by(&intents), recent)?;
    facts.check(seals);
    let settled = settle(&mut facts, intents, now);
    facts.retag(seals);
    write(&transaction, &facts, &settled, seals)?;
    transaction.commit()?;
    recent.keep(facts, &settled.effects);
    Ok(settled.outcomes)
}

fn one<T>(
    tx: &Transaction<'_>,
    sql: &str,
    key: &[&dyn ToSql],
    map: fn(&dyn Columns) -> Result<T, Wrong>,
) -> rusqlite::Result<Option<T>> {
    tx.prepare_cached(sql)?.query_row(key, |row| Ok(map(row)?)).optional()
}

fn read(tx: &Transaction<'_>, wanted: &Wanted, recent: &mut Recent) -> rusqlite::Result<Facts> {
    let mut facts = Facts::default();
    for tenant in &wanted.powers {
        let row = one(tx, statements::POWER, &[&tenant.0], rows::power_head)?;
        facts.powers.read(*tenant, row);
    }
    for key in &wanted.interactions {
        let row = match recent.interactions.remove(key) {
            None => one(tx, statements::INTERACTION, &[&key.0.0, &key.1.0], rows::interaction)?,
            known => known,
        };
        facts.interactions.read(*key, row);
    }
    for key in &wanted.budgets {
        let row = match recent.budgets.remove(key) {
            None => one(tx, statements::BUDGET, &[&key.0.0, key.1.bytes()], rows::budget)?,
            known => known,
        };
        facts.budgets.read(*key, row);
    }
    for key in &wanted.customers {
        let row = match (recent.customers.remove(key), recent.states.remove(key)) {
            (Some(customer), Some(state)) => Some((customer, state)),
            _ => one(tx, folding::CUSTOMER_AND_STATE, &[&key.0.0, &key.1.0], rows::customer_and_state)?,
        };
        let (customer, state) = row.unzip();
        facts.customers.read(*key, customer);
        if wanted.states.binary_search(key).is_ok() {
            facts.states.read(*key, state);
        }
    }
    for key in &wanted.fields {
        let sql = "SELECT field, instance, version, sealed FROM field WHERE tenant = $1 AND customer = $2 AND field = $3 AND instance = $4";
        let row = one(tx, sql, &[&key.0.0, &key.1.customer.0, &key.1.field, &key.1.instance], rows::field)?;
        facts.fields.read(*key, row);
    }
    for key in &wanted.requests {
        let sql = "SELECT content, session, entry, at, answer FROM request WHERE tenant = $1 AND id = $2";
        facts.requests.read(*key, one(tx, sql, &[&key.0.0, &key.1], rows::request)?);
    }
    for key in &wanted.codes {
        let sql = "SELECT mac, expires, wrong, used, tag FROM code WHERE tenant = $1 AND interaction = $2";
        facts.codes.read(*key, one(tx, sql, &[&key.0.0, &key.1.0], rows::code)?);
    }
    for tenant in &wanted.closes {
        facts.closes.read(*tenant, closes::last(tx, *tenant)?);
    }
    for key in &wanted.admissions {
        let row = one(tx, statements::ADMISSION, &[&key.0.0, &(key.1.kind as u8), &key.1.id], rows::admission)?;
        facts.admissions.read(*key, row);
    }
    Ok(facts)
}

fn run(tx: &Transaction<'_>, sql: &str, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    tx.prepare_cached(sql)?.execute(values).map(drop)
}

/// Effects first: a customer who is new in this batch must be there for what the batch counts about them.
fn write(tx: &Transaction<'_>, facts: &Facts, settled: &Settled, seals: &dyn Seals) -> rusqlite::Result<()> {
    write_entries(tx, &settled.entries)?;
    for (tenant, effect) in &settled.effects {
        apply(tx, *tenant, effect, seals)?;
    }
    write_facts(tx, facts)?;
    for (tenant, effect) in &settled.effects {
        if let Effect::Guard(customer, _)
        | Effect::Hold(customer, _)
        | Effect::Limit(customer, ..)
        | Effect::Answered(customer, _) = effect
        {
            // Behind the recent state, too: a row that is deleted there must not bring back one from before the mark.
            run(tx, folding::FOLD_ONE, params![tenant.0, customer.0])?;
        }
    }
    Ok(())
}

fn write_facts(tx: &Transaction<'_>, facts: &Facts) -> rusqlite::Result<()> {
    for (tenant, row) in facts.powers.changed() {
        let sql = "INSERT INTO power (tenant, version, tag, root) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (tenant) DO UPDATE SET version = $2, tag = $3, root = $4";
        run(tx, sql, params![tenant.0, to_i64(row.seq)?, row.tag, row.root])?;
    }
    for ((tenant, _), row) in facts.interactions.changed() {
        write_interaction(tx, *tenant, row)?;
    }
    for ((tenant, counter), row) in facts.budgets.changed() {
        let sql = "INSERT INTO budget VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (tenant, counter) DO UPDATE SET total = $3, history = $4, last = $5, tag = $6";
        let (counter, total) = (Counter::bytes(counter), to_i64(row.total)?);
        run(tx, sql, params![tenant.0, counter, total, row.history, row.last.0, row.tag])?;
    }
    for ((tenant, customer), row) in facts.states.changed() {
        let sql = "INSERT INTO recent_state VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                   ON CONFLICT (tenant, customer) DO UPDATE SET n = $3, head = $4, tag = $5, guard = $6, shown = $7, last = $8";
        let (shown, last) = (row.shown.map(Shown::encode), row.last.map(|entry| entry.0));
        run(tx, sql, params![tenant.0, customer.0, to_i64(row.n)?, row.head, row.tag, row.marks(), shown, last])?;
    }
    for ((tenant, key), row) in facts.requests.changed() {
        let sql = "INSERT INTO request VALUES ($1, $2, $3, $4, $5, $6, $7)";
        run(tx, sql, params![tenant.0, key, row.content, row.session, row.entry.0, row.at.0, row.answer])?;
    }
    for ((tenant, interaction), row) in facts.codes.changed() {
        let sql = "INSERT INTO code VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (tenant, interaction) DO UPDATE SET mac = $3, expires = $4, wrong = $5, used = $6, tag = $7";
        run(tx, sql, params![tenant.0, interaction.0, row.mac, row.expires.0, row.wrong, row.used, row.tag])?;
    }
    for ((tenant, key), row) in facts.admissions.changed() {
        let values = params![tenant.0, key.kind as u8, key.id, row.body, row.expires.0, row.tag];
        run(tx, statements::PUT_ADMISSION, values)?;
    }
    Ok(())
}

fn to_i64(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn write_interaction(tx: &Transaction<'_>, tenant: TenantId, row: &InteractionRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO interaction (tenant, id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (tenant, id) DO UPDATE SET \
               channel = $4, phase = $5, person = $6, customer = $7, binding = $8, started = $9, ended = $10, active = $11, events = $12, tag = $13";
    let person = row.person.map(|id| id.0);
    let customer = row.customer.map(|id| id.0);
    let ended = row.ended.map(|at| at.0);
    run(
        tx,
        sql,
        params![
            tenant.0,
            row.id.0,
            row.reference,
            row.channel.slug(),
            row.phase.slug(),
            person,
            customer,
            row.binding.slug(),
            row.started.0,
            ended,
            row.active.0,
            row.events,
            row.tag
        ],
    )
}

fn write_entries(tx: &Transaction<'_>, entries: &[(TenantId, EntryRow)]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO entry (tenant, id, leaf, audit, customer) VALUES ($1, $2, $3, $4, $5)";
    let (mut entry, mut pending) =
        (tx.prepare_cached(sql)?, tx.prepare_cached("INSERT INTO pending VALUES ($1, $2, $3)")?);
    for (tenant, row) in entries {
        let EntryId(id) = row.id;
        entry.execute(params![tenant.0, id, row.leaf, row.audit, row.customer])?;
        pending.execute(params![tenant.0, id, row.leaf])?;
    }
    Ok(())
}

fn apply(tx: &Transaction<'_>, tenant: TenantId, effect: &Effect, seals: &dyn Seals) -> rusqlite::Result<()> {
    let t = tenant.0;
    match effect {
        Effect::PutCustomer(id, row) => {
            let state = StateRow::first(seals, tenant, *id);
            let sql =
                "INSERT INTO customer (tenant, id, epoch, wrapped, n, head, tag) VALUES ($1, $2, $3, $4, $5, $6, $7)";
            run(tx, sql, params![t, id.0, row.epoch, row.wrapped, 0, state.head, state.tag])
        }
        Effect::RewrapCustomer(id, row) => {
            let sql = "UPDATE customer SET epoch = $1, wrapped = $2 WHERE tenant = $3 AND id = $4";
            run(tx, sql, params![row.epoch, row.wrapped, t, id.0])
        }
        Effect::PutField(customer, row) => {
            let sql = "INSERT INTO field VALUES ($1, $2, $3, $4, $5, $6) \
                       ON CONFLICT (tenant, customer, field, instance) DO UPDATE SET version = $5, sealed = $6";
            run(tx, sql, params![t, customer.0, row.field, row.instance, to_i64(row.version)?, row.sealed])
        }
        Effect::RewrapField { customer, row, before } => {
            let sql = "UPDATE field SET sealed = $1 WHERE tenant = $2 AND customer = $3 AND field = $4 AND instance = $5 \
                       AND version = $6 AND sealed = $7";
            let version = to_i64(row.version)?;
            run(tx, sql, params![row.sealed, t, customer.0, row.field, row.instance, version, before])
        }
        Effect::DropField(FieldRef { customer, field, instance }) => {
            let sql = "DELETE FROM field WHERE tenant = $1 AND customer = $2 AND field = $3 AND instance = $4";
            run(tx, sql, params![t, customer.0, field, instance])
        }
        Effect::PutIndex(row) => {
            let sql = "INSERT INTO blind_index VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
            run(tx, sql, params![t, row.kind, row.mac, row.customer.0, row.tag])
        }
        Effect::StageIndex(row) => {
            let sql = "INSERT INTO staged_index VALUES ($1, $2, $3, $4, $5)";
            run(tx, sql, params![t, row.kind, row.mac, row.customer.0, row.tag])
        }
        Effect::DropIndex { customer, index } => drop_index(tx, tenant, *customer, index),
        Effect::Erase { customer, index } => erase(tx, tenant, *customer, index),
        Effect::Expire(customer) => expire(tx, tenant, *customer),
        Effect::SetPower(_, edits) => edits.iter().try_for_each(|edit| edit_power(tx, tenant, edit)),
        Effect::PutProgress { import, rows } => {
            let sql = "INSERT INTO import VALUES ($1, $2, $3) ON CONFLICT (tenant, id) DO UPDATE SET done = $3";
            run(tx, sql, params![t, import, to_i64(*rows)?])
        }
        Effect::PutClose(row) => closes::put(tx, tenant, row),
        // These are settled in memory and written with the changed facts.
        Effect::Happened { .. }
        | Effect::Bind { .. }
        | Effect::Prove { .. }
        | Effect::OpenCase { .. }
        | Effect::EndCase { .. }
        | Effect::RestoreBudget { .. }
        | Effect::SendCode { .. }
        | Effect::Guard(..)
        | Effect::Show { .. }
        | Effect::Hold(..)
        | Effect::Limit(..)
        | Effect::Answered(..)
        | Effect::PutAdmission(_) => Ok(()),
    }
}

fn edit_power(tx: &Transaction<'_>, tenant: TenantId, edit: &PowerEdit) -> rusqlite::Result<()> {
    let t = tenant.0;
    match edit {
        PowerEdit::Person(row) => {
            let values = params![t, row.id.0, row.role.slug(), row.name, row.team, row.token, row.tag];
            run(tx, statements::PUT_PERSON, values)
        }
        PowerEdit::Put(row) => {
            run(tx, statements::PUT_POWER_ROW, params![t, row.kind.code(), row.id, row.body, row.tag])
        }
        PowerEdit::Drop(kind, id) => run(tx, statements::DROP_POWER_ROW, params![t, kind.code(), id]),
    }
}

fn erase(
    tx: &Transaction<'_>,
    tenant: TenantId,
    customer: CustomerId,
    index: &[(u16, [u8; 16])],
) -> rusqlite::Result<()> {
    expire(tx, tenant, customer)?;
    run(tx, "DELETE FROM staged_index WHERE tenant = $1 AND customer = $2", params![tenant.0, customer.0])?;
    drop_index(tx, tenant, customer, index)
}

fn drop_index(
    tx: &Transaction<'_>,
    tenant: TenantId,
    customer: CustomerId,
    index: &[(u16, [u8; 16])],
) -> rusqlite::Result<()> {
    index.iter().try_for_each(|(kind, mac)| run(tx, statements::DROP_INDEX, params![tenant.0, kind, mac, customer.0]))
}

fn expire(tx: &Transaction<'_>, tenant: TenantId, customer: CustomerId) -> rusqlite::Result<()> {
    let key = params![tenant.0, customer.0];
    run(tx, "DELETE FROM customer WHERE tenant = $1 AND id = $2", key)?;
    run(tx, "DELETE FROM recent_state WHERE tenant = $1 AND customer = $2", key)?;
    run(tx, "DELETE FROM field WHERE tenant = $1 AND customer = $2", key)?;
    run(tx, "DELETE FROM interaction WHERE tenant = $1 AND customer = $2", key)
}
