mod log;

use super::*;
use crate::tests::{Place as Site, TENANT, now};
use domain::{EntryId, PersonId};
use heard::OWED_MS;
use keys::{CeremonyStanding, Header, Place, ViewKey};
use memory::{AHEAD_MS, HOUR_MS};
use rising::WINDOW_MS;
use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::FixedClock;
use transparency::{Frontier, leaf_hash};

const CUSTOMER: CustomerId = CustomerId([7; 16]);
const ANOTHER: CustomerId = CustomerId([8; 16]);
const ADA: PersonId = PersonId([1; 16]);
const BEN: PersonId = PersonId([2; 16]);
/// The middle of an hour.
const NOON: Millis = Millis(1_767_227_400_000);

/// A key holder with one customer, and everything that a node would have.
struct World {
    site: Site,
    dir: tempfile::TempDir,
    clock: Arc<FixedClock>,
    shelved: Shelved,
    /// Another customer's.
    other: Shelved,
    ceilings: Ceilings,
    minted: std::sync::atomic::AtomicU64,
    /// The log's leaves, and the label of each entry that a key was asked for.
    log: Mutex<Vec<[u8; 65]>>,
    labels: Mutex<HashMap<EntryId, [u8; 32]>>,
}

impl World {
    fn new() -> Self {
        Self::within(Ceilings { person: 100, tenant: 1_000 })
    }

    fn within(ceilings: Ceilings) -> Self {
        let site = Site::new();
        let [shelved, other] =
            [CUSTOMER, ANOTHER].map(|who| now(site.holder().enrol(TENANT, &[who])).unwrap().remove(0).shelved);
        let (dir, clock) = (tempfile::tempdir().unwrap(), Arc::new(FixedClock::at(NOON)));
        let (log, labels) = Default::default();
        Self { site, dir, clock, shelved, other, ceilings, minted: 0.into(), log, labels }
    }

    /// Opens it, and lets the seconds pass in which it releases nothing.
    fn open(&self) -> Watched {
        let watched = self.reopen();
        self.clock.advance(AHEAD_MS + 1);
        watched
    }

    fn reopen(&self) -> Watched {
        Watched::open(self.site.holder(), self.dir.path(), self.ceilings, Arc::clone(&self.clock) as _).unwrap()
    }

    /// An entry's id of a moment.
    fn entry_at(&self, at: Millis) -> EntryId {
        let mut id = EntryId::earliest(at);
        let number = self.minted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        id.0[8..].copy_from_slice(&number.to_be_bytes());
        id
    }

    fn entry(&self) -> EntryId {
        self.entry_at(self.clock.now())
    }

    fn release(&self, watched: &Watched, entry: EntryId, person: PersonId, n: u64) -> Result<(), HolderError> {
        self.release_of(watched, entry, Some(person), Some(n), 3)
    }

    fn release_of(
        &self,
        watched: &Watched,
        entry: EntryId,
        person: Option<PersonId>,
        n: Option<u64>,
        field: u16,
    ) -> Result<(), HolderError> {
        self.release_at(watched, entry, person, n, (CUSTOMER, field, 1))
    }

    /// Of whom, which field, and which of several.
    fn release_at(
        &self,
        watched: &Watched,
        entry: EntryId,
        person: Option<PersonId>,
        n: Option<u64>,
        (customer, field, instance): (CustomerId, u16, u32),
    ) -> Result<(), HolderError> {
        let place = Place { tenant: TENANT, customer, field, instance, version: 1 };
        let header = Header { suite: domain::Suite::AesGcm, epoch: 1, salt: [5; 24] };
        let shelved = if customer == CUSTOMER { &self.shelved } else { &self.other };
        let request = Release { entry, person, n, shelved, place, header };
        let released = now(watched.release(&[request])).unwrap().remove(0).map(drop);
        if released.is_ok() || !self.labels.lock().unwrap().contains_key(&entry) {
            self.called(entry, customer, n.unwrap_or_default());
        }
        released
    }

