//! What the key holder remembers of releases and logs, and what follows from it. Nothing here reads or writes files.

use super::heard::{Heard, Label, Log};
use super::journal::Record;
use super::rising::{Rising, WINDOW_MS};
use domain::{CustomerId, EntryId, Millis, PersonId, TenantId};
use keys::{HolderError, Place, Published, RELEASES_AFTER_MS, Release};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How far a node's clock may be ahead of the holder's. What was released before a start isn't in memory, and its ids lie below that
/// moment and this much: so nothing is released for as long.
pub(crate) const AHEAD_MS: i64 = RELEASES_AFTER_MS;
/// To how many values one entry opens the way at most: an erasure and a customer's own copy need each of a record, everything else
/// one. The customer with the most in what shops export has some hundreds.
const MOST_PLACES: usize = 4_096;
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// How many keys are released at most from one full hour to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceilings {
    /// To one person; all acts without a person count as one.
    pub person: u32,
    /// To a tenant.
    pub tenant: u32,
}

/// How a tenant stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Keys released since the hour began.
    pub released: u32,
    /// The size of its log, as it was told.
    pub size: u64,
}

/// What an entry opens: of one customer, under one number, for one person.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Bound {
    tenant: TenantId,
    customer: CustomerId,
    n: u64,
    person: Option<PersonId>,
}

/// An entry that keys were released for.
struct Used {
    bound: Bound,
    places: HashSet<Place>,
}

/// What was used in this window and in the one before.
#[derive(Default)]
struct Recent {
    window: i64,
    used: [HashMap<EntryId, Used>; 2],
    counters: [HashMap<(TenantId, CustomerId, u64), EntryId>; 2],
    /// Published before their keys were asked for: a sequencer may be quicker than the asking.
    published: [HashSet<(TenantId, Label)>; 2],
}

impl Recent {
    fn turn(&mut self, now: Millis) {
        let window = now.0.div_euclid(WINDOW_MS + AHEAD_MS);
        for _ in 0..(window - self.window).clamp(0, 2) {
            self.used.swap(0, 1);
            self.used[0].clear();
            self.counters.swap(0, 1);
            self.counters[0].clear();
            self.published.swap(0, 1);
            self.published[0].clear();
        }
        self.window = self.window.max(window);
    }

    fn used(&self, entry: EntryId) -> Option<&Used> {
        self.used.iter().find_map(|known| known.get(&entry))
    }

    /// An entry stays where it was used first: it is too old for any release before that is forgotten.
    fn uses(&mut self, entry: EntryId, bound: Bound, place: Place) {
        let [now, before] = &mut self.used;
        let used = match before.get_mut(&entry) {
            Some(used) => used,
            None => now.entry(entry).or_insert_with(|| Used { bound, places: HashSet::new() }),
        };
        used.places.insert(place);
    }
}

/// The memory.
pub(crate) struct Memory {
    ceilings: Ceilings,
    /// Entries up to here may be of before the start.
    floor: Millis,
    recent: Recent,
    hour: i64,
    people: HashMap<(TenantId, Option<PersonId>), u32>,
    tenants: HashMap<TenantId, u32>,
    customers: HashMap<(TenantId, CustomerId), Rising>,
    logs: HashMap<TenantId, Log>,
}

impl Memory {
    /// After a start: what the journal says.
    pub(crate) fn resumed(ceilings: Ceilings, now: Millis, records: &[Record]) -> Self {
        let last = records.iter().map(Record::at).max().unwrap_or(now);
        let mut memory = Self {
            ceilings,
            floor: now.max(last).plus(AHEAD_MS),
            recent: Recent::default(),
            hour: now.0.div_euclid(HOUR_MS),
            people: HashMap::new(),
            tenants: HashMap::new(),
            customers: HashMap::new(),
            logs: HashMap::new(),
        };
        records.iter().for_each(|record| memory.replay(record));
        memory
    }

    fn replay(&mut self, record: &Record) {
        match record {
            Record::Released { at, tenant, person, customer, n, .. } => {
                if at.0.div_euclid(HOUR_MS) >= self.hour {
                    *self.people.entry((*tenant, *person)).or_default() += 1;
                    *self.tenants.entry(*tenant).or_default() += 1;
                }
                if let Some(n) = n {
                    let known = self.customers.entry((*tenant, *customer)).or_default();
                    *known = Rising::known(known.highest().max(*n));
                }
            }
            Record::Head { tenant, size, root, .. } => {
                if self.logs.get(tenant).is_none_or(|log| *size >= log.size()) {
                    self.logs.insert(*tenant, Log::known(*size, Some(*root)));
                }
            }
            Record::Accepted { tenant, size, .. } => self.accept(*tenant, *size),
        }
    }

    /// The same in as few records as can be, but for counts of this hour.
    pub(crate) fn records(&self, now: Millis) -> Vec<Record> {
        let heads = self.logs.iter().map(|(tenant, log)| Record::head(now, *tenant, log.size(), log.root()));
        let counters = self.customers.iter();
        let counters = counters.map(|((tenant, customer), n)| Record::counter(*tenant, *customer, n.highest()));
        heads.chain(counters).collect()
    }

