//! The key holder's formats against vectors that were computed elsewhere.

#[path = "../vectors/read.rs"]
mod read;

use domain::{CustomerId, EntryId, Millis, Suite, TenantId};
use keyholder::{InProcess, KeyringFile, RootKey};
use keys::{Header, KeyHolder, Place, Release, ShelfAge, Shelved, Suites};
use read::{exactly, run, vector};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use testkit::{FixedClock, Seeded, block_on};

const TENANT: TenantId = TenantId(7);

/// The key file and keyring of the vectors.
fn files() -> (tempfile::TempDir, KeyringFile) {
    files_with("ring.file")
}

fn files_with(ring: &str) -> (tempfile::TempDir, KeyringFile) {
    let directory = tempfile::tempdir().unwrap();
    let key_file = directory.path().join("root.key");
    let hex: String = vector("ring.root").iter().map(|byte| format!("{byte:02x}")).collect();
    private(&key_file, format!("ringfence root key v1\n{hex}\n").as_bytes());
    private(&KeyringFile::beside(&key_file), &vector(ring));
    let root = RootKey::load(&key_file).unwrap();
    (directory, KeyringFile::new(&key_file, root))
}

fn private(path: &std::path::Path, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// With the directory, which it looks into again.
fn holder() -> (tempfile::TempDir, InProcess) {
    let (directory, file) = files();
    let holder =
        InProcess::open(file, Arc::new(FixedClock::at(domain::Millis(0))), Arc::new(Seeded::new(1)), vault::waits());
    (directory, holder.unwrap())
}

#[test]
fn a_keyring_file_says_what_is_in_it() {
    let (_directory, file) = files();
    let ring = file.look().unwrap();
    assert_eq!(ring.generation(), 3);
    let shelves: Vec<ShelfAge> = ring.shelves(TENANT).collect();
    assert_eq!(shelves, [ShelfAge { epoch: 9, made: Millis(1_767_225_600_123) }]);
}

#[test]
fn a_keyring_with_suites_says_which_and_is_written_as_it_was() {
    assert_eq!(files().1.look().unwrap().suites(TENANT), Suites::FIRST);
    let (directory, file) = files_with("ring.file_2");
    let raised = Suites { seals: Suite::ChaChaPoly, opens: Suite::AesGcm };
    assert_eq!(file.look().unwrap().suites(TENANT), raised);
    // What the first file becomes by raising differs in its generation only: 3 becomes 4.
    let (other, file) = files();
    let holder = InProcess::open(file, Arc::new(FixedClock::at(Millis(0))), Arc::new(Seeded::new(1)), vault::waits());
    assert_eq!(block_on(holder.unwrap().raise_suites(TENANT, raised)), Ok(raised));
    let [known, made] = [directory, other].map(|folder| std::fs::read(folder.path().join("root.keyring")).unwrap());
    let (body, generation) = (made.len() - 32, 21..29);
    assert_eq!(made[generation.clone()], 4_u64.to_be_bytes());
    assert_eq!([&made[..21], &3_u64.to_be_bytes(), &made[generation.end..body]].concat(), known[..body]);
}

#[test]
fn a_wrapped_ring_gives_a_nodes_keys() {
    let keys = block_on(holder().1.node_keys(TENANT)).unwrap();
    assert_eq!(keys.row.bytes(), &exactly::<32>("tag.row_key"));
    assert_eq!(keys.audit.bytes(), &exactly::<32>("entry.audit_key"));
    assert_eq!(keys.log_ed25519.bytes(), &exactly::<32>("ring.log_ed25519"));
    assert_eq!(keys.log_ml_dsa.bytes(), &exactly::<32>("ring.log_ml_dsa"));
}

#[test]
fn a_customers_row_gives_entry_and_field_keys() {
    let (_directory, holder) = holder();
    let customer = CustomerId(run(0x10));
    let shelved = Shelved { epoch: 9, wrapped: vector("ring.row") };
    let view = block_on(holder.entry_keys(TENANT, &[(customer, &shelved)])).unwrap().remove(0);
    assert_eq!(view.bytes(), &exactly::<32>("entry.view_key"));

    let place = Place { tenant: TENANT, customer, field: 3, instance: 2, version: 5 };
    let header = Header { suite: Suite::AesGcm, epoch: 9, salt: run(0x80) };
    let okm = vector("envelope.okm");
    let release = Release { entry: EntryId([1; 16]), person: None, n: None, shelved: &shelved, place, header };
    let opening = block_on(holder.release(&[release])).unwrap().remove(0).unwrap();
    assert_eq!([opening.key(), opening.commitment()].concat(), okm);
}

#[test]
fn a_blind_index_is_keyed_by_tenant_and_kind() {
    let digests = block_on(holder().1.index(TENANT, &[(1, b"+442079460018"), (2, b"+442079460018")])).unwrap();
    assert_eq!(digests[0], exactly::<16>("index.phone"));
    assert_ne!(digests[0], digests[1]);
}