    /// This entry is the customer's n-th.
    fn called(&self, entry: EntryId, customer: CustomerId, n: u64) {
        let shelved = if customer == CUSTOMER { &self.shelved } else { &self.other };
        let keys = now(self.site.holder().entry_keys(TENANT, &[(customer, shelved)])).unwrap();
        self.labels.lock().unwrap().insert(entry, ViewKey::new(keys[0].clone()).label(n));
    }

    /// The log comes to have so many leaves, these entries' among them; tells all of them, or that it had so many before; and again from
    /// where the holder wants them.
    fn publish(&self, watched: &Watched, size: usize, entries: &[EntryId]) -> Result<u64, HolderError> {
        let mut log = self.log.lock().unwrap();
        let labels = self.labels.lock().unwrap();
        log.extend(entries.iter().map(|entry| leaf(&labels[entry])));
        while log.len() < size {
            let next = leaf(&[log.len() as u8; 32]);
            log.push(next);
        }
        match tell(watched, &log[..size], 0)? {
            wants if wants < size as u64 => tell(watched, &log[..size], wants as usize),
            wants => Ok(wants),
        }
    }

    /// The kinds of alarms so far.
    fn alarms(&self) -> Vec<String> {
        let all = Alarms::open(self.dir.path()).unwrap().all().unwrap();
        all.iter().map(|alarm| alarm.line.split('"').nth(7).unwrap().to_owned()).collect()
    }
}

fn leaf(label: &[u8; 32]) -> [u8; 65] {
    let mut leaf = [1; 65];
    leaf[1..33].copy_from_slice(label);
    leaf
}

fn edge(log: &[[u8; 65]]) -> Frontier {
    let mut edge = Frontier::new();
    log.iter().for_each(|leaf| edge.append(leaf_hash(leaf)).unwrap());
    edge
}

/// Tells the leaves from a place on.
fn tell(watched: &Watched, log: &[[u8; 65]], from: usize) -> Result<u64, HolderError> {
    let (all, before) = (edge(log), edge(&log[..from]).to_bytes());
    let piece = Published { size: all.size(), root: all.root(), leaves: &log[from..], before: &before };
    now(watched.published(TENANT, piece))
}

#[test]
fn one_entry_gives_each_key_once() {
    let world = World::new();
    let watched = world.open();
    let entry = world.entry();
    assert_eq!(world.release(&watched, entry, ADA, 1), Ok(()));
    assert_eq!(world.release_of(&watched, entry, Some(ADA), Some(1), 4), Ok(()), "another field of the same entry");
    assert_eq!(world.release(&watched, entry, ADA, 1), Err(HolderError::AlreadyReleased));
    assert_eq!(world.release(&watched, entry, BEN, 2), Err(HolderError::AlreadyReleased), "whoever it is for");
    // Until the entry is too old for any release.
    world.clock.advance(WINDOW_MS - 1);
    assert_eq!(world.release(&watched, entry, ADA, 1), Err(HolderError::Unpublished));
    world.publish(&watched, 1, &[entry]).unwrap();
    assert_eq!(world.release(&watched, entry, ADA, 1), Err(HolderError::AlreadyReleased));
    world.clock.advance(10);
    assert_eq!(world.release(&watched, entry, ADA, 1), Err(HolderError::Stale));
    assert_eq!(world.alarms(), ["released-twice", "unpublished"]);
}

