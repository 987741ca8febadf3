use super::*;
use crate::private::node::{NodeSeals, TenantKeys};
use domain::{CustomerId, Suite, TenantId};
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
    header_of(Suite::AesGcm)
}

fn header_of(suite: Suite) -> Header {
    Header { suite, epoch: 9, salt: run(0x80) }
}

fn key() -> Key32 {
    Key32::new(exactly("envelope.customer_key"))
}

fn okm(header: &Header, place: &Place) -> Okm {
    field_key(&key(), header, place)
}

/// Each suite with the name of its vectors.
const SUITES: [(Suite, &str); 2] = [(Suite::AesGcm, "envelope"), (Suite::ChaChaPoly, "envelope_2")];

#[test]
fn seals_to_the_known_bytes() {
    assert_eq!(SUITES.map(|(suite, _)| suite), Suite::ALL);
    assert_eq!(place().context().to_vec(), vector("envelope.context"));
    let plain = vector("envelope.plain");
    for (suite, name) in SUITES {
        let (head, known) = (header_of(suite), |what| vector(&format!("{name}.{what}")));
        let okm = okm(&head, &place());
        assert_eq!([okm.key(), okm.commitment()].concat(), known("okm"));
        assert_eq!(seal(&okm, &head, &place(), &plain).unwrap(), known("sealed"));
        assert_eq!(seal(&okm, &head, &place(), b"").unwrap(), known("sealed_empty"));
        assert_eq!(**open(&okm, &place(), &known("sealed")).unwrap(), plain);
    }
}

#[test]
fn what_is_rewrapped_is_what_sealing_anew_makes() {
    for ((from, name), (to, other)) in SUITES.into_iter().zip(SUITES.into_iter().rev()) {
        let (old, new) = (header_of(from), header_of(to));
        for what in ["sealed", "sealed_empty"] {
            let sealed = vector(&format!("{name}.{what}"));
            let (from, to) = (okm(&old, &place()), okm(&new, &place()));
            let anew = keys::envelope::rewrap(&sealed, &place(), &from, (&new, &to));
            assert_eq!(anew, Some(vector(&format!("{other}.{what}"))));
            for bit in 0..sealed.len() * 8 {
                let mut edited = sealed.clone();
                edited[bit / 8] ^= 1 << (bit % 8);
                let from = Header::parse(&edited).map(|head| okm(&head, &place()));
                let anew = from.and_then(|from| keys::envelope::rewrap(&edited, &place(), &from, (&new, &to)));
                assert_eq!(anew, None, "bit {bit}");
            }
        }
    }
}

/// An envelope that says it is of the other suite opens in neither.
#[test]
fn no_envelope_is_read_as_one_of_another_suite() {
    for ((suite, name), (other, _)) in SUITES.into_iter().zip(SUITES.into_iter().rev()) {
        let mut sealed = vector(&format!("{name}.sealed"));
        sealed[1..3].copy_from_slice(&other.code().to_be_bytes());
        let head = Header::parse(&sealed).unwrap();
        assert_eq!(head.suite, other);
        assert!(open(&okm(&head, &place()), &place(), &sealed).is_none());
        assert!(open(&okm(&header_of(suite), &place()), &place(), &sealed).is_none());
    }
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
    for (_, name) in SUITES {
        every_bit_counts(&vector(&format!("{name}.sealed")));
    }
}

fn every_bit_counts(sealed: &[u8]) {
    for bit in 0..sealed.len() * 8 {
        let mut edited = sealed.to_vec();
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
    (prop::sample::select(&Suite::ALL[..]), 0..3_u32, 0..3_u8).prop_map(|(suite, epoch, salt)| Header {
        suite,
        epoch,
        salt: [salt; SALT],
    })
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
