//! The log of ceremonies' steps: a chain, in which each line names the hash of the line before it. So a line that was edited,
//! moved or taken out shows. Lines taken off its end show by its head alone, which whoever was there wrote down.

use crate::ambient::SystemClock;
use crate::failure::{self, Failure};
use crate::log::hex;
use domain::Clock as _;
use keyholder::custody::Ceremony;
use keys::CeremonyStep;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

const STEPS: &str = "ceremonies.jsonl";
/// What the first line names.
const NOTHING: [u8; 32] = [0; 32];

/// What happened, as the log of steps says it. Numbers and ids, no names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Rehearsed,
    Begun,
    Waiting,
    ShareTaken(u8),
    ShareRefused,
    Unsealed,
    RootFileDestroyed,
    Dealt,
    Reshared,
    Replaced(u8),
    IntoHardware,
    ByHardware,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Rehearsed => "rehearsed",
            Self::Begun => "begun",
            Self::Waiting => "waiting",
            Self::ShareTaken(_) => "share-taken",
            Self::ShareRefused => "share-refused",
            Self::Unsealed => "unsealed",
            Self::RootFileDestroyed => "root-file-destroyed",
            Self::Dealt => "dealt",
            Self::Reshared => "reshared",
            Self::Replaced(_) => "replaced",
            Self::IntoHardware => "into-hardware",
            Self::ByHardware => "unsealed-by-hardware",
        }
    }

    fn share(self) -> Option<u8> {
        match self {
            Self::ShareTaken(share) | Self::Replaced(share) => Some(share),
            _ => None,
        }
    }
}

/// Every step so far, and the hash of the last line.
#[derive(Debug)]
pub(crate) struct Steps {
    /// Oldest first.
    pub(crate) all: Vec<Value>,
    /// In hex: short enough to be written down, long enough that nobody finds another.
    pub(crate) head: String,
    /// The heads that the chain had before, one for each step.
    heads: Vec<[u8; 32]>,
}

impl Steps {
    /// How many steps, and their head: to be compared with later.
    pub(crate) fn seen(&self) -> (usize, String) {
        (self.all.len(), self.head.clone())
    }

    /// Are these steps what was seen, and perhaps more?
    pub(crate) fn go_on_from(&self, (count, head): &(usize, String)) -> bool {
        *count == 0 || self.heads.get(count - 1).is_some_and(|one| hex(one) == *head)
    }

    /// As they are told to who watches.
    pub(crate) fn told(&self) -> impl DoubleEndedIterator<Item = CeremonyStep> + ExactSizeIterator {
        let steps = self.all.iter().zip(&self.heads).enumerate();
        steps.map(|(before, (step, hash))| told(before as u64 + 1, step, *hash))
    }
}

/// Writes a step down, durably, before it counts.
///
/// # Errors
/// If it can't be written.
pub(crate) fn write_step(dir: &Path, ceremony: &Ceremony, step: Step) -> Result<(), Failure> {
    let mut line = json!({
        "ceremony": ceremony.id().to_string(),
        "threshold": ceremony.quorum().needed(),
        "shares": ceremony.quorum().of(),
    });
    if let Some(share) = step.share() {
        line["share"] = json!(share);
    }
    append(dir, step, line)
}

/// Writes down that the steps were gone through with a root key that was made up.
///
/// # Errors
/// If it can't be written.
pub(crate) fn write_rehearsal(dir: &Path, threshold: u8, shares: u8) -> Result<(), Failure> {
    append(dir, Step::Rehearsed, json!({"threshold": threshold, "shares": shares}))
}

/// Writes down what hardware did with the root key.
///
/// # Errors
/// If it can't be written.
pub(crate) fn write_hardware(dir: &Path, step: Step) -> Result<(), Failure> {
    append(dir, step, json!({}))
}

fn append(dir: &Path, step: Step, mut line: Value) -> Result<(), Failure> {
    let path = dir.join(STEPS);
    let wrong = |error: std::io::Error| failure::file(&path, &error);
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(wrong)?;
    // The key holder and a command may both write one.
    file.lock().map_err(wrong)?;
    let text = fs::read_to_string(&path).map_err(wrong)?;
    line["at"] = json!(SystemClock.now().to_string());
    line["step"] = json!(step.name());
    line["before"] = json!(hex(&text.lines().next_back().map_or(NOTHING, hash)));
    file.write_all(format!("{line}\n").as_bytes()).map_err(wrong)?;
    file.sync_all().map_err(wrong)
}

fn hash(line: &str) -> [u8; 32] {
    vault::sha256(line.as_bytes())
}

/// Every step so far, checked to be the chain that was written.
///
/// # Errors
/// If the log can't be read, or a line was edited, moved or taken out: which.
pub(crate) fn steps(dir: &Path) -> Result<Steps, Failure> {
    let path = dir.join(STEPS);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| failure::file(&path, &error))?,
    };
    match read(&text) {
        (steps, None) => Ok(steps),
        (_, Some((line, what))) => Err(Failure::there(
            format!("{}, line {line}: {what}", path.display()),
            "compare the file with a copy of the directory, and ask who was at this machine",
        )),
    }
}

