//! The end of an import: staged index rows go into the index in sorted order, so that its pages are filled one after
//! another instead of being touched at random.

use crate::slices::{SLICES, bounds};
use domain::TenantId;
use rusqlite::{Connection, params};

pub(super) fn merge_index(connection: &mut Connection, tenant: TenantId) -> rusqlite::Result<u64> {
    let mut merged = 0;
    let sql = "INSERT INTO blind_index SELECT tenant, kind, mac, customer, tag FROM staged_index \
               WHERE tenant = $1 AND mac >= $2 AND mac < $3 ORDER BY tenant, kind, mac, customer ON CONFLICT DO NOTHING";
    // Others get their turn between two slices.
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
