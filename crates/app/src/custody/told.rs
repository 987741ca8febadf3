//! What a key holder tells of its ceremonies to who watches: names, numbers and steps, nothing secret.

use super::{record, steps};
use crate::keyholding::root_file;
use keys::CeremonyStanding;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How many steps are told.
const TOLD: usize = 20;

/// What a key holder remembers of a directory's steps while it runs.
pub(crate) struct Remembered {
    dir: PathBuf,
    seen: Mutex<Option<(usize, String)>>,
}

impl Remembered {
    pub(crate) fn of(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf(), seen: Mutex::new(None) }
    }

    /// How the ceremony stands. Steps that don't go on from those that were seen before were taken off or made anew: that is
    /// told as a chain that doesn't hold, for as long as they aren't back.
    pub(crate) fn told(&self) -> CeremonyStanding {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = told(&self.dir);
        let Ok(steps) = steps(&self.dir) else { return standing };
        if seen.as_ref().is_none_or(|seen| steps.go_on_from(seen)) {
            *seen = Some(steps.seen());
            return standing;
        }
        CeremonyStanding { whole: false, ..standing }
    }
}

/// How a directory's ceremony stands. What can't be read is told as a chain that doesn't hold.
fn told(dir: &Path) -> CeremonyStanding {
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

#[cfg(test)]
mod tests {
    use super::super::steps::write_rehearsal;
    use super::*;
    use std::fs;

    #[test]
    fn steps_that_are_cut_off_or_made_anew_are_noticed_while_it_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ceremonies.jsonl");
        let remembered = Remembered::of(dir.path());
        assert!(remembered.told().whole);
        for of in 3..6 {
            write_rehearsal(dir.path(), 2, of).unwrap();
            assert!(remembered.told().whole, "one more step is as it should be");
        }
        let whole = fs::read_to_string(&path).unwrap();
        let cut: String = whole.split_inclusive('\n').take(2).collect();
        for other in [cut.as_str(), ""] {
            fs::write(&path, other).unwrap();
            assert!(!remembered.told().whole);
        }
        write_rehearsal(dir.path(), 2, 9).unwrap();
        assert!(!remembered.told().whole, "a chain of its own");
        fs::write(&path, whole).unwrap();
        assert!(remembered.told().whole, "back as they were");
    }
}
