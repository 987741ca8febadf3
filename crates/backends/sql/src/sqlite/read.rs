//! The contract, method by method.

use super::{Sqlite, closes, commit, folding, keeping, log, merge};
use crate::rows::{self, Columns, Wrong, bytes, ends, number, place};
use crate::statements as sql;
use domain::{Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, TenantId};
use rusqlite::{Connection, OptionalExtension, Params, params};
use std::sync::PoisonError;
use store::{
    AdmissionKey, AdmissionKind, AdmissionRow, BudgetRow, ClosePage, CloseRow, Committing, Cosigned, CountedCustomer,
    CustomerRow, EntryRow, Fence, FieldCount, FieldRef, FieldRow, Fut, Holding, HourlyRow, IndexPlace, IndexRow,
    Intent, InteractionRow, Job, Leave, LogHead, Outcome, Page, PendingLeaf, PersonRow, PowerHead, PowerRow,
    Publication, SealedValue, Seals, StateRow, Store, StoreError, Swap, Swept, Tag, TileKey,
};

fn one<T>(
    c: &Connection,
    statement: &str,
    key: impl Params,
    map: impl FnOnce(&dyn Columns) -> Result<T, Wrong>,
) -> rusqlite::Result<Option<T>> {
    c.prepare_cached(statement)?.query_row(key, |row| Ok(map(row)?)).optional()
}

pub(super) fn all<T>(
    c: &Connection,
    statement: &str,
    key: impl Params,
    mut map: impl FnMut(&dyn Columns) -> Result<T, Wrong>,
) -> rusqlite::Result<Vec<T>> {
    c.prepare_cached(statement)?.query_map(key, |row| Ok(map(row)?))?.collect()
}

/// Recent states stand ahead of those in the customers' rows.
pub(super) const STATES: &str = "SELECT epoch, wrapped, coalesce(r.n, c.n), coalesce(r.head, c.head), coalesce(r.tag, c.tag), coalesce(r.guard, c.guard), coalesce(r.shown, c.shown), coalesce(r.last, c.last), c.id FROM customer c \
     LEFT JOIN recent_state r ON r.tenant = c.tenant AND r.customer = c.id \
     WHERE c.tenant = $1 AND c.id > $2 ORDER BY c.id LIMIT $3";