/// A patched node has one entry, or makes an id up, and asks with it for whatever it likes.
#[test]
fn an_entry_opens_one_customers_values_for_one_person_and_no_more_of_them_than_a_record_has() {
    let world = World::within(Ceilings { person: 100_000, tenant: 100_000 });
    let watched = world.open();
    let entry = world.entry();
    let ask = |entry, person, n, place| world.release_at(&watched, entry, person, n, place);
    assert_eq!(ask(entry, Some(ADA), None, (CUSTOMER, 3, 1)), Err(HolderError::EntryTooWide), "about nobody");
    assert_eq!(ask(entry, Some(ADA), Some(1), (CUSTOMER, 3, 1)), Ok(()));
    for n in [None, Some(1), Some(2)] {
        assert_eq!(
            ask(entry, Some(ADA), n, (ANOTHER, 3, 1)),
            Err(HolderError::EntryTooWide),
            "another customer, {n:?}"
        );
    }
    for (person, n) in [(Some(BEN), Some(1)), (None, Some(1)), (Some(ADA), Some(2)), (Some(ADA), None)] {
        assert_eq!(ask(entry, person, n, (CUSTOMER, 4, 1)), Err(HolderError::EntryTooWide), "{person:?}, {n:?}");
    }
    // In the window after the one in which it was used first, too.
    world.clock.advance(WINDOW_MS - 1);
    world.publish(&watched, 1, &[entry]).unwrap();
    assert_eq!(ask(entry, Some(ADA), Some(1), (ANOTHER, 3, 1)), Err(HolderError::EntryTooWide));
    assert_eq!(ask(entry, Some(ADA), Some(1), (CUSTOMER, 4, 1)), Ok(()), "the same customer's");
    assert_eq!(ask(entry, Some(ADA), Some(1), (CUSTOMER, 4, 1)), Err(HolderError::AlreadyReleased));
    // An erasure uses each of a record.
    let (erasure, most) = (world.entry(), 4_096);
    for instance in 1..=most {
        assert_eq!(ask(erasure, None, Some(2), (CUSTOMER, 5, instance)), Ok(()), "{instance}");
    }
    assert_eq!(ask(erasure, None, Some(2), (CUSTOMER, 5, most + 1)), Err(HolderError::EntryTooWide));
    assert_eq!(ask(world.entry(), Some(BEN), Some(1), (ANOTHER, 3, 1)), Ok(()), "by an entry of their own");
    let wide = world.alarms().into_iter().filter(|kind| kind == "entry-too-wide").count();
    assert!((1..=2).contains(&wide), "once a minute: {wide}");
}

/// A node that was taken over makes a new shelf key, moves nobody, and wants the one under which all customers lie destroyed.
#[test]
fn no_shelf_key_goes_before_the_next_is_six_days_old_by_the_holders_own_clock() {
    const DAY_MS: i64 = 24 * HOUR_MS;
    let world = World::new();
    let watched = world.open();
    let long_ago = NOON.plus(-30 * DAY_MS);
    assert_eq!(now(watched.new_shelf(TENANT, 1, long_ago)), Ok(2));
    let made = now(watched.shelves(TENANT)).unwrap().last().unwrap().made;
    assert_eq!(made, world.clock.now(), "whatever the node says");
    assert_eq!(now(watched.destroy_shelf(TENANT, 1)), Err(HolderError::ShelfTooYoung));
    // A third one makes the second no older; nor does a restart.
    assert_eq!(now(watched.new_shelf(TENANT, 2, long_ago)), Ok(3));
    drop(watched);
    let watched = world.open();
    world.clock.set(made.plus(6 * DAY_MS - 1));
    for epoch in [1, 2] {
        assert_eq!(now(watched.destroy_shelf(TENANT, epoch)), Err(HolderError::ShelfTooYoung), "{epoch}");
    }
    assert_eq!(now(watched.shelves(TENANT)).unwrap().len(), 3);
    assert_eq!(world.release(&watched, world.entry(), ADA, 1), Ok(()), "who lies on it is still served");
    assert_eq!(world.alarms(), ["shelf-too-young", "shelf-too-young"]);
    world.clock.set(made.plus(6 * DAY_MS));
    assert_eq!(now(watched.destroy_shelf(TENANT, 1)), Ok(true));
    assert_eq!(now(watched.destroy_shelf(TENANT, 1)), Ok(false), "it is gone");
    assert_eq!(now(watched.destroy_shelf(TENANT, 3)), Ok(false), "never the newest");
}

