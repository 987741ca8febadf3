use super::*;
use crate::private::node::{NodeSeals, TenantKeys};
use domain::{CustomerId, TenantId};
use keys::envelope::{OVERHEAD, field_key};
use keys::{Key32, NodeKeys};
use proptest::prelude::*;
use store::{IndexRow, Seals};
use vectors::{exactly, run, vector};

#[allow(clippy::duplicate_mod, reason = "one reader of vectors for two test modules that can't see each other")]
#[path = "../../../tests/vectors/read.rs"]
mod vectors;

fn place() -> Place {
    Place { tenant: TenantId(7), customer: CustomerId(run(0x10)), field: 3, instance: 2, version: 5 }
}

fn header() -> Header {
    Header { epoch: 9, salt: run(0x80) }
}

fn key() -> Key32 {
    Key32::new(exactly("envelope.customer_key"))
}

fn okm(header: &Header, place: &Place) -> Okm {
    field_key(&key(), header, place)
}

#[test]
fn seals_to_the_known_bytes() {
    assert_eq!(place().context().to_vec(), vector("envelope.context"));
    let okm = okm(&header(), &place());
    assert_eq!([okm.key(), okm.commitment()].concat(), vector("envelope.okm"));
    let plain = vector("envelope.plain");
    assert_eq!(seal(&okm, &header(), &place(), &plain).unwrap(), vector("envelope.sealed"));
    assert_eq!(seal(&okm, &header(), &place(), b"").unwrap(), vector("envelope.sealed_empty"));
    assert_eq!(**open(&okm, &place(), &vector("envelope.sealed")).unwrap(), plain);
}

#[test]
fn tags_rows_with_the_known_bytes() {
    let other = || Key32::new([0; 32]);
    let keys =
        NodeKeys { row: Key32::new(exactly("tag.row_key")), audit: other(), log_ed25519: other(), log_ml_dsa: other() };
    let mut seals = NodeSeals::default();
    seals.0.insert(TenantId(7), TenantKeys::new(&keys));
    let material = IndexRow::material(1, &run(0x30), CustomerId(run(0xC0)));
    let tag = seals.tag(TenantId(7), "index", &material);
    assert_eq!(tag, exactly::<16>("tag.index"));
    assert_ne!(seals.tag(TenantId(7), "budget", &material), tag);
}

#[test]
fn no_single_bit_can_be_turned() {
    let sealed = vector("envelope.sealed");
    for bit in 0..sealed.len() * 8 {
        let mut edited = sealed.clone();
        edited[bit / 8] ^= 1 << (bit % 8);
        // The opener derives its key from the envelope's own head, as the key holder does.
        let opened = Header::parse(&edited).and_then(|head| open(&okm(&head, &place()), &place(), &edited));
        assert!(opened.is_none(), "bit {bit}");
    }
}

#[test]
fn neither_cut_nor_grown_envelopes_open() {
    let sealed = vector("envelope.sealed");
    let opens = |bytes: &[u8]| open(&okm(&header(), &place()), &place(), bytes).is_some();
    assert!((0..sealed.len()).all(|length| !opens(&sealed[..length])));
    assert!(!opens(&[sealed.as_slice(), &[0]].concat()));
}

#[test]
fn the_commitment_is_checked_besides_the_tag() {
    let mut foreign = vector("envelope.okm");
    foreign[63] ^= 1;
    let foreign = Okm::new(foreign.try_into().unwrap());
    assert!(open(&foreign, &place(), &vector("envelope.sealed")).is_none());
}

fn places() -> impl Strategy<Value = Place> {
    (0..3_u32, 0..3_u8, 0..4_u16, 0..3_u32, 0..3_u64).prop_map(|(tenant, customer, field, instance, version)| Place {
        tenant: TenantId(tenant),
        customer: CustomerId([customer; 16]),
        field,
        instance,
        version,
    })
}

fn headers() -> impl Strategy<Value = Header> {
    (0..3_u32, 0..3_u8).prop_map(|(epoch, salt)| Header { epoch, salt: [salt; SALT] })
}

proptest! {
    #[test]
    fn a_value_opens_in_its_own_place_and_head_only(
        plain in prop::collection::vec(any::<u8>(), 0..200),
        (sealed_at, opened_at) in (places(), places()),
        (sealed_under, opened_under) in (headers(), headers()),
        other_customers_key in any::<bool>(),
    ) {
        let sealed = seal(&okm(&sealed_under, &sealed_at), &sealed_under, &sealed_at, &plain).unwrap();
        prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD);
        let key = if other_customers_key { Key32::new([9; 32]) } else { key() };
        let opened = open(&field_key(&key, &opened_under, &opened_at), &opened_at, &sealed);
        let own = !other_customers_key && sealed_at == opened_at && sealed_under == opened_under;
        prop_assert_eq!(opened.map(|bytes| bytes.to_vec()), own.then_some(plain));
    }

    #[test]
    fn anything_else_does_not_open(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&okm(&header(), &place()), &place(), &bytes).is_none());
    }
}
