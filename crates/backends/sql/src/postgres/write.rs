//! The changed facts and the new entries of a batch, as one statement per table.

use super::transaction::Question;
use super::value::{Value, blobs, ints, texts};
use domain::{Counter, CustomerId, InteractionId, TenantId};
use store::{
    AdmissionKey, AdmissionRow, BudgetRow, CodeRow, EntryRow, Facts, InteractionRow, PowerHead, RequestRow, StateRow,
};

/// New entries, and their places in the sequencer's queue.
pub(super) fn entries(rows: &[(TenantId, EntryRow)]) -> Vec<Question<'_>> {
    const ENTRY: &str =
        "INSERT INTO entry (tenant, id, leaf, audit, customer) SELECT * FROM unnest($1, $2, $3, $4, $5)";
    const PENDING: &str = "INSERT INTO pending (tenant, entry, leaf) SELECT * FROM unnest($1, $2, $3)";
    if rows.is_empty() {
        return Vec::new();
    }
    let tenants = || ints(rows.iter().map(|(tenant, _)| tenant.0));
    let ids = || blobs(rows.iter().map(|(_, row)| row.id.0.as_slice()));
    let leaves = || blobs(rows.iter().map(|(_, row)| row.leaf.as_slice()));
    let audits = blobs(rows.iter().map(|(_, row)| row.audit.as_slice()));
    let customers = blobs(rows.iter().map(|(_, row)| row.customer.as_slice()));
    vec![(ENTRY, vec![tenants(), ids(), leaves(), audits, customers]), (PENDING, vec![tenants(), ids(), leaves()])]
}

/// Everything that was settled in memory. Rows that were read are locked and updated; rows that weren't there are
/// inserted, and where one is there now, the key that is used twice ends the transaction: somebody else was first.
/// `erases` says that the batch deletes customers with their interactions, before this.
pub(super) fn facts(facts: &Facts, erases: bool) -> Vec<Question<'_>> {
    let stored_interactions = if erases { again } else { touched };
    let mut all = Vec::with_capacity(8);
    for stored in [true, false] {
        push(&mut all, facts.powers.changed_where(stored).collect(), stored, powers);
        let interactions = if stored { stored_interactions } else { opened };
        push(&mut all, facts.interactions.changed_where(stored).collect(), stored, interactions);
        push(&mut all, facts.codes.changed_where(stored).collect(), stored, codes);
        push(&mut all, facts.budgets.changed_where(stored).collect(), stored, budgets);
        push(&mut all, facts.admissions.changed_where(stored).collect(), stored, admissions);
    }
    push(&mut all, facts.states.changed().collect(), true, states);
    push(&mut all, facts.requests.changed().collect(), false, requests);
    all
}

fn push<'a, K, V>(
    all: &mut Vec<Question<'a>>,
    rows: Vec<(&'a K, &'a V)>,
    stored: bool,
    statement: fn(&Of<'a, K, V>, bool) -> Question<'a>,
) {
    if !rows.is_empty() {
        all.push(statement(&rows, stored));
    }
}

type Of<'a, K, V> = [(&'a K, &'a V)];

fn powers<'a>(rows: &Of<'a, TenantId, PowerHead>, stored: bool) -> Question<'a> {
    let sql = if stored {
        "UPDATE power SET version = w.version, tag = w.tag, root = w.root \
         FROM unnest($1, $2, $3, $4) AS w (tenant, version, tag, root) WHERE power.tenant = w.tenant"
    } else {
        "INSERT INTO power (tenant, version, tag, root) SELECT * FROM unnest($1, $2, $3, $4)"
    };
    let tags = blobs(rows.iter().map(|(_, row)| row.tag.as_slice()));
    let roots = Value::MaybeBlobs(rows.iter().map(|(_, row)| row.root.as_ref().map(|root| root.as_slice())).collect());
    let versions = ints(rows.iter().map(|(_, row)| row.seq));
    (sql, vec![ints(rows.iter().map(|(tenant, _)| tenant.0)), versions, tags, roots])
}

