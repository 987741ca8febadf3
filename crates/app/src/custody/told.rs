//! What a key holder tells of its ceremonies to who watches: names, numbers and steps, nothing secret.

use super::gather::gathered_now;
use super::steps::steps_that_hold;
use super::{dealt, record, steps};
use crate::keyholding::root_file;
use keyholder::custody::Ceremony;
use keys::standing::STEPS_AT_ONCE;
use keys::{Ceremonies, CeremonyStanding, CeremonyStep, DealtShares};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How many steps are told with how it stands.
const TOLD: usize = 20;

/// What a key holder remembers of a directory's steps while it runs.
pub(crate) struct Remembered {
    dir: PathBuf,
    socket: PathBuf,
    seen: Mutex<Option<(usize, String)>>,
}

impl Remembered {
    pub(crate) fn of(dir: &Path, socket: &Path) -> Self {
        Self { dir: dir.to_path_buf(), socket: socket.to_path_buf(), seen: Mutex::new(None) }
    }
}

impl Ceremonies for Remembered {
    /// Steps that don't go on from those that were seen before were taken off or made anew: that is told as a chain that doesn't
    /// hold, for as long as they aren't back.
    fn standing(&self) -> CeremonyStanding {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let places = [&self.dir, &self.socket].map(|path| path.display().to_string());
        let standing = CeremonyStanding { places: places.into(), ..told(&self.dir) };
        let Ok(steps) = steps(&self.dir) else { return standing };
        if seen.as_ref().is_none_or(|seen| steps.go_on_from(seen)) {
            *seen = Some(steps.seen());
            return standing;
        }
        CeremonyStanding { whole: false, ..standing }
    }

    fn steps(&self, after: u64) -> Vec<CeremonyStep> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        steps_that_hold(&self.dir).told().skip(after).take(STEPS_AT_ONCE).collect()
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
        standing.custodians = custodians(&ceremony);
    }
    if let Ok(steps) = steps {
        let rehearsed = steps.told().rfind(|step| step.step == "rehearsed");
        standing.rehearsed = rehearsed.map(|step| step.at).unwrap_or_default();
        standing.gathering = gathered_now(dir, &steps);
        standing.steps = steps.told().rev().take(TOLD).collect();
        standing.head = steps.head;
    }
    if let Ok(Some(new)) = dealt(dir) {
        let (id, needed) = (new.id().to_string(), new.quorum().needed());
        standing.dealt = Some(DealtShares { id, needed, custodians: custodians(&new) });
    }
    standing
}

/// By share: name, and the check words of their key.
fn custodians(ceremony: &Ceremony) -> Vec<(String, String)> {
    ceremony.custodians().iter().map(|one| (one.name().to_owned(), one.check_words())).collect()
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
        let remembered = Remembered::of(dir.path(), Path::new("/run/keys.sock"));
        assert!(remembered.standing().whole);
        for of in 3..6 {
            write_rehearsal(dir.path(), 2, of).unwrap();
            assert!(remembered.standing().whole, "one more step is as it should be");
        }
        let whole = fs::read_to_string(&path).unwrap();
        let cut: String = whole.split_inclusive('\n').take(2).collect();
        for other in [cut.as_str(), ""] {
            fs::write(&path, other).unwrap();
            assert!(!remembered.standing().whole);
        }
        write_rehearsal(dir.path(), 2, 9).unwrap();
        assert!(!remembered.standing().whole, "a chain of its own");
        fs::write(&path, whole).unwrap();
        assert!(remembered.standing().whole, "back as they were");
    }

    #[test]
    fn steps_are_told_in_order_from_where_somebody_is_and_up_to_the_line_that_breaks_the_chain() {
        let dir = tempfile::tempdir().unwrap();
        let told = Remembered::of(dir.path(), Path::new("/run/keys.sock"));
        assert_eq!(told.steps(0), []);
        for of in 3..6 {
            write_rehearsal(dir.path(), 2, of).unwrap();
        }
        let all = told.steps(0);
        assert_eq!(
            all.iter().map(|step| (step.place, step.needed, step.of)).collect::<Vec<_>>(),
            [(1, 2, 3), (2, 2, 4), (3, 2, 5)]
        );
        assert_eq!((told.steps(1), told.steps(9)), (all[1..].to_vec(), Vec::new()));
        let path = dir.path().join("ceremonies.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"shares\":4", "\"shares\":7", 1)).unwrap();
        let left = told.steps(0);
        assert!(left[0] == all[0] && left[1].hash != all[1].hash && left.len() == 2, "{left:?}");
    }
}
