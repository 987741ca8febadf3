//! A statement's file.

use crate::failure::{self, Failure};
use crate::log::read_note;
use domain::{CustomerId, EntryId, InteractionId};
use keys::{Key32, ViewKey};
use serde::Deserialize;
use std::io::Read as _;
use std::path::Path;
use transparency::{MAX_RECEIPT_BYTES, Receipt};
use vault::CustomerBody;
use zeroize::Zeroizing;

/// What the file says that it is.
pub(crate) const FORMAT: &str = "ringfence customer statement v1";
/// The longest file that is read: some hundred thousand entries.
const MOST: u64 = 64 * 1024 * 1024;

/// A customer's key of the log, and what somebody told them of the entries.
pub struct Given {
    /// The name of the log.
    pub origin: String,
    /// `V_c`.
    pub key: ViewKey,
    /// The entries as they were stated; may be none.
    pub entries: Vec<Stated>,
    /// The leaf of their erasure's receipt, if they were erased.
    pub erased: Option<Vec<u8>>,
}

/// An entry as it was stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Which of the customer's, from 1.
    pub n: u64,
    /// The entry.
    pub entry: EntryId,
    /// Its place in the log, if it had one.
    pub place: Option<u64>,
    /// Its customer half with `rc`, and `H(ra ‖ A)`.
    pub half: Option<([u8; 32], CustomerBody, [u8; 32])>,
}

#[derive(Deserialize)]
struct Raw {
    format: String,
    origin: String,
    customer: String,
    key: Zeroizing<String>,
    #[serde(default)]
    entries: Vec<RawLine>,
}

#[derive(Deserialize)]
struct RawLine {
    n: u64,
    entry: String,
    place: Option<u64>,
    half: Option<RawHalf>,
}

#[derive(Deserialize)]
struct RawHalf {
    interaction: Option<String>,
    instance: u32,
    version: u64,
    #[serde(default)]
    previous: Option<String>,
    rc: String,
    audit_digest: String,
}

impl Given {
    /// Reads a file as `ringfence customer statement` writes it.
    ///
    /// # Errors
    /// If it can't be read or isn't one.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let mut text = Zeroizing::new(String::new());
        let read = std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text));
        read.map_err(|error| failure::file(path, &error))?;
        Self::parse(&text).ok_or_else(|| {
            let problem = format!("{}: this isn't a customer's statement", path.display());
            Failure::here(problem, "give the file that ringfence customer statement wrote")
        })
    }

    /// The same with the receipt of the customer's erasure.
    pub(super) fn erased_by(self, receipt: &Path) -> Result<Self, Failure> {
        let text = read_note(receipt, MAX_RECEIPT_BYTES)?;
        let leaf = Receipt::parse(&text).ok().and_then(|receipt| receipt.extra);
        let leaf = leaf.ok_or_else(|| {
            let problem = format!("{}: this isn't a receipt with its leaf", receipt.display());
            Failure::here(problem, "give the erasure's receipt as Ringfence served it")
        })?;
        Ok(Self { erased: Some(leaf), ..self })
    }

    fn parse(text: &str) -> Option<Self> {
        let raw: Raw = serde_json::from_str(text).ok().filter(|raw: &Raw| raw.format == FORMAT)?;
        let customer = CustomerId::parse(&raw.customer)?;
        let entries = raw.entries.into_iter().map(|line| line.parse(customer)).collect::<Option<_>>()?;
        Some(Self { origin: raw.origin, key: ViewKey::new(Key32::new(unhex(&raw.key)?)), entries, erased: None })
    }
}

impl RawLine {
    fn parse(self, customer: CustomerId) -> Option<Stated> {
        let half = match self.half {
            None => None,
            Some(half) => Some(half.parse(customer, self.n)?),
        };
        Some(Stated { n: self.n, entry: EntryId::parse(&self.entry)?, place: self.place, half })
    }
}

impl RawHalf {
    fn parse(self, customer: CustomerId, n: u64) -> Option<([u8; 32], CustomerBody, [u8; 32])> {
        let interaction = match self.interaction {
            None => None,
            Some(text) => Some(InteractionId::parse(&text)?),
        };
        let previous = match self.previous {
            None => None,
            Some(text) => Some(EntryId::parse(&text)?),
        };
        let body = CustomerBody { customer, interaction, instance: self.instance, version: self.version, n, previous };
        Some((unhex(&self.rc)?, body, unhex(&self.audit_digest)?))
    }
}

/// 32 bytes from 64 lower-case hex digits.
fn unhex(text: &str) -> Option<[u8; 32]> {
    crate::log::unhex(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{FORMAT, Given, unhex};

    fn text(format: &str, key: &str, more: &str) -> String {
        let customer = format!("cus_{}", "1".repeat(32));
        format!(r#"{{"format": "{format}", "origin": "o", "customer": "{customer}", "key": "{key}"{more}}}"#)
    }

    #[test]
    fn a_key_alone_is_a_statement() {
        let given = Given::parse(&text(FORMAT, &"0a".repeat(32), "")).unwrap();
        assert_eq!((given.key.key().bytes(), given.entries.len()), (&[10; 32], 0));
    }

    #[test]
    fn anything_else_is_none() {
        let key = "0a".repeat(32);
        for wrong in [
            text("another", &key, ""),
            text(FORMAT, &key[1..], ""),
            text(FORMAT, &key.to_uppercase(), ""),
            text(FORMAT, &key, r#", "entries": [{"n": 1, "entry": "ent_1"}]"#),
            String::new(),
        ] {
            assert!(Given::parse(&wrong).is_none(), "{wrong}");
        }
        assert_eq!(unhex(&"é".repeat(32)), None);
    }
}
