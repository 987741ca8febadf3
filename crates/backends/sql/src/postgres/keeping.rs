//! What retention looks at, and the sweeps after it.

use super::Postgres;
use super::read::STATES;
use super::value::{Value, blob, blobs, int, ints};
use crate::rows::{self, Columns, Wrong, bytes};
use crate::statements as sql;
use domain::{CustomerId, InteractionId, TenantId};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{AdmissionKey, AdmissionRow, HeldValue, Holding, IndexPlace, Leave, StoreError, Swept};

const HELD_VALUES: &str = "SELECT customer, field, instance, version FROM field \
    WHERE tenant = $1 AND customer = ANY($2) AND field > 0 ORDER BY customer, field, instance";
const INTERACTIONS: &str = "SELECT id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag \
    FROM interaction WHERE tenant = $1 AND customer = ANY($2)";
const THERE: &str = "SELECT id FROM customer WHERE tenant = $1 AND id = ANY($2)";
const DROP_INDEX: &str = "DELETE FROM blind_index USING unnest($2, $3, $4) AS w (kind, mac, customer) \
    WHERE blind_index.tenant = $1 AND blind_index.kind = w.kind AND blind_index.mac = w.mac \
    AND blind_index.customer = w.customer RETURNING blind_index.kind";
const LEAVE: &str = "INSERT INTO admission (tenant, kind, id, body, expires, tag) \
    SELECT $1, w.kind, w.id, w.body, w.expires, w.tag FROM unnest($2, $3, $4, $5, $6) AS w (kind, id, body, expires, tag) \
    ON CONFLICT (tenant, kind, id) DO UPDATE SET body = excluded.body, expires = excluded.expires, tag = excluded.tag \
    RETURNING kind";
/// Callers that differ bind an interaction to nobody, or a person claimed another customer. No index knows: a scan.
const DROP_MENTIONS: &str = "DELETE FROM interaction WHERE tenant = $1 AND position($2 IN events) > 0 RETURNING id";
const DROP_INTERACTIONS: &str = "DELETE FROM interaction WHERE tenant = $1 AND id = ANY($2) RETURNING id";

fn ids(all: impl IntoIterator<Item = [u8; 16]>) -> Value<'static> {
    Value::OwnBlobs(all.into_iter().map(Vec::from).collect())
}

fn id(row: &dyn Columns) -> Result<CustomerId, Wrong> {
    bytes(row, 0).map(CustomerId)
}

impl Postgres {
    pub(super) async fn read_holdings(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<Holding>, StoreError> {
        let after = after.map_or([0; 16], |id| id.0);
        let states =
            self.scanned(STATES, &[int(tenant.0), blob(&after), int(limit)], rows::customer_with_state).await?;
        let key = [int(tenant.0), ids(states.iter().map(|(customer, ..)| customer.0))];
        let mut values: HashMap<CustomerId, Vec<HeldValue>> = HashMap::new();
        for (customer, value) in
            self.scanned(HELD_VALUES, &key, |row| Ok((id(row)?, rows::held_value(row, 1)?))).await?
        {
            values.entry(customer).or_default().push(value);
        }
        let mut interactions: HashMap<CustomerId, Vec<_>> = HashMap::new();
        for row in self.scanned(INTERACTIONS, &key, rows::interaction).await? {
            let customer = row.customer.ok_or(StoreError::Damaged("a row"))?;
            interactions.entry(customer).or_default().push(row);
        }
        let one = |(customer, keys, state)| Holding {
            customer,
            keys,
            state,
            values: values.remove(&customer).unwrap_or_default(),
            interactions: interactions.remove(&customer).unwrap_or_default(),
        };
        Ok(states.into_iter().map(one).collect())
    }

    pub(super) async fn index_swept(
        &self,
        tenant: TenantId,
        after: Option<IndexPlace>,
        limit: u32,
        leave: Leave<'_>,
    ) -> Result<Swept<IndexPlace>, StoreError> {
        let from = after.unwrap_or((0, [0; 16], CustomerId([0; 16])));
        let key = [int(tenant.0), int(from.0), blob(&from.1), blob(&from.2.0), int(limit)];
        let found = self.scanned(sql::SWEPT_INDEX, &key, rows::swept_index).await?;
        let next = found.last().filter(|_| found.len() >= limit as usize).map(|(place, _)| *place);
        let left: Vec<IndexPlace> = found.into_iter().filter(|(_, is_left)| *is_left).map(|(place, _)| place).collect();
        if left.is_empty() {
            return Ok(Swept { gone: 0, next });
        }
        // First: a sweep that is broken off between the two finds the same rows again.
        self.left(tenant, left.iter().filter_map(leave).map(|row| (row.key, row)).collect()).await?;
        let key = [
            int(tenant.0),
            ints(left.iter().map(|(kind, ..)| *kind)),
            blobs(left.iter().map(|(_, mac, _)| mac.as_slice())),
            blobs(left.iter().map(|(.., customer)| customer.0.as_slice())),
        ];
        let gone = self.scanned(DROP_INDEX, &key, |_| Ok(())).await?.len() as u64;
        Ok(Swept { gone, next })
    }

    /// Puts rows in place of what goes. Each once, as two who expired may have had one number: a statement changes no row twice.
    async fn left(&self, tenant: TenantId, rows: BTreeMap<AdmissionKey, AdmissionRow>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let values = [
            int(tenant.0),
            ints(rows.keys().map(|key| key.kind as u8)),
            blobs(rows.keys().map(|key| key.id.as_slice())),
            blobs(rows.values().map(|row| row.body.as_slice())),
            ints(rows.values().map(|row| row.expires.0)),
            blobs(rows.values().map(|row| row.tag.as_slice())),
        ];
        self.scanned(LEAVE, &values, |_| Ok(())).await.map(drop)
    }

    pub(super) async fn interactions_swept(
        &self,
        tenant: TenantId,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Swept<InteractionId>, StoreError> {
        let after = after.map_or([0; 16], |id| id.0);
        let key = [int(tenant.0), blob(&after), int(limit)];
        let found = self.scanned(sql::INTERACTIONS_BY_ID, &key, rows::interaction).await?;
        let named: HashSet<CustomerId> = found.iter().flat_map(store::InteractionRow::named).collect();
        let key = [int(tenant.0), ids(named.into_iter().map(|customer| customer.0))];
        let there: HashSet<CustomerId> = self.scanned(THERE, &key, id).await?.into_iter().collect();
        let gone = found.iter().filter(|row| row.is_left(|customer| there.contains(&customer)));
        let gone = [int(tenant.0), ids(gone.map(|row| row.id.0))];
        let gone = self.scanned(DROP_INTERACTIONS, &gone, |_| Ok(())).await?.len() as u64;
        let next = found.last().filter(|_| found.len() >= limit as usize).map(|row| row.id);
        Ok(Swept { gone, next })
    }

    pub(super) async fn mentions_dropped(&self, tenant: TenantId, customer: CustomerId) -> Result<u64, StoreError> {
        Ok(self.scanned(DROP_MENTIONS, &[int(tenant.0), blob(&customer.0)], |_| Ok(())).await?.len() as u64)
    }
}
