//! Closing the log: every so often one sorted list, the same for everyone, says of each customer how many entries there
//! are about them and where their chain ends. Its size and root are an entry in clear. So a customer can check alone,
//! later, that nothing about them was left out of the log, put in another order or added behind a close.
//!
//! Whom a list counts: the living, with at least one entry. An erased customer has no key any more that could name them.
//!
//! Order, which the check rests on: what was committed before the close began is given its place first (so `covers`
//! holds it); then states are read, each later than that; then whatever they count is given its place; then the close's
//! own entry is committed, and comes after all of it.

mod smallest;

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{CustomerId, EntryId, Millis, Refusal, TenantId};
use keys::{Counted, Shelved};
use smallest::Smallest;
use std::collections::HashSet;
use std::sync::Arc;
use store::{ClosePage, CloseRow, Condition, CountedCustomer, Effect, Fence, Job};
use transparency::{Close, LIST_PAGE_ROWS, ListBuilder, ListRow};

/// How long the right to close lasts without renewal, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// How many customers are read at once.
const BATCH: u32 = 500;
/// How many entries may wait for their places when a close begins or ends; with more it waits.
const MOST_PENDING: u32 = 50_000;

/// What a step of the closing leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseStep {
    /// It isn't time, or somebody else does it.
    Idle,
    /// Entries must be given their places first.
    Waits,
    /// There is more to do at once.
    More,
}

/// Closes one tenant's log by the clock, in small steps beside everything else.
pub struct LogCloser {
    vault: Arc<Vault>,
    tenant: TenantId,
    holder: [u8; 16],
    rows_at_once: usize,
    leased: Option<(Fence, Millis)>,
    /// The highest close that this node knows of, once it has looked into the log.
    known: Option<u64>,
    stage: Stage,
}

enum Stage {
    Waiting,
    /// Until these have their places: then the log's size is what the close covers.
    Draining(Close, HashSet<EntryId>),
    Listing(Box<Listing>),
    /// Until these, which the list may count, have theirs.
    Settling(Close, [u8; 16], HashSet<EntryId>),
}

struct Listing {
    close: Close,
    list: [u8; 16],
    builder: ListBuilder,
    pages: u64,
    pass: Pass,
}

/// A way through all customers gives the next rows in order: as many as memory allows. Most centres need one.
enum Pass {
    Reading { after: Option<CustomerId>, smallest: Smallest },
    Writing { rows: std::vec::IntoIter<ListRow>, last: bool },
}

