//! A copy that is sealed under a passphrase, for whoever keeps it where others get at it: JSON Web Encryption in its compact form
//! (RFC 7516), PBES2-HS512+A256KW (RFC 7518, 4.8) with A256GCM. Every browser has what opens it. The passphrase is made here,
//! shown once and kept nowhere.

use crate::error::VaultError;
use crate::wiring::Vault;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA512, derive};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::num::NonZeroU32;
use domain::time::fresh;
use zeroize::Zeroizing;

/// What it is made of: digits, and letters that aren't taken for others (Crockford's Base 32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Groups of letters, and letters in each: 120 bits.
const GROUPS: usize = 6;
const GROUP: usize = 4;
/// `alg` of the header; with a zero behind it and the salt, what the passphrase is stretched with.
const ALGORITHM: &str = "PBES2-HS512+A256KW";
/// How often it is stretched. The passphrase needs none; who opens it with other software expects some.
const ROUNDS: u32 = 210_000;

/// What a copy is sealed under: `7k3m-x9p2-…`.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// One as [`Vault::passphrase`] makes them; none of somebody's own, which could be guessed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_group = |group: &str| group.len() == GROUP && group.bytes().all(|letter| LETTERS.contains(&letter));
        let groups = text.split('-');
        (groups.clone().count() == GROUPS && groups.clone().all(is_group))
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// To be shown to the one whose copy it is.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Vault {
    /// Makes a passphrase.
    #[must_use]
    pub fn passphrase(&self) -> Passphrase {
        let chance: Zeroizing<[u8; GROUPS * GROUP]> = Zeroizing::new(fresh(&*self.entropy));
        let mut text = Zeroizing::new(String::with_capacity(GROUPS * (GROUP + 1)));
        for (n, byte) in chance.iter().enumerate() {
            if n > 0 && n.is_multiple_of(GROUP) {
                text.push('-');
            }
            text.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        Passphrase(text)
    }

    /// Seals a copy; `content` says what it is: `json` or `html`. It takes a tenth of a second of one core.
    ///
    /// # Errors
    /// If the machine can't.
    pub fn seal_copy(&self, passphrase: &Passphrase, content: &str, plain: &[u8]) -> Result<String, VaultError> {
        let (salt, nonce): ([u8; 16], [u8; 12]) = (fresh(&*self.entropy), fresh(&*self.entropy));
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(fresh(&*self.entropy));
        let header = serde_json::json!({
            "alg": ALGORITHM,
            "enc": "A256GCM",
            "p2c": ROUNDS,
            "p2s": URL_SAFE_NO_PAD.encode(salt),
            "cty": content,
        });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let rounds = NonZeroU32::new(ROUNDS).ok_or(VaultError::Damaged)?;
        let mut stretched = Zeroizing::new([0; 32]);
        let salt = [ALGORITHM.as_bytes(), &[0], &salt].concat();
        derive(PBKDF2_HMAC_SHA512, rounds, &salt, passphrase.0.as_bytes(), &mut *stretched);
        let mut wrapped = [0; 40];
        let kek = AesKek::new(&AES_256, &*stretched).map_err(|_| VaultError::Damaged)?;
        kek.wrap(&*key, &mut wrapped).map_err(|_| VaultError::Damaged)?;
        // Room for the tag, so that no copy of the text is left behind.
        let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
        body.extend_from_slice(plain);
        let key = UnboundKey::new(&AES_256_GCM, &*key).map(LessSafeKey::new).map_err(|_| VaultError::Damaged)?;
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_used, Aad::from(header.as_bytes()), &mut *body)
            .map_err(|_| VaultError::Damaged)?;
        let (sealed, tag) = body.split_at(plain.len());
        let parts = [wrapped.as_slice(), &nonce, sealed, tag].map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok(format!("{header}.{}", parts.join(".")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_here_is_a_passphrase() {
        assert!(Passphrase::parse("7k3m-x9p2-0000-zzzz-abcd-efgh").is_some());
        for wrong in
            ["", "7k3m", "7k3m-x9p2-0000-zzzz-abcd", "7K3M-x9p2-0000-zzzz-abcd-efgh", "7k3m-x9p2-0000-zzzz-abcd-efgi"]
        {
            assert!(Passphrase::parse(wrong).is_none(), "{wrong}");
        }
        assert!(Passphrase::parse("7k3m-x9p2-0000-zzzz-abcd-efgh-ijkl").is_none());
    }
}
