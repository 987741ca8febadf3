//! The key holder's alarms: one line each in `alarms.jsonl`, until somebody acknowledges them.

use domain::{Millis, TenantId};
use keys::HolderError;
use keys::standing::HolderAlarm;
use std::collections::HashMap;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const FILE: &str = "alarms.jsonl";
const ACKNOWLEDGED: &str = "alarms.acknowledged";
/// The kind of alarm about ceremonies.
const CEREMONY: &str = "ceremony-steps";
/// The kind of alarm about a log that was accepted.
const ACCEPTED: &str = "log-accepted";
/// The kind of alarm about suites that open no more.
const RETIRED: &str = "suites-retired";
/// What goes on is said once in this time, per tenant and kind.
const EVERY_MS: i64 = 60_000;

/// One alarm, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its line: `{"at":…,"kind":…,"tenant":…}`.
    pub line: String,
    /// Has somebody looked?
    pub acknowledged: bool,
}

impl Alarm {
    /// As it is told to who watches this tenant; none where it is about another. Lines are the holder's own: what can't be
    /// read is told as an alarm of no known kind.
    pub(crate) fn told(&self, tenant: TenantId) -> Option<HolderAlarm> {
        let word = |name: &str| {
            let rest = self.line.split_once(&format!("\"{name}\":\""))?.1;
            rest.split_once('"').map(|(word, _)| word.to_owned())
        };
        let of = self.line.split_once("\"tenant\":").map(|(_, rest)| rest.trim_end_matches('}').trim());
        let own = of.is_none_or(|of| of.parse().is_ok_and(|id: u32| id == tenant.0) || of.parse::<u32>().is_err());
        let (at, kind) = (word("at").unwrap_or_default(), word("kind").unwrap_or_else(|| "unreadable".to_owned()));
        own.then_some(HolderAlarm { at, kind, acknowledged: self.acknowledged })
    }
}

/// The alarms of a directory.
pub struct Alarms {
    dir: PathBuf,
    raised: HashMap<(Option<TenantId>, &'static str), Millis>,
    seen: u64,
}

/// What a refusal says about whoever asked; none where it says nothing.
fn kind(error: HolderError) -> Option<&'static str> {
    match error {
        HolderError::Ceiling => Some("ceiling"),
        HolderError::OtherPower => Some("other-power"),
        HolderError::AlreadyReleased => Some("released-twice"),
        HolderError::OldCounter => Some("old-counter"),
        HolderError::OldLog => Some("old-log"),
        HolderError::Unpublished => Some("unpublished"),
        HolderError::Retired => Some("retired-suite"),
        HolderError::ShelfTooYoung => Some("shelf-too-young"),
        HolderError::EntryTooWide => Some("entry-too-wide"),
        _ => None,
    }
}

impl Alarms {
    /// Those of a directory.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn open(dir: &Path) -> Result<Self> {
        let seen = count(dir)?;
        Ok(Self { dir: dir.to_path_buf(), raised: HashMap::new(), seen })
    }

    pub(crate) fn raise(&mut self, now: Millis, tenant: TenantId, error: HolderError) {
        if let Some(kind) = kind(error) {
            self.write(now, Some(tenant), kind, &error);
        }
    }

    /// The steps of ceremonies aren't what was written down: it concerns every tenant.
    pub(crate) fn raise_steps(&mut self, now: Millis) {
        self.write(now, None, CEREMONY, &"the steps of ceremonies were edited, cut off or made anew");
    }

    /// Security accepted a log that is shorter, or another one.
    pub(crate) fn raise_accepted(&mut self, now: Millis, tenant: TenantId) {
        self.write(now, Some(tenant), ACCEPTED, &"a log that was put back was accepted");
    }

    /// A node had older suites end: whatever still lies in one opens no more.
    pub(crate) fn raise_retired(&mut self, now: Millis, tenant: TenantId) {
        self.write(now, Some(tenant), RETIRED, &"envelopes of older suites open no more from now on");
    }

    fn write(&mut self, now: Millis, tenant: Option<TenantId>, kind: &'static str, said: &dyn Display) {
        let last = self.raised.get(&(tenant, kind));
        if last.is_some_and(|last| now.since(*last) < EVERY_MS) {
            return;
        }
        self.raised.insert((tenant, kind), now);
        let of = tenant.map(|tenant| format!(",\"tenant\":{}", tenant.0)).unwrap_or_default();
        tracing::error!(tenant = tenant.map(|tenant| tenant.0), kind, "ALARM: {said}");
        let line = format!("{{\"at\":\"{now}\",\"kind\":\"{kind}\"{of}}}\n");
        let path = self.dir.join(FILE);
        let written = OpenOptions::new().create(true).append(true).mode(0o600).open(path).and_then(|mut file| {
            file.write_all(line.as_bytes())?;
            file.sync_data()
        });
        if let Err(error) = written {
            tracing::error!(kind = %error.kind(), "an alarm can't be written down");
        }
    }

    /// Has somebody acknowledged all alarms since this was asked last?
    pub(crate) fn acknowledged(&mut self) -> Result<bool> {
        let count = count(&self.dir)?;
        let more = count > self.seen;
        self.seen = count;
        Ok(more)
    }

    /// Every alarm, oldest first.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn all(&self) -> Result<Vec<Alarm>> {
        let text = missing_is_empty(fs::read_to_string(self.dir.join(FILE)))?;
        let acknowledged = count(&self.dir)?;
        let alarm = |(place, line): (u64, &str)| Alarm { line: line.to_owned(), acknowledged: place < acknowledged };
        Ok((0..).zip(text.lines()).map(alarm).collect())
    }

    /// Acknowledges every alarm so far; says how many weren't.
    ///
    /// # Errors
    /// If it can't be written down.
    pub fn acknowledge(&self) -> Result<usize> {
        let all = self.all()?;
        let new = self.dir.join("alarms.acknowledged.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        writeln!(file, "{}", all.len())?;
        file.sync_all()?;
        fs::rename(&new, self.dir.join(ACKNOWLEDGED))?;
        File::open(&self.dir)?.sync_all()?;
        Ok(all.iter().filter(|alarm| !alarm.acknowledged).count())
    }
}

fn count(dir: &Path) -> Result<u64> {
    let text = missing_is_empty(fs::read_to_string(dir.join(ACKNOWLEDGED)))?;
    Ok(text.trim().parse().unwrap_or(0))
}

fn missing_is_empty(read: Result<String>) -> Result<String> {
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}
