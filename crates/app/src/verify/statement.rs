//! One signed statement, offline: a receipt, a checkpoint, the certificate of an erasure, or the proof of a report.

use super::{certificate, report, without_words};
use crate::cli::Verify;
use crate::failure::Failure;
use crate::log::{self, Checked, Keys, signed_by};
use crate::output::{self, Format};
use serde_json::json;
use transparency::{Checkpoint, MAX_RECEIPT_BYTES, Receipt, WitnessPolicy, verify_receipt};

/// What a receipt starts with (C2SP tlog-proof); anything else is taken for a checkpoint.
const RECEIPT: &str = "c2sp.org/tlog-proof@";

pub(super) fn check(
    format: Format,
    asked: &Verify,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    let text = log::read_note(&asked.path, MAX_RECEIPT_BYTES)?;
    if report::is_one(&text) {
        return report::check(format, asked, &text, keys, policy);
    }
    without_words(asked, &asked.path)?;
    if text.starts_with('{') {
        return certificate::check(format, asked, &text, keys, policy);
    }
    let is_receipt = text.starts_with(RECEIPT);
    keys.required(if is_receipt { "a receipt" } else { "a checkpoint" })?;
    if is_receipt {
        receipt(format, asked, &text, keys, policy)
    } else {
        checkpoint(format, asked, &text, keys, policy)
    }
}

fn receipt(
    format: Format,
    asked: &Verify,
    text: &str,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    let path = asked.path.display();
    let wrong = |error: transparency::Error| {
        let origins: Vec<&str> = keys.origins().collect();
        Failure::there(
            format!("{path}: this isn't a receipt of {}: {error}", origins.join(", ")),
            "don't rely on it; fetch it again, or ask with which keys it was made",
        )
    };
    let receipt = Receipt::parse(text).map_err(wrong)?;
    let leaf = receipt.extra.ok_or_else(|| {
        Failure::here(format!("{path}: the receipt carries no leaf"), "give a receipt as Ringfence served it")
    })?;
    let head = log::head(&receipt.checkpoint, &path.to_string(), keys, policy)?;
    let verified = verify_receipt(text, &leaf, &head.keys).map_err(wrong)?;
    since(asked, keys, &head.checkpoint)?;
    if format == Format::Table {
        return output::text(&format!(
            "holds: place {} of {} in the log {}, whose checkpoint carries its {} signatures{}; keys from {}",
            verified.index,
            verified.checkpoint.size,
            head.keys.origin(),
            signed_by(&head.keys),
            witnessed(&head.witnesses),
            head.from.display()
        ));
    }
    let mut found = as_json(&head);
    found["place"] = json!(verified.index);
    found["leaf"] = json!(log::hex(&leaf));
    output::one(format, &found)
}

fn checkpoint(
    format: Format,
    asked: &Verify,
    text: &str,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    let head = log::head(text, &asked.path.display().to_string(), keys, policy)?;
    since(asked, keys, &head.checkpoint)?;
    if format != Format::Table {
        return output::one(format, &as_json(&head));
    }
    output::text(&format!(
        "holds: the checkpoint of {} entries of the log {} carries its {} signatures{}; keys from {}",
        head.checkpoint.size,
        head.keys.origin(),
        signed_by(&head.keys),
        witnessed(&head.witnesses),
        head.from.display()
    ))
}

pub(super) fn witnessed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(", and those of the witnesses {}", names.join(", ")),
    }
}

pub(super) fn as_json(head: &Checked) -> serde_json::Value {
    let ids = [head.keys.ed25519(), head.keys.ml_dsa_44()].map(|key| format!("{:08x}", key.id()));
    json!({
        "holds": true, "origin": head.checkpoint.origin, "size": head.checkpoint.size, "keys": ids,
        "witnesses": head.witnesses,
    })
}

/// Without tiles only what two checkpoints say of the same size can be compared.
pub(super) fn since(asked: &Verify, keys: &Keys, new: &Checkpoint) -> Result<(), Failure> {
    let name = asked.path.display().to_string();
    for kept in &asked.since {
        let old = log::since_of(kept, keys)?.checkpoint;
        if old.origin != new.origin {
            let problem = format!("{name}: it is of {}, and the older checkpoint of {}", new.origin, old.origin);
            return Err(Failure::there(problem, "compare checkpoints of one log"));
        }
        if old.size == new.size && old.root != new.root {
            return Err(log::conflict(&name, new, &old, "the log was forked"));
        }
        if new.size < old.size {
            let problem =
                format!("{name}: it is older, with {} entries, than the kept one with {}", new.size, old.size);
            return Err(Failure::there(
                problem,
                "ask for the log's newest checkpoint; if this is it, the log was rolled back",
            ));
        }
        if old.size != new.size {
            let problem =
                format!("{name}: whether {} entries contain {} can't be told without tiles", new.size, old.size);
            return Err(Failure::here(problem, "give the log's directory, as ringfence log mirror copies it"));
        }
    }
    Ok(())
}
