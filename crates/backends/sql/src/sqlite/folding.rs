//! Puts recent states of customers back where they belong.

use super::writer::Writer;
use rusqlite::{Connection, TransactionBehavior};

/// How many may gather: some five megabytes.
const GATHERED: u32 = 50_000;
/// How many are put back in one transaction: others get their turn in between.
const SLICE: u32 = 250;

/// A recent state stands ahead of that in the customer's row.
pub(super) const CUSTOMER_AND_STATE: &str = "SELECT epoch, wrapped, ifnull(r.n, c.n), ifnull(r.head, c.head), \
    ifnull(r.tag, c.tag), ifnull(r.guard, c.guard), ifnull(r.shown, c.shown), ifnull(r.last, c.last) FROM customer c \
    LEFT JOIN recent_state r ON r.tenant = c.tenant AND r.customer = c.id WHERE c.tenant = $1 AND c.id = $2";
/// Puts one customer's back, and keeps it.
pub(super) const FOLD_ONE: &str = "UPDATE customer SET n = r.n, head = r.head, tag = r.tag, guard = r.guard, \
    shown = r.shown, last = r.last FROM recent_state r WHERE customer.tenant = r.tenant AND customer.id = r.customer \
    AND r.tenant = $1 AND r.customer = $2";

/// Puts all back, if there are many.
pub(super) fn fold_if_many(writer: &Writer) -> rusqlite::Result<()> {
    let many = format!("SELECT 1 FROM recent_state LIMIT 1 OFFSET {GATHERED}");
    if hold(writer, |c| c.prepare_cached(&many)?.exists([]))? {
        while hold(writer, fold_slice)? > 0 {}
    }
    Ok(())
}

fn hold<T>(writer: &Writer, act: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    act(&mut writer.lock())
}

/// Puts one slice back, in the order of the customers; says how many.
pub(super) fn fold_slice(connection: &mut Connection) -> rusqlite::Result<usize> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let slice = format!("SELECT tenant, customer FROM recent_state ORDER BY tenant, customer LIMIT {SLICE}");
    tx.execute(
        &format!(
            "UPDATE customer SET n = r.n, head = r.head, tag = r.tag, guard = r.guard, shown = r.shown, last = r.last FROM recent_state r \
             WHERE customer.tenant = r.tenant AND customer.id = r.customer AND (r.tenant, r.customer) IN ({slice})"
        ),
        [],
    )?;
    let folded = tx.execute(&format!("DELETE FROM recent_state WHERE (tenant, customer) IN ({slice})"), [])?;
    tx.commit()?;
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_goes_back_to_its_customers() {
        let dir = tempfile::tempdir().unwrap();
        let store = super::super::Sqlite::create(dir.path()).unwrap();
        let mut writer = store.writer();
        writer
            .execute_batch(
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300)
                 INSERT INTO customer SELECT 1, i, 1, x'', 0, x'00', x'', 0, NULL, NULL FROM c;
                 INSERT INTO recent_state SELECT tenant, id, id, x'01', x'02', 1, x'03', x'04' FROM customer WHERE id <> 7;",
            )
            .unwrap();
        assert_eq!(fold_slice(&mut writer).unwrap(), 250);
        assert_eq!(fold_slice(&mut writer).unwrap(), 49);
        assert_eq!(fold_slice(&mut writer).unwrap(), 0);
        let back = "SELECT count(*) FROM customer WHERE n = id AND head = x'01' AND tag = x'02' AND guard = 1 AND shown = x'03' AND last = x'04'";
        assert_eq!(writer.query_row(back, [], |row| row.get::<_, u32>(0)).unwrap(), 299);
    }
}
