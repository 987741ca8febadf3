//! Secrets of the configuration.

use crate::failure::{self, Failure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

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
    if !text.expose().starts_with("whsec_") {
        return Err(Failure::here(
            format!("{place} holds no webhook secret"),
            "give whsec_ followed by 32 random bytes in Base 64",
        ));
    }
    Ok(text)
}
