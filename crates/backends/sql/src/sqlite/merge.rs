//! The end of an import: staged index rows go into the index in sorted order, so that its pages are filled one after
//! another instead of being touched at random.

use domain::TenantId;
use rusqlite::{Connection, params};

/// Slices by the first byte of the digest: each is a transaction of its own, so that others get their turn between them.
const SLICES: u16 = 4;

pub(super) fn merge_index(connection: &mut Connection, tenant: TenantId) -> rusqlite::Result<u64> {
    let mut merged = 0;
    let sql = "INSERT INTO blind_index SELECT tenant, kind, mac, customer, tag FROM staged_index \
               WHERE tenant = $1 AND mac >= $2 AND mac < $3 ORDER BY tenant, kind, mac, customer ON CONFLICT DO NOTHING";
    for slice in 0..SLICES {
        let (from, to) = bounds(slice);
        let tx = connection.transaction()?;
        merged += tx.execute(sql, params![tenant.0, from, to])? as u64;
        tx.commit()?;
    }
    // The staged rows are digests that stand in the index as well: nothing is to be wiped, and wiping each page would
    // write them all once more.
    connection.pragma_update(None, "secure_delete", "OFF")?;
    let cleared = connection.execute("DELETE FROM staged_index WHERE tenant = $1", [tenant.0]);
    connection.pragma_update(None, "secure_delete", "ON")?;
    cleared?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(merged)
}

/// The digests of a slice: from, and up to but without.
fn bounds(slice: u16) -> (Vec<u8>, Vec<u8>) {
    let width = 256 / SLICES;
    let edge = |slice: u16| u8::try_from(slice * width).map_or_else(|_| vec![0xff; 17], |byte| vec![byte]);
    (edge(slice), edge(slice + 1))
}