impl Store for Sqlite {
    /// Written in the calling thread; what is left to wait for is the disk.
    fn commit_next<'a>(&'a self, now: Millis, intents: Vec<Intent>, seals: &'a dyn Seals) -> Committing<'a> {
        let asked = intents.len();
        let written = self.write(|c| {
            let recent = &mut self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            commit::commit(c, recent, now, intents, seals)
        });
        let durable: Fut<'a, Vec<Outcome>> = Box::pin(async move {
            let (outcomes, number) = written?;
            let durable = self.durability.reach(number).is_ok();
            Ok(if durable { outcomes } else { (0..asked).map(|_| Outcome::Unknown).collect() })
        });
        Box::pin(core::future::ready(durable))
    }

    fn durable(&self) -> Fut<'_, ()> {
        self.writing(|_| Ok(()))
    }

    fn foreign_code(&self) -> Fut<'_, bool> {
        const TRIGGERS: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger')";
        self.reading(|c| c.prepare_cached(TRIGGERS)?.query_row([], |row| row.get(0)))
    }

    fn power_head(&self, tenant: TenantId) -> Fut<'_, Option<PowerHead>> {
        self.reading(|c| one(c, sql::POWER, [tenant.0], rows::power_head))
    }

    fn power_rows(&self, tenant: TenantId) -> Fut<'_, Vec<PowerRow>> {
        self.reading(|c| all(c, sql::POWER_ROWS, [tenant.0], rows::power_row))
    }

    fn field_census(&self, tenant: TenantId) -> Fut<'_, Vec<FieldCount>> {
        self.reading(|c| all(c, sql::FIELD_CENSUS, [tenant.0], rows::field_count))
    }

    fn persons(&self, tenant: TenantId) -> Fut<'_, Vec<PersonRow>> {
        self.reading(|c| all(c, sql::PERSONS, [tenant.0], rows::person))
    }

    fn interaction(&self, tenant: TenantId, id: InteractionId) -> Fut<'_, Option<InteractionRow>> {
        self.reading(|c| one(c, sql::INTERACTION, params![tenant.0, id.0], rows::interaction))
    }

    fn interactions(
        &self,
        tenant: TenantId,
        person: Option<PersonId>,
        live: bool,
        after: Option<(Millis, InteractionId)>,
        limit: u32,
    ) -> Fut<'_, Page<InteractionRow, (Millis, InteractionId)>> {
        let (active, id) = after.map_or((i64::MAX, [0xff; 16]), |(active, id)| (active.0, id.0));
        let key = params![tenant.0, person.map(|p| p.0), live, active, id, limit + 1];
        self.reading(|c| {
            let rows = all(c, sql::INTERACTIONS, key, rows::interaction)?;
            Ok(Page::cut(rows, limit, |row| (row.active, row.id)))
        })
    }

    fn customer(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Option<CustomerRow>> {
        self.reading(|c| one(c, sql::CUSTOMER, params![tenant.0, customer.0], rows::customer))
    }

    fn customers(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow)>> {
        let after = after.map_or([0; 16], |id| id.0);
        self.reading(|c| all(c, sql::CUSTOMERS, params![tenant.0, after, limit], rows::customer_of))
    }

    fn states(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow, StateRow)>> {
        let after = after.map_or([0; 16], |id| id.0);
        self.reading(|c| all(c, STATES, params![tenant.0, after, limit], rows::customer_with_state))
    }

    fn state(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Option<StateRow>> {
        let state = |row: &dyn Columns| Ok(rows::customer_and_state(row)?.1);
        self.reading(|c| one(c, folding::CUSTOMER_AND_STATE, params![tenant.0, customer.0], state))
    }

    fn shelf_is_empty(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool> {
        self.reading(|c| Ok(one(c, sql::SHELF_CUSTOMER, params![tenant.0, epoch], |_| Ok(()))?.is_none()))
    }

    fn fields(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Vec<FieldRow>> {
        self.reading(|c| all(c, sql::FIELDS, params![tenant.0, customer.0], rows::field))
    }

    fn sealed_values(&self, tenant: TenantId, after: Option<FieldRef>, limit: u32) -> Fut<'_, Vec<SealedValue>> {
        let (customer, field, instance) = place(after);
        let key = params![tenant.0, customer, field, instance, limit];
        self.reading(|c| all(c, sql::SEALED_VALUES, key, rows::sealed_value))
    }

    fn look_up(&self, tenant: TenantId, kind: u16, mac: [u8; 16], limit: u32) -> Fut<'_, Vec<IndexRow>> {
        self.reading(|c| {
            all(c, sql::LOOK_UP, params![tenant.0, kind, mac, limit], |r| {
                Ok(IndexRow { kind, mac, customer: CustomerId(bytes(r, 0)?), tag: bytes(r, 1)? })
            })
        })
    }

    fn budget(&self, tenant: TenantId, counter: Counter) -> Fut<'_, Option<BudgetRow>> {
        self.reading(|c| one(c, sql::BUDGET, params![tenant.0, counter.bytes()], rows::budget))
    }

    fn budgets_of(&self, tenant: TenantId, counters: Vec<Counter>) -> Fut<'_, Vec<(Counter, BudgetRow)>> {
        self.reading(|c| {
            let mut found = Vec::with_capacity(counters.len());
            for counter in counters {
                let row = one(c, sql::BUDGET, params![tenant.0, counter.bytes()], rows::budget)?;
                found.extend(row.map(|row| (counter, row)));
            }
            Ok(found)
        })
    }

    fn budgets(&self, tenant: TenantId) -> Fut<'_, Vec<(Counter, BudgetRow)>> {
        self.reading(|c| all(c, sql::BUDGETS, [tenant.0], rows::budget_of))
    }

    fn hourly_budgets(&self, tenant: TenantId, from: Millis) -> Fut<'_, Vec<HourlyRow>> {
        self.reading(|c| all(c, sql::HOURLY_BUDGETS, params![tenant.0, from.0], rows::hourly_budget))
    }

    fn progress(&self, tenant: TenantId, import: [u8; 16]) -> Fut<'_, u64> {
        self.reading(|c| Ok(one(c, sql::PROGRESS, params![tenant.0, import], |r| number(r, 0))?.unwrap_or(0)))
    }

    fn merge_index(&self, tenant: TenantId) -> Fut<'_, u64> {
        self.writing(|c| merge::merge_index(c, tenant))
    }

    fn entry(&self, tenant: TenantId, id: EntryId) -> Fut<'_, Option<EntryRow>> {
        self.reading(|c| one(c, sql::ENTRY, params![tenant.0, id.0], rows::entry))
    }

    fn entries(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Fut<'_, Vec<EntryRow>> {
        let before = before.and_then(|place| i64::try_from(place).ok()).unwrap_or(i64::MAX);
        self.reading(|c| all(c, sql::ENTRIES, params![tenant.0, before, limit], rows::entry))
    }

    fn pending(&self, tenant: TenantId, from: Option<EntryId>, limit: u32) -> Fut<'_, Vec<PendingLeaf>> {
        let from = from.map_or([0; 16], |from| from.0);
        self.reading_as_writer(|c| all(c, sql::PENDING, params![tenant.0, from, limit], rows::pending))
    }

    fn strays(&self, tenant: TenantId, limit: u32) -> Fut<'_, Vec<EntryId>> {
        self.reading_as_writer(|c| all(c, sql::STRAYS, params![tenant.0, limit], rows::entry_id))
    }

    fn head(&self, tenant: TenantId) -> Fut<'_, LogHead> {
        // Asked under the writer's lock, as what is being published is noted under it.
        self.reading_as_writer(|c| match self.heads.instead(tenant) {
            Some(durable) => Ok(durable),
            None => log::head(c, tenant),
        })
    }

    fn tile(&self, tenant: TenantId, key: TileKey) -> Fut<'_, Option<Vec<u8>>> {
        let place = i64::try_from(key.index).unwrap_or(i64::MAX);
        self.reading(|c| one(c, sql::TILE, params![tenant.0, key.level, place], rows::data))
    }

    fn lease(&self, job: Job, holder: [u8; 16], now: Millis, ttl_ms: i64) -> Fut<'_, Option<Fence>> {
        self.writing(|c| log::lease(c, job, holder, now, ttl_ms))
    }

    fn publish(&self, publication: Publication) -> Fut<'_, Swap> {
        let tenant = publication.tenant;
        let written = self.write(|c| {
            let before = log::head(c, tenant)?;
            let swap = log::publish(c, &publication)?;
            self.heads.writing(tenant, before);
            Ok(swap)
        });
        Box::pin(async move {
            let (swap, number) = written?;
            // A head that can't reach the disk is never shown; nor does anything else go on then.
            self.durability.reach(number).map_err(|_| StoreError::Full)?;
            self.heads.synced(tenant);
            Ok(swap)
        })
    }

    fn entries_between(&self, tenant: TenantId, from: EntryId, before: EntryId, limit: u32) -> Fut<'_, Vec<EntryRow>> {
        self.reading(|c| all(c, sql::ENTRIES_BETWEEN, params![tenant.0, from.0, before.0, limit], rows::entry))
    }

    fn cosigned(&self, tenant: TenantId) -> Fut<'_, Vec<Cosigned>> {
        self.reading(|c| log::cosigned(c, tenant))
    }

    fn put_cosigned(&self, tenant: TenantId, rows: Vec<Cosigned>) -> Fut<'_, ()> {
        self.writing(|c| log::put_cosigned(c, tenant, &rows))
    }

    fn counted(&self, tenant: TenantId, after: Option<CustomerId>, limit: u32) -> Fut<'_, Vec<CountedCustomer>> {
        self.reading(|c| closes::counted(c, tenant, after, limit))
    }

    fn admission(&self, tenant: TenantId, key: AdmissionKey) -> Fut<'_, Option<AdmissionRow>> {
        self.reading(|c| one(c, sql::ADMISSION, params![tenant.0, key.kind as u8, key.id], rows::admission))
    }

    fn admissions(
        &self,
        tenant: TenantId,
        kind: AdmissionKind,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> Fut<'_, Vec<AdmissionRow>> {
        let after = after.map_or(Vec::new(), Vec::from);
        self.reading(|c| all(c, sql::ADMISSIONS, params![tenant.0, kind as u8, after, limit], rows::admission))
    }

    fn admissions_under(
        &self,
        tenant: TenantId,
        kind: AdmissionKind,
        beginnings: Vec<[u8; 8]>,
    ) -> Fut<'_, Vec<AdmissionRow>> {
        self.reading(|c| {
            let mut found = Vec::new();
            for beginning in beginnings {
                let (low, high) = ends(beginning);
                let key = params![tenant.0, kind as u8, low, high];
                found.extend(all(c, sql::ADMISSIONS_UNDER, key, rows::admission)?);
            }
            Ok(found)
        })
    }

    fn renew_admission(&self, tenant: TenantId, row: AdmissionRow, before: Tag) -> Fut<'_, bool> {
        self.writing(|c| {
            let AdmissionRow { key, body, expires, tag } = &row;
            let values = params![body, expires.0, tag, tenant.0, key.kind as u8, key.id, before];
            Ok(!all(c, sql::RENEW_ADMISSION, values, |_| Ok(()))?.is_empty())
        })
    }

    fn sweep_admissions(&self, tenant: TenantId, before: Millis) -> Fut<'_, u64> {
        self.writing(|c| Ok(all(c, sql::SWEEP_ADMISSIONS, params![tenant.0, before.0], |_| Ok(()))?.len() as u64))
    }

    fn put_close_page(&self, tenant: TenantId, page: ClosePage) -> Fut<'_, bool> {
        self.writing(|c| closes::put_page(c, tenant, &page))
    }

    fn closes(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Fut<'_, Vec<CloseRow>> {
        self.reading(|c| closes::closes(c, tenant, before, limit))
    }

    fn holdings(&self, tenant: TenantId, after: Option<CustomerId>, limit: u32) -> Fut<'_, Vec<Holding>> {
        self.reading(|c| keeping::holdings(c, tenant, after, limit))
    }

    fn sweep_index<'a>(
        &'a self,
        tenant: TenantId,
        after: Option<IndexPlace>,
        limit: u32,
        leave: Leave<'a>,
    ) -> Fut<'a, Swept<IndexPlace>> {
        self.writing(|c| keeping::sweep_index(c, tenant, after, limit, leave))
    }

    fn sweep_interactions(
        &self,
        tenant: TenantId,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Fut<'_, Swept<InteractionId>> {
        self.writing(|c| {
            // They lie beside the writer's connection too, which doesn't notice what it wrote itself.
            self.recent.lock().unwrap_or_else(PoisonError::into_inner).interactions.clear();
            keeping::sweep_interactions(c, tenant, after, limit)
        })
    }

    fn drop_mentions(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, u64> {
        // Found by a reader, so that who writes needn't wait for it.
        let found = keeping::mentions(&self.reader(), tenant, customer);
        self.writing(|c| {
            self.recent.lock().unwrap_or_else(PoisonError::into_inner).interactions.clear();
            keeping::drop_interactions(c, tenant, &found?)
        })
    }

    fn close_page(&self, tenant: TenantId, number: u64, page: u64) -> Fut<'_, Option<Vec<u8>>> {
        self.reading(|c| closes::page(c, tenant, number, page))
    }
}