#[test]
fn what_was_released_before_a_start_is_not_released_after_it() {
    let world = World::new();
    let watched = world.open();
    let used = world.entry();
    // A node whose clock is as far ahead as may be.
    let ahead = world.entry_at(world.clock.now().plus(AHEAD_MS));
    assert_eq!(world.release(&watched, used, ADA, 1), Ok(()));
    assert_eq!(world.release(&watched, ahead, ADA, 2), Ok(()));
    drop(watched);
    // Started at the same moment.
    let watched = world.reopen();
    for entry in [used, ahead, world.entry()] {
        assert_eq!(world.release(&watched, entry, ADA, 3), Err(HolderError::Stale));
    }
    world.clock.advance(AHEAD_MS + 1);
    for entry in [used, ahead] {
        assert_eq!(world.release(&watched, entry, ADA, 3), Err(HolderError::Stale));
    }
    assert_eq!(world.release(&watched, world.entry(), ADA, 3), Ok(()));
    // Nor if the machine's clock was put back meanwhile.
    drop(watched);
    world.clock.advance(-HOUR_MS / 4);
    let watched = world.open();
    assert_eq!(world.release(&watched, world.entry(), ADA, 4), Err(HolderError::Stale));
}

#[test]
fn old_entries_and_those_to_come_get_nothing() {
    let world = World::new();
    let watched = world.open();
    world.clock.advance(2 * WINDOW_MS);
    let at = |ms: i64| world.entry_at(world.clock.now().plus(ms));
    for wrong in [-WINDOW_MS - 1, AHEAD_MS + 1, -HOUR_MS, HOUR_MS] {
        assert_eq!(world.release(&watched, at(wrong), ADA, 1), Err(HolderError::Stale), "{wrong}");
    }
    assert_eq!(world.release(&watched, EntryId([0; 16]), ADA, 1), Err(HolderError::Stale), "no entry at all");
    assert_eq!(world.release(&watched, EntryId([255; 16]), ADA, 1), Err(HolderError::Stale));
    for (n, right) in [-WINDOW_MS, AHEAD_MS].into_iter().enumerate() {
        assert_eq!(world.release(&watched, at(right), ADA, 1 + n as u64), Ok(()), "{right}");
    }
}

#[test]
fn ceilings_hold_per_person_and_tenant_until_the_hour_is_over_whatever_is_restarted() {
    let world = World::within(Ceilings { person: 3, tenant: 5 });
    let mut watched = world.open();
    let mut n = 0;
    let mut one = |watched: &Watched, person| {
        n += 1;
        let entry = world.entry();
        let released = world.release_of(watched, entry, person, Some(n), 3);
        world.publish(watched, n as usize, &[entry]).unwrap();
        released
    };
    for _ in 0..3 {
        assert_eq!(one(&watched, Some(ADA)), Ok(()));
    }
    assert_eq!(one(&watched, Some(ADA)), Err(HolderError::Ceiling));
    assert_eq!(one(&watched, None), Ok(()));
    drop(watched);
    watched = world.open();
    assert_eq!(one(&watched, Some(ADA)), Err(HolderError::Ceiling), "counted anew after a restart");
    assert_eq!(one(&watched, Some(BEN)), Ok(()));
    assert_eq!(one(&watched, Some(BEN)), Err(HolderError::Ceiling), "the tenant's");
    assert_eq!(world.alarms().iter().filter(|kind| *kind == "ceiling").count(), 2, "{:?}", world.alarms());
    assert_eq!(Journal::standing(world.dir.path(), world.clock.now()).unwrap()[&TENANT].released, 5);
    world.clock.advance(HOUR_MS / 2);
    assert_eq!(one(&watched, Some(ADA)), Ok(()));
}

