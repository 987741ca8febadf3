//! The log's places, tiles, head and leases.

use crate::rows::{self, number};
use crate::statements;
use domain::Millis;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use store::{Cosigned, Fence, Job, LogHead, PendingLeaf, Publication, Swap};

fn name(job: Job) -> String {
    match job {
        Job::Sequence(tenant) => format!("sequence/{}", tenant.0),
        Job::Close(tenant) => format!("close/{}", tenant.0),
        Job::Recount(tenant) => format!("recount/{}", tenant.0),
        Job::Expire(tenant) => format!("expire/{}", tenant.0),
        Job::Tell(tenant, id) => format!("tell/{}/{:032x}", tenant.0, u128::from_be_bytes(id)),
        Job::Board(tenant) => format!("board/{}", tenant.0),
    }
}

pub(super) fn lease(
    connection: &mut Connection,
    job: Job,
    holder: [u8; 16],
    now: Millis,
    ttl_ms: i64,
) -> rusqlite::Result<Option<Fence>> {
    // SQLite numbers `$n` by first appearance, so they must appear in order.
    let sql = "INSERT INTO lease (job, holder, fence, expires) VALUES ($1, $2, 1, $3) ON CONFLICT (job) DO UPDATE SET \
               fence = CASE WHEN holder = $2 THEN fence ELSE fence + 1 END, holder = $2, expires = $3 \
               WHERE holder = $2 OR expires < $4 RETURNING fence";
    let fence: Option<u64> = connection
        .prepare_cached(sql)?
        .query_row(params![name(job), holder, now.plus(ttl_ms).0, now.0], |row| Ok(number(row, 0)?))
        .optional()?;
    Ok(fence.map(|number| Fence { job, number }))
}

pub(super) fn head(connection: &Connection, tenant: domain::TenantId) -> rusqlite::Result<LogHead> {
    let mut head = connection.prepare_cached(statements::HEAD)?;
    let row = head.query_row([tenant.0], |row| Ok(rows::head(row)?)).optional()?;
    Ok(row.unwrap_or_default())
}

/// Compare-and-swap on (size, fence), with the places, tiles and checkpoint in the same transaction.
pub(super) fn publish(connection: &mut Connection, publication: &Publication) -> rusqlite::Result<Swap> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let now = head(&tx, publication.tenant)?;
    let newest: Option<u64> = tx
        .prepare_cached("SELECT fence FROM lease WHERE job = $1")?
        .query_row([name(publication.fence.job)], |row| Ok(number(row, 0)?))
        .optional()?;
    let fence = publication.fence.number;
    if now.size != publication.from || now.fence > fence || newest.is_some_and(|newest| newest > fence) {
        return Ok(Swap::Lost);
    }
    let tenant = publication.tenant.0;
    let mut size = i64::try_from(publication.from).unwrap_or(i64::MAX);
    {
        let mut wait = tx.prepare_cached("DELETE FROM pending WHERE tenant = $1 AND entry = $2 AND leaf = $3")?;
        let sql = "INSERT INTO placed (tenant, place, entry) SELECT $1, $2, id FROM entry \
                   WHERE tenant = $1 AND id = $3 AND leaf = $4 ON CONFLICT DO NOTHING";
        let mut place = tx.prepare_cached(sql)?;
        for PendingLeaf { entry, leaf } in &publication.entries {
            let waited = wait.execute(params![tenant, entry.0, leaf])?;
            let placed = place.execute(params![tenant, size, entry.0, leaf])?;
            if (waited, placed) != (1, 1) {
                return Ok(Swap::Lost);
            }
            size += 1;
        }
    }
    for (key, data) in &publication.tiles {
        let place = i64::try_from(key.index).unwrap_or(i64::MAX);
        tx.prepare_cached(
            "INSERT INTO tile VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, level, place) DO UPDATE SET data = $4",
        )?
        .execute(params![tenant, key.level, place, data])?;
    }
    let sql = "INSERT INTO log_head VALUES ($1, $2, $3, $4) ON CONFLICT (tenant) DO UPDATE SET size = $2, checkpoint = $3, fence = $4";
    let fence = i64::try_from(publication.fence.number).unwrap_or(i64::MAX);
    tx.prepare_cached(sql)?.execute(params![tenant, size, publication.checkpoint, fence])?;
    tx.commit()?;
    Ok(Swap::Done)
}

pub(super) fn cosigned(connection: &Connection, tenant: domain::TenantId) -> rusqlite::Result<Vec<Cosigned>> {
    let mut statement = connection.prepare_cached(statements::COSIGNED)?;
    let rows = statement.query_map([tenant.0], |row| Ok(rows::cosigned(row)?))?;
    rows.collect()
}

/// A larger one that is there already stays.
pub(super) fn put_cosigned(
    connection: &mut Connection,
    tenant: domain::TenantId,
    rows: &[Cosigned],
) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for row in rows {
        let size = i64::try_from(row.size).unwrap_or(i64::MAX);
        tx.prepare_cached(statements::PUT_COSIGNED)?.execute(params![tenant.0, row.witness, size, row.note])?;
    }
    tx.commit()
}
