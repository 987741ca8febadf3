use super::*;
use domain::time::fresh;
use keys::{Header, Place};

struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

const TENANT: TenantId = TenantId(1);
const CUSTOMER: CustomerId = CustomerId([7; 16]);

fn holder() -> InProcess {
    let entropy: Arc<dyn Entropy> = Arc::new(Counting(0.into()));
    let root = RootKey(Key32::new(fresh(&*entropy)));
    let mut ring = Keyring::default();
    let wrapped = [0, 1].map(|epoch| ring.create(&root, TENANT, epoch, &*entropy).unwrap());
    let reopened = Keyring::open(&root, &wrapped).unwrap();
    assert!(Keyring::open(&RootKey(Key32::new([9; 32])), &wrapped).is_err());
    let moved = WrappedKey { epoch: 2, ..wrapped[1].clone() };
    assert!(Keyring::open(&root, &[moved]).is_err(), "a shelf key opens under its own epoch only");
    InProcess::new(reopened, entropy)
}

fn now<T>(future: Fut<'_, T>) -> Result<T, HolderError> {
    let mut future = future;
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        core::task::Poll::Ready(value) => value,
        core::task::Poll::Pending => panic!("the in-process holder never waits"),
    }
}

#[test]
fn a_row_opens_for_its_own_customer_only() {
    let holder = holder();
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
    let holder = holder();
    let shelved = now(holder.enrol(TENANT, &[CUSTOMER])).unwrap().remove(0).shelved;
    let place = Place { tenant: TENANT, customer: CUSTOMER, field: 3, instance: 1, version: 1 };
    let header = Header { epoch: 1, salt: [5; 24] };
    let sealing = now(holder.seal(&[SealRequest { shelved: &shelved, place, header }])).unwrap().remove(0);
    let release = |place: Place| {
        let entry = domain::EntryId([1; 16]);
        now(holder.release(&[Release { entry, shelved: &shelved, place, header }])).unwrap().remove(0)
    };
    assert_eq!(release(place).unwrap().key(), sealing.key());
    assert_ne!(release(Place { field: 4, ..place }).unwrap().key(), sealing.key());
    assert_ne!(release(Place { version: 2, ..place }).unwrap().commitment(), sealing.commitment());
    assert_eq!(holder.released(), 3);
}

#[test]
fn indexes_differ_by_kind_and_tenant_key() {
    let holder = holder();
    let digests = now(holder.index(TENANT, &[(1, b"x"), (2, b"x"), (1, b"x")])).unwrap();
    assert_eq!(digests[0], digests[2]);
    assert_ne!(digests[0], digests[1]);
    assert_eq!(now(holder.index(TenantId(9), &[(1, b"x")])).err(), Some(HolderError::UnknownTenant));
}
