use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub(crate) const TENANT: TenantId = TenantId(1);
const CUSTOMER: CustomerId = CustomerId([7; 16]);

const MADE: Millis = Millis(1_767_225_600_000);

/// A key file, a keyring with one tenant, and where they lie.
pub(crate) struct Place {
    directory: tempfile::TempDir,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) clock: Arc<testkit::FixedClock>,
}

/// What a change of rules or of roles waits where that of limits doesn't.
pub(crate) const WAITS_MS: i64 = 24 * 3_600_000;

/// A stand-in for who knows what rules say: some of these files' names widen.
fn waits(_: &keys::Powers, changes: &[keys::PowerChange]) -> i64 {
    use keys::PowerBody as _;
    let wider = |text: keys::power::RulesText| text.files.iter().any(|(name, _)| name == "wider.cedar");
    let rules = changes.iter().filter_map(|(_, body)| keys::power::RulesText::decode(body.as_deref()?));
    if rules.into_iter().any(wider) { WAITS_MS } else { 0 }
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            directory: tempfile::tempdir().unwrap(),
            entropy: Arc::new(Counting(0.into())),
            clock: Arc::new(testkit::FixedClock::at(MADE)),
        };
        let root = RootKey::create(&place.key_file(), &*place.entropy).unwrap();
        KeyringFile::new(&place.key_file(), root).create(&[TENANT], MADE, &*place.entropy).unwrap();
        place
    }

    fn key_file(&self) -> PathBuf {
        self.directory.path().join("root.key")
    }

    pub(crate) fn keyring(&self) -> PathBuf {
        KeyringFile::beside(&self.key_file())
    }

    pub(crate) fn file(&self) -> KeyringFile {
        KeyringFile::new(&self.key_file(), RootKey::load(&self.key_file()).unwrap())
    }

    pub(crate) fn holder(&self) -> InProcess {
        self.opened().unwrap()
    }

    pub(crate) fn opened(&self) -> Result<InProcess, KeyringError> {
        InProcess::open(self.file(), Arc::clone(&self.clock) as _, Arc::clone(&self.entropy), Arc::new(waits))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub(crate) fn now<T>(future: Fut<'_, T>) -> Result<T, HolderError> {
    let mut future = future;
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        core::task::Poll::Ready(value) => value,
        core::task::Poll::Pending => panic!("the in-process holder never waits"),
    }
}

#[test]
fn a_row_opens_for_its_own_customer_only() {
    let place = Place::new();
    let holder = place.holder();
    let shelved = now(holder.enrol(TENANT, &[CUSTOMER])).unwrap().remove(0).shelved;
    assert!(now(holder.entry_keys(TENANT, &[(CUSTOMER, &shelved)])).is_ok());
    assert_eq!(now(holder.entry_keys(TENANT, &[(CustomerId([8; 16]), &shelved)])).err(), Some(HolderError::NotOnShelf));
    assert_eq!(now(holder.entry_keys(TenantId(2), &[(CUSTOMER, &shelved)])).err(), Some(HolderError::NotOnShelf));
    for bit in 0..shelved.wrapped.len() * 8 {
        let mut edited = shelved.clone();
        edited.wrapped[bit / 8] ^= 1 << (bit % 8);
        assert!(now(holder.entry_keys(TENANT, &[(CUSTOMER, &edited)])).is_err(), "bit {bit}");
    }
}

#[test]
fn sealing_and_releasing_derive_the_same_key_in_the_same_place_only() {
    let place = Place::new();
    let holder = place.holder();
    let shelved = now(holder.enrol(TENANT, &[CUSTOMER])).unwrap().remove(0).shelved;
    let at = envelope::Place { tenant: TENANT, customer: CUSTOMER, field: 3, instance: 1, version: 1 };
    let seal = || {
        now(holder.seal(&[SealRequest { shelved: &shelved, place: at, suite: domain::Suite::AesGcm }]))
            .unwrap()
            .remove(0)
    };
    let (header, sealing) = seal();
    assert_ne!(seal().0.salt, header.salt, "nobody gets the same envelope's key by sealing");
    let release = |place: envelope::Place| {
        let entry = domain::EntryId([1; 16]);
        now(holder.release(&[Release { entry, person: None, n: None, shelved: &shelved, place, header }]))
            .unwrap()
            .remove(0)
    };
    assert_eq!(release(at).unwrap().key(), sealing.key());
    assert_ne!(release(envelope::Place { field: 4, ..at }).unwrap().key(), sealing.key());
    assert_ne!(release(envelope::Place { version: 2, ..at }).unwrap().commitment(), sealing.commitment());
    assert_eq!(holder.released(), 3);
}

