//! What was seen before: one small file of the member's own, written whole or not at all.

use crate::failure::{self, Failure};
use crate::log::hex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

const FILE: &str = "state.json";

/// All of it. Moments are milliseconds since 1970, hashes and fingerprints lower-case hex.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// SHA-256 of each file, by its number.
    pub(super) seen: BTreeMap<u64, String>,
    /// When the newest was made, by its own word.
    pub(super) made: i64,
    /// When the next report is due.
    pub(super) next: Option<i64>,
    /// To which keys files are sealed.
    pub(super) readers: BTreeSet<String>,
    /// The largest signed checkpoint.
    pub(super) checkpoint: Option<String>,
    /// Its size, and when that last grew by this machine's clock.
    pub(super) size: u64,
    pub(super) grown: i64,
    /// The lowest number that came first.
    #[serde(default)]
    pub(super) first: Option<u64>,
    /// Which files the node has and doesn't give, and since when.
    #[serde(default)]
    pub(super) waiting: BTreeMap<u64, i64>,
}

impl State {
    /// As it was left in a directory; a new one where there is none.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
                Failure::there(
                    format!("{}: it isn't what this program wrote", path.display()),
                    "find out who changed it; move it away to begin anew from the files that you have",
                )
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failure::file(&path, &error)),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|_| Failure::there("what was seen can't be written", "try again"))?;
        replace(&folder.join(FILE), &bytes)
    }

    pub(super) fn newest(&self) -> u64 {
        self.seen.last_key_value().map_or(0, |(number, _)| *number)
    }

    pub(super) fn shown(&self) -> Value {
        let next = self.next.map(|next| domain::Millis(next).to_string());
        json!({"newest": self.newest(), "next": next, "log": self.size, "holds": true})
    }
}

/// Writes a file whole or not at all, for its owner only.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let unfinished = path.with_extension("unfinished");
    let written = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished);
    let written = written
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|error| failure::file(path, &error))
}

pub(super) fn fingerprint(bytes: &[u8]) -> String {
    hex(bytes)
}
