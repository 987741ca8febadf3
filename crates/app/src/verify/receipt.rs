//! One receipt, offline.

use crate::failure::{self, Failure};
use crate::output::{self, Format};
use serde_json::json;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use transparency::{MAX_RECEIPT_BYTES, OriginKeys, Receipt, WitnessPolicy, verify_receipt, verify_witnessed};

/// What a receipt is checked against.
pub(super) struct Against<'a> {
    pub(super) keys: &'a OriginKeys,
    /// Where the keys came from.
    pub(super) file: &'a Path,
    pub(super) policy: Option<&'a WitnessPolicy>,
}

pub(super) fn check(format: Format, path: &Path, against: &Against<'_>) -> Result<(), Failure> {
    let keys = against.keys;
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_RECEIPT_BYTES as u64 + 1).read_to_string(&mut text));
    read.map_err(|error| failure::file(path, &error))?;
    let wrong = |error: transparency::Error| {
        Failure::there(
            format!("{}: this isn't a receipt of {}: {error}", path.display(), keys.origin()),
            "don't rely on it; fetch it again, or ask with which keys it was made",
        )
    };
    let receipt = Receipt::parse(&text).map_err(wrong)?;
    let leaf = receipt.extra.clone().ok_or_else(|| {
        Failure::here(
            format!("{}: the receipt carries no leaf", path.display()),
            "give a receipt as Ringfence served it",
        )
    })?;
    let verified = verify_receipt(&text, &leaf, keys).map_err(wrong)?;
    let witnesses = match against.policy {
        Some(policy) => verify_witnessed(&receipt.checkpoint, keys, policy).map_err(wrong)?.by,
        None => Vec::new(),
    };
    let witnesses: Vec<&str> = witnesses.iter().map(|by| by.name.as_str()).collect();
    let ids = [keys.ed25519(), keys.ml_dsa_44()].map(|key| format!("{:08x}", key.id()));
    if format == Format::Table {
        let witnessed = match witnesses.as_slice() {
            [] => String::new(),
            names => format!(", and those of the witnesses {}", names.join(", ")),
        };
        return output::text(&format!(
            "holds: place {} of {} in the log {}, whose checkpoint carries its Ed25519 ({}) and ML-DSA-44 ({}) signatures{witnessed}; keys from {}",
            verified.index,
            verified.checkpoint.size,
            keys.origin(),
            ids[0],
            ids[1],
            against.file.display()
        ));
    }
    let leaf: String = leaf.iter().map(|byte| format!("{byte:02x}")).collect();
    output::one(
        format,
        &json!({"holds": true, "origin": keys.origin(), "place": verified.index, "size": verified.checkpoint.size, "leaf": leaf, "keys": ids, "witnesses": witnesses}),
    )
}
