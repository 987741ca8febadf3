//! What drills showed for this pack: each result with its entry in the log, opened.

use super::Part;
use crate::failure::Failure;
use crate::log::{hex, unhex};
use crate::verify::certificate::RawOpening;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use transparency::Receipt;
use vault::{AuditBody, DrillPlace, DrillVerdict, EVIDENCE_MS, Kind};

/// One.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drilled {
    pub(super) drill: String,
    pub(super) tries: String,
    pub(super) lacks: String,
    pub(super) controls: Vec<String>,
    pub(super) verdict: String,
    pub(super) said: String,
    pub(super) r#where: String,
    /// When it was told, and until when it counts.
    pub(super) at: String,
    pub(super) until: String,
    /// Its entry in the log: place, leaf, and what opens it.
    pub(super) place: u64,
    pub(super) leaf: String,
    pub(super) opening: RawOpening,
}

impl Drilled {
    /// What a drill came to, with what the deployment says of its entry.
    pub(super) fn of(result: &Value, proven: &Value) -> Result<Self, Failure> {
        let odd = || Failure::there("the deployment's answer isn't the proof of an entry", "check its version");
        let word = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        let receipt = Receipt::parse(proven["proof"].as_str().unwrap_or_default()).map_err(|_| odd())?;
        let leaf = receipt.extra.ok_or_else(odd)?;
        let mut opening = proven.clone();
        opening.as_object_mut().ok_or_else(odd)?.remove("proof");
        let opening: RawOpening = serde_json::from_value(opening).map_err(|_| odd())?;
        let body = opening.read().and_then(|opening| opening.told(&leaf)).ok_or_else(odd)?;
        let controls = result["controls"].as_array().into_iter().flatten();
        Ok(Self {
            drill: word("drill"),
            tries: word("tries"),
            lacks: word("lacks"),
            controls: controls.filter_map(|one| one.as_str().map(str::to_owned)).collect(),
            verdict: word("verdict"),
            said: word("said"),
            r#where: word("where"),
            at: body.at.to_string(),
            until: body.at.plus(EVIDENCE_MS).to_string(),
            place: receipt.index,
            leaf: hex(&leaf),
            opening,
        })
    }

    /// Does the defence hold?
    pub(super) fn held(&self) -> bool {
        self.verdict == DrillVerdict::Held.slug()
    }

    /// The leaf's bytes.
    pub(super) fn leaf(&self) -> Option<Vec<u8>> {
        unhex(&self.leaf)
    }

    /// What is wrong with it as a result for this nonce and this pack's entry, if anything.
    pub(super) fn differs(&self, nonce: &[u8; 32], pack: &AuditBody) -> Option<&'static str> {
        let told = self.leaf().and_then(|leaf| self.opening.read()?.told(&leaf));
        let Some(body) = told else {
            return Some("its opened entry isn't the one in the log");
        };
        let (Kind::DrillTold, Ok(()), Some(note)) = (body.kind, body.decision, body.drill.as_deref()) else {
            return Some("its entry in the log tells of no drill");
        };
        let verdict = DrillVerdict::from_code(note.verdict).map(DrillVerdict::slug);
        let place = DrillPlace::from_code(note.place).map(DrillPlace::slug);
        let same = note.drill == self.drill && verdict == Some(&self.verdict) && place == Some(&self.r#where);
        let marked = body.pack.as_deref().is_some_and(|pack| pack.nonce == *nonce);
        match () {
            () if !same => Some("it says something else than its entry in the log"),
            () if !marked => Some("it wasn't tried for this nonce"),
            () if body.at.to_string() != self.at || body.at.plus(EVIDENCE_MS).to_string() != self.until => {
                Some("it says another time than its entry in the log")
            }
            () if body.at > pack.at || pack.at.since(body.at) > EVIDENCE_MS => {
                Some("it was told too long before, or after, the pack")
            }
            () => None,
        }
    }
}

/// The part with all of them.
pub(super) fn part(drilled: &[Drilled]) -> Result<Part, Failure> {
    Part::json(super::DRILLS, &drilled)
}
