//! The contract, method by method.

use super::value::{Value, blob, int, own};
use super::{Postgres, commit, merge};
use crate::rows::{self, Columns, Wrong, bytes, ends, number, place};
use crate::statements as sql;
use domain::{Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, TenantId};
use futures_util::FutureExt;
use store::{
    AdmissionKey, AdmissionKind, AdmissionRow, BudgetRow, ClosePage, CloseRow, Committing, Cosigned, CountedCustomer,
    CustomerRow, EntryRow, Fence, FieldCount, FieldRef, FieldRow, Fut, Holding, HourlyRow, IndexPlace, IndexRow,
    Intent, InteractionRow, Job, Leave, LogHead, Outcome, Page, PendingLeaf, PersonRow, PowerHead, PowerRow,
    Publication, SealedValue, Seals, StateRow, Store, StoreError, Swap, Swept, Tag, TileKey,
};
use tokio_postgres::Row;

type Map<T> = fn(&dyn Columns) -> Result<T, Wrong>;

impl Postgres {
    pub(super) async fn all<T>(
        &self,
        statement: &'static str,
        values: &[Value<'_>],
        map: impl FnMut(&dyn Columns) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, StoreError> {
        mapped(&self.pool.ask(statement, values).await?, map)
    }

    /// The same of a statement that reads a whole table, which takes as long as it takes.
    pub(super) async fn scanned<T>(
        &self,
        statement: &'static str,
        values: &[Value<'_>],
        map: impl FnMut(&dyn Columns) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, StoreError> {
        mapped(&self.pool.scan(statement, values).await?, map)
    }

    fn scan<T: Send + 'static>(
        &self,
        statement: &'static str,
        values: Vec<Value<'static>>,
        map: Map<T>,
    ) -> Fut<'_, Vec<T>> {
        Box::pin(async move { self.scanned(statement, &values, map).await })
    }

    fn many<T: Send + 'static>(
        &self,
        statement: &'static str,
        values: Vec<Value<'static>>,
        map: Map<T>,
    ) -> Fut<'_, Vec<T>> {
        Box::pin(async move { self.all(statement, &values, map).await })
    }

    fn one<T: Send + 'static>(
        &self,
        statement: &'static str,
        values: Vec<Value<'static>>,
        map: Map<T>,
    ) -> Fut<'_, Option<T>> {
        Box::pin(async move { Ok(self.all(statement, &values, map).await?.pop()) })
    }
}

fn mapped<T>(rows: &[Row], mut map: impl FnMut(&dyn Columns) -> Result<T, Wrong>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| map(row)).collect::<Result<_, _>>().map_err(|_| StoreError::Damaged("a row"))
}

pub(super) const STATES: &str = "SELECT epoch, wrapped, n, head, tag, guard, shown, last, id FROM customer \
                      WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";

impl Store for Postgres {
    /// One after the other: batches that overlap are smaller, and each costs the server as much as five of its acts. Only the
    /// disk is awaited beside the next one.
    fn commit_next<'a>(&'a self, now: Millis, intents: Vec<Intent>, seals: &'a dyn Seals) -> Committing<'a> {
        let committing = commit::commit(&self.pool, now, intents, seals);
        Box::pin(committing.map(|taken| Box::pin(async { Ok(taken?.durable().await) }) as Fut<'a, Vec<Outcome>>))
    }

    fn durable(&self) -> Fut<'_, ()> {
        Box::pin(self.pool.durable())
    }

    fn foreign_code(&self) -> Fut<'_, bool> {
        Box::pin(self.has_foreign_code())
    }

