//! A sealed copy opens by its passphrase, as RFC 7518 says, and by nothing else.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA512, derive};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::num::NonZeroU32;
use testkit::TestWorld;
use vault::Passphrase;

const PLAIN: &str = "{\"values\":[{\"field\":\"email\",\"value\":\"ana.diaz@example.org\"}]}";

/// As software for JSON Web Encryption opens it.
fn opened(jwe: &str, passphrase: &str) -> Option<Vec<u8>> {
    let parts: Vec<&str> = jwe.split('.').collect();
    let [head, wrapped, nonce, sealed, tag] = parts.as_slice() else { return None };
    let raw = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&raw(head)).unwrap();
    assert_eq!((&header["alg"], &header["enc"]), (&"PBES2-HS512+A256KW".into(), &"A256GCM".into()));
    let rounds = NonZeroU32::new(u32::try_from(header["p2c"].as_u64().unwrap()).unwrap()).unwrap();
    let salt = [b"PBES2-HS512+A256KW\0".as_slice(), &raw(header["p2s"].as_str().unwrap())].concat();
    let mut stretched = [0; 32];
    derive(PBKDF2_HMAC_SHA512, rounds, &salt, passphrase.as_bytes(), &mut stretched);
    let mut key = [0; 40];
    let key = AesKek::new(&AES_256, &stretched).unwrap().unwrap(&raw(wrapped), &mut key).ok()?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
    let mut body = [raw(sealed), raw(tag)].concat();
    let nonce = Nonce::try_assume_unique_for_key(&raw(nonce)).unwrap();
    Some(key.open_in_place(nonce, Aad::from(head.as_bytes()), &mut body).ok()?.to_vec())
}

#[test]
fn it_opens_by_its_passphrase_and_by_no_other() {
    let world = TestWorld::new(950);
    let passphrase = world.vault.passphrase();
    let shown = passphrase.expose().to_owned();
    assert_eq!(shown.len(), 29);
    let jwe = world.vault.seal_copy(&passphrase, "json", PLAIN.as_bytes()).unwrap();
    assert_eq!(opened(&jwe, &shown).as_deref(), Some(PLAIN.as_bytes()));
    let other = world.vault.passphrase();
    assert_ne!(other.expose(), shown);
    for wrong in [other.expose(), "", &shown[1..], &shown.to_uppercase()] {
        assert_eq!(opened(&jwe, wrong), None, "{wrong}");
    }
    // Nothing of it can be read, and nothing of it can be changed.
    let text = |part: &str| String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(part).unwrap()).into_owned();
    assert!(!jwe.split('.').any(|part| text(part).contains("ana.diaz")), "{jwe}");
    let bent = |n: usize| {
        let mut parts: Vec<String> = jwe.split('.').map(ToOwned::to_owned).collect();
        let first = if parts[n].starts_with('A') { 'B' } else { 'A' };
        parts[n].replace_range(..1, &first.to_string());
        parts.join(".")
    };
    for part in 1..5 {
        assert_eq!(opened(&bent(part), &shown), None, "part {part}");
    }
    let again = world.vault.seal_copy(&passphrase, "json", PLAIN.as_bytes()).unwrap();
    let common = jwe.split('.').zip(again.split('.')).filter(|(one, two)| one == two).count();
    assert_eq!(common, 0, "salt, key and nonce are new each time");
}

#[test]
fn a_passphrase_of_ones_own_seals_nothing() {
    for own in ["123456", "aaaa-aaaa-aaaa-aaaa", "my dog is called Rex", ""] {
        assert!(Passphrase::parse(own).is_none(), "{own}");
    }
}
