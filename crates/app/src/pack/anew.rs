//! What a pack says, made anew by whoever checks it: of its own state and drills nothing else may follow than this program would have written.
//!
//! That goes only for packs of this version; another version asks other questions, in other words.

use super::answers::{self, Found};
use super::drilled::Drilled;
use super::index::Page;
use super::manifest::Manifest;
use super::oscal::Told;
use super::{ANSWERS, CHECKPOINT, KNOWN, PAGE, Part, SBOM, WITNESSED, sbom};
use crate::drilling;
use drills::{Drill, Place, Verdict};
use serde_json::Value;
use transparency::{OriginKeys, verify_checkpoint};
use vault::{DrillPlace, DrillVerdict};

/// Was it built by this version?
pub(super) fn is_possible(state: &Value) -> bool {
    state["program"] == env!("CARGO_PKG_VERSION")
}

/// Does what this part says follow from state and drills?
pub(super) fn follows(name: &str) -> bool {
    matches!(name, PAGE | ANSWERS | SBOM) || name.starts_with("oscal/")
}

/// Those parts, as this program writes them.
pub(super) fn made(found: &Found<'_>, manifest: &Manifest, nonce: &[u8; 32]) -> Result<Vec<Part>, String> {
    let word = |pointer: &str| found.state.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (at, company, drilled) = (word("/at"), word("/plan/company"), found.drilled);
    let answers = answers::all(found);
    let page =
        Page { company, origin: &manifest.origin, at, rehearsal: manifest.rehearsal, answers: &answers, drilled };
    let parts = || {
        let mut parts = vec![Part::new(PAGE, page.html()), Part::json(ANSWERS, &answers)?];
        parts.extend(Told { drilled, nonce, at, company }.parts()?);
        parts.push(Part::json(SBOM, &sbom::sbom(at))?);
        Ok(parts)
    };
    parts().map_err(|failure: crate::failure::Failure| failure.problem().to_owned())
}

/// What this version always puts in, and isn't there.
pub(super) fn missing(parts: &[Part]) -> impl Iterator<Item = &'static str> {
    let always = KNOWN.into_iter().filter(|name| *name != WITNESSED);
    always.filter(|name| parts.iter().all(|part| part.name != *name))
}

/// Is a checkpoint beside the seal another log's, or nobody's?
pub(super) fn is_signed(part: &Part, keys: &OriginKeys) -> bool {
    let note = core::str::from_utf8(&part.bytes).ok();
    !matches!(part.name.as_str(), CHECKPOINT | WITNESSED)
        || note.is_some_and(|note| verify_checkpoint(note, keys).is_ok())
}

/// The drills that this program knows, and the pack doesn't have.
pub(super) fn left_out(drilled: &[Drilled]) -> impl Iterator<Item = &'static str> {
    drills::all().map(|drill| drill.name).filter(|name| drilled.iter().all(|one| one.drill != *name))
}

/// What is wrong with what a result says of its drill, if anything.
pub(super) fn differs(one: &Drilled, rehearsal: bool) -> Option<&'static str> {
    let Some(drill) = drills::all().find(|drill| drill.name == one.drill) else {
        return Some("this program has no such drill");
    };
    let controls = drill.controls.iter().map(ToString::to_string);
    let same =
        one.tries == drill.tries && one.lacks == drill.lacks && one.controls.iter().eq(&controls.collect::<Vec<_>>());
    let there = rehearsal || drill.place != Place::Anywhere || one.r#where == DrillPlace::Deployment.slug();
    match () {
        () if !same => Some("it says something else of the drill than this program does"),
        () if !says(one, drill) => Some("it says something else than its verdict"),
        () if !there => Some("it wasn't tried on the deployment"),
        () => None,
    }
}

/// Does it say what comes with its verdict? Why something proves nothing is free text.
fn says(one: &Drilled, drill: &Drill) -> bool {
    let said = |verdict: &Verdict| drilling::said(drill, verdict) == one.said;
    if one.verdict == DrillVerdict::Pierced.slug() {
        return said(&Verdict::Pierced);
    }
    !one.held() || drill.refusals().any(|refused| said(&Verdict::Held { refused: refused.to_owned() }))
}
