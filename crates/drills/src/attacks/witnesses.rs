//! Whoever keeps the log, or says so, wants a witness to cosign another history than it saw.

use crate::answer::Seen;
use crate::control::LOG;
use crate::premises::AskedWitness;
use crate::stage::Stage;
use crate::{Broken, Drill, Place};

pub(super) const ANOTHER_HISTORY: Drill = Drill {
    name: "witness-is-shown-another-history",
    tries: "Whoever keeps the log rewrites an entry that a witness cosigned, signs the new history, and asks for a cosignature.",
    lacks: "a history that goes on from what the witness cosigned",
    refused: &["not-consistent"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let first = if given.is_control() { "who looked" } else { "who didn't" };
        after_one(stage, |witness| witness.cosigns(1, &[first, "and then"], true))
    },
};

pub(super) const SHORTER_HISTORY: Drill = Drill {
    name: "witness-is-shown-a-shorter-history",
    tries: "Whoever keeps the log puts back an older one, leaves out what came since, and says that the witness knows no more.",
    lacks: "what the witness cosigned since",
    refused: &["conflict"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        after_one(stage, |witness| {
            witness.cosigns(1, &["who looked", "and then"], true)?;
            match given.is_control() {
                true => witness.cosigns(2, &["who looked", "and then"], true),
                false => witness.cosigns(1, &["who looked"], true),
            }
        })
    },
};

pub(super) const ANOTHER_KEEPER: Drill = Drill {
    name: "witness-is-asked-in-the-logs-name",
    tries: "Somebody puts the log's signatures of what it was before under a history of their own, and asks its witness to cosign that.",
    lacks: "the log's signatures of that history",
    refused: &["not-signed"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        after_one(stage, |witness| witness.cosigns(1, &["who looked", "and then"], given.is_control()))
    },
};

/// A witness that cosigned one entry is asked.
fn after_one(stage: &Stage, asks: impl FnOnce(&dyn AskedWitness) -> Result<(), String>) -> Result<Seen, Broken> {
    let witness = stage.premises()?.witness().ok_or(Broken::Unreachable("a witness"))?;
    witness.cosigns(0, &["who looked"], true).map_err(|why| Broken::Step("the first cosignature", why))?;
    Ok(asks(&*witness).map_or_else(Seen::Refused, |()| Seen::Through))
}
