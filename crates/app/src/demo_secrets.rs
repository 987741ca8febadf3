//! What lets a demo's invented people in, kept in its own directory: nobody but an officer gives a token once officers have
//! passkeys, so a demo that is opened again needs those that it gave.

use crate::failure::{self, Failure};
use domain::PersonId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const FILE: &str = "demo.secrets";

/// By the people's ids.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    tokens: BTreeMap<String, String>,
    passkeys: BTreeMap<String, String>,
}

pub(super) struct Secrets {
    path: PathBuf,
    kept: Kept,
}

impl Secrets {
    /// Those of this directory; none yet where there is no file.
    pub(super) fn open(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(FILE);
        let kept = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|_| {
                Failure::here(
                    format!("{}: it can't be read", path.display()),
                    "name a new directory, or leave --data out",
                )
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(failure::file(&path, &error)),
        };
        Ok(Self { path, kept })
    }

    pub(super) fn token(&self, person: PersonId) -> Option<&str> {
        self.kept.tokens.get(&person.to_string()).map(String::as_str)
    }

    pub(super) fn passkey(&self, person: PersonId) -> Option<&str> {
        self.kept.passkeys.get(&person.to_string()).map(String::as_str)
    }

    pub(super) fn keep_token(&mut self, person: PersonId, token: &str) {
        self.kept.tokens.insert(person.to_string(), token.to_owned());
    }

    pub(super) fn keep_passkey(&mut self, person: PersonId, key: &str) {
        self.kept.passkeys.insert(person.to_string(), key.to_owned());
    }

    /// Writes them down, for whoever runs the demo alone.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let text = toml::to_string(&self.kept)
            .map_err(|_| Failure::there("the demo's secrets can't be written", "try again"))?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&self.path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| failure::file(&self.path, &error))
    }
}