type Interactions<'a> = Of<'a, (TenantId, InteractionId), InteractionRow>;

fn opened<'a>(rows: &Interactions<'a>, _: bool) -> Question<'a> {
    const SQL: &str = "INSERT INTO interaction (tenant, id, reference, channel, phase, person, customer, binding, \
        started, ended, active, events, tag) \
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    (SQL, interactions(rows))
}

fn touched<'a>(rows: &Interactions<'a>, _: bool) -> Question<'a> {
    const SQL: &str = "UPDATE interaction SET channel = w.channel, phase = w.phase, person = w.person, \
        customer = w.customer, binding = w.binding, started = w.started, ended = w.ended, active = w.active, \
        events = w.events, tag = w.tag FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
        AS w (tenant, id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag) \
        WHERE interaction.tenant = w.tenant AND interaction.id = w.id";
    (SQL, interactions(rows))
}

/// Those that were read, where an erasure in this batch may have deleted them. Costs more than an update does.
fn again<'a>(rows: &Interactions<'a>, _: bool) -> Question<'a> {
    const SQL: &str = "INSERT INTO interaction (tenant, id, reference, channel, phase, person, customer, binding, \
        started, ended, active, events, tag) \
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
        ON CONFLICT (tenant, id) DO UPDATE SET channel = excluded.channel, phase = excluded.phase, \
        person = excluded.person, customer = excluded.customer, binding = excluded.binding, \
        started = excluded.started, ended = excluded.ended, active = excluded.active, events = excluded.events, \
        tag = excluded.tag";
    (SQL, interactions(rows))
}

fn interactions<'a>(rows: &Interactions<'a>) -> Vec<Value<'a>> {
    let rows_only = || rows.iter().map(|(_, row)| *row);
    vec![
        ints(rows.iter().map(|(key, _)| key.0.0)),
        blobs(rows_only().map(|row| row.id.0.as_slice())),
        texts(rows_only().map(|row| row.reference.as_str())),
        texts(rows_only().map(|row| row.channel.slug())),
        texts(rows_only().map(|row| row.phase.slug())),
        Value::MaybeBlobs(rows_only().map(|row| row.person.as_ref().map(|id| id.0.as_slice())).collect()),
        Value::MaybeBlobs(rows_only().map(|row| row.customer.as_ref().map(|id| id.0.as_slice())).collect()),
        texts(rows_only().map(|row| row.binding.slug())),
        ints(rows_only().map(|row| row.started.0)),
        Value::MaybeInts(rows_only().map(|row| row.ended.map(|at| at.0)).collect()),
        ints(rows_only().map(|row| row.active.0)),
        blobs(rows_only().map(|row| row.events.as_slice())),
        blobs(rows_only().map(|row| row.tag.as_slice())),
    ]
}

fn codes<'a>(rows: &Of<'a, (TenantId, InteractionId), CodeRow>, stored: bool) -> Question<'a> {
    let sql = if stored {
        "UPDATE code SET mac = w.mac, expires = w.expires, wrong = w.wrong, used = w.used, tag = w.tag \
         FROM unnest($1, $2, $3, $4, $5, $6, $7) AS w (tenant, interaction, mac, expires, wrong, used, tag) \
         WHERE code.tenant = w.tenant AND code.interaction = w.interaction"
    } else {
        "INSERT INTO code (tenant, interaction, mac, expires, wrong, used, tag) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)"
    };
    let values = vec![
        ints(rows.iter().map(|(key, _)| key.0.0)),
        blobs(rows.iter().map(|(key, _)| key.1.0.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.mac.as_slice())),
        ints(rows.iter().map(|(_, row)| row.expires.0)),
        ints(rows.iter().map(|(_, row)| row.wrong)),
        ints(rows.iter().map(|(_, row)| i64::from(row.used))),
        blobs(rows.iter().map(|(_, row)| row.tag.as_slice())),
    ];
    (sql, values)
}

