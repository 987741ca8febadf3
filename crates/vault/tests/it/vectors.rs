//! The key holder's formats against vectors that were computed elsewhere.

#[path = "../vectors/read.rs"]
mod read;

use domain::{CustomerId, EntryId, Millis, TenantId};
use keyholder::{InProcess, KeyringFile, RootKey};
use keys::{Header, KeyHolder, Place, Release, ShelfAge, Shelved};
use read::{exactly, run, vector};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use testkit::{FixedClock, Seeded, block_on};

const TENANT: TenantId = TenantId(7);

/// The key file and keyring of the vectors.
fn files() -> (tempfile::TempDir, KeyringFile) {
    let directory = tempfile::tempdir().unwrap();
    let key_file = directory.path().join("root.key");
    let hex: String = vector("ring.root").iter().map(|byte| format!("{byte:02x}")).collect();
    private(&key_file, format!("ringfence root key v1\n{hex}\n").as_bytes());
    private(&KeyringFile::beside(&key_file), &vector("ring.file"));
    let root = RootKey::load(&key_file).unwrap();
    (directory, KeyringFile::new(&key_file, root))
}

fn private(path: &std::path::Path, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

fn holder() -> InProcess {
    let (_directory, file) = files();
    InProcess::open(file, Arc::new(FixedClock::at(domain::Millis(0))), Arc::new(Seeded::new(1)), vault::waits())
        .unwrap()
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
fn a_wrapped_ring_gives_a_nodes_keys() {
    let keys = block_on(holder().node_keys(TENANT)).unwrap();
    assert_eq!(keys.row.bytes(), &exactly::<32>("tag.row_key"));
    assert_eq!(keys.audit.bytes(), &exactly::<32>("entry.audit_key"));
    assert_eq!(keys.log_ed25519.bytes(), &exactly::<32>("ring.log_ed25519"));
    assert_eq!(keys.log_ml_dsa.bytes(), &exactly::<32>("ring.log_ml_dsa"));
}

#[test]
fn a_customers_row_gives_entry_and_field_keys() {
    let holder = holder();
    let customer = CustomerId(run(0x10));
    let shelved = Shelved { epoch: 9, wrapped: vector("ring.row") };
    let view = block_on(holder.entry_keys(TENANT, &[(customer, &shelved)])).unwrap().remove(0);
    assert_eq!(view.bytes(), &exactly::<32>("entry.view_key"));

    let place = Place { tenant: TENANT, customer, field: 3, instance: 2, version: 5 };
    let header = Header { epoch: 9, salt: run(0x80) };
    let okm = vector("envelope.okm");
    let release = Release { entry: EntryId([1; 16]), person: None, n: None, shelved: &shelved, place, header };
    let opening = block_on(holder.release(&[release])).unwrap().remove(0).unwrap();
    assert_eq!([opening.key(), opening.commitment()].concat(), okm);
}

#[test]
fn a_blind_index_is_keyed_by_tenant_and_kind() {
    let digests = block_on(holder().index(TENANT, &[(1, b"+442079460018"), (2, b"+442079460018")])).unwrap();
    assert_eq!(digests[0], exactly::<16>("index.phone"));
    assert_ne!(digests[0], digests[1]);
}
