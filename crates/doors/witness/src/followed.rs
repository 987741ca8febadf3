//! One log that the witness follows: its pinned keys and the memory of what was cosigned.

use crate::alarms::Kind;
use crate::failure::Failure;
use crate::home::{Home, private_dir};
use std::fs;
use std::path::{Path, PathBuf};
use transparency::{Checkpoint, Note, OriginKeys, WitnessState, verify_checkpoint};

/// The most files of evidence that are kept per log; the alarms are up long before.
const MOST_EVIDENCE: usize = 256;
/// The most checkpoints that wait to be explained.
const MOST_SUSPECTS: usize = 16;

/// A log, as remembered.
pub(crate) struct Followed {
    folder: PathBuf,
    pub(crate) keys: OriginKeys,
    /// Where the log is published, without the slash at the end.
    pub(crate) url: Option<String>,
    pub(crate) state: WitnessState,
    /// A checkpoint that this witness signed and doesn't remember: nothing is cosigned until it was recovered.
    pub(crate) ahead: Option<String>,
    /// Signed checkpoints that weren't cosigned and must be explained by the published log.
    pub(crate) suspects: Vec<String>,
    /// When the published log was last seen to be in order, in seconds since 1970.
    pub(crate) seen: Option<u64>,
}

/// The pinned keys and address, as they lie in the file `log`.
fn pin_text(keys: &OriginKeys, url: Option<&str>) -> String {
    format!("{}\n{keys}", url.unwrap_or("-"))
}

impl Followed {
    /// Pins a log.
    ///
    /// # Errors
    /// If another key of this origin is pinned already, or it can't be written.
    pub(crate) fn pin(home: &Home, keys: &OriginKeys, url: Option<&str>) -> Result<(), Failure> {
        let others = Self::all(home)?;
        if others.iter().any(|known| known.keys.origin() == keys.origin() && known.keys != *keys) {
            return Err(Failure::there(
                format!("{}: other keys are trusted for this log already", keys.origin()),
                "don't go on: find out who changed them; a log's keys never change",
            ));
        }
        let ids = [keys.ed25519(), keys.ml_dsa_44()].map(|key| format!("{:08x}", key.id()));
        let folder = home.dir().join("logs").join(ids.concat());
        private_dir(&folder)?;
        home.replace(&folder.join("log"), pin_text(keys, url).as_bytes())
    }

    /// All logs that are followed.
    ///
    /// # Errors
    /// If a memory can't be read, or isn't what was written.
    pub(crate) fn all(home: &Home) -> Result<Vec<Self>, Failure> {
        let logs = home.dir().join("logs");
        let entries = fs::read_dir(&logs).map_err(|error| Failure::file(&logs, &error))?;
        let folders = entries.filter_map(Result::ok).map(|entry| entry.path());
        folders.filter(|folder| folder.join("log").exists()).map(|folder| Self::read(&folder)).collect()
    }

    fn read(folder: &Path) -> Result<Self, Failure> {
        let damaged = |name: &str| {
            Failure::there(
                format!("{}: the witness's memory is damaged", folder.join(name).display()),
                "keep this directory as it is, and restore it from a backup; the witness will notice",
            )
        };
        let pin = optional(&folder.join("log"))?.unwrap_or_default();
        let (url, keys) = pin.split_once('\n').ok_or_else(|| damaged("log"))?;
        let keys: OriginKeys = keys.parse().map_err(|_| damaged("log"))?;
        let state = match optional(&folder.join("checkpoint"))? {
            Some(note) => WitnessState::after(&verify_checkpoint(&note, &keys).map_err(|_| damaged("checkpoint"))?),
            None => WitnessState::new(keys.origin()),
        };
        let ahead = optional(&folder.join("ahead"))?;
        let url = (url != "-").then(|| url.to_owned());
        Ok(Self { folder: folder.to_path_buf(), keys, url, state, ahead, suspects: Vec::new(), seen: None })
    }

    /// Remembers a checkpoint durably; only then may it be signed.
    pub(crate) fn keep(&mut self, home: &Home, note: &str, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let next = WitnessState::after(checkpoint);
        if next != self.state {
            home.replace(&self.folder.join("checkpoint"), self.own_lines(note)?.as_bytes())?;
            self.state = next;
        }
        Ok(())
    }

    /// The checkpoint with the log's own lines only: whoever submits may add any number of others.
    fn own_lines(&self, note: &str) -> Result<String, Failure> {
        let wrong = |error: transparency::Error| Failure::there(error.to_string(), "try again");
        let parsed = Note::parse(note).map_err(wrong)?;
        let keys = [self.keys.ed25519(), self.keys.ml_dsa_44()];
        let own = parsed.signatures().iter().filter(|line| keys.iter().any(|key| key.id() == line.key_id()));
        Note::new(parsed.text(), own.cloned().collect()).map(|note| note.to_string()).map_err(wrong)
    }

    /// What is remembered, as signed by the log.
    pub(crate) fn remembered(&self) -> Result<String, Failure> {
        Ok(optional(&self.folder.join("checkpoint"))?.unwrap_or_default())
    }

    /// Stops cosigning until [`Followed::recovered`].
    pub(crate) fn suspend(&mut self, home: &Home, note: &str) -> Result<(), Failure> {
        home.replace(&self.folder.join("ahead"), note.as_bytes())?;
        self.ahead = Some(note.to_owned());
        Ok(())
    }

    /// Adopts the checkpoint that was signed and forgotten.
    pub(crate) fn recovered(&mut self, home: &Home, note: &str, checkpoint: &Checkpoint) -> Result<(), Failure> {
        self.keep(home, note, checkpoint)?;
        let path = self.folder.join("ahead");
        fs::remove_file(&path).map_err(|error| Failure::file(&path, &error))?;
        self.ahead = None;
        Ok(())
    }

    /// A checkpoint that the published log must explain.
    pub(crate) fn suspect(&mut self, note: &str) {
        let known = self.suspects.iter().any(|suspect| suspect == note);
        if !known && self.suspects.len() < MOST_SUSPECTS {
            self.suspects.push(note.to_owned());
        }
    }

    /// Keeps signed checkpoints that show something; gives the file's name, or nothing if that was shown before.
    pub(crate) fn evidence(
        &self,
        home: &Home,
        kind: Kind,
        checkpoint: &Checkpoint,
        notes: &[&str],
    ) -> Result<Option<String>, Failure> {
        let folder = self.folder.join("evidence");
        private_dir(&folder)?;
        let root: String = checkpoint.root[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!("{}-{}-{root}.txt", kind.name(), checkpoint.size));
        if path.exists() {
            return Ok(None);
        }
        if fs::read_dir(&folder).is_ok_and(|files| files.count() >= MOST_EVIDENCE) {
            return Ok(Some(folder.strip_prefix(home.dir()).unwrap_or(&folder).display().to_string()));
        }
        home.replace(&path, notes.join("\n").as_bytes())?;
        let name = path.strip_prefix(home.dir()).unwrap_or(&path);
        Ok(Some(name.display().to_string()))
    }
}

fn optional(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file(path, &error)),
    }
}