fn budgets<'a>(rows: &Of<'a, (TenantId, Counter), BudgetRow>, stored: bool) -> Question<'a> {
    let sql = if stored {
        "UPDATE budget SET total = w.total, history = w.history, last = w.last, tag = w.tag \
         FROM unnest($1, $2, $3, $4, $5, $6) AS w (tenant, counter, total, history, last, tag) \
         WHERE budget.tenant = w.tenant AND budget.counter = w.counter"
    } else {
        "INSERT INTO budget (tenant, counter, total, history, last, tag) SELECT * FROM unnest($1, $2, $3, $4, $5, $6) \
        "
    };
    let values = vec![
        ints(rows.iter().map(|(key, _)| key.0.0)),
        blobs(rows.iter().map(|(key, _)| key.1.bytes().as_slice())),
        ints(rows.iter().map(|(_, row)| row.total)),
        blobs(rows.iter().map(|(_, row)| row.history.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.last.0.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.tag.as_slice())),
    ];
    (sql, values)
}

fn admissions<'a>(rows: &Of<'a, (TenantId, AdmissionKey), AdmissionRow>, stored: bool) -> Question<'a> {
    let sql = if stored {
        "UPDATE admission SET body = w.body, expires = w.expires, tag = w.tag \
         FROM unnest($1, $2, $3, $4, $5, $6) AS w (tenant, kind, id, body, expires, tag) \
         WHERE admission.tenant = w.tenant AND admission.kind = w.kind AND admission.id = w.id"
    } else {
        "INSERT INTO admission (tenant, kind, id, body, expires, tag) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)"
    };
    let values = vec![
        ints(rows.iter().map(|(key, _)| key.0.0)),
        ints(rows.iter().map(|(key, _)| key.1.kind as u8)),
        blobs(rows.iter().map(|(key, _)| key.1.id.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.body.as_slice())),
        ints(rows.iter().map(|(_, row)| row.expires.0)),
        blobs(rows.iter().map(|(_, row)| row.tag.as_slice())),
    ];
    (sql, values)
}

/// The state lies in the customer's row, which is there: read and locked, or new in this batch.
fn states<'a>(rows: &Of<'a, (TenantId, CustomerId), StateRow>, _: bool) -> Question<'a> {
    let sql = "UPDATE customer SET n = w.n, head = w.head, tag = w.tag, guard = w.guard, shown = w.shown, last = w.last \
               FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS w (tenant, id, n, head, tag, guard, shown, last) \
               WHERE customer.tenant = w.tenant AND customer.id = w.id";
    let values = vec![
        ints(rows.iter().map(|(key, _)| key.0.0)),
        blobs(rows.iter().map(|(key, _)| key.1.0.as_slice())),
        ints(rows.iter().map(|(_, row)| row.n)),
        blobs(rows.iter().map(|(_, row)| row.head.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.tag.as_slice())),
        ints(rows.iter().map(|(_, row)| row.marks())),
        Value::MaybeOwnBlobs(rows.iter().map(|(_, row)| row.shown.map(|shown| shown.encode().to_vec())).collect()),
        Value::MaybeOwnBlobs(rows.iter().map(|(_, row)| row.last.map(|entry| entry.0.to_vec())).collect()),
    ];
    (sql, values)
}

fn requests<'a>(rows: &Of<'a, (TenantId, [u8; 16]), RequestRow>, _: bool) -> Question<'a> {
    let sql = "INSERT INTO request (tenant, id, content, session, entry, at, answer) \
               SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)";
    let values = vec![
        ints(rows.iter().map(|(key, _)| key.0.0)),
        blobs(rows.iter().map(|(key, _)| key.1.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.content.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.session.as_slice())),
        blobs(rows.iter().map(|(_, row)| row.entry.0.as_slice())),
        ints(rows.iter().map(|(_, row)| row.at.0)),
        ints(rows.iter().map(|(_, row)| row.answer)),
    ];
    (sql, values)
}