/// Every step up to the first line that doesn't follow the one before it; none where the log can't be read.
pub(crate) fn steps_that_hold(dir: &Path) -> Steps {
    read(&fs::read_to_string(dir.join(STEPS)).unwrap_or_default()).0
}

fn told(place: u64, step: &Value, hash: [u8; 32]) -> CeremonyStep {
    let word = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| step[name].as_u64().and_then(|number| u8::try_from(number).ok()).unwrap_or(0);
    CeremonyStep {
        place,
        hash,
        at: word("at"),
        ceremony: word("ceremony"),
        step: word("step"),
        share: number("share"),
        needed: number("threshold"),
        of: number("shares"),
    }
}

/// What holds of the chain, and the first line that doesn't, with what is wrong with it.
fn read(text: &str) -> (Steps, Option<(usize, &'static str)>) {
    let (mut steps, mut before, mut chained) =
        (Steps { all: Vec::new(), head: hex(&NOTHING), heads: Vec::new() }, NOTHING, false);
    for (number, line) in (1..).zip(text.lines()) {
        let Ok(step) = serde_json::from_str::<Value>(line) else { return (steps, Some((number, "it isn't whole"))) };
        match step["before"].as_str() {
            Some(named) if named == hex(&before) => chained = true,
            Some(_) => {
                let what = "it doesn't follow the line before it: one of both was edited, or lines are gone";
                return (steps, Some((number, what)));
            }
            None if chained => return (steps, Some((number, "it names no line before it, as those above do"))),
            // Written by a version that had no chain.
            None => {}
        }
        before = hash(line);
        steps.head = hex(&before);
        steps.heads.push(before);
        steps.all.push(step);
    }
    (steps, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<String> {
        written_from((2, 3))
    }

    fn written_from(first: (u8, u8)) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (needed, of) in [first, (3, 5), (2, 2), (2, 4)] {
            write_rehearsal(dir.path(), needed, of).unwrap();
        }
        let steps = steps(dir.path()).unwrap();
        assert_eq!((steps.all.len(), steps.all[1]["threshold"].as_u64()), (4, Some(3)));
        let text = fs::read_to_string(dir.path().join(STEPS)).unwrap();
        assert_eq!(steps.head, hex(&hash(text.lines().last().unwrap())));
        text.lines().map(str::to_owned).collect()
    }

    fn line_of(lines: &[String]) -> Option<usize> {
        read(&lines.iter().map(|line| format!("{line}\n")).collect::<String>()).1.map(|(line, _)| line)
    }

    #[test]
    fn an_edited_a_moved_a_slipped_in_and_a_missing_line_are_named() {
        let lines = written();
        assert_eq!(line_of(&lines), None);
        for at in 0..lines.len() - 1 {
            let mut edited = lines.clone();
            edited[at] = edited[at].replace("\"shares\":", "\"shares\":1");
            assert_eq!(line_of(&edited), Some(at + 2), "edited");
            assert_eq!(read(&edited.join("\n")).0.told().len(), at + 1, "what still holds is told");
            let mut gone = lines.clone();
            gone.remove(at);
            assert_eq!(line_of(&gone), Some(at + 1), "gone");
            let mut twice = lines.clone();
            twice.insert(at, lines[at].clone());
            assert_eq!(line_of(&twice), Some(at + 2), "twice");
            let mut moved = lines.clone();
            moved.swap(at, at + 1);
            assert_eq!(line_of(&moved), Some(at + 1), "moved");
        }
        let mut unchained = lines.clone();
        unchained[2] = r#"{"at":"now","step":"begun"}"#.to_owned();
        assert_eq!(line_of(&unchained), Some(3));
        let mut cut = lines.clone();
        cut[3].truncate(9);
        assert_eq!(line_of(&cut), Some(4));
    }

    #[test]
    fn lines_taken_off_the_end_show_by_the_head_and_by_nothing_else() {
        let lines = written();
        let head = |lines: &[String]| read(&lines.join("\n")).0.head;
        assert_ne!(head(&lines), head(&lines[..3]));
        let whole = |lines: &[String]| super::read(&lines.join("\n")).0;
        let seen = whole(&lines[..3]).seen();
        assert!(whole(&lines).go_on_from(&seen) && whole(&lines[..3]).go_on_from(&seen));
        assert!([&lines[..2], &[], &written_from((2, 5))].iter().all(|other| !whole(other).go_on_from(&seen)));
        assert!(whole(&lines).go_on_from(&whole(&[]).seen()));
    }

    #[test]
    fn lines_of_before_there_was_a_chain_are_read_and_held_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(STEPS);
        fs::write(&path, "{\"step\":\"begun\"}\n{\"step\":\"waiting\"}\n").unwrap();
        write_rehearsal(dir.path(), 2, 3).unwrap();
        assert_eq!(steps(dir.path()).unwrap().all.len(), 3);
        let text = fs::read_to_string(&path).unwrap();
        assert!(read(&text.replace("waiting", "replaced")).1.is_some());
    }
}
