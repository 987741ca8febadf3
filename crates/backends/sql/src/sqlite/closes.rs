//! Closes of the log and the pages of their lists.

use crate::rows::{self, number};
use crate::statements;
use domain::{CustomerId, TenantId};
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
    let sql = "SELECT epoch, wrapped, ifnull(r.n, c.n), ifnull(r.head, c.head), ifnull(r.tag, c.tag), ifnull(r.guard, c.guard), ifnull(r.shown, c.shown), ifnull(r.last, c.last), c.id FROM customer c \
               LEFT JOIN recent_state r ON r.tenant = c.tenant AND r.customer = c.id \
               WHERE c.tenant = $1 AND c.id > $2 AND ifnull(r.n, c.n) > 0 ORDER BY c.id LIMIT $3";
    let after = after.map_or([0; 16], |id| id.0);
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![tenant.0, after, limit], |row| Ok(rows::customer_with_state(row)?))?;
    found.collect()
}

pub(super) fn put_page(connection: &Connection, tenant: TenantId, page: &ClosePage) -> rusqlite::Result<bool> {
    let values = params![tenant.0, place(page.number), page.list, place(page.page), page.data];
    let mut put = connection.prepare_cached(statements::PUT_CLOSE_PAGE)?;
    Ok(put.query_row(values, |_| Ok(())).optional()?.is_some())
}

/// Keeps a close; pages of other lists for it go.
pub(super) fn put(connection: &Connection, tenant: TenantId, row: &CloseRow) -> rusqlite::Result<()> {
    let others = params![tenant.0, place(row.number), row.list];
    connection.prepare_cached(statements::DROP_OTHER_PAGES)?.execute(others)?;
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
    connection.prepare_cached(statements::PUT_CLOSE)?.execute(values).map(drop)
}

/// The number of the last close, if there is one.
pub(super) fn last(connection: &Connection, tenant: TenantId) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT number FROM close WHERE tenant = $1 ORDER BY number DESC LIMIT 1";
    connection.prepare_cached(sql)?.query_row([tenant.0], |row| Ok(number(row, 0)?)).optional()
}

pub(super) fn closes(
    connection: &Connection,
    tenant: TenantId,
    before: Option<u64>,
    limit: u32,
) -> rusqlite::Result<Vec<CloseRow>> {
    let mut statement = connection.prepare_cached(statements::CLOSES)?;
    let values = params![tenant.0, before.map_or(i64::MAX, place), limit];
    let found = statement.query_map(values, |row| Ok(rows::close(row)?))?;
    found.collect()
}

pub(super) fn page(
    connection: &Connection,
    tenant: TenantId,
    number: u64,
    page: u64,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let values = params![tenant.0, place(number), place(page)];
    connection.prepare_cached(statements::CLOSE_PAGE)?.query_row(values, |row| row.get(0)).optional()
}
