//! The list of a pack's parts. What it hashes to is in the log.

use super::Part;
use crate::log::hex;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// What a list says that it is.
const FORMAT: &str = "ringfence partner pack v1";

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: String,
    /// What the buyer's nonce hashes to.
    pub(super) nonce: String,
    /// The name under which the log signs.
    pub(super) origin: String,
    /// A rehearsal is of a centre that was made for it, and says nothing of anybody's.
    pub(super) rehearsal: bool,
    parts: Vec<Listed>,
}

/// A part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    bytes: usize,
    sha256: String,
}

/// SHA-256.
pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

fn listed(part: &Part) -> Listed {
    Listed { name: part.name.clone(), bytes: part.bytes.len(), sha256: hex(&hash(&part.bytes)) }
}

impl Manifest {
    /// That of these parts, in their order.
    pub(super) fn of(parts: &[Part], nonce: &[u8; 32], origin: &str, rehearsal: bool) -> Self {
        let parts = parts.iter().map(listed).collect();
        Self { format: FORMAT.to_owned(), nonce: hex(nonce), origin: origin.to_owned(), rehearsal, parts }
    }

    /// What is wrong with these parts, if anything: each must be there as listed, in its place, and nothing else.
    pub(super) fn differs(&self, parts: &[Part]) -> Option<String> {
        if self.format != FORMAT {
            return Some("its list isn't of a format that this program reads".to_owned());
        }
        let mut pairs = self.parts.iter().zip(parts);
        if let Some((said, part)) = pairs.find(|(said, part)| **said != listed(part)) {
            return Some(match said.name == part.name {
                true => format!("{} was changed", plain(&part.name)),
                false => format!("{} stands where {} should", plain(&part.name), plain(&said.name)),
            });
        }
        match self.parts.len().cmp(&parts.len()) {
            core::cmp::Ordering::Equal => None,
            core::cmp::Ordering::Less => Some(format!("{} was added", plain(&parts[self.parts.len()].name))),
            core::cmp::Ordering::Greater => Some(format!("{} is missing", plain(&self.parts[parts.len()].name))),
        }
    }
}

/// A name as it may be printed.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(100).collect()
}
