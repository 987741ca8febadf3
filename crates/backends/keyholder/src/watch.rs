//! The separate key holder's own discipline around the keys: what it remembers, refuses and raises alarms about, whatever
//! nodes say.
//!
//! One lock for all: checking a batch takes microseconds, and what is checked must be taken in the same moment.

mod accepting;
mod alarm;
mod heard;
mod journal;
mod memory;
mod rising;

pub use accepting::Accepted;
pub use alarm::{Alarm, Alarms};
pub use journal::{Journal, ReleasedKey};
pub use memory::{Ceilings, Standing};

use crate::{CustomerKeys, InProcess};
use domain::{Clock, CustomerId, Millis, TenantId};
use heard::short;
use journal::Record;
use keys::power::{PowerProposal, PowerSeal};
use keys::standing::Apart;
use keys::{
    Ceremonies, CeremonyStep, Counted, Enrolled, Fut, Header, HolderError, HolderStanding, Key32, KeyHolder, NodeKeys,
    Okm, Published, Release, RewrapRequest, SHELF_SETTLES_MS, SealRequest, ShelfAge, Shelved, Suites,
};
use memory::Memory;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A directory of the key holder's that can't be used.
pub type WatchError = std::io::Error;

/// A key holder that keeps a journal of what it released and holds nodes to it.
pub struct Watched {
    holder: InProcess,
    clock: Arc<dyn Clock>,
    since: Millis,
    ceremony: Option<Arc<dyn Ceremonies>>,
    state: Mutex<State>,
}

/// How often, in milliseconds, the steps of ceremonies are looked at.
const STEPS_EVERY_MS: i64 = 10_000;
/// How many alarms are told.
const TOLD: usize = 20;

struct State {
    memory: Memory,
    journal: Journal,
    alarms: Alarms,
    /// When ceremonies' steps were looked at last.
    looked: Option<Millis>,
}

impl Watched {
    /// Around `holder`, with journal and alarms in the directory `dir`, which one process has at a time.
    ///
    /// # Errors
    /// If another process has it, or its files can't be read or written.
    pub fn open(holder: InProcess, dir: &Path, ceilings: Ceilings, clock: Arc<dyn Clock>) -> Result<Self, WatchError> {
        let (journal, records) = Journal::open(dir, clock.now())?;
        let memory = Memory::resumed(ceilings, clock.now(), &records);
        let alarms = Alarms::open(dir)?;
        let since = clock.now();
        Ok(Self {
            holder,
            clock,
            since,
            ceremony: None,
            state: Mutex::new(State { memory, journal, alarms, looked: None }),
        })
    }

    /// With somebody who tells of its ceremonies.
    #[must_use]
    pub fn telling(self, ceremony: Arc<dyn Ceremonies>) -> Self {
        Self { ceremony: Some(ceremony), ..self }
    }

