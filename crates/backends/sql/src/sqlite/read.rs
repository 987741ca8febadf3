//! The contract, method by method.

use super::rows::{self, bytes, number};
use super::{Sqlite, commit, log, merge};
use domain::{Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, ReportId, TenantId};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use std::sync::PoisonError;
use store::{
    BudgetRow, Cosigned, CustomerRow, EntryRow, Fence, FieldRow, Fut, IndexRow, Intent, InteractionRow, Job, LogHead,
    Outcome, Page, PendingLeaf, PersonRow, PowerRow, Publication, ReportRow, Seals, StateRow, Store, StoreError, Swap,
    TileKey,
};

fn one<T>(
    c: &Connection,
    sql: &str,
    key: impl Params,
    map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    c.prepare_cached(sql)?.query_row(key, map).optional()
}

fn all<T>(
    c: &Connection,
    sql: &str,
    key: impl Params,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    c.prepare_cached(sql)?.query_map(key, map)?.collect()
}

fn page<T, K>(mut items: Vec<T>, limit: u32, key: impl FnOnce(&T) -> K) -> Page<T, K> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(key);
    Page { items, next }
}

impl Store for Sqlite {
    fn commit<'a>(&'a self, now: Millis, intents: Vec<Intent>, seals: &'a dyn Seals) -> Fut<'a, Vec<Outcome>> {
        let asked = intents.len();
        let written = self.write(|c| {
            let recent = &mut self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            commit::commit(c, recent, now, intents, seals)
        });
        Box::pin(async move {
            let (outcomes, number) = written?;
            let durable = self.durability.reach(number).is_ok();
            Ok(if durable { outcomes } else { (0..asked).map(|_| Outcome::Unknown).collect() })
        })
    }

