//! Secrets of the configuration.

use crate::failure::{self, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What every webhook secret begins with.
const PREFIX: &str = "whsec_";

/// How many bytes a webhook's secret has at least, as Standard Webhooks asks: with none, or few, anybody finds signatures that fit.
const LEAST: usize = 24;

/// A secret from a file; it can't be printed.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret, for whoever signs or verifies with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A webhook's secret, from the file that names it or from the configuration itself.
pub(super) fn one_secret(folder: &Path, secret: Option<Secret>, file: Option<&PathBuf>) -> Result<Secret, Failure> {
    let (text, place) = match (secret, file) {
        (Some(secret), None) => (secret, "secret".to_owned()),
        (None, Some(file)) => {
            let path = folder.join(file);
            let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|error| failure::file(&path, &error))?);
            (Secret(Zeroizing::new(text.trim().to_owned())), path.display().to_string())
        }
        _ => return Err(Failure::here("a secret is missing or given twice", "give either secret_file or secret")),
    };
    match wrong(text.expose()) {
        Some(what) => Err(Failure::here(
            format!("{place} {what}"),
            "give whsec_ followed by 32 random bytes in Base 64: openssl rand -base64 32",
        )),
        None => Ok(text),
    }
}

/// Why nothing can be signed with it, without a word of it.
fn wrong(secret: &str) -> Option<String> {
    let Some(key) = secret.strip_prefix(PREFIX) else { return Some("holds no webhook secret".to_owned()) };
    match STANDARD.decode(key).map(Zeroizing::new) {
        Err(_) => Some("holds a webhook secret that isn't Base 64".to_owned()),
        Ok(key) if key.len() < LEAST => {
            Some(format!("holds a webhook secret of {} bytes; {LEAST} is the least", key.len()))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST, PREFIX, STANDARD, wrong};
    use crate::commands::init::webhook_secret;
    use base64::Engine as _;

    #[test]
    fn a_secret_that_can_be_guessed_is_none() {
        let of = |bytes: usize| format!("{PREFIX}{}", STANDARD.encode(vec![7_u8; bytes]));
        for (bad, says) in [
            ("letmein".to_owned(), "no webhook secret"),
            (of(0), "of 0 bytes"),
            (of(3), "of 3 bytes"),
            (of(LEAST - 1), "of 23 bytes"),
            (format!("{PREFIX}!{}", STANDARD.encode([7; 32])), "isn't Base 64"),
        ] {
            let said = wrong(&bad);
            assert!(said.as_ref().is_some_and(|said| said.contains(says)), "{bad}: {said:?}");
        }
        for good in [of(LEAST), of(64), webhook_secret().to_string()] {
            assert_eq!(wrong(&good), None);
        }
    }
}