    fn standing_now(&self, tenant: TenantId) -> Result<HolderStanding, HolderError> {
        let (standing, ceilings, alarms) = {
            let state = self.state();
            let standing = state.memory.standing_at(self.clock.now(), tenant);
            (standing, state.memory.ceilings(), state.alarms.all().map_err(|_| HolderError::Keyring)?)
        };
        let own = alarms.iter().rev().filter_map(|alarm| alarm.told(tenant));
        Ok(HolderStanding {
            apart: Some(Apart {
                since: self.since,
                released: standing.released,
                tenant_per_hour: ceilings.tenant,
                person_per_hour: ceilings.person,
                alarms: own.take(TOLD).collect(),
                ceremony: self.ceremony.as_ref().map(|ceremony| ceremony.standing()),
                sealed: false,
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is due about each second: the journal is synced and, once an hour, begun anew; alarms that somebody has
    /// acknowledged stop nothing any more, a log that security accepted counts, and ceremonies' steps are looked at.
    ///
    /// # Errors
    /// If the journal can't be written.
    pub fn tick(&self) -> Result<(), WatchError> {
        let now = self.clock.now();
        let (begun, synced) = {
            let state = &mut *self.state();
            if state.alarms.acknowledged()? {
                state.memory.forgive(now);
            }
            if self.looks_at_steps(state, now)
                && self.ceremony.as_ref().is_some_and(|ceremony| !ceremony.standing().whole)
            {
                state.alarms.raise_steps(now);
            }
            self.accept(state, now)?;
            let begun = state.journal.begin_hour(now, || state.memory.records(now))?;
            (begun, state.journal.file()?)
        };
        // Not under the lock: a disk may take its time.
        synced.sync_data()?;
        begun.map_or(Ok(()), journal::NewHour::finish)
    }

    /// In the journal before it counts, with an alarm: whoever watches is to know.
    fn accept(&self, state: &mut State, now: Millis) -> Result<(), WatchError> {
        let Some(accepted) = Accepted::asked(state.journal.dir())? else { return Ok(()) };
        let Accepted { tenant, size } = accepted;
        state.journal.append(&[Record::Accepted { tenant, at: now, size }])?;
        state.memory.accept(tenant, size);
        state.alarms.raise_accepted(now, tenant);
        Accepted::done(state.journal.dir())
    }

    /// Is it time to look at ceremonies' steps again?
    fn looks_at_steps(&self, state: &mut State, now: Millis) -> bool {
        let due = state.looked.is_none_or(|last| !(0..STEPS_EVERY_MS).contains(&now.since(last)));
        if due {
            state.looked = Some(now);
        }
        due
    }

    /// Was the shelf key after this one made less than six days ago? Every copy of the database that is younger needs this one.
    async fn is_too_young(&self, tenant: TenantId, epoch: u32) -> Result<bool, HolderError> {
        let shelves = self.holder.shelves(tenant).await?;
        let next = shelves.iter().find(|shelf| shelf.epoch > epoch);
        Ok(next.is_some_and(|next| self.clock.now().since(next.made) < SHELF_SETTLES_MS))
    }

    fn refused(&self, state: &mut State, tenant: TenantId, error: HolderError) {
        state.alarms.raise(self.clock.now(), tenant, error);
    }

    fn release_now(&self, requests: &[Release<'_>]) -> Result<Vec<Result<Okm, HolderError>>, HolderError> {
        let now = self.clock.now();
        // What their entries are called in the log, which each customer's own key says: not under the lock.
        let opened: Vec<_> = requests.iter().map(|one| self.holder.entry_of(one)).collect();
        let mut admitted = Vec::with_capacity(requests.len());
        {
            let state = &mut *self.state();
            let mut records = Vec::with_capacity(requests.len());
            for (request, opened) in requests.iter().zip(opened) {
                let result =
                    opened.and_then(|(keys, label)| state.memory.admit(now, request, short(&label)).map(|()| keys));
                match &result {
                    Ok(_) => records.push(Record::released(now, request)),
                    Err(error) => self.refused(state, request.place.tenant, *error),
                }
                admitted.push(result);
            }
            // Before any key leaves: what isn't written down isn't released.
            state.journal.append(&records).map_err(|_| HolderError::Keyring)?;
        }
        let key = |(request, admitted): (&Release<'_>, Result<CustomerKeys, HolderError>)| {
            admitted.and_then(|keys| self.holder.key_for(&keys, &request.place, &request.header))
        };
        let keys: Vec<_> = requests.iter().zip(admitted).map(key).collect();
        let retired = |(_, key): &(&Release<'_>, &Result<Okm, HolderError>)| matches!(key, Err(HolderError::Retired));
        if let Some((request, _)) = requests.iter().zip(&keys).find(retired) {
            self.refused(&mut self.state(), request.place.tenant, HolderError::Retired);
        }
        Ok(keys)
    }

    fn published_now(&self, tenant: TenantId, piece: Published<'_>) -> Result<u64, HolderError> {
        self.holder.tenant_key(tenant)?;
        let now = self.clock.now();
        let state = &mut *self.state();
        match state.memory.published(now, tenant, &piece) {
            Ok(heard) => {
                if heard.newer {
                    let (size, root) = state.memory.head(tenant);
                    let record = Record::head(now, tenant, size, root);
                    state.journal.append(&[record]).map_err(|_| HolderError::Keyring)?;
                }
                Ok(heard.wants)
            }
            Err(error) => {
                self.refused(state, tenant, error);
                Err(error)
            }
        }
    }

    /// Which of these customers have fewer entries now than they had?
    fn set_back(&self, tenant: TenantId, counted: &[Counted<'_>]) -> Vec<bool> {
        let now = self.clock.now();
        let state = &mut *self.state();
        let back = |one: &Counted<'_>| state.memory.counter_is_old(now, tenant, one.customer, one.n.saturating_add(1));
        let back: Vec<bool> = counted.iter().map(back).collect();
        if back.contains(&true) {
            self.refused(state, tenant, HolderError::OldCounter);
        }
        back
    }
}

impl KeyHolder for Watched {
    fn node_keys(&self, tenant: TenantId) -> Fut<'_, NodeKeys> {
        self.holder.node_keys(tenant)
    }

    fn enrol<'a>(&'a self, tenant: TenantId, customers: &'a [CustomerId]) -> Fut<'a, Vec<Enrolled>> {
        self.holder.enrol(tenant, customers)
    }

    fn seal<'a>(&'a self, requests: &'a [SealRequest<'a>]) -> Fut<'a, Vec<(Header, Okm)>> {
        self.holder.seal(requests)
    }

    fn suites(&self, tenant: TenantId) -> Fut<'_, Suites> {
        self.holder.suites(tenant)
    }

    fn raise_suites(&self, tenant: TenantId, to: Suites) -> Fut<'_, Suites> {
        Box::pin(async move {
            let before = self.holder.suites(tenant).await?;
            let suites = self.holder.raise_suites(tenant, to).await?;
            if suites.opens > before.opens {
                self.state().alarms.raise_retired(self.clock.now(), tenant);
            }
            let (seals, opens) = (suites.seals.code(), suites.opens.code());
            tracing::warn!(tenant = tenant.0, seals, opens, "a node had the suites of envelopes raised");
            Ok(suites)
        })
    }

    fn rewrap<'a>(&'a self, requests: &'a [RewrapRequest<'a>]) -> Fut<'a, Vec<Result<Vec<u8>, HolderError>>> {
        self.holder.rewrap(requests)
    }

    fn release<'a>(&'a self, requests: &'a [Release<'a>]) -> Fut<'a, Vec<Result<Okm, HolderError>>> {
        crate::ready(self.release_now(requests))
    }

    fn entry_keys<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Key32>> {
        self.holder.entry_keys(tenant, customers)
    }

    fn list<'a>(
        &'a self,
        tenant: TenantId,
        close: u64,
        counted: &'a [Counted<'a>],
    ) -> Fut<'a, Vec<Result<[u8; 64], HolderError>>> {
        Box::pin(async move {
            let rows = self.holder.list(tenant, close, counted).await?;
            let back = self.set_back(tenant, counted);
            let honest = |(row, back): (_, bool)| if back { Err(HolderError::OldCounter) } else { row };
            Ok(rows.into_iter().zip(back).map(honest).collect())
        })
    }

    fn index<'a>(&'a self, tenant: TenantId, terms: &'a [(u16, &'a [u8])]) -> Fut<'a, Vec<[u8; 16]>> {
        self.holder.index(tenant, terms)
    }

    fn turn<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Shelved>> {
        self.holder.turn(tenant, customers)
    }

    fn shelves(&self, tenant: TenantId) -> Fut<'_, Vec<ShelfAge>> {
        self.holder.shelves(tenant)
    }

    fn new_shelf(&self, tenant: TenantId, after: u32, _now: Millis) -> Fut<'_, u32> {
        // By the holder's own clock: a node that says when it was could make an old one.
        self.holder.new_shelf(tenant, after, self.clock.now())
    }

    fn seal_power<'a>(&'a self, tenant: TenantId, proposal: &'a PowerProposal<'a>) -> Fut<'a, PowerSeal> {
        self.holder.seal_power(tenant, proposal)
    }

    fn check_power(&self, tenant: TenantId, seal: Option<PowerSeal>) -> Fut<'_, ()> {
        Box::pin(async move {
            let checked = self.holder.check_power(tenant, seal).await;
            if checked == Err(HolderError::OtherPower) {
                self.refused(&mut self.state(), tenant, HolderError::OtherPower);
            }
            checked
        })
    }

    fn published<'a>(&'a self, tenant: TenantId, piece: Published<'a>) -> Fut<'a, u64> {
        crate::ready(self.published_now(tenant, piece))
    }

    fn standing(&self, tenant: TenantId) -> Fut<'_, HolderStanding> {
        crate::ready(self.standing_now(tenant))
    }

    fn ceremony_steps(&self, after: u64) -> Fut<'_, Option<Vec<CeremonyStep>>> {
        crate::ready(Ok(Some(self.ceremony.as_ref().map(|told| told.steps(after)).unwrap_or_default())))
    }

    fn destroy_shelf(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool> {
        Box::pin(async move {
            if self.is_too_young(tenant, epoch).await? {
                self.refused(&mut self.state(), tenant, HolderError::ShelfTooYoung);
                return Err(HolderError::ShelfTooYoung);
            }
            self.holder.destroy_shelf(tenant, epoch).await
        })
    }
}

#[cfg(test)]
mod tests;
