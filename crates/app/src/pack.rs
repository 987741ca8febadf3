//! `ringfence pack`: what holds here, for a partner, in one file.
//!
//! In scope: building a pack of what a deployment tells and of drills tried for the buyer's nonce, and checking one without a network. Out of
//! scope: what drills do, and what a deployment tells.

mod anew;
mod answers;
mod build;
mod drilled;
mod index;
mod manifest;
mod oscal;
mod questions;
mod sbom;
mod seal;
mod verify;
mod zip;

#[cfg(test)]
mod tests;

use crate::cli::{Common, Pack};
use crate::failure::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The parts that others refer to, by their names in the pack.
const PAGE: &str = "index.html";
const ANSWERS: &str = "answers.json";
const SBOM: &str = "sbom.json";
const CHECKPOINT: &str = "log/checkpoint.txt";
const WITNESSED: &str = "log/witnessed.txt";
const STATE: &str = "state.json";
const DRILLS: &str = "drills.json";
const KEY: &str = "log/key.txt";
const MANIFEST: &str = "manifest.json";
const SEAL: &str = "seal.json";

/// Every part that a pack may have, but for its list and its seal.
const KNOWN: [&str; 12] = [
    PAGE,
    ANSWERS,
    STATE,
    DRILLS,
    "oscal/assessment-results.json",
    "oscal/component-definition.json",
    SBOM,
    "cbom.json",
    KEY,
    CHECKPOINT,
    WITNESSED,
    "notice.txt",
];

/// A file in a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    bytes: Vec<u8>,
}

impl Part {
    fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), bytes: bytes.into() }
    }

    fn json<T: Serialize>(name: &str, value: &T) -> Result<Self, Failure> {
        Ok(Self { name: name.to_owned(), bytes: written(value)? })
    }
}

/// JSON as packs have it: two spaces, a line's end. There is one way to write a value, so that no byte of it can change unseen.
fn written<T: Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::there(error.to_string(), "try again"))?;
    Ok((text + "\n").into_bytes())
}

/// What was written so; none of anything else.
fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    (written(&value).ok()? == bytes).then_some(value)
}

/// Does what was asked.
///
/// # Errors
/// What the command says.
pub(crate) fn run(common: &Common, asked: &Pack) -> Result<(), Failure> {
    match asked {
        Pack::Build(asked) => build::run(common.output, asked),
        Pack::Verify(asked) => verify::run(common.output, asked),
    }
}