#[test]
fn who_names_nobody_has_no_ceiling_of_their_own_to_escape_to() {
    let world = World::within(Ceilings { person: 2, tenant: 100 });
    let watched = world.open();
    let results: Vec<_> = (1..=3).map(|n| world.release_of(&watched, world.entry(), None, Some(n), 3)).collect();
    assert_eq!(results, [Ok(()), Ok(()), Err(HolderError::Ceiling)]);
}

#[test]
fn the_journal_outlives_cuts_and_hours() {
    let world = World::new();
    let watched = world.open();
    assert_eq!(world.release(&watched, world.entry(), ADA, 5), Ok(()));
    let second = tempfile::tempdir().unwrap();
    let taken = Watched::open(world.site.holder(), world.dir.path(), world.ceilings, Arc::clone(&world.clock) as _);
    assert_eq!(taken.err().map(|error| error.kind()), Some(std::io::ErrorKind::WouldBlock));
    drop(second);
    drop(watched);
    let file = fs::read_dir(world.dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|end| end == "log")).unwrap();
    // The machine ended in the middle of a record, and of a block.
    let whole = fs::read(&file).unwrap();
    fs::write(&file, [whole.as_slice(), &[0; 300], &whole[..30]].concat()).unwrap();
    let watched = world.open();
    assert_eq!(fs::read(&file).unwrap(), whole);
    assert_eq!(world.release(&watched, world.entry(), ADA, 6), Ok(()));
    world.publish(&watched, 7, &[]).unwrap();

    world.clock.advance(HOUR_MS);
    watched.state().memory.forgive(world.clock.now());
    watched.tick().unwrap();
    assert_eq!(world.release(&watched, world.entry(), ADA, 7), Ok(()));
    drop(watched);
    // The first hour's file isn't needed any more.
    fs::remove_file(&file).unwrap();
    let watched = world.open();
    for n in 1..=7 {
        assert_eq!(world.release(&watched, world.entry(), ADA, n), Err(HolderError::OldCounter), "{n}");
    }
    assert_eq!(world.publish(&watched, 6, &[]), Err(HolderError::OldLog));
    drop(watched);
    fs::write(world.dir.path().join("known"), b"anything else").unwrap();
    let broken = Watched::open(world.site.holder(), world.dir.path(), world.ceilings, Arc::clone(&world.clock) as _);
    assert!(broken.is_err());
}

#[test]
fn what_cannot_be_written_down_is_not_released() {
    let world = World::new();
    let watched = world.open();
    let file = fs::read_dir(world.dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|end| end == "log")).unwrap();
    watched.state().journal.only_read(&file).unwrap();
    let place = Place { tenant: TENANT, customer: CUSTOMER, field: 3, instance: 1, version: 1 };
    let header = Header { suite: domain::Suite::AesGcm, epoch: 1, salt: [5; 24] };
    let (entry, shelved) = (world.entry(), &world.shelved);
    let request = Release { entry, person: Some(ADA), n: Some(1), shelved, place, header };
    assert_eq!(now(watched.release(&[request])).err(), Some(HolderError::Keyring));
}

/// A ceremony whose steps hold, or don't.
struct Told(AtomicBool);

impl Ceremonies for Told {
    fn standing(&self) -> CeremonyStanding {
        CeremonyStanding { needed: 2, whole: self.0.load(Ordering::Relaxed), ..CeremonyStanding::default() }
    }

    fn steps(&self, after: u64) -> Vec<CeremonyStep> {
        (after + 1..4).map(|place| CeremonyStep { place, ..CeremonyStep::default() }).collect()
    }
}

