//! What the key holder takes for an officer's signature, and every way of being wrong.

use domain::PersonId;
use keys::power::{Algorithm, Assertion, Passkey};
use keys::webauthn::approved;
use testkit::Authenticator;

const CHALLENGE: [u8; 32] = [0xc5; 32];

fn approves(passkey: &Passkey, assertion: &Assertion, challenge: &[u8; 32]) -> bool {
    approved(passkey, assertion, challenge).is_ok()
}

fn both() -> [Authenticator; 2] {
    [Algorithm::Es256, Algorithm::EdDsa].map(|algorithm| Authenticator::named(algorithm, "one"))
}

#[test]
fn what_its_owner_signed_counts() {
    for key in both() {
        let passkey = key.passkey(PersonId([1; 16]));
        assert!(approves(&passkey, &key.assert(&CHALLENGE), &CHALLENGE), "{:?}", passkey.algorithm);
    }
}

#[test]
fn whatever_is_wrong_counts_for_nothing() {
    type Wrong = fn(&mut Authenticator);
    let wrongs: [(&str, Wrong); 9] = [
        ("another relying party", |key| key.rp_id = "example.org".to_owned()),
        ("another page's origin", |key| key.origin = "https://localhost.example.org".to_owned()),
        ("an origin that only ends alike", |key| key.origin = "https://evillocalhost".to_owned()),
        ("no page's origin", |key| key.origin = "localhost".to_owned()),
        ("a registration", |key| key.kind = "webauthn.create"),
        ("nobody present", |key| key.flags = 0b100),
        ("nobody verified", |key| key.flags = 0b001),
        ("another credential's id", |key| key.credential = b"two".to_vec()),
        ("another flag alone", |key| key.flags = 0b1000_0000),
    ];
    for (what, wrong) in wrongs {
        for mut key in both() {
            let passkey = key.passkey(PersonId([1; 16]));
            wrong(&mut key);
            assert!(!approves(&passkey, &key.assert(&CHALLENGE), &CHALLENGE), "{what}");
        }
    }
}

#[test]
fn another_challenge_another_key_and_every_edited_bit_count_for_nothing() {
    for key in both() {
        let passkey = key.passkey(PersonId([1; 16]));
        let good = key.assert(&CHALLENGE);
        let mut other = CHALLENGE;
        other[31] ^= 1;
        assert!(!approves(&passkey, &good, &other) && !approves(&passkey, &key.assert(&other), &CHALLENGE));
        let stranger = Authenticator::named(passkey.algorithm, "one").passkey(PersonId([1; 16]));
        assert!(!approves(&stranger, &good, &CHALLENGE));
        let parts: [fn(&mut Assertion) -> &mut Vec<u8>; 3] =
            [|all| &mut all.client_data, |all| &mut all.authenticator_data, |all| &mut all.signature];
        for part in parts {
            for at in 0..part(&mut good.clone()).len() * 8 {
                let mut edited = good.clone();
                part(&mut edited)[at / 8] ^= 1 << (at % 8);
                assert!(!approves(&passkey, &edited, &CHALLENGE), "bit {at}");
            }
            let mut cut = good.clone();
            part(&mut cut).pop();
            assert!(!approves(&passkey, &cut, &CHALLENGE));
            part(&mut cut).clear();
            assert!(!approves(&passkey, &cut, &CHALLENGE));
        }
    }
}
