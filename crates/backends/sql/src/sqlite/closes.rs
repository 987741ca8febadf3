//! Closes of the log and the pages of their lists.

use super::rows::{self, bytes, number};
use domain::{CustomerId, EntryId, Millis, TenantId};
use rusqlite::{Connection, OptionalExtension, params};
use store::{ClosePage, CloseRow, CountedCustomer};

fn place(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn counted(
    connection: &Connection,
    tenant: TenantId,
    after: Option<CustomerId>,
    limit: u32,
) -> rusqlite::Result<Vec<CountedCustomer>> {
    let sql = "SELECT epoch, wrapped, ifnull(r.n, c.n), ifnull(r.head, c.head), ifnull(r.tag, c.tag), c.id FROM customer c \
               LEFT JOIN recent_state r ON r.tenant = c.tenant AND r.customer = c.id \
               WHERE c.tenant = $1 AND c.id > $2 AND ifnull(r.n, c.n) > 0 ORDER BY c.id LIMIT $3";
    let after = after.map_or([0; 16], |id| id.0);
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![tenant.0, after, limit], |row| {
        Ok((CustomerId(bytes(row, 5)?), rows::customer(row)?, rows::state(row, 2)?))
    })?;
    found.collect()
}

pub(super) fn put_page(connection: &Connection, tenant: TenantId, page: &ClosePage) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO close_page SELECT $1, $2, $3, $4, $5 \
               WHERE NOT EXISTS (SELECT 1 FROM close WHERE tenant = $1 AND number >= $2) \
               ON CONFLICT (tenant, number, list, page) DO UPDATE SET data = $5";
    let values = params![tenant.0, place(page.number), page.list, place(page.page), page.data];
    Ok(connection.prepare_cached(sql)?.execute(values)? == 1)
}

/// Keeps a close; pages of other lists for it go.
pub(super) fn put(connection: &Connection, tenant: TenantId, row: &CloseRow) -> rusqlite::Result<()> {
    let sql = "DELETE FROM close_page WHERE tenant = $1 AND number = $2 AND list <> $3";
    connection.prepare_cached(sql)?.execute(params![tenant.0, place(row.number), row.list])?;
    let sql = "INSERT INTO close VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = params![
        tenant.0,
        place(row.number),
        row.entry.0,
        row.list,
        place(row.covers),
        row.at.0,
        place(row.size),
        row.root
    ];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

/// The number of the last close, if there is one.
pub(super) fn last(connection: &Connection, tenant: TenantId) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT number FROM close WHERE tenant = $1 ORDER BY number DESC LIMIT 1";
    connection.prepare_cached(sql)?.query_row([tenant.0], |row| number(row, 0)).optional()
}

pub(super) fn closes(
    connection: &Connection,
    tenant: TenantId,
    before: Option<u64>,
    limit: u32,
) -> rusqlite::Result<Vec<CloseRow>> {
    let sql = "SELECT number, entry, list, covers, at, size, root FROM close WHERE tenant = $1 AND number < $2 \
               ORDER BY number DESC LIMIT $3";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![tenant.0, before.map_or(i64::MAX, place), limit], |row| {
        Ok(CloseRow {
            number: number(row, 0)?,
            entry: EntryId(bytes(row, 1)?),
            list: bytes(row, 2)?,
            covers: number(row, 3)?,
            at: Millis(row.get(4)?),
            size: number(row, 5)?,
            root: bytes(row, 6)?,
        })
    })?;
    found.collect()
}

pub(super) fn page(
    connection: &Connection,
    tenant: TenantId,
    number: u64,
    page: u64,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let sql = "SELECT data FROM close c JOIN close_page p ON p.tenant = c.tenant AND p.number = c.number \
               AND p.list = c.list WHERE c.tenant = $1 AND c.number = $2 AND p.page = $3";
    connection
        .prepare_cached(sql)?
        .query_row(params![tenant.0, place(number), place(page)], |row| row.get(0))
        .optional()
}
