//! The certificate of an erasure, offline: the log's signed checkpoint covers its entry, and the entry says what it says. Of
//! which customer it was no entry tells; nor does it tell its own number, so that isn't checked, and isn't repeated.

use super::statement::{as_json, since, witnessed};
use crate::cli::Verify;
use crate::failure::Failure;
use crate::log::{self, Keys, unhex};
use crate::output::{self, Format};
use serde::{Deserialize, Serialize};
use serde_json::json;
use transparency::{Receipt, WitnessPolicy, verify_receipt};
use vault::{Destroyed, Opening, destroyed};

/// What the file says that it is.
const FORMAT: &str = "ringfence erasure certificate v1";

#[derive(Deserialize)]
struct Raw {
    format: String,
    because: String,
    values: Option<u64>,
    at: String,
    backups_unreadable_by: String,
    opening: RawOpening,
    proof: String,
}

/// What opens an entry's audit half, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOpening {
    ra: String,
    audit: String,
    customer: String,
}

impl RawOpening {
    pub(crate) fn read(&self) -> Option<Opening> {
        let fixed = |text: &str| unhex(text)?.try_into().ok();
        Some(Opening { ra: fixed(&self.ra)?, audit: unhex(&self.audit)?, customer: fixed(&self.customer)? })
    }
}

/// Checks that the certificate says what its entry says, and that the log whose keys were given holds that entry.
pub(super) fn check(
    format: Format,
    asked: &Verify,
    text: &str,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    keys.required("a certificate")?;
    let path = asked.path.display();
    let raw: Option<Raw> = serde_json::from_str(text).ok().filter(|raw: &Raw| raw.format == FORMAT);
    let read = raw.and_then(|raw| Some((raw.opening.read()?, Receipt::parse(&raw.proof).ok()?, raw)));
    let Some((opening, receipt, raw)) = read else {
        let problem = format!("{path}: this is neither the certificate of an erasure nor the proof of a report");
        return Err(Failure::here(problem, "give it as Ringfence served it"));
    };
    let wrong = |problem: String| {
        Failure::there(format!("{path}: {problem}"), "don't rely on it; ask who gave it to you for another")
    };
    let leaf = receipt.extra.ok_or_else(|| wrong("its proof carries no leaf".to_owned()))?;
    let head = log::head(&receipt.checkpoint, &path.to_string(), keys, policy)?;
    let verified = verify_receipt(&raw.proof, &leaf, &head.keys).map_err(|error| wrong(error.to_string()))?;
    let body = opening.told(&leaf).ok_or_else(|| wrong("its opened entry isn't the one in the log".to_owned()))?;
    let told = destroyed(&body).ok_or_else(|| wrong("its entry in the log tells of no erasure".to_owned()))?;
    if let Some(part) = differs(&raw, &told) {
        return Err(wrong(format!("it says another {part} than its entry in the log")));
    }
    since(asked, keys, &head.checkpoint)?;
    let day = day(&told);
    if format == Format::Table {
        return output::text(&format!(
            "holds: {} destroyed at {}, {}; by the centre's word no backup opens it from {day} on, and digests of e-mail address and number, which nobody can read back, are kept for three years; place {} of {} in the log {}{}; keys from {}",
            told.values
                .map_or("everything of a customer's".to_owned(), |values| format!("a customer's {values} values")),
            told.at,
            if told.expired { "as expired by the data plan" } else { "as asked" },
            verified.index,
            verified.checkpoint.size,
            head.keys.origin(),
            witnessed(&head.witnesses),
            head.from.display()
        ));
    }
    let mut found = as_json(&head);
    found["place"] = json!(verified.index);
    found["at"] = json!(told.at.to_string());
    found["because"] = json!(because(&told));
    found["values"] = json!(told.values);
    found["backups_unreadable_by"] = json!(day);
    output::one(format, &found)
}

fn because(told: &Destroyed) -> &'static str {
    if told.expired { "expired" } else { "asked" }
}

fn day(told: &Destroyed) -> String {
    told.backups_unreadable_by.to_string().chars().take(10).collect()
}

/// What a certificate says otherwise than its entry, if anything.
fn differs(raw: &Raw, told: &Destroyed) -> Option<&'static str> {
    let parts = [
        ("time", raw.at == told.at.to_string()),
        ("reason", raw.because == because(told)),
        ("number of values", raw.values == told.values),
        ("day for backups", raw.backups_unreadable_by == day(told)),
    ];
    parts.into_iter().find(|(_, same)| !same).map(|(part, _)| part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Millis;

    type Edit = fn(&mut Raw);

    fn certificate() -> (Raw, Destroyed) {
        let at = Millis(1_767_225_600_000);
        let by = at.plus(14 * 24 * 3_600_000);
        let opening = RawOpening { ra: "00".repeat(32), audit: "a0".into(), customer: "11".repeat(32) };
        let raw = Raw {
            format: FORMAT.into(),
            because: "expired".into(),
            values: Some(2),
            at: at.to_string(),
            backups_unreadable_by: "2026-01-15".into(),
            opening,
            proof: String::new(),
        };
        (raw, Destroyed { at, expired: true, values: Some(2), backups_unreadable_by: by })
    }

    #[test]
    fn each_part_must_be_what_the_entry_says() {
        let (raw, told) = certificate();
        assert_eq!(differs(&raw, &told), None);
        let edits: [(&str, Edit); 4] = [
            ("time", |raw| raw.at = "2026-01-02T00:00:00Z".into()),
            ("reason", |raw| raw.because = "asked".into()),
            ("number of values", |raw| raw.values = Some(3)),
            ("day for backups", |raw| raw.backups_unreadable_by = "2026-01-14".into()),
        ];
        for (part, edit) in edits {
            let (mut raw, told) = certificate();
            edit(&mut raw);
            assert_eq!(differs(&raw, &told), Some(part));
        }
    }

    #[test]
    fn an_opening_is_hex_of_its_lengths() {
        let (raw, _) = certificate();
        assert_eq!(raw.opening.read().unwrap().audit, [0xa0]);
        let short = RawOpening { ra: "00".repeat(31), ..certificate().0.opening };
        let shouted = RawOpening { audit: "A0".into(), ..certificate().0.opening };
        assert!(short.read().is_none() && shouted.read().is_none());
    }
}
