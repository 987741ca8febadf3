//! The log's places, tiles, head and leases.

use super::Postgres;
use super::failure::Failed;
use super::transaction::{Change, Durable, Transaction};
use super::value::{blob, blobs, int, ints, text};
use crate::rows::{self, number};
use crate::statements;
use domain::{Millis, TenantId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use store::{Cosigned, Fence, Job, LogHead, Publication, StoreError, Swap};

fn name(job: Job) -> String {
    match job {
        Job::Sequence(tenant) => format!("sequence/{}", tenant.0),
        Job::Close(tenant) => format!("close/{}", tenant.0),
        Job::Recount(tenant) => format!("recount/{}", tenant.0),
        Job::Expire(tenant) => format!("expire/{}", tenant.0),
        Job::Tell(tenant, id) => format!("tell/{}/{:032x}", tenant.0, u128::from_be_bytes(id)),
        Job::Board(tenant) => format!("board/{}", tenant.0),
    }
}

/// When a lease of somebody else was first seen to run out when it does: by this node's clock, the only one it can
/// trust to run. A holder that renews it changes it.
#[derive(Default)]
pub(super) struct Watched(Mutex<HashMap<String, (i64, Millis)>>);

impl Watched {
    /// The end of a lease that hasn't been renewed for `ttl_ms`, whatever its holder's clock says.
    fn stale(&self, job: &str, now: Millis, ttl_ms: i64) -> Option<i64> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(job).filter(|(_, since)| now.since(*since) > ttl_ms).map(|(ends, _)| *ends)
    }

    fn saw(&self, job: &str, ends: i64, now: Millis) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get_mut(job) {
            Some((known, _)) if *known == ends => {}
            _ => drop(seen.insert(job.to_owned(), (ends, now))),
        }
    }

    fn forget(&self, job: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(job);
    }
}

impl Postgres {
    /// The lease is taken when it has run out, or when its holder let it stand unrenewed for its whole length: a node
    /// whose clock is ahead mustn't keep it after its death.
    pub(super) async fn take_lease(
        &self,
        job: Job,
        holder: [u8; 16],
        now: Millis,
        ttl_ms: i64,
    ) -> Result<Option<Fence>, StoreError> {
        const TAKE: &str = "INSERT INTO lease (job, holder, fence, expires) VALUES ($1, $2, 1, $3) \
            ON CONFLICT (job) DO UPDATE SET \
            fence = CASE WHEN lease.holder = $2 THEN lease.fence ELSE lease.fence + 1 END, holder = $2, expires = $3 \
            WHERE lease.holder = $2 OR lease.expires < $4 OR lease.expires = $5 RETURNING fence";
        const SEE: &str = "SELECT expires FROM lease WHERE job = $1";
        let job_name = name(job);
        let stale = self.watched.stale(&job_name, now, ttl_ms).unwrap_or(i64::MIN);
        let values = [text(&job_name), blob(&holder), int(now.plus(ttl_ms).0), int(now.0), int(stale)];
        let taken = self.pool.ask(TAKE, &values).await?;
        if let Some(row) = taken.first() {
            self.watched.forget(&job_name);
            let number = number(row, 0).map_err(damaged)?;
            return Ok(Some(Fence { job, number }));
        }
        if let Some(row) = self.pool.ask(SEE, &[text(&job_name)]).await?.first() {
            self.watched.saw(&job_name, number(row, 0).map_err(damaged)?, now);
        }
        Ok(None)
    }

    pub(super) async fn read_head(&self, tenant: TenantId) -> Result<LogHead, StoreError> {
        let rows = self.pool.ask(statements::HEAD, &[int(tenant.0)]).await?;
        rows.first().map_or_else(|| Ok(LogHead::default()), |row| rows::head(row)).map_err(damaged)
    }

    /// Compare-and-swap on (size, fence), with the places, tiles and checkpoint in the same transaction.
    pub(super) async fn swap(&self, publication: &Publication) -> Result<Swap, StoreError> {
        match self.try_swap(publication).await {
            Ok(swap) => Ok(swap),
            Err(Failed::Raced) => Ok(Swap::Lost),
            Err(Failed::Store(error)) => Err(error),
        }
    }