    fn power_head(&self, tenant: TenantId) -> Fut<'_, Option<PowerHead>> {
        self.one(sql::POWER, vec![int(tenant.0)], rows::power_head)
    }

    fn power_rows(&self, tenant: TenantId) -> Fut<'_, Vec<PowerRow>> {
        self.many(sql::POWER_ROWS, vec![int(tenant.0)], rows::power_row)
    }

    fn field_census(&self, tenant: TenantId) -> Fut<'_, Vec<FieldCount>> {
        self.scan(sql::FIELD_CENSUS, vec![int(tenant.0)], rows::field_count)
    }

    fn persons(&self, tenant: TenantId) -> Fut<'_, Vec<PersonRow>> {
        self.many(sql::PERSONS, vec![int(tenant.0)], rows::person)
    }

    fn interaction(&self, tenant: TenantId, id: InteractionId) -> Fut<'_, Option<InteractionRow>> {
        self.one(sql::INTERACTION, vec![int(tenant.0), own(id.0)], rows::interaction)
    }

    fn interactions(
        &self,
        tenant: TenantId,
        person: Option<PersonId>,
        live: bool,
        after: Option<(Millis, InteractionId)>,
        limit: u32,
    ) -> Fut<'_, Page<InteractionRow, (Millis, InteractionId)>> {
        Box::pin(async move {
            let (active, id) = after.map_or((i64::MAX, [0xff; 16]), |(active, id)| (active.0, id.0));
            let person = person.map(|person| person.0);
            let person = Value::MaybeBlob(person.as_ref().map(|id| id.as_slice()));
            let values = [int(tenant.0), person, Value::Bool(live), int(active), blob(&id), int(u64::from(limit) + 1)];
            let rows = self.all(sql::INTERACTIONS, &values, rows::interaction).await?;
            Ok(Page::cut(rows, limit, |row| (row.active, row.id)))
        })
    }

    fn customer(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Option<CustomerRow>> {
        self.one(sql::CUSTOMER, vec![int(tenant.0), own(customer.0)], rows::customer)
    }

    fn customers(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow)>> {
        let after = after.map_or([0; 16], |id| id.0);
        self.many(sql::CUSTOMERS, vec![int(tenant.0), own(after), int(limit)], rows::customer_of)
    }

    fn states(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow, StateRow)>> {
        let after = after.map_or([0; 16], |id| id.0);
        self.many(STATES, vec![int(tenant.0), own(after), int(limit)], rows::customer_with_state)
    }

    fn state(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Option<StateRow>> {
        const STATE: &str =
            "SELECT epoch, wrapped, n, head, tag, guard, shown, last FROM customer WHERE tenant = $1 AND id = $2";
        self.one(STATE, vec![int(tenant.0), own(customer.0)], |row| Ok(rows::customer_and_state(row)?.1))
    }

    fn shelf_is_empty(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool> {
        Box::pin(async move {
            Ok(self.scanned(sql::SHELF_CUSTOMER, &[int(tenant.0), int(epoch)], |_| Ok(())).await?.is_empty())
        })
    }

    fn fields(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Vec<FieldRow>> {
        self.many(sql::FIELDS, vec![int(tenant.0), own(customer.0)], rows::field)
    }

    fn sealed_values(&self, tenant: TenantId, after: Option<FieldRef>, limit: u32) -> Fut<'_, Vec<SealedValue>> {
        let (customer, field, instance) = place(after);
        let key = vec![int(tenant.0), own(customer), int(field), int(instance), int(limit)];
        self.many(sql::SEALED_VALUES, key, rows::sealed_value)
    }

    fn look_up(&self, tenant: TenantId, kind: u16, mac: [u8; 16], limit: u32) -> Fut<'_, Vec<IndexRow>> {
        Box::pin(async move {
            let values = [int(tenant.0), int(kind), blob(&mac), int(limit)];
            let map = |row: &dyn Columns| {
                Ok(IndexRow { kind, mac, customer: CustomerId(bytes(row, 0)?), tag: bytes(row, 1)? })
            };
            self.all(sql::LOOK_UP, &values, map).await
        })
    }

    fn budget(&self, tenant: TenantId, counter: Counter) -> Fut<'_, Option<BudgetRow>> {
        self.one(sql::BUDGET, vec![int(tenant.0), own(*counter.bytes())], rows::budget)
    }

    fn budgets_of(&self, tenant: TenantId, counters: Vec<Counter>) -> Fut<'_, Vec<(Counter, BudgetRow)>> {
        const SQL: &str = "SELECT b.total, b.history, b.last, b.tag, b.counter FROM unnest($2) AS w (counter) \
                           JOIN budget b ON b.tenant = $1 AND b.counter = w.counter";
        let counters = counters.iter().map(|counter| counter.bytes().to_vec()).collect();
        self.many(SQL, vec![int(tenant.0), Value::OwnBlobs(counters)], rows::budget_of)
    }

    fn budgets(&self, tenant: TenantId) -> Fut<'_, Vec<(Counter, BudgetRow)>> {
        self.scan(sql::BUDGETS, vec![int(tenant.0)], rows::budget_of)
    }

    fn hourly_budgets(&self, tenant: TenantId, from: Millis) -> Fut<'_, Vec<HourlyRow>> {
        self.scan(sql::HOURLY_BUDGETS, vec![int(tenant.0), int(from.0)], rows::hourly_budget)
    }

    fn progress(&self, tenant: TenantId, import: [u8; 16]) -> Fut<'_, u64> {
        Box::pin(async move {
            let done = self.all(sql::PROGRESS, &[int(tenant.0), blob(&import)], |row| number(row, 0)).await?;
            Ok(done.first().copied().unwrap_or(0))
        })
    }

    fn merge_index(&self, tenant: TenantId) -> Fut<'_, u64> {
        Box::pin(merge::merge_index(&self.pool, tenant))
    }

    fn entry(&self, tenant: TenantId, id: EntryId) -> Fut<'_, Option<EntryRow>> {
        self.one(sql::ENTRY, vec![int(tenant.0), own(id.0)], rows::entry)
    }

    fn entries(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Fut<'_, Vec<EntryRow>> {
        let before = before.unwrap_or(u64::MAX);
        self.many(sql::ENTRIES, vec![int(tenant.0), int(before), int(limit)], rows::entry)
    }

    fn pending(&self, tenant: TenantId, from: Option<EntryId>, limit: u32) -> Fut<'_, Vec<PendingLeaf>> {
        self.many(
            sql::PENDING,
            vec![int(tenant.0), own(from.map_or([0; 16], |from| from.0)), int(limit)],
            rows::pending,
        )
    }

    fn strays(&self, tenant: TenantId, limit: u32) -> Fut<'_, Vec<EntryId>> {
        self.scan(sql::STRAYS, vec![int(tenant.0), int(limit)], rows::entry_id)
    }

    fn head(&self, tenant: TenantId) -> Fut<'_, LogHead> {
        Box::pin(self.read_head(tenant))
    }

    fn tile(&self, tenant: TenantId, key: TileKey) -> Fut<'_, Option<Vec<u8>>> {
        self.one(sql::TILE, vec![int(tenant.0), int(key.level), int(key.index)], rows::data)
    }

    fn lease(&self, job: Job, holder: [u8; 16], now: Millis, ttl_ms: i64) -> Fut<'_, Option<Fence>> {
        Box::pin(self.take_lease(job, holder, now, ttl_ms))
    }

    fn publish(&self, publication: Publication) -> Fut<'_, Swap> {
        Box::pin(async move { self.swap(&publication).await })
    }

    fn entries_between(&self, tenant: TenantId, from: EntryId, before: EntryId, limit: u32) -> Fut<'_, Vec<EntryRow>> {
        self.many(sql::ENTRIES_BETWEEN, vec![int(tenant.0), own(from.0), own(before.0), int(limit)], rows::entry)
    }

    fn cosigned(&self, tenant: TenantId) -> Fut<'_, Vec<Cosigned>> {
        Box::pin(self.read_cosigned(tenant))
    }

    fn put_cosigned(&self, tenant: TenantId, rows: Vec<Cosigned>) -> Fut<'_, ()> {
        Box::pin(self.keep_cosigned(tenant, rows))
    }

    fn counted(&self, tenant: TenantId, after: Option<CustomerId>, limit: u32) -> Fut<'_, Vec<CountedCustomer>> {
        const COUNTED: &str = "SELECT epoch, wrapped, n, head, tag, guard, shown, last, id FROM customer \
                               WHERE tenant = $1 AND id > $2 AND n > 0 ORDER BY id LIMIT $3";
        let after = after.map_or([0; 16], |id| id.0);
        self.scan(COUNTED, vec![int(tenant.0), own(after), int(limit)], rows::customer_with_state)
    }

    fn admission(&self, tenant: TenantId, key: AdmissionKey) -> Fut<'_, Option<AdmissionRow>> {
        self.one(sql::ADMISSION, vec![int(tenant.0), int(key.kind as u8), own(key.id)], rows::admission)
    }

    fn admissions(
        &self,
        tenant: TenantId,
        kind: AdmissionKind,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> Fut<'_, Vec<AdmissionRow>> {
        let after = after.map_or(Vec::new(), Vec::from);
        self.many(sql::ADMISSIONS, vec![int(tenant.0), int(kind as u8), own(after), int(limit)], rows::admission)
    }

    fn admissions_under(
        &self,
        tenant: TenantId,
        kind: AdmissionKind,
        beginnings: Vec<[u8; 8]>,
    ) -> Fut<'_, Vec<AdmissionRow>> {
        const SQL: &str = "SELECT a.kind, a.id, a.body, a.expires, a.tag FROM unnest($3, $4) AS w (low, high) \
                           JOIN admission a ON a.tenant = $1 AND a.kind = $2 AND a.id >= w.low AND a.id <= w.high";
        let (low, high) = beginnings.into_iter().map(ends).map(|(low, high)| (low.to_vec(), high.to_vec())).unzip();
        let key = vec![int(tenant.0), int(kind as u8), Value::OwnBlobs(low), Value::OwnBlobs(high)];
        self.many(SQL, key, rows::admission)
    }

    fn renew_admission(&self, tenant: TenantId, row: AdmissionRow, before: Tag) -> Fut<'_, bool> {
        Box::pin(async move {
            let AdmissionRow { key, body, expires, tag } = &row;
            let place = [int(tenant.0), int(key.kind as u8), blob(&key.id), blob(&before)];
            let values: Vec<_> = [blob(body), int(expires.0), blob(tag)].into_iter().chain(place).collect();
            Ok(!self.all(sql::RENEW_ADMISSION, &values, |_| Ok(())).await?.is_empty())
        })
    }

    fn sweep_admissions(&self, tenant: TenantId, before: Millis) -> Fut<'_, u64> {
        Box::pin(async move {
            let swept = self.scanned(sql::SWEEP_ADMISSIONS, &[int(tenant.0), int(before.0)], |_| Ok(())).await?;
            Ok(swept.len() as u64)
        })
    }

    fn put_close_page(&self, tenant: TenantId, page: ClosePage) -> Fut<'_, bool> {
        Box::pin(async move {
            let values = [int(tenant.0), int(page.number), blob(&page.list), int(page.page), blob(&page.data)];
            Ok(!self.all(sql::PUT_CLOSE_PAGE, &values, |_| Ok(())).await?.is_empty())
        })
    }

    fn closes(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Fut<'_, Vec<CloseRow>> {
        let before = before.unwrap_or(u64::MAX);
        self.many(sql::CLOSES, vec![int(tenant.0), int(before), int(limit)], rows::close)
    }

    fn holdings(&self, tenant: TenantId, after: Option<CustomerId>, limit: u32) -> Fut<'_, Vec<Holding>> {
        Box::pin(self.read_holdings(tenant, after, limit))
    }

    fn sweep_index<'a>(
        &'a self,
        tenant: TenantId,
        after: Option<IndexPlace>,
        limit: u32,
        leave: Leave<'a>,
    ) -> Fut<'a, Swept<IndexPlace>> {
        Box::pin(self.index_swept(tenant, after, limit, leave))
    }

    fn sweep_interactions(
        &self,
        tenant: TenantId,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Fut<'_, Swept<InteractionId>> {
        Box::pin(self.interactions_swept(tenant, after, limit))
    }

    fn drop_mentions(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, u64> {
        Box::pin(self.mentions_dropped(tenant, customer))
    }

    fn close_page(&self, tenant: TenantId, number: u64, page: u64) -> Fut<'_, Option<Vec<u8>>> {
        self.one(sql::CLOSE_PAGE, vec![int(tenant.0), int(number), int(page)], rows::data)
    }
}