    /// How each tenant stands.
    pub(crate) fn standing(&self) -> BTreeMap<TenantId, Standing> {
        let mut all = BTreeMap::<TenantId, Standing>::new();
        self.tenants.iter().for_each(|(tenant, released)| all.entry(*tenant).or_default().released = *released);
        self.logs.iter().for_each(|(tenant, log)| all.entry(*tenant).or_default().size = log.size());
        all
    }

    /// How one tenant stands at this moment: what was released in an hour that is over doesn't count.
    pub(crate) fn standing_at(&self, now: Millis, tenant: TenantId) -> Standing {
        let standing = self.standing().remove(&tenant).unwrap_or_default();
        let over = now.0.div_euclid(HOUR_MS) > self.hour;
        Standing { released: if over { 0 } else { standing.released }, ..standing }
    }

    pub(crate) fn ceilings(&self) -> Ceilings {
        self.ceilings
    }

    /// May this key be released, for the entry of this label? Then it counts as released.
    pub(crate) fn admit(&mut self, now: Millis, request: &Release<'_>, label: Label) -> Result<(), HolderError> {
        let (tenant, customer) = (request.place.tenant, request.place.customer);
        self.recent.turn(now);
        if now.0.div_euclid(HOUR_MS) > self.hour {
            self.hour = now.0.div_euclid(HOUR_MS);
            self.people.clear();
            self.tenants.clear();
        }
        self.logs.get(&tenant).map_or(Ok(()), |log| log.is_whole(now))?;
        let minted = request.entry.minted();
        if minted <= self.floor || now.since(minted) > WINDOW_MS || minted.since(now) > AHEAD_MS {
            return Err(HolderError::Stale);
        }
        // Whatever opens a value is an entry about its customer, and has a number among theirs.
        let n = request.n.ok_or(HolderError::EntryTooWide)?;
        let bound = Bound { tenant, customer, n, person: request.person };
        if let Some(used) = self.recent.used(request.entry) {
            if used.places.contains(&request.place) {
                return Err(HolderError::AlreadyReleased);
            }
            if used.bound != bound || used.places.len() >= MOST_PLACES {
                return Err(HolderError::EntryTooWide);
            }
        }
        let taken = (tenant, customer, n);
        let other = self.recent.counters.iter().filter_map(|known| known.get(&taken)).any(|by| *by != request.entry);
        if other || self.counter_is_old(now, tenant, customer, n) {
            return Err(HolderError::OldCounter);
        }
        let person = self.people.entry((tenant, request.person)).or_default();
        let all = self.tenants.entry(tenant).or_default();
        if *person >= self.ceilings.person || *all >= self.ceilings.tenant {
            return Err(HolderError::Ceiling);
        }
        *person += 1;
        *all += 1;
        self.recent.uses(request.entry, bound, request.place);
        self.recent.counters[0].insert(taken, request.entry);
        self.customers.entry((tenant, customer)).or_default().raise(now, n);
        if !self.recent.published.iter().any(|known| known.contains(&(tenant, label))) {
            self.logs.entry(tenant).or_default().owes(label, now);
        }
        Ok(())
    }

    /// Has this customer had an entry of this number, or of a higher one, for longer than nodes tell out of order?
    pub(crate) fn counter_is_old(&self, now: Millis, tenant: TenantId, customer: CustomerId, n: u64) -> bool {
        self.customers.get(&(tenant, customer)).is_some_and(|known| n <= known.settled(now))
    }

    /// Takes a piece of a log in; says whether there is a newer head, and from where on it wants leaves.
    pub(crate) fn published(
        &mut self,
        now: Millis,
        tenant: TenantId,
        piece: &Published<'_>,
    ) -> Result<Heard, HolderError> {
        self.recent.turn(now);
        let published = &mut self.recent.published[0];
        self.logs.entry(tenant).or_default().hear(now, piece, |label| {
            published.insert((tenant, label));
        })
    }

    /// The newest head of a log that was heard.
    pub(crate) fn head(&self, tenant: TenantId) -> (u64, [u8; 32]) {
        self.logs.get(&tenant).map_or((0, [0; 32]), |log| (log.size(), log.root()))
    }

    /// A tenant's database was put back in earnest: its log has so many entries, whatever is above the first of them is another,
    /// and its customers' counters are to be learned anew.
    pub(crate) fn accept(&mut self, tenant: TenantId, size: u64) {
        self.logs.insert(tenant, Log::known(size, None));
        self.customers.retain(|(of, _), _| *of != tenant);
        for counters in &mut self.recent.counters {
            counters.retain(|(of, ..), _| *of != tenant);
        }
    }

    /// Somebody has looked: what is owed too long stops nothing any more.
    pub(crate) fn forgive(&mut self, now: Millis) {
        self.logs.values_mut().for_each(|log| log.forgive(now));
    }
}
