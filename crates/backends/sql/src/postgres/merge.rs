//! The end of an import: staged index rows go into the index in sorted order, so that its pages are filled one after
//! another instead of being touched at random.

use super::failure::explain;
use super::pool::{Pool, SCAN};
use super::value::{int, own};
use crate::rows::number;
use crate::slices::{SLICES, bounds};
use domain::TenantId;
use store::StoreError;

/// A row that is taken from the one is put into the other in the same statement: a row that is staged meanwhile waits
/// for the next merge.
const MOVE: &str = "WITH moved AS (DELETE FROM staged_index WHERE tenant = $1 AND mac >= $2 AND mac < $3 \
    RETURNING tenant, kind, mac, customer, tag), merged AS (INSERT INTO blind_index (tenant, kind, mac, customer, tag) \
    SELECT tenant, kind, mac, customer, tag FROM moved ORDER BY tenant, kind, mac, customer ON CONFLICT DO NOTHING \
    RETURNING 1) SELECT count(*) FROM merged";

pub(super) async fn merge_index(pool: &Pool, tenant: TenantId) -> Result<u64, StoreError> {
    let mut merged = 0;
    let lent = pool.lend().await?;
    // Each a transaction of its own.
    for slice in 0..SLICES {
        let (from, to) = bounds(slice);
        let values = [int(tenant.0), own(from), own(to)];
        let rows = lent.within(SCAN, lent.ask(MOVE, &values)).await?.map_err(|error| explain(&error))?;
        let count = rows.first().map(|row| number::<u64>(row, 0)).transpose();
        merged += count.map_err(|_| StoreError::Damaged("a row"))?.unwrap_or(0);
    }
    Ok(merged)
}