    async fn try_swap(&self, publication: &Publication) -> Result<Swap, Failed> {
        const HEAD: &str = "SELECT size, checkpoint, fence FROM log_head WHERE tenant = $1 FOR UPDATE";
        const FENCE: &str = "SELECT fence FROM lease WHERE job = $1 FOR SHARE";
        let job = name(publication.fence.job);
        let asked = [(HEAD, vec![int(publication.tenant.0)]), (FENCE, vec![text(&job)])];
        let (transaction, mut answers) = Transaction::begin(&self.pool, Durable::AtOnce, &asked).await?;
        let newest = answers.pop().unwrap_or_default().first().map(|row| number::<u64>(row, 0)).transpose();
        let head = answers.pop().unwrap_or_default().first().map(|row| rows::head(row)).transpose();
        let (Ok(head), Ok(newest)) = (head, newest) else {
            transaction.roll_back().await;
            return Err(Failed::Store(StoreError::Damaged("a row")));
        };
        let fence = publication.fence.number;
        let (size, published) = head.as_ref().map_or((0, 0), |head| (head.size, head.fence));
        if size != publication.from || published > fence || newest.is_some_and(|newest| newest > fence) {
            transaction.roll_back().await;
            return Ok(Swap::Lost);
        }
        if let Err(failed) = transaction.make(&changes(publication, head.is_some())).await {
            transaction.roll_back().await;
            return Err(failed);
        }
        // Where nobody knows, the sequencer looks.
        transaction.commit().await?.map(|()| Swap::Done).ok_or(Failed::Store(StoreError::Unavailable))
    }

    pub(super) async fn read_cosigned(&self, tenant: TenantId) -> Result<Vec<Cosigned>, StoreError> {
        let rows = self.pool.ask(statements::COSIGNED, &[int(tenant.0)]).await?;
        rows.iter().map(|row| rows::cosigned(row)).collect::<Result<_, _>>().map_err(damaged)
    }

    /// A larger one that is there already stays.
    pub(super) async fn keep_cosigned(&self, tenant: TenantId, mut rows: Vec<Cosigned>) -> Result<(), StoreError> {
        rows.sort_by(|one, other| one.witness.cmp(&other.witness));
        let (transaction, _) = Transaction::begin(&self.pool, Durable::AtOnce, &[]).await.map_err(Failed::for_good)?;
        let changes: Vec<_> = rows
            .iter()
            .map(|row| {
                let values = vec![int(tenant.0), text(&row.witness), int(row.size), text(&row.note)];
                Change::any(statements::PUT_COSIGNED, values)
            })
            .collect();
        if let Err(failed) = transaction.make(&changes).await {
            transaction.roll_back().await;
            return Err(failed.for_good());
        }
        transaction.commit().await.map_err(Failed::for_good)?.ok_or(StoreError::Unavailable)
    }
}

fn damaged(_: crate::rows::Wrong) -> StoreError {
    StoreError::Damaged("a row")
}

/// The head is locked where there is one; where there is none, only one can insert it.
fn changes(publication: &Publication, headed: bool) -> Vec<Change<'_>> {
    const WAIT: &str = "DELETE FROM pending USING unnest($1, $2, $3) AS w (tenant, entry, leaf) \
                        WHERE pending.tenant = w.tenant AND pending.entry = w.entry AND pending.leaf = w.leaf";
    const PLACE: &str = "INSERT INTO placed (tenant, place, entry) SELECT w.tenant, $2 + w.turn - 1, f.id \
        FROM unnest($1, $3, $4) WITH ORDINALITY AS w (tenant, id, leaf, turn), LATERAL \
        (SELECT id FROM entry WHERE tenant = w.tenant AND id = w.id AND leaf = w.leaf OFFSET 0) AS f";
    const TILES: &str = "INSERT INTO tile (tenant, level, place, data) \
        SELECT $1, level, place, data FROM unnest($2, $3, $4) AS w (level, place, data) \
        ON CONFLICT (tenant, level, place) DO UPDATE SET data = excluded.data";
    const MOVE: &str = "UPDATE log_head SET size = $2, checkpoint = $3, fence = $4 WHERE tenant = $1";
    const BEGIN: &str = "INSERT INTO log_head (tenant, size, checkpoint, fence) VALUES ($1, $2, $3, $4) \
                         ON CONFLICT DO NOTHING";
    let tenant = || int(publication.tenant.0);
    let count = publication.entries.len();
    let tenants = || ints(core::iter::repeat_n(publication.tenant.0, count));
    let entries = || blobs(publication.entries.iter().map(|row| row.entry.0.as_slice()));
    let leaves = || blobs(publication.entries.iter().map(|row| row.leaf.as_slice()));
    let mut all = Vec::with_capacity(4);
    if count > 0 {
        all.push(Change::of(count, WAIT, vec![tenants(), entries(), leaves()]));
        all.push(Change::of(count, PLACE, vec![tenants(), int(publication.from), entries(), leaves()]));
    }
    if !publication.tiles.is_empty() {
        let levels = ints(publication.tiles.iter().map(|(key, _)| key.level));
        let places = ints(publication.tiles.iter().map(|(key, _)| key.index));
        let data = blobs(publication.tiles.iter().map(|(_, data)| data.as_slice()));
        all.push(Change::any(TILES, vec![tenant(), levels, places, data]));
    }
    let head = vec![
        tenant(),
        int(publication.from + count as u64),
        text(&publication.checkpoint),
        int(publication.fence.number),
    ];
    all.push(Change::of(1, if headed { MOVE } else { BEGIN }, head));
    all
}
