//! How far a breach may have gone: which customers a person, a device, a node or a shelf key could have told about, what of
//! them, and the entries that prove it.
//!
//! The log is read once, oldest first; what is kept of it is a line for each handle. Then every customer's handle is asked of
//! the key holder: that is the only way from entries to customers, and there is none to those who were erased. Both happen a
//! chunk at a time, beside what is being served.

mod tally;

pub use tally::{Acts, Counts, Fields, NAMED_ENTRIES, Touched};

use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::as_mask;
use crate::private::entry::{EntryKeys, Kind, open_audit};
use crate::wiring::Vault;
use domain::{CustomerId, EntryId, FieldKind, Millis, Refusal, TenantId};
use keys::Key32;
use keys::power::Device;
use std::sync::Arc;
use store::{EntryRow, SHEET};
use tally::Tally;
use tokio::sync::OwnedSemaphorePermit;

/// Entries fetched at a time.
const CHUNK: u64 = 4_000;
/// Customers asked for at a time.
const NAMED: u32 = 1_000;
/// Entries stand in the log a little before or after others of their moment.
const SLACK_MS: i64 = 60_000;
/// How long before an act its node may have been given what it drew on: a part is for an hour.
const ALLOTTED_MS: i64 = 2 * 3_600_000;

/// What is suspected. Each part narrows; without any it is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suspicion {
    /// Which acts.
    pub acts: Acts,
    /// A device: acts of its person since it was enrolled.
    pub device: Option<[u8; 16]>,
    /// A shelf key, by its epoch: customers whose keys lie there. Alone, everything that is stored of them.
    pub shelf: Option<u32>,
}

impl Suspicion {
    /// Is it about what is stored, whoever looked at it?
    fn is_of_stored(&self) -> bool {
        self.shelf.is_some() && self.device.is_none() && self.acts == Acts::default()
    }
}

/// A customer who was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Who.
    pub customer: CustomerId,
    /// The handle by which entries name them.
    pub alias: u32,
    /// What was told about them; none where it is about what is stored.
    pub touched: Option<Touched>,
    /// What is stored of them, where it is about that.
    pub stored: Fields,
    /// Another customer has the same handle: the acts may be about either.
    pub shared: bool,
}

/// How far the answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Entries are read.
    Entries,
    /// Customers are named.
    Customers,
    /// Everything was told.
    Done,
}

/// The answer, on its way.
pub struct BlastRadius {
    vault: Arc<Vault>,
    scope: Scope,
    suspicion: Suspicion,
    tally: Tally,
    audit: Key32,
    /// The next place to be read, the first and the one behind the last.
    next: u64,
    first: u64,
    end: u64,
    fetched: Vec<EntryRow>,
    after: Option<CustomerId>,
    stage: Stage,
    named: u64,
    receipt: EntryId,
    _turn: OwnedSemaphorePermit,
}

impl BlastRadius {
    /// Its own entry.
    #[must_use]
    pub fn receipt(&self) -> EntryId {
        self.receipt
    }

    /// The places of the entries that are read: from one, to below another.
    #[must_use]
    pub fn places(&self) -> (u64, u64) {
        (self.first, self.end)
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.tally.counts
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// How many customers were named.
    #[must_use]
    pub fn named(&self) -> u64 {
        self.named
    }

    /// Handles that are nobody's any more: customers who were erased since. Known when it is done.
    #[must_use]
    pub fn gone(&self) -> usize {
        self.tally.touched.values().filter(|touched| !touched.named).count()
    }

    /// Goes on by one chunk; gives the customers that it named.
    ///
    /// # Errors
    /// `Refused(PowerChanged)` once people or rules have changed, or if the store or the key holder fails: then it isn't whole.
    pub async fn step(mut self) -> Result<(Self, Vec<Reached>), VaultError> {
        if !self.vault.still_holds(&self.scope).await {
            return Err(VaultError::refused(Refusal::PowerChanged));
        }
        match self.stage {
            Stage::Entries => {
                self.read().await?;
                Ok((self, Vec::new()))
            }
            Stage::Customers => {
                let reached = self.name().await?;
                self.named += reached.len() as u64;
                Ok((self, reached))
            }
            Stage::Done => Ok((self, Vec::new())),
        }
    }

    /// Opens what was fetched while the next chunk is.
    async fn read(&mut self) -> Result<(), VaultError> {
        let (rows, mut tally) = (core::mem::take(&mut self.fetched), core::mem::take(&mut self.tally));
        let audit = self.audit.clone();
        let opened = tokio::task::spawn_blocking(move || {
            for row in rows.iter().rev() {
                tally.see(row.id, open_audit(&audit, row.id, &row.leaf, &row.audit).as_ref());
            }
            tally
        });
        let until = self.end.min(self.next.saturating_add(CHUNK));
        if until > self.next {
            let limit = u32::try_from(until - self.next).unwrap_or(u32::MAX);
            self.fetched = self.vault.store.entries(self.scope.tenant, Some(until), limit).await?;
        }
        self.next = until;
        self.tally = opened.await.map_err(|_| VaultError::Stopping)?;
        if self.fetched.is_empty() {
            self.stage = Stage::Customers;
        }
        Ok(())
    }

    async fn name(&mut self) -> Result<Vec<Reached>, VaultError> {
        let rows = self.vault.store.customers(self.scope.tenant, self.after, NAMED).await?;
        self.after = rows.last().map(|(customer, _)| *customer);
        if rows.len() < NAMED as usize {
            self.stage = Stage::Done;
        }
        let meant = |epoch: u32| self.suspicion.shelf.is_none_or(|shelf| shelf == epoch);
        let shelved: Vec<_> = rows
            .into_iter()
            .filter(|(_, row)| meant(row.epoch))
            .map(|(customer, row)| (customer, keys::Shelved { epoch: row.epoch, wrapped: row.wrapped }))
            .collect();
        let asked: Vec<_> = shelved.iter().map(|(customer, shelved)| (*customer, shelved)).collect();
        let views = self.vault.holder.entry_keys(self.scope.tenant, &asked).await?;
        let mut reached = Vec::new();
        for ((customer, _), view) in shelved.iter().zip(views) {
            let alias = EntryKeys::new(view).alias;
            reached.extend(self.reach(*customer, alias).await?);
        }
        Ok(reached)
    }

    async fn reach(&mut self, customer: CustomerId, alias: u32) -> Result<Option<Reached>, VaultError> {
        if self.suspicion.is_of_stored() {
            let stored = self.stored(customer).await?;
            return Ok(Some(Reached { customer, alias, touched: None, stored, shared: false }));
        }
        let Some(touched) = self.tally.touched.get_mut(&alias) else { return Ok(None) };
        let shared = core::mem::replace(&mut touched.named, true);
        let mut touched = touched.clone();
        if touched.copied {
            let stored = self.stored(customer).await?;
            stored.kinds().filter(|kind| !as_mask(*kind)).for_each(|kind| touched.shown.add(kind));
        }
        Ok(Some(Reached { customer, alias, touched: Some(touched), stored: Fields::default(), shared }))
    }

    async fn stored(&self, customer: CustomerId) -> Result<Fields, VaultError> {
        let rows = self.vault.store.fields(self.scope.tenant, customer).await?;
        let mut stored = Fields::default();
        for kind in rows.iter().filter(|row| row.field != SHEET).filter_map(|row| FieldKind::from_code(row.field)) {
            stored.add(kind);
        }
        Ok(stored)
    }
}

impl Vault {
    /// Who may not measure a breach is refused, before what they ask is judged.
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn expect_breach_measurer(&self, scope: &Scope) -> Result<(), VaultError> {
        self.permitted(scope, policy::Act::ReadLog, Kind::BreachMeasured).await.map(drop)
    }