#[test]
fn steps_of_ceremonies_are_told_from_where_a_node_is() {
    let world = World::new();
    let none = world.open();
    assert_eq!(now(none.ceremony_steps(0)), Ok(Some(Vec::new())));
    drop(none);
    let watched = world.open().telling(Arc::new(Told(AtomicBool::new(true))));
    let places =
        |after| now(watched.ceremony_steps(after)).unwrap().unwrap().iter().map(|step| step.place).collect::<Vec<_>>();
    assert_eq!((places(0), places(2), places(3)), (vec![1, 2, 3], vec![3], vec![]));
}

#[test]
fn it_says_how_it_stands_to_each_tenant_and_nothing_of_another() {
    let world = World::within(Ceilings { person: 2, tenant: 1_000 });
    let watched = world.open().telling(Arc::new(Told(AtomicBool::new(true))));
    let standing = |tenant| now(watched.standing(tenant)).unwrap().apart.unwrap();
    assert_eq!((standing(TENANT).released, standing(TENANT).alarms), (0, Vec::new()));
    let answers = [1, 2, 3].map(|n| world.release(&watched, world.entry(), ADA, n));
    assert_eq!(answers, [Ok(()), Ok(()), Err(HolderError::Ceiling)]);
    let apart = standing(TENANT);
    assert_eq!((apart.since, apart.released), (NOON, 2));
    assert_eq!((apart.person_per_hour, apart.tenant_per_hour), (2, 1_000));
    let told: Vec<_> = apart.alarms.iter().map(|alarm| (alarm.kind.as_str(), alarm.acknowledged)).collect();
    assert_eq!((told.as_slice(), apart.ceremony.map(|one| one.needed)), (&[("ceiling", false)][..], Some(2)));
    assert_eq!(apart.alarms[0].at, world.clock.now().to_string());
    assert_eq!(standing(TenantId(9)).alarms, Vec::new(), "another tenant's is nobody else's");
    Alarms::open(world.dir.path()).unwrap().acknowledge().unwrap();
    assert!(standing(TENANT).alarms[0].acknowledged);
    world.clock.advance(HOUR_MS);
    assert_eq!(standing(TENANT).released, 0);
    let unreadable = Alarm { line: "{".to_owned(), acknowledged: false };
    assert_eq!(unreadable.told(TENANT).unwrap().kind, "unreadable");
}

#[test]
fn steps_of_ceremonies_that_do_not_hold_are_an_alarm_for_every_tenant_and_stop_nothing() {
    let world = World::new();
    let told = Arc::new(Told(AtomicBool::new(true)));
    let watched = world.open().telling(Arc::clone(&told) as _);
    let tick = |ms: i64| {
        world.clock.advance(ms);
        watched.tick().unwrap();
        world.alarms()
    };
    assert!(tick(1_000).is_empty());
    told.0.store(false, Ordering::Relaxed);
    assert!(tick(1_000).is_empty(), "looked at every ten seconds");
    assert_eq!(tick(STEPS_EVERY_MS), ["ceremony-steps"]);
    assert_eq!(tick(STEPS_EVERY_MS), ["ceremony-steps"], "once a minute");
    for tenant in [TENANT, TenantId(9)] {
        let apart = now(watched.standing(tenant)).unwrap().apart.unwrap();
        assert_eq!(apart.alarms.iter().map(|alarm| alarm.kind.as_str()).collect::<Vec<_>>(), ["ceremony-steps"]);
    }
    world.release(&watched, world.entry(), ADA, 1).unwrap();
}

#[test]
fn that_older_envelopes_end_is_never_unseen() {
    use domain::Suite::{AesGcm, ChaChaPoly};
    let world = World::new();
    let watched = world.open();
    let raise = |seals, opens| now(watched.raise_suites(TENANT, keys::Suites { seals, opens })).unwrap();
    raise(ChaChaPoly, AesGcm);
    assert!(world.alarms().is_empty(), "what is sealed from now on opens nothing less");
    raise(ChaChaPoly, ChaChaPoly);
    raise(ChaChaPoly, ChaChaPoly);
    assert_eq!(world.alarms(), ["suites-retired"]);
}