impl LogCloser {
    /// The closer of a tenant's log; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId, holder: [u8; 16]) -> Self {
        let rows_at_once = smallest::MOST;
        Self {
            vault: Arc::clone(vault),
            tenant,
            holder,
            rows_at_once,
            leased: None,
            known: None,
            stage: Stage::Waiting,
        }
    }

    /// The same with another number of rows that are sorted at once: memory against ways through all customers.
    #[must_use]
    pub fn sorting(self, rows_at_once: usize) -> Self {
        Self { rows_at_once, ..self }
    }

    /// One step.
    ///
    /// # Errors
    /// If the store or the key holder fails: then the close is begun anew.
    pub async fn tick(&mut self) -> Result<CloseStep, VaultError> {
        let stage = core::mem::replace(&mut self.stage, Stage::Waiting);
        if matches!(stage, Stage::Waiting) && !self.is_due().await? || !self.may().await? {
            return Ok(CloseStep::Idle);
        }
        let (stage, step) = match stage {
            Stage::Waiting => self.begin().await?,
            Stage::Draining(close, before) => self.drain(close, before).await?,
            Stage::Listing(listing) => self.list(listing).await?,
            Stage::Settling(close, list, before) => self.settle(close, list, before).await?,
        };
        self.stage = stage;
        Ok(step)
    }

    /// Once the time from close to close has passed since the last one, or since the log's first entry.
    async fn is_due(&self) -> Result<bool, VaultError> {
        let store = &self.vault.store;
        let since = match store.closes(self.tenant, None, 1).await?.first() {
            Some(close) => Some(close.at),
            None => store.entries(self.tenant, Some(1), 1).await?.first().map(|row| row.id.minted()),
        };
        let every_ms = 1_000 * i64::from(self.vault.settings(self.tenant).closes.every_s);
        Ok(since.is_some_and(|since| self.vault.now() >= since.plus(every_ms)))
    }

    /// One node at a time; two would only do the work twice, as the store takes one close of a number.
    async fn may(&mut self) -> Result<bool, VaultError> {
        let now = self.vault.now();
        if self.leased.is_none_or(|(_, until)| now >= until) {
            let fence = self.vault.store.lease(Job::Close(self.tenant), self.holder, now, LEASE_MS).await?;
            self.leased = fence.map(|fence| (fence, now.plus(LEASE_MS / 2)));
        }
        Ok(self.leased.is_some())
    }

    async fn begin(&mut self) -> Result<(Stage, CloseStep), VaultError> {
        // In this order: so the last close's own entry is among those that get their places first.
        let last = self.vault.store.closes(self.tenant, None, 1).await?.pop();
        let Some(before) = self.waiting().await? else { return Ok((Stage::Waiting, CloseStep::Waits)) };
        let (number, after) = last.map_or((0, Millis(0)), |close| (close.number, close.at));
        self.nothing_is_gone(number).await?;
        let at = u64::try_from(self.vault.now().max(after).0).unwrap_or(0);
        let number = number + 1;
        let close = Close { number, covers: 0, at, size: 0, root: [0; 32] };
        Ok((Stage::Draining(close, before), CloseStep::More))
    }

    /// If the row of the last close were deleted, its number would be used twice, for ever: the log knows better.
    async fn nothing_is_gone(&mut self, last: u64) -> Result<(), VaultError> {
        let known = match self.known {
            Some(known) => known,
            None => self.last_in_log().await?,
        };
        if last < known {
            tracing::error!(
                tenant = self.tenant.0,
                last,
                known,
                "a close's row was deleted; the log isn't closed again"
            );
            return Err(VaultError::Damaged);
        }
        self.known = Some(last);
        Ok(())
    }

    /// The number of the newest close in the log; zero if there is none.
    async fn last_in_log(&self) -> Result<u64, VaultError> {
        let mut before = None;
        loop {
            let rows = self.vault.store.entries(self.tenant, before, BATCH).await?;
            let Some(lowest) = rows.last() else { return Ok(0) };
            if let Some(close) = rows.iter().find_map(|row| Close::parse(&row.leaf).ok().flatten()) {
                return Ok(close.number);
            }
            before = lowest.index;
            // Others get their turn between two chunks.
            tokio::task::yield_now().await;
        }
    }

    async fn drain(&self, close: Close, before: HashSet<EntryId>) -> Result<(Stage, CloseStep), VaultError> {
        if self.any_waits(&before).await? {
            return Ok((Stage::Draining(close, before), CloseStep::Waits));
        }
        let covers = self.vault.store.head(self.tenant).await?.size;
        let listing = Box::new(Listing {
            close: Close { covers, ..close },
            list: fresh(&*self.vault.entropy),
            builder: ListBuilder::new(),
            pages: 0,
            pass: self.pass(None),
        });
        Ok((Stage::Listing(listing), CloseStep::More))
    }

    fn pass(&self, floor: Option<[u8; 32]>) -> Pass {
        Pass::Reading { after: None, smallest: Smallest::above(floor, self.rows_at_once) }
    }

    async fn list(&self, mut listing: Box<Listing>) -> Result<(Stage, CloseStep), VaultError> {
        listing.pass = match listing.pass {
            Pass::Reading { after, mut smallest } => {
                let counted = self.vault.store.counted(self.tenant, after, BATCH).await?;
                self.add_rows(listing.close.number, &counted, &mut smallest).await?;
                match counted.last().filter(|_| counted.len() == BATCH as usize) {
                    Some((last, ..)) => Pass::Reading { after: Some(*last), smallest },
                    None => {
                        let (rows, last) = smallest.sorted();
                        Pass::Writing { rows: rows.into_iter(), last }
                    }
                }
            }
            Pass::Writing { mut rows, last } => {
                for row in rows.by_ref().take(LIST_PAGE_ROWS) {
                    let full = listing.builder.push(&row).map_err(|_| VaultError::Damaged)?;
                    if let Some(data) = full
                        && !self.put_page(&mut listing.pages, listing.close.number, listing.list, data).await?
                    {
                        return Ok((Stage::Waiting, CloseStep::Idle));
                    }
                }
                match (rows.len(), last) {
                    (0, true) => return self.end(listing.close, listing.list, listing.builder, listing.pages).await,
                    (0, false) => self.pass(listing.builder.last()),
                    _ => Pass::Writing { rows, last },
                }
            }
        };
        Ok((Stage::Listing(listing), CloseStep::More))
    }

    /// The key holder names each customer; the keys stay there.
    async fn add_rows(
        &self,
        close: u64,
        counted: &[CountedCustomer],
        smallest: &mut Smallest,
    ) -> Result<(), VaultError> {
        let shelved: Vec<Shelved> =
            counted.iter().map(|(_, keys, _)| Shelved { epoch: keys.epoch, wrapped: keys.wrapped.clone() }).collect();
        let asked: Vec<Counted<'_>> = counted
            .iter()
            .zip(&shelved)
            .map(|((customer, _, state), shelved)| Counted {
                customer: *customer,
                shelved,
                n: state.n,
                head: state.head,
            })
            .collect();
        let rows = self.vault.holder.list(self.tenant, close, &asked).await?;
        let edited = rows.iter().filter(|row| row.is_err()).count() + self.untagged(counted);
        if edited > 0 {
            tracing::error!(
                tenant = self.tenant.0,
                edited,
                "customers' rows were edited: they can't be listed as they were, and those customers will see it"
            );
        }
        rows.into_iter().flatten().for_each(|row| smallest.add(row));
        Ok(())
    }

    /// States that don't carry their tag are listed as they stand: the customer's own check finds what they hide.
    fn untagged(&self, counted: &[CountedCustomer]) -> usize {
        let genuine = |(customer, _, state): &&CountedCustomer| {
            state.tag == state.tag_by(&*self.vault.seals, self.tenant, *customer)
        };
        counted.len() - counted.iter().filter(genuine).count()
    }

    async fn put_page(&self, pages: &mut u64, number: u64, list: [u8; 16], data: Vec<u8>) -> Result<bool, VaultError> {
        let page = ClosePage { number, list, page: *pages, data };
        *pages += 1;
        Ok(self.vault.store.put_close_page(self.tenant, page).await?)
    }

    async fn end(
        &self,
        close: Close,
        list: [u8; 16],
        builder: ListBuilder,
        mut pages: u64,
    ) -> Result<(Stage, CloseStep), VaultError> {
        let size = builder.size();
        let (root, rest) = builder.finish();
        if let Some(data) = rest
            && !self.put_page(&mut pages, close.number, list, data).await?
        {
            return Ok((Stage::Waiting, CloseStep::Idle));
        }
        let close = Close { size, root, ..close };
        // Too many to remember can't be waited for: those who wait now are among the oldest when fewer do.
        let Some(before) = self.waiting().await? else { return Ok((Stage::Waiting, CloseStep::Waits)) };
        Ok((Stage::Settling(close, list, before), CloseStep::More))
    }

    async fn settle(
        &mut self,
        close: Close,
        list: [u8; 16],
        before: HashSet<EntryId>,
    ) -> Result<(Stage, CloseStep), VaultError> {
        if self.any_waits(&before).await? {
            return Ok((Stage::Settling(close, list, before), CloseStep::Waits));
        }
        let mut act = self.vault.bare_act(self.tenant, Kind::LogClosed)?.detail(close.number);
        let at = Millis(i64::try_from(close.at).unwrap_or(i64::MAX));
        act.draft.at = at;
        act.draft.clear = Some(close);
        let Close { number, covers, size, root, .. } = close;
        let row = CloseRow { number, entry: act.draft.id, list, covers, at, size, root };
        let act = act.when(Condition::NextClose(number)).effect(Effect::PutClose(row));
        let done = self.vault.commit_plain(act).await;
        self.known = done.is_ok().then_some(number).or(self.known);
        match done {
            Ok(_) | Err(VaultError::Refused { refusal: Refusal::CloseTaken, .. }) => {
                Ok((Stage::Waiting, CloseStep::Idle))
            }
            Err(error) => Err(error),
        }
    }

    /// The entries that have no place yet; `None` if there are too many to wait for.
    async fn waiting(&self) -> Result<Option<HashSet<EntryId>>, VaultError> {
        let pending = self.vault.store.pending(self.tenant, None, MOST_PENDING).await?;
        let few = pending.len() < MOST_PENDING as usize;
        Ok(few.then(|| pending.into_iter().map(|leaf| leaf.entry).collect()))
    }

    async fn any_waits(&self, before: &HashSet<EntryId>) -> Result<bool, VaultError> {
        if before.is_empty() {
            return Ok(false);
        }
        let pending = self.vault.store.pending(self.tenant, None, MOST_PENDING).await?;
        Ok(pending.len() == MOST_PENDING as usize || pending.iter().any(|leaf| before.contains(&leaf.entry)))
    }
}