    /// Begins to say how far a breach may have gone, for who may read the log. One entry, durable before any is opened; one
    /// such question at a time.
    ///
    /// # Errors
    /// `Refused` with its entry for others; `Unfit` with its entry and `NotFound` for a person or device that there isn't, and for
    /// a shelf on which no customer lies; `Busy` while another is on its way.
    pub async fn blast_radius(self: &Arc<Self>, scope: Scope, suspicion: Suspicion) -> Result<BlastRadius, VaultError> {
        let turn = Arc::clone(&self.breaches).try_acquire_owned().map_err(|_| VaultError::Busy)?;
        let act = self.permitted(&scope, policy::Act::ReadLog, Kind::BreachMeasured).await?;
        let acts = match self.meant(scope.tenant, &suspicion).await? {
            Ok(acts) => acts,
            Err(said) => return Err(self.unfit(act, Refusal::NotFound, said.to_owned()).await),
        };
        let newest = self.store.entries(scope.tenant, None, 1).await?;
        let size = newest.first().and_then(|row| row.index).map_or(0, |last| last + 1);
        let place = async |at: Option<Millis>, otherwise: u64| match at {
            Some(at) => self.first_place_since(scope.tenant, at, size).await,
            None => Ok(otherwise),
        };
        let first = place(acts.from.map(|from| from.plus(-ALLOTTED_MS)), 0).await?;
        let end = place(acts.until.map(|until| until.plus(SLACK_MS)), size).await?.max(first);
        let end = if suspicion.is_of_stored() { first } else { end };
        let receipt = self.commit_plain(act.detail(end - first)).await?;
        let audit = self.keys(scope.tenant)?.audit.clone();
        let vault = Arc::clone(self);
        let (tally, fetched, stage) = (Tally::of(acts), Vec::new(), Stage::Entries);
        let (next, after, named) = (first, None, 0);
        Ok(BlastRadius {
            vault,
            scope,
            suspicion,
            tally,
            audit,
            next,
            first,
            end,
            fetched,
            after,
            stage,
            named,
            receipt,
            _turn: turn,
        })
    }

    /// The acts that are meant, or what there isn't. A mistyped id must not be answered as if nobody had been reached.
    async fn meant(&self, tenant: TenantId, suspicion: &Suspicion) -> Result<Result<Acts, &'static str>, VaultError> {
        let mut acts = suspicion.acts.clone();
        let power = self.power_now(tenant).await?;
        // While somebody edits people behind our back, who was taken out is asked about most.
        if acts.person.is_some_and(|person| power.sound && !power.people.contains_key(&person)) {
            return Ok(Err("nobody ever had that person's id"));
        }
        if let Some(device) = suspicion.device {
            let enrolled = power.get::<Device>(&device);
            let Some(enrolled) = enrolled.filter(|one| acts.person.is_none_or(|person| person == one.person)) else {
                return Ok(Err("that device isn't enrolled, or not for that person"));
            };
            acts.person = Some(enrolled.person);
            acts.from = Some(acts.from.map_or(enrolled.added, |from| from.max(enrolled.added)));
        }
        if let Some(shelf) = suspicion.shelf
            && self.store.shelf_is_empty(tenant, shelf).await?
        {
            return Ok(Err("no customer's key lies on that shelf; of one that was turned they moved to a newer one"));
        }
        Ok(Ok(acts))
    }
}