#[test]
fn indexes_differ_by_kind_and_tenant_key() {
    let place = Place::new();
    let holder = place.holder();
    let digests = now(holder.index(TENANT, &[(1, b"x"), (2, b"x"), (1, b"x")])).unwrap();
    assert_eq!(digests[0], digests[2]);
    assert_ne!(digests[0], digests[1]);
    assert_eq!(now(holder.index(TenantId(9), &[(1, b"x")])).err(), Some(HolderError::UnknownTenant));
}

#[test]
fn a_keyring_is_its_owners_only_and_opens_with_its_own_key_file_only() {
    let place = Place::new();
    assert_eq!(place.names(), ["root.key", "root.keyring", "root.keyring.lock"]);
    assert_eq!(fs::metadata(place.keyring()).unwrap().permissions().mode() & 0o777, 0o600);
    let other = RootKey::create(&place.directory.path().join("other.key"), &*place.entropy).unwrap();
    let others = place.directory.path().join("other.key");
    fs::copy(place.keyring(), KeyringFile::beside(&others)).unwrap();
    assert!(matches!(KeyringFile::new(&others, other).look(), Err(KeyringError::WrongRoot)));
    assert!(place.file().create(&[TENANT], MADE, &*place.entropy).is_err(), "a keyring is never replaced by a new one");
    fs::set_permissions(place.keyring(), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(place.file().look(), Err(KeyringError::TooOpen)));
    fs::remove_file(place.keyring()).unwrap();
    assert!(matches!(place.file().look(), Err(KeyringError::Missing)));
}

#[test]
fn no_edit_of_a_keyring_opens() {
    let place = Place::new();
    let whole = fs::read(place.keyring()).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut edited = whole.clone();
        edited[bit / 8] ^= 1 << (bit % 8);
        fs::write(place.keyring(), &edited).unwrap();
        assert!(place.file().look().is_err(), "bit {bit}");
    }
    for length in 0..whole.len() {
        fs::write(place.keyring(), &whole[..length]).unwrap();
        assert!(place.file().look().is_err(), "cut to {length}");
    }
    fs::write(place.keyring(), &whole).unwrap();
    assert!(place.file().look().is_ok());
}

#[test]
fn a_wrapped_key_opens_under_its_own_tenant_and_epoch_only() {
    let place = Place::new();
    let root = RootKey::load(&place.key_file()).unwrap();
    let mut ring = place.file().look().unwrap();
    assert!(Keyring::decode(&root, &ring.encode(&root)).is_ok());
    for moved in [(TENANT, 2), (TenantId(2), 1)] {
        let kept = ring.keys.remove(&(TENANT, 1)).unwrap();
        ring.keys.insert(moved, kept);
        assert!(
            matches!(Keyring::decode(&root, &ring.encode(&root)), Err(KeyringError::WrongRoot)),
            "a valid MAC is not enough"
        );
        let kept = ring.keys.remove(&moved).unwrap();
        ring.keys.insert((TENANT, 1), kept);
    }
    assert!(Keyring::decode(&root, &ring.encode(&root)).is_ok());
}

