//! The closes of a data directory: their leaves, their lists, and the rows that tell the server of them.

use super::broken;
use crate::failure::Failure;
use crate::log::{Closes, Keys, Source, Stored, find, head_of, walk};
use crate::wire;
use std::collections::BTreeMap;
use store::{CloseRow, Store};
use transparency::Close;
use vault::TenantConfig;

/// How many rows are fetched at once.
const CHUNK: u32 = 500;

/// How many closes there are; each holds.
pub(super) fn check(source: &Stored, store: &dyn Store, tenant: &TenantConfig, keys: &Keys) -> Result<usize, Failure> {
    if source.checkpoint()?.is_none() {
        return Ok(0);
    }
    // Before the log is read: a close that has its place by then has its row too.
    let mut rows = wire::block_on(rows(store, tenant))?;
    let head = head_of(source, keys, None)?;
    let mut closes = Closes::default();
    let fault = walk(source, &head.checkpoint, |place, entry| closes.see(place, entry))?;
    fault.map_err(|fault| broken(tenant, "tile", fault, "the log can't be read for its closes"))?;
    let closes = closes.in_order().map_err(|broken| broken.of(&source.name()))?;
    let last = rows.last_key_value().map_or(0, |(number, _)| *number);
    for (_, close) in &closes {
        let wrong = |problem: &str| Err(broken(tenant, "close", close.number, problem));
        match rows.remove(&close.number) {
            Some(row) if as_leaf(&row) == *close => {}
            Some(_) => return wrong("it isn't what its leaf in the log says"),
            None if close.number > last => continue,
            None => return wrong("it is missing, though its leaf is in the log"),
        }
        find(source, close, &[0; 32])?.map_err(|fault| broken(tenant, "close_page", close.number, &fault.problem))?;
    }
    for row in rows.values() {
        let entry = wire::block_on(async { Ok(store.entry(tenant.id, row.entry).await?) })?;
        if entry.is_none_or(|entry| entry.index.is_some_and(|place| place < head.checkpoint.size)) {
            return Err(broken(tenant, "close", row.number, "the log has no such close"));
        }
    }
    Ok(closes.len())
}

async fn rows(store: &dyn Store, tenant: &TenantConfig) -> Result<BTreeMap<u64, CloseRow>, Failure> {
    let mut all = BTreeMap::new();
    let mut before = None;
    loop {
        let rows = store.closes(tenant.id, before, CHUNK).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        before = Some(last.number);
        all.extend(rows.into_iter().map(|row| (row.number, row)));
    }
}

fn as_leaf(row: &CloseRow) -> Close {
    let at = u64::try_from(row.at.0).unwrap_or(0);
    Close { number: row.number, covers: row.covers, at, size: row.size, root: row.root }
}
