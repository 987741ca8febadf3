//! One receipt, offline.

use crate::failure::{self, Failure};
use crate::output::{self, Format};
use serde_json::json;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use transparency::{MAX_RECEIPT_BYTES, OriginKeys, Receipt, verify_receipt};

pub(super) fn check(format: Format, path: &Path, keys: &OriginKeys, key_file: &Path) -> Result<(), Failure> {
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
    let leaf = receipt.extra.ok_or_else(|| {
        Failure::here(
            format!("{}: the receipt carries no leaf", path.display()),
            "give a receipt as Ringfence served it",
        )
    })?;
    let verified = verify_receipt(&text, &leaf, keys).map_err(wrong)?;
    let ids = [keys.ed25519(), keys.ml_dsa_44()].map(|key| format!("{:08x}", key.id()));
    if format == Format::Table {
        return output::text(&format!(
            "holds: place {} of {} in the log {}, whose checkpoint carries its Ed25519 ({}) and ML-DSA-44 ({}) signatures; keys from {}",
            verified.index,
            verified.checkpoint.size,
            keys.origin(),
            ids[0],
            ids[1],
            key_file.display()
        ));
    }
    let leaf: String = leaf.iter().map(|byte| format!("{byte:02x}")).collect();
    output::one(
        format,
        &json!({"holds": true, "origin": keys.origin(), "place": verified.index, "size": verified.checkpoint.size, "leaf": leaf, "keys": ids}),
    )
}
