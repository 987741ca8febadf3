//! What retention looks at, and the sweeps after it.

use super::read::{STATES, all};
use crate::rows::{self, bytes};
use crate::statements as sql;
use domain::{CustomerId, InteractionId, TenantId};
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::HashSet;
use store::{AdmissionRow, Holding, IndexPlace, Leave, Swept};

pub(super) fn holdings(
    c: &Connection,
    tenant: TenantId,
    after: Option<CustomerId>,
    limit: u32,
) -> rusqlite::Result<Vec<Holding>> {
    let after = after.map_or([0; 16], |id| id.0);
    let states = all(c, STATES, params![tenant.0, after, limit], rows::customer_with_state)?;
    let one = |(customer, keys, state): (CustomerId, _, _)| {
        let key = params![tenant.0, customer.0];
        let values = all(c, sql::HELD_VALUES, key, |row| rows::held_value(row, 0))?;
        let interactions = all(c, sql::INTERACTIONS_OF, key, rows::interaction)?;
        Ok(Holding { customer, keys, state, values, interactions })
    };
    states.into_iter().map(one).collect()
}

pub(super) fn sweep_index(
    c: &mut Connection,
    tenant: TenantId,
    after: Option<IndexPlace>,
    limit: u32,
    leave: Leave<'_>,
) -> rusqlite::Result<Swept<IndexPlace>> {
    let (kind, mac, customer) = after.unwrap_or((0, [0; 16], CustomerId([0; 16])));
    let tx = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = all(&tx, sql::SWEPT_INDEX, params![tenant.0, kind, mac, customer.0, limit], rows::swept_index)?;
    let mut gone = 0;
    for (place, _) in found.iter().filter(|(_, is_left)| *is_left) {
        if let Some(AdmissionRow { key, body, expires, tag }) = leave(place) {
            let values = params![tenant.0, key.kind as u8, key.id, body, expires.0, tag];
            tx.prepare_cached(sql::PUT_ADMISSION)?.execute(values)?;
        }
        let (kind, mac, customer) = place;
        gone += tx.prepare_cached(sql::DROP_INDEX)?.execute(params![tenant.0, kind, mac, customer.0])? as u64;
    }
    tx.commit()?;
    let next = found.last().filter(|_| found.len() >= limit as usize).map(|(place, _)| *place);
    Ok(Swept { gone, next })
}

pub(super) fn sweep_interactions(
    c: &mut Connection,
    tenant: TenantId,
    after: Option<InteractionId>,
    limit: u32,
) -> rusqlite::Result<Swept<InteractionId>> {
    let after = after.map_or([0; 16], |id| id.0);
    let tx = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = all(&tx, sql::INTERACTIONS_BY_ID, params![tenant.0, after, limit], rows::interaction)?;
    let mut gone = 0;
    for row in &found {
        let named: HashSet<CustomerId> = row.named().collect();
        let mut there = tx.prepare_cached(sql::CUSTOMER_IS_THERE)?;
        let mut gone_ones = HashSet::new();
        for customer in named {
            if !there.exists(params![tenant.0, customer.0])? {
                gone_ones.insert(customer);
            }
        }
        if row.is_left(|customer| !gone_ones.contains(&customer)) {
            gone += tx.prepare_cached(sql::DROP_INTERACTION)?.execute(params![tenant.0, row.id.0])? as u64;
        }
    }
    tx.commit()?;
    let next = found.last().filter(|_| found.len() >= limit as usize).map(|row| row.id);
    Ok(Swept { gone, next })
}

/// The interactions in whose events a customer is named. Callers that differ bind an interaction to nobody, or a person claimed another
/// customer. No index knows: a scan.
pub(super) fn mentions(c: &Connection, tenant: TenantId, customer: CustomerId) -> rusqlite::Result<Vec<InteractionId>> {
    const NAMING: &str = "SELECT id FROM interaction WHERE tenant = $1 AND instr(events, $2) > 0";
    all(c, NAMING, params![tenant.0, customer.0], |row| bytes(row, 0).map(InteractionId))
}

pub(super) fn drop_interactions(c: &mut Connection, tenant: TenantId, gone: &[InteractionId]) -> rusqlite::Result<u64> {
    let tx = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut count = 0;
    for id in gone {
        count += tx.prepare_cached(sql::DROP_INTERACTION)?.execute(params![tenant.0, id.0])? as u64;
    }
    tx.commit()?;
    Ok(count)
}