#[test]
fn a_shelf_key_is_made_once_and_destroyed_in_file_and_memory() {
    let place = Place::new();
    let (holder, other) = (place.holder(), place.holder());
    let shelved = now(holder.enrol(TENANT, &[CUSTOMER])).unwrap().remove(0).shelved;
    let before = fs::read(place.keyring()).unwrap();
    let next = MADE.plus(5);
    assert_eq!(now(holder.new_shelf(TENANT, 1, next)), Ok(2));
    assert_eq!(now(other.new_shelf(TENANT, 1, next)), Ok(2), "there is a newer one than it knows of: that one");
    assert_eq!(place.file().look().unwrap().generation(), 2);
    let ages = [ShelfAge { epoch: 1, made: MADE }, ShelfAge { epoch: 2, made: next }];
    assert_eq!(now(other.shelves(TENANT)).unwrap(), ages);

    let turned = now(other.turn(TENANT, &[(CUSTOMER, &shelved)])).unwrap().remove(0);
    assert_eq!(turned.epoch, 2);
    assert_eq!(now(holder.destroy_shelf(TENANT, 2)), Ok(false), "never the newest");
    assert_eq!(now(holder.destroy_shelf(TENANT, 0)), Ok(false), "never the tenant's own");
    assert_eq!(now(holder.destroy_shelf(TENANT, 1)), Ok(true));
    assert_eq!(now(holder.destroy_shelf(TENANT, 1)), Ok(false));
    assert_eq!(now(holder.entry_keys(TENANT, &[(CUSTOMER, &shelved)])).err(), Some(HolderError::NotOnShelf));
    assert!(now(holder.entry_keys(TENANT, &[(CUSTOMER, &turned)])).is_ok());
    let after = fs::read(place.keyring()).unwrap();
    let wrapped = &before[before.len() - 32 - 60..before.len() - 32];
    assert!(!after.windows(60).any(|window| window == wrapped), "the shelf key's bytes are still there");
    assert_eq!(place.names(), ["root.key", "root.keyring", "root.keyring.lock"]);
}

#[test]
fn another_process_turns_and_this_one_follows() {
    let place = Place::new();
    let (here, there) = (place.holder(), place.holder());
    assert_eq!(now(there.new_shelf(TENANT, 1, MADE)), Ok(2));
    assert_eq!(
        now(here.enrol(TENANT, &[CUSTOMER])).unwrap().remove(0).shelved.epoch,
        2,
        "new customers go to the newest"
    );
    assert_eq!(now(there.new_shelf(TENANT, 2, MADE)), Ok(3));
    let shelved = now(there.enrol(TENANT, &[CUSTOMER])).unwrap().remove(0).shelved;
    assert!(now(here.entry_keys(TENANT, &[(CUSTOMER, &shelved)])).is_ok(), "a shelf it doesn't know yet");
    fs::remove_file(place.keyring()).unwrap();
    assert_eq!(
        now(here.enrol(TENANT, &[CUSTOMER])).err(),
        Some(HolderError::Keyring),
        "without its file it takes nobody in"
    );
}

#[test]
fn a_write_that_was_cut_short_is_cleared_away_and_the_old_bytes_are_overwritten() {
    let place = Place::new();
    let (new, old) = (place.directory.path().join("root.keyring.new"), place.directory.path().join("root.keyring.old"));
    // Cut after the second name was given: it is the living file's.
    fs::write(&new, b"half").unwrap();
    fs::hard_link(place.keyring(), &old).unwrap();
    let witness = fs::File::open(place.keyring()).unwrap();
    assert_eq!(now(place.holder().new_shelf(TENANT, 1, MADE)), Ok(2));
    assert_eq!(place.names(), ["root.key", "root.keyring", "root.keyring.lock"]);
    assert_eq!(place.file().look().unwrap().shelves(TENANT).count(), 2);
    // Whoever still has the old file open reads nothing but zeros.
    let bytes = std::io::Read::bytes(&witness).map(Result::unwrap).collect::<Vec<u8>>();
    assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
    assert_eq!(witness.metadata().unwrap().nlink(), 0);
}

#[test]
fn processes_that_change_it_at_the_same_time_lose_nothing() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let holder = place.holder();
            scope.spawn(move || {
                for _ in 0..10 {
                    let newest = now(holder.shelves(TENANT)).unwrap().last().unwrap().epoch;
                    assert!(now(holder.new_shelf(TENANT, newest, MADE)).unwrap() > newest);
                }
            });
        }
    });
    let ring = place.file().look().unwrap();
    let shelves = ring.shelves(TENANT).count() as u64;
    assert_eq!(ring.generation(), shelves, "each change is one key more");
}
