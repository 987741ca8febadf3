//! What a key holder tells of its ceremonies to who watches: names, numbers and steps, nothing secret.

use super::{record, steps};
use crate::keyholding::root_file;
use keys::CeremonyStanding;
use serde_json::Value;
use std::path::Path;

/// How many steps are told.
const TOLD: usize = 20;

/// How a directory's ceremony stands. What can't be read is told as a chain that doesn't hold.
pub(crate) fn told(dir: &Path) -> CeremonyStanding {
    let (ceremony, steps) = (record(dir), steps(dir));
    let whole = ceremony.is_ok() && steps.is_ok();
    let mut standing = CeremonyStanding { root_file: root_file(dir).exists(), whole, ..CeremonyStanding::default() };
    if let Ok(Some(ceremony)) = ceremony {
        standing.id = ceremony.id().to_string();
        standing.needed = ceremony.quorum().needed();
        let custodians = ceremony.custodians().iter();
        standing.custodians = custodians.map(|one| (one.name().to_owned(), one.check_words())).collect();
    }
    if let Ok(steps) = steps {
        let word = |step: &Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
        let rehearsed = steps.all.iter().rfind(|step| step["step"] == "rehearsed");
        standing.rehearsed = rehearsed.map(|step| word(step, "at")).unwrap_or_default();
        let share = |step: &Value| step["share"].as_u64().and_then(|share| u8::try_from(share).ok()).unwrap_or(0);
        let newest = steps.all.iter().rev().take(TOLD);
        standing.steps = newest.map(|step| (word(step, "at"), word(step, "step"), share(step))).collect();
        standing.head = steps.head;
    }
    standing
}
