//! What the commands check alike: a signed head, growth since an older one, every hash.

use super::closes::{Closes, check_closes, walk};
use super::keys::Keys;
use super::source::{Source, consistent, hex};
use crate::failure::{self, Failure};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use transparency::{Checkpoint, MAX_NOTE_BYTES, Note, OriginKeys, WitnessPolicy, verify_checkpoint, verify_witnessed};

const TELL: &str = "don't rely on it; keep it as it is and tell whoever watches this log";

/// A checkpoint that its log signed with both keys, and as many witnesses as the policy asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The signed note, as it was found.
    pub note: String,
    /// What it states.
    pub checkpoint: Checkpoint,
    /// The keys it was checked with.
    pub keys: OriginKeys,
    /// Where these are from.
    pub from: PathBuf,
    /// The witnesses that count, by name; empty without a policy.
    pub witnesses: Vec<String>,
}

/// Reads and checks a signed note, called `name` in messages.
///
/// # Errors
/// If it isn't a checkpoint of a log whose keys were given, lacks one of the log's two signatures, or too few
/// witnesses signed it.
pub fn head(note: &str, name: &str, keys: &Keys, policy: Option<&WitnessPolicy>) -> Result<Checked, Failure> {
    let wrong = |error: transparency::Error| Failure::there(format!("{name}: {error}"), TELL);
    let claimed = Note::parse(note).and_then(|note| Checkpoint::parse(note.text())).map_err(wrong)?;
    let (keys, from) = keys.for_origin(&claimed.origin)?;
    let checkpoint = verify_checkpoint(note, keys).map_err(wrong)?;
    let witnesses = match policy {
        Some(policy) => verify_witnessed(note, keys, policy).map_err(wrong)?.by.into_iter().map(|by| by.name).collect(),
        None => Vec::new(),
    };
    Ok(Checked { note: note.to_owned(), checkpoint, keys: keys.clone(), from: from.to_path_buf(), witnesses })
}

/// Says which witnesses count, after the log's own keys.
pub(crate) fn cosigned(witnesses: &[String]) -> String {
    match witnesses {
        [] => String::new(),
        names => format!(", cosigned by {}", names.join(", ")),
    }
}

/// The head of a source.
pub(crate) fn head_of(source: &dyn Source, keys: &Keys, policy: Option<&WitnessPolicy>) -> Result<Checked, Failure> {
    let note = source.checkpoint()?.ok_or_else(|| {
        Failure::there(format!("{}: there is no checkpoint", source.name()), "give the directory or address of a log")
    })?;
    head(&note, &format!("{}: checkpoint", source.name()), keys, policy)
}

/// Recomputes every hash of a source's log, up to its signed checkpoint, and every list that the log's closes sign.
///
/// # Errors
/// If anything doesn't hold; the file is named.
pub fn check_files(source: &dyn Source, keys: &Keys, policy: Option<&WitnessPolicy>) -> Result<Checked, Failure> {
    let head = head_of(source, keys, policy)?;
    let mut closes = Closes::default();
    let fault = walk(source, &head.checkpoint, |place, entry| closes.see(place, entry))?;
    fault.map_err(|fault| Failure::there(format!("{}: {fault}", source.name()), TELL))?;
    check_closes(source, closes)?;
    Ok(head)
}

/// Checks that a log still contains what an older checkpoint of it states.
///
/// # Errors
/// If it is shorter, or another tree: then it was rolled back or forked.
pub fn check_since(source: &dyn Source, new: &Checkpoint, old: &Checkpoint) -> Result<(), Failure> {
    if old.size > new.size {
        return Err(conflict(&source.name(), new, old, "it is shorter: it was rolled back"));
    }
    match consistent(source, old, new)? {
        Ok(()) => Ok(()),
        Err(transparency::Error::ConsistencyProof) => {
            Err(conflict(&source.name(), new, old, "it isn't a continuation: the log was forked or rewritten"))
        }
        Err(error) => Err(Failure::there(format!("{}: {error}", source.name()), TELL)),
    }
}

/// Two checkpoints, signed by the same log, that can't both be true.
pub(crate) fn conflict(name: &str, new: &Checkpoint, old: &Checkpoint, problem: &str) -> Failure {
    let short = |checkpoint: &Checkpoint| format!("{} entries (root {})", checkpoint.size, hex(&checkpoint.root[..4]));
    Failure::there(
        format!("ALARM: {name}: {} against {} seen before: {problem}", short(new), short(old)),
        "keep both checkpoints: together they are the evidence; tell security and the auditor",
    )
}

/// Reads a file that holds a signed note.
pub(crate) fn read_note(path: &Path, limit: usize) -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(limit as u64 + 1).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(Failure::there(format!("{}: it isn't text", path.display()), TELL))
        }
        Err(error) => Err(failure::file(path, &error)),
    }
}

/// The origin that a kept checkpoint claims.
pub(crate) fn origin_in(file: &Path) -> Result<String, Failure> {
    let claimed = Note::parse(&read_note(file, MAX_NOTE_BYTES)?).and_then(|note| Checkpoint::parse(note.text()));
    let wrong = |error: transparency::Error| {
        Failure::here(format!("{}: {error}", file.display()), "give a checkpoint as it was served")
    };
    Ok(claimed.map_err(wrong)?.origin)
}

/// An older checkpoint that somebody kept, checked with the same keys.
pub(crate) fn since_of(file: &Path, keys: &Keys) -> Result<Checked, Failure> {
    head(&read_note(file, MAX_NOTE_BYTES)?, &file.display().to_string(), keys, None)
}
