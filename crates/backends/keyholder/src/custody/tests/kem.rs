//! X-Wing against another implementation of it, which is first held to the draft's own vectors.

use keys::Key32;
use keys::xwing::*;
use x_wing::{Decapsulate as _, DecapsulationKey, EncapsulationKey, KeyExport as _, TryKeyInit as _};

const VECTORS: &str = include_str!("xwing-vectors.txt");

struct Vector {
    seed: [u8; 32],
    eseed: [u8; 64],
    ss: [u8; 32],
    pk: Vec<u8>,
    ct: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let hex = |hex: &str| -> Vec<u8> {
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
    };
    let values: Vec<Vec<u8>> = VECTORS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| hex(line.split_once(' ').unwrap().1))
        .collect();
    let vector = |values: &[Vec<u8>]| Vector {
        seed: values[0].clone().try_into().unwrap(),
        eseed: values[1].clone().try_into().unwrap(),
        ss: values[2].clone().try_into().unwrap(),
        pk: values[3].clone(),
        ct: values[4].clone(),
    };
    values.chunks(5).map(vector).collect()
}

fn public(bytes: &[u8]) -> Public {
    Public(Box::new(bytes.try_into().unwrap()))
}

#[test]
fn what_is_encapsulated_to_a_vectors_key_opens_as_the_draft_says() {
    assert_eq!(vectors().len(), 3);
    for vector in vectors() {
        let theirs = DecapsulationKey::from(vector.seed);
        let their_public = x_wing::kem::Decapsulator::encapsulation_key(&theirs);
        assert_eq!(their_public.to_bytes().as_slice(), vector.pk);
        let (ct, ss) = their_public.encapsulate_deterministic(&vector.eseed.into());
        assert_eq!((ct.as_slice(), ss.as_slice()), (vector.ct.as_slice(), vector.ss.as_slice()));
        // That is the draft's; now ours to its key.
        let (sealed, secret) = encapsulate(&public(&vector.pk)).unwrap();
        let opened = theirs.decapsulate(&sealed.as_slice().try_into().unwrap());
        assert_eq!(opened.as_slice(), secret.bytes());
    }
}

#[test]
fn what_the_other_implementation_encapsulates_opens_here() {
    for vector in vectors() {
        let ours = Private::generate().unwrap();
        let bytes = ours.public().unwrap().0;
        let public = EncapsulationKey::new_from_slice(bytes.as_slice()).unwrap();
        let (ct, ss) = public.encapsulate_deterministic(&vector.eseed.into());
        assert_eq!(decapsulate(&ours, &ct).unwrap().bytes().as_slice(), ss.as_slice());
    }
}

#[test]
fn what_is_sealed_opens_with_its_key_in_its_context_only() {
    let (ours, other) = (Private::generate().unwrap(), Private::generate().unwrap());
    let sealed = seal(&ours.public().unwrap(), b"here", &[7; 32]).unwrap();
    assert_eq!(*open(&ours, b"here", &sealed).unwrap(), [7; 32]);
    assert!(open(&ours, b"there", &sealed).is_err());
    assert!(open(&other, b"here", &sealed).is_err());
    for at in 0..SEALED {
        let mut edited = sealed;
        edited[at] ^= 1 << (at % 8);
        // The highest bit of an X25519 key isn't used (RFC 7748, 5), and yet the combiner takes it as it came.
        assert!(open(&ours, b"here", &edited).is_err(), "byte {at}");
    }
}

#[test]
fn a_kept_private_key_is_whole_or_none() {
    let ours = Private::generate().unwrap();
    let again = Private::from_bytes(ours.bytes()).unwrap();
    assert_eq!(again.public().unwrap(), ours.public().unwrap());
    assert!(Private::from_bytes(&ours.bytes()[1..]).is_err());
    let mut broken = 0;
    for at in (0..PRIVATE).step_by(97) {
        let mut edited = ours.bytes().to_vec();
        edited[at] ^= 4;
        let read = Private::from_bytes(&edited);
        // The secret that answers broken ciphertexts, and the bits that X25519 sets itself, aren't noticed and harm nobody.
        broken += usize::from(read.is_err());
    }
    assert!(broken >= 20, "{broken}");
    let (sealed, secret) = encapsulate(&again.public().unwrap()).unwrap();
    let opened: Key32 = decapsulate(&ours, &sealed).unwrap();
    assert_eq!(opened.bytes(), secret.bytes());
}
