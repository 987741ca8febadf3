//! Alarms: one line each in `alarms.jsonl`, durable before anything else happens, until somebody acknowledges them.

use crate::failure::Failure;
use crate::home::{Home, sync_folder};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The log signed two histories.
    Fork,
    /// The log publishes less than it had signed before.
    Rollback,
    /// This witness's own memory went backwards, as after restoring a backup. It cosigns nothing until recovered.
    Restored,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
            Self::Restored => "restored",
        }
    }
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its number, from 1.
    pub number: u64,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What.
    pub kind: Kind,
    /// Of which log.
    pub origin: String,
    /// In words.
    pub says: String,
    /// The file with the signed checkpoints that show it, within the witness's directory.
    pub evidence: String,
}

impl Home {
    /// Every alarm so far.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn alarms(&self) -> Result<Vec<Alarm>, Failure> {
        let path = self.dir().join("alarms.jsonl");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::file(&path, &error)),
        };
        // A line that a power cut left half-written was never answered by anything.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Alarms that nobody acknowledged.
    ///
    /// # Errors
    /// If the files can't be read.
    pub fn open_alarms(&self) -> Result<Vec<Alarm>, Failure> {
        let known = fs::read_to_string(self.dir().join("acknowledged")).unwrap_or_default();
        let known: u64 = known.trim().parse().unwrap_or(0);
        Ok(self.alarms()?.into_iter().filter(|alarm| alarm.number > known).collect())
    }

    /// Acknowledges all alarms; says how many were open.
    ///
    /// # Errors
    /// If the files can't be read or written.
    pub fn acknowledge(&self) -> Result<usize, Failure> {
        let open = self.open_alarms()?;
        if let Some(last) = open.last() {
            self.replace(&self.dir().join("acknowledged"), format!("{}\n", last.number).as_bytes())?;
        }
        Ok(open.len())
    }

    pub(crate) fn raise(&self, at: u64, kind: Kind, origin: &str, says: &str, evidence: &str) -> Result<(), Failure> {
        let number = self.alarms()?.last().map_or(0, |last| last.number) + 1;
        let (origin, says, evidence) = (origin.to_owned(), says.to_owned(), evidence.to_owned());
        let alarm = Alarm { number, at, kind, origin, says, evidence };
        let path = self.dir().join("alarms.jsonl");
        let write = || {
            let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
            // A newline first ends what a power cut may have left.
            file.write_all(format!("\n{}\n", serde_json::to_string(&alarm)?).as_bytes())?;
            file.sync_all()?;
            sync_folder(&path)
        };
        tracing::error!(kind = kind.name(), origin = alarm.origin, evidence = alarm.evidence, "ALARM: {}", alarm.says);
        write().map_err(|error| Failure::file(&path, &error))
    }
}