    fn power(&self, tenant: TenantId) -> Fut<'_, Option<PowerRow>> {
        self.reading(|c| {
            one(c, "SELECT version, tag FROM power WHERE tenant = $1", [tenant.0], |r| {
                Ok(PowerRow { version: number(r, 0)?, tag: bytes(r, 1)? })
            })
        })
    }

    fn person_by_token(&self, token: [u8; 32]) -> Fut<'_, Option<PersonRow>> {
        self.reading(|c| {
            one(c, &format!("SELECT {} FROM person WHERE token = $1", rows::PERSON), [token], rows::person)
        })
    }

    fn person(&self, tenant: TenantId, person: PersonId) -> Fut<'_, Option<PersonRow>> {
        let sql = format!("SELECT {} FROM person WHERE tenant = $1 AND id = $2", rows::PERSON);
        self.reading(|c| one(c, &sql, params![tenant.0, person.0], rows::person))
    }

    fn persons(&self, tenant: TenantId) -> Fut<'_, Vec<PersonRow>> {
        let sql = format!("SELECT {} FROM person WHERE tenant = $1 ORDER BY name, id", rows::PERSON);
        self.reading(|c| all(c, &sql, [tenant.0], rows::person))
    }

    fn interaction(&self, tenant: TenantId, id: InteractionId) -> Fut<'_, Option<InteractionRow>> {
        let sql = format!("SELECT {} FROM interaction WHERE tenant = $1 AND id = $2", rows::INTERACTION);
        self.reading(|c| one(c, &sql, params![tenant.0, id.0], rows::interaction))
    }

    fn interactions(
        &self,
        tenant: TenantId,
        person: Option<PersonId>,
        live: bool,
        after: Option<(Millis, InteractionId)>,
        limit: u32,
    ) -> Fut<'_, Page<InteractionRow, (Millis, InteractionId)>> {
        let sql = format!(
            "SELECT {} FROM interaction WHERE tenant = $1 AND ($2 IS NULL OR person = $2) \
             AND (NOT $3 OR phase IN ('connected', 'held')) AND (active, id) < ($4, $5) ORDER BY active DESC, id DESC LIMIT $6",
            rows::INTERACTION
        );
        let (active, id) = after.map_or((i64::MAX, [0xff; 16]), |(active, id)| (active.0, id.0));
        let key = params![tenant.0, person.map(|p| p.0), live, active, id, limit + 1];
        self.reading(|c| Ok(page(all(c, &sql, key, rows::interaction)?, limit, |row| (row.active, row.id))))
    }

    fn customer(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Option<CustomerRow>> {
        let sql = "SELECT epoch, wrapped FROM customer WHERE tenant = $1 AND id = $2";
        self.reading(|c| one(c, sql, params![tenant.0, customer.0], rows::customer))
    }

    fn customers(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow)>> {
        let sql = "SELECT epoch, wrapped, id FROM customer WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
        let after = after.map_or([0; 16], |id| id.0);
        self.reading(|c| {
            all(c, sql, params![tenant.0, after, limit], |r| Ok((CustomerId(bytes(r, 2)?), rows::customer(r)?)))
        })
    }

    fn states(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow, StateRow)>> {
        let sql = "SELECT epoch, wrapped, ifnull(r.n, c.n), ifnull(r.head, c.head), ifnull(r.tag, c.tag), c.id FROM customer c \
                   LEFT JOIN recent_state r ON r.tenant = c.tenant AND r.customer = c.id \
                   WHERE c.tenant = $1 AND c.id > $2 ORDER BY c.id LIMIT $3";
        let after = after.map_or([0; 16], |id| id.0);
        self.reading(|c| {
            let row = |r: &Row<'_>| Ok((CustomerId(bytes(r, 5)?), rows::customer(r)?, rows::state(r, 2)?));
            all(c, sql, params![tenant.0, after, limit], row)
        })
    }

    fn shelf_is_empty(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM customer WHERE tenant = $1 AND epoch = $2)";
        self.reading(|c| Ok(one(c, sql, params![tenant.0, epoch], |r| r.get(0))?.unwrap_or(false)))
    }

    fn fields(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Vec<FieldRow>> {
        let sql =
            format!("SELECT {} FROM field WHERE tenant = $1 AND customer = $2 ORDER BY field, instance", rows::FIELD);
        self.reading(|c| all(c, &sql, params![tenant.0, customer.0], rows::field))
    }

    fn look_up(&self, tenant: TenantId, kind: u16, mac: [u8; 16], limit: u32) -> Fut<'_, Vec<IndexRow>> {
        let sql = "SELECT customer, tag FROM blind_index WHERE tenant = $1 AND kind = $2 AND mac = $3 LIMIT $4";
        self.reading(|c| {
            all(c, sql, params![tenant.0, kind, mac, limit], |r| {
                Ok(IndexRow { kind, mac, customer: CustomerId(bytes(r, 0)?), tag: bytes(r, 1)? })
            })
        })
    }

    fn budget(&self, tenant: TenantId, counter: Counter, window: Millis) -> Fut<'_, Option<BudgetRow>> {
        let sql = format!("SELECT {} FROM budget WHERE tenant = $1 AND counter = $2 AND since = $3", rows::BUDGET);
        self.reading(|c| one(c, &sql, params![tenant.0, counter.bytes(), window.0], rows::budget))
    }

    fn budgets(&self, tenant: TenantId) -> Fut<'_, Vec<(Counter, Millis, BudgetRow)>> {
        let sql = format!("SELECT {}, counter, since FROM budget WHERE tenant = $1", rows::BUDGET);
        self.reading(|c| {
            all(c, &sql, [tenant.0], |r| Ok((Counter::from_bytes(bytes(r, 3)?), Millis(r.get(4)?), rows::budget(r)?)))
        })
    }

    fn reports(&self, tenant: TenantId, after: Option<ReportId>, limit: u32) -> Fut<'_, Page<ReportRow, ReportId>> {
        let sql = "SELECT id, at, sealed FROM report WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        let after = after.map_or([0xff; 16], |id| id.0);
        self.reading(|c| {
            let items = all(c, sql, params![tenant.0, after, limit + 1], |r| {
                Ok(ReportRow { id: ReportId(bytes(r, 0)?), at: Millis(r.get(1)?), sealed: r.get(2)? })
            })?;
            Ok(page(items, limit, |row| row.id))
        })
    }

    fn progress(&self, tenant: TenantId, import: [u8; 16]) -> Fut<'_, u64> {
        let sql = "SELECT done FROM import WHERE tenant = $1 AND id = $2";
        self.reading(|c| Ok(one(c, sql, params![tenant.0, import], |r| number(r, 0))?.unwrap_or(0)))
    }

    fn merge_index(&self, tenant: TenantId) -> Fut<'_, u64> {
        self.writing(|c| merge::merge_index(c, tenant))
    }

    fn entry(&self, tenant: TenantId, id: EntryId) -> Fut<'_, Option<EntryRow>> {
        let sql = format!("SELECT {} FROM entry WHERE tenant = $1 AND id = $2", rows::ENTRY);
        self.reading(|c| one(c, &sql, params![tenant.0, id.0], rows::entry))
    }

    fn entries(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Fut<'_, Vec<EntryRow>> {
        let sql = format!(
            "SELECT {} FROM entry WHERE tenant = $1 AND place < $2 AND place IS NOT NULL ORDER BY place DESC LIMIT $3",
            rows::ENTRY
        );
        let before = before.and_then(|place| i64::try_from(place).ok()).unwrap_or(i64::MAX);
        self.reading(|c| all(c, &sql, params![tenant.0, before, limit], rows::entry))
    }

    fn pending(&self, tenant: TenantId, limit: u32) -> Fut<'_, Vec<PendingLeaf>> {
        let sql = "SELECT entry, leaf FROM pending WHERE tenant = $1 ORDER BY entry LIMIT $2";
        self.reading_as_writer(|c| {
            all(c, sql, params![tenant.0, limit], |r| {
                Ok(PendingLeaf { entry: EntryId(bytes(r, 0)?), leaf: bytes(r, 1)? })
            })
        })
    }

    fn strays(&self, tenant: TenantId, limit: u32) -> Fut<'_, Vec<EntryId>> {
        let sql = "SELECT id FROM entry WHERE tenant = $1 AND place IS NULL \
                   AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.tenant = $1 AND pending.entry = entry.id) \
                   UNION ALL SELECT entry FROM pending WHERE tenant = $1 AND NOT EXISTS (SELECT 1 FROM entry \
                   WHERE entry.tenant = $1 AND id = pending.entry AND entry.leaf = pending.leaf AND place IS NULL) \
                   LIMIT $2";
        self.reading_as_writer(|c| all(c, sql, params![tenant.0, limit], |r| Ok(EntryId(bytes(r, 0)?))))
    }

    fn head(&self, tenant: TenantId) -> Fut<'_, LogHead> {
        // Asked under the writer's lock, as what is being published is noted under it.
        self.reading_as_writer(|c| match self.heads.instead(tenant) {
            Some(durable) => Ok(durable),
            None => log::head(c, tenant),
        })
    }

    fn tile(&self, tenant: TenantId, key: TileKey) -> Fut<'_, Option<Vec<u8>>> {
        let sql = "SELECT data FROM tile WHERE tenant = $1 AND level = $2 AND place = $3";
        let place = i64::try_from(key.index).unwrap_or(i64::MAX);
        self.reading(|c| one(c, sql, params![tenant.0, key.level, place], |r| r.get(0)))
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
        let sql = format!(
            "SELECT {} FROM entry WHERE tenant = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4",
            rows::ENTRY
        );
        self.reading(|c| all(c, &sql, params![tenant.0, from.0, before.0, limit], rows::entry))
    }

    fn cosigned(&self, tenant: TenantId) -> Fut<'_, Vec<Cosigned>> {
        self.reading(|c| log::cosigned(c, tenant))
    }

    fn put_cosigned(&self, tenant: TenantId, rows: Vec<Cosigned>) -> Fut<'_, ()> {
        self.writing(|c| log::put_cosigned(c, tenant, &rows))
    }
}
