//! The key holder's formats against vectors that were computed elsewhere.

#[path = "../vectors/read.rs"]
mod read;

use domain::{CustomerId, EntryId, TenantId};
use keyholder::{InProcess, Keyring, RootKey, WrappedKey};
use keys::{Header, KeyHolder, Place, Release, SealRequest, Shelved};
use read::{exactly, run, vector};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use testkit::{Seeded, block_on};

const TENANT: TenantId = TenantId(7);

fn root() -> RootKey {
    use std::io::Write;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("root.key");
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    let hex: String = vector("ring.root").iter().map(|byte| format!("{byte:02x}")).collect();
    write!(file, "ringfence root key v1\n{hex}\n").unwrap();
    RootKey::load(&path).unwrap()
}

fn holder() -> InProcess {
    let key = |epoch, name| WrappedKey { tenant: TENANT, epoch, wrapped: vector(name) };
    let ring = Keyring::open(&root(), &[key(0, "ring.tenant"), key(9, "ring.shelf")]).unwrap();
    InProcess::new(ring, Arc::new(Seeded::new(1)))
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
    let sealing = block_on(holder.seal(&[SealRequest { shelved: &shelved, place, header }])).unwrap().remove(0);
    let release = Release { entry: EntryId([1; 16]), shelved: &shelved, place, header };
    let opening = block_on(holder.release(&[release])).unwrap().remove(0).unwrap();
    for given in [sealing, opening] {
        assert_eq!([given.key(), given.commitment()].concat(), okm);
    }
}

#[test]
fn a_blind_index_is_keyed_by_tenant_and_kind() {
    let digests = block_on(holder().index(TENANT, &[(1, b"+442079460018"), (2, b"+442079460018")])).unwrap();
    assert_eq!(digests[0], exactly::<16>("index.phone"));
    assert_ne!(digests[0], digests[1]);
}
