//! The witness at work: answers submissions, and looks at the published log once in a while.

use crate::alarms::{Alarm, Kind};
use crate::failure::Failure;
use crate::followed::Followed;
use crate::home::Home;
use crate::published::{Extends, Published};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use transparency::{
    AddCheckpoint, Answer, Checkpoint, Finding, NoteSigner, OriginKeys, VerifierKey, WitnessState, verify_checkpoint,
    verify_cosignature,
};

/// What to answer to a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 200 with the cosignature lines.
    Cosigned(String),
    /// 409 with the recorded size.
    Conflict(u64),
    /// Another status, and why.
    Refused(u16, String),
}

/// How one log stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LogStatus {
    /// The log.
    pub origin: String,
    /// The size last cosigned.
    pub size: u64,
    /// Where it is watched.
    pub url: Option<String>,
    /// Whether nothing is cosigned until `recover`.
    pub suspended: bool,
    /// When this process last saw the published log in order, in seconds since 1970.
    pub seen: Option<u64>,
}

/// A witness with its memory.
pub struct Witness {
    home: Home,
    signers: [NoteSigner; 2],
    own: [VerifierKey; 2],
    logs: BTreeMap<String, Mutex<Followed>>,
    clock: fn() -> u64,
    look: Mutex<Sender<()>>,
    asked: Mutex<Receiver<()>>,
    /// Alarms are numbered and written one at a time.
    raising: Mutex<()>,
}

impl Witness {
    /// Opens what [`Home::create`] made; `clock` tells seconds since 1970.
    ///
    /// # Errors
    /// If the keys or a memory can't be read.
    pub fn open(home: Home, clock: fn() -> u64) -> Result<Self, Failure> {
        let signers = home.signers()?;
        let own = signers.each_ref().map(|signer| signer.verifier_key().clone());
        let logs = Followed::all(&home)?;
        let logs = logs.into_iter().map(|log| (log.keys.origin().to_owned(), Mutex::new(log))).collect();
        let (look, asked) = channel();
        let (look, asked, raising) = (Mutex::new(look), Mutex::new(asked), Mutex::new(()));
        Ok(Self { home, signers, own, logs, clock, look, asked, raising })
    }

    /// Trusts a log from now on. `url` is where it is published and watched.
    ///
    /// # Errors
    /// If other keys are trusted for it, or the address can't be used.
    pub fn trust(home: &Home, keys: &OriginKeys, url: Option<&str>) -> Result<(), Failure> {
        let url = url.map(|url| url.trim_end_matches('/'));
        url.map(Published::new).transpose()?;
        Followed::pin(home, keys, url)
    }

    /// The directory.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The keys that verify what it signs: type 0x04, then type 0x06.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey; 2] {
        &self.own
    }

    /// How each log stands, by origin.
    #[must_use]
    pub fn status(&self) -> Vec<LogStatus> {
        let status = |log: &Mutex<Followed>| {
            let log = lock(log);
            let suspended = log.ahead.is_some();
            let (origin, url) = (log.state.origin.clone(), log.url.clone());
            LogStatus { origin, size: log.state.size, url, suspended, seen: log.seen }
        };
        self.logs.values().map(status).collect()
    }

    /// Answers the body of an `add-checkpoint` request. A checkpoint is durable before its signature is given out, and
    /// checking and remembering are one step.
    #[must_use]
    pub fn add(&self, body: &str) -> Reply {
        let refused = |answer: &Answer| Reply::Refused(answer.status(), why(answer));
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(error) => return refused(&Answer::Malformed(error)),
        };
        let origin = request.checkpoint.split('\n').next().unwrap_or_default();
        let Some(log) = self.logs.get(origin) else { return refused(&Answer::UnknownOrigin) };
        let mut log = lock(log);
        let ruling = log.state.judge(&request, &log.keys, &self.own);
        if let Some(finding) = ruling.finding {
            let noted = self.found(&mut log, finding, &request.checkpoint);
            if let Err(failure) = noted {
                tracing::error!(%failure, "a finding can't be kept");
                return Reply::Refused(503, "this witness can't write its memory".to_owned());
            }
        }
        if log.ahead.is_some() {
            return Reply::Refused(
                503,
                "this witness's memory went backwards; its operator must recover it".to_owned(),
            );
        }
        match &ruling.answer {
            Answer::Cosign(checkpoint) => self.cosign(&mut log, &request.checkpoint, checkpoint),
            Answer::Conflict(size) => Reply::Conflict(*size),
            answer => refused(answer),
        }
    }

    fn cosign(&self, log: &mut Followed, note: &str, checkpoint: &Checkpoint) -> Reply {
        if let Err(failure) = log.keep(&self.home, note, checkpoint) {
            tracing::error!(%failure, "a checkpoint can't be remembered, so it isn't signed");
            return Reply::Refused(503, "this witness can't write its memory".to_owned());
        }
        let (text, time) = (checkpoint.encode(), (self.clock)());
        let lines = self.signers.each_ref().map(|signer| signer.sign(&text, time).map(|line| line.to_string()));
        match lines {
            [Ok(first), Ok(second)] => Reply::Cosigned(first + &second),
            _ => Reply::Refused(503, "this witness can't sign".to_owned()),
        }
    }

    /// What was odd about a submitted checkpoint: certain things raise an alarm now, others once the published log
    /// doesn't explain them. So nobody can raise one by sending an old checkpoint, or a good one with a bad proof.
    fn found(&self, log: &mut Followed, finding: Finding, note: &str) -> Result<(), Failure> {
        match finding {
            Finding::OwnAhead => self.own_ahead(log, note),
            Finding::Fork => self.forked(log, note),
            Finding::Smaller | Finding::Unproven => {
                log.suspect(note);
                // The watcher holds the other end as long as the witness lives.
                let _ = lock(&self.look).send(());
                Ok(())
            }
        }
    }

    fn own_ahead(&self, log: &mut Followed, note: &str) -> Result<(), Failure> {
        if log.ahead.is_some() {
            return Ok(());
        }
        log.suspend(&self.home, note)?;
        let says = "this witness signed a checkpoint that it doesn't remember: its memory was set back, as by \
                    restoring a backup; it cosigns nothing of this log until: ringfence witness recover";
        self.alarm(log, Kind::Restored, note, says)
    }

    fn forked(&self, log: &Followed, note: &str) -> Result<(), Failure> {
        self.alarm(log, Kind::Fork, note, "the log signed a checkpoint that doesn't fit what this witness cosigned")
    }

    fn alarm(&self, log: &Followed, kind: Kind, note: &str, says: &str) -> Result<(), Failure> {
        let Ok(checkpoint) = verify_checkpoint(note, &log.keys) else { return Ok(()) };
        let remembered = log.remembered()?;
        let _one = lock(&self.raising);
        let Some(evidence) = log.evidence(&self.home, kind, &checkpoint, &[&remembered, note])? else { return Ok(()) };
        // A log that was set back goes on growing: one open alarm says it, the evidence is kept.
        let said = |open: &Alarm| open.kind == kind && open.origin == log.keys.origin();
        if self.home.open_alarms()?.iter().any(said) {
            return Ok(());
        }
        self.home.raise((self.clock)(), kind, log.keys.origin(), says, &evidence)
    }

    /// Looks at every published log now, then whenever something needs explaining, and at least each `every`. Never
    /// returns while the witness lives.
    pub fn watch(&self, every: Duration) {
        loop {
            self.look_at_all();
            let asked = lock(&self.asked);
            if asked.recv_timeout(every) == Err(std::sync::mpsc::RecvTimeoutError::Disconnected) {
                return;
            }
            while asked.try_recv().is_ok() {}
        }
    }

    /// Looks at every published log once.
    pub fn look_at_all(&self) {
        for log in self.logs.values() {
            if let Err(failure) = self.look_at(log) {
                tracing::error!(%failure, "what was seen of a log can't be kept");
            }
        }
    }

    fn look_at(&self, log: &Mutex<Followed>) -> Result<(), Failure> {
        // The log publishes before it submits: what is remembered now must be published when it is fetched later.
        let (before, keys, url, suspects) = {
            let mut log = lock(log);
            (log.state.clone(), log.keys.clone(), log.url.clone(), std::mem::take(&mut log.suspects))
        };
        let published = url.as_deref().map(Published::new).transpose()?;
        let newest = published.as_ref().and_then(|log| log.checkpoint("checkpoint", &keys));
        let witnessed = published.as_ref().and_then(|log| log.checkpoint("witnessed", &keys));
        let mut log = lock(log);
        for (note, checkpoint) in newest.iter().chain(&witnessed) {
            // What was cosigned meanwhile is remembered: so this compares with the memory of now.
            if log.state.odd(checkpoint, note, &self.own) == Some(Finding::OwnAhead) {
                self.own_ahead(&mut log, note)?;
            }
        }
        let Some((published, (note, checkpoint))) = published.zip(newest) else {
            return suspects.iter().try_for_each(|note| self.forked(&log, note));
        };
        let in_order = self.in_order(&log, &before, &published, (&note, &checkpoint))?;
        for suspect in suspects {
            if !in_order || !explained(&suspect, &log.keys, &published, &checkpoint) {
                self.forked(&log, &suspect)?;
            }
        }
        if in_order {
            log.seen = Some((self.clock)());
        }
        Ok(())
    }

    /// Whether the published log extends what was remembered before it was fetched.
    fn in_order(
        &self,
        log: &Followed,
        before: &WitnessState,
        published: &Published,
        (note, checkpoint): (&str, &Checkpoint),
    ) -> Result<bool, Failure> {
        if checkpoint.size < before.size {
            let says = "the log publishes fewer entries than this witness cosigned: it was set back";
            self.alarm(log, Kind::Rollback, note, says)?;
            return Ok(false);
        }
        match published.extends((before.size, &before.root), checkpoint) {
            Extends::Yes => Ok(true),
            Extends::No => self.forked(log, note).map(|()| false),
            Extends::Unknown => Ok(false),
        }
    }

    /// Adopts checkpoints that this witness signed and forgot, where the published tiles show that they extend what it
    /// remembers; says how many logs it was.
    ///
    /// # Errors
    /// If they don't, or the published log can't be asked; then nothing is cosigned as before.
    pub fn recover(&self) -> Result<usize, Failure> {
        let mut recovered = 0;
        for log in self.logs.values() {
            let mut log = lock(log);
            let Some(ahead) = log.ahead.clone() else { continue };
            let url = log.url.clone();
            let url = url.ok_or_else(|| {
                let next = "give the log's address: ringfence witness trust --log URL";
                Failure::here(format!("{}: nobody says where this log is published", log.keys.origin()), next)
            })?;
            let checkpoint = self.signed_by_both(&ahead, &log)?;
            match Published::new(&url)?.extends((log.state.size, &log.state.root), &checkpoint) {
                Extends::Yes => log.recovered(&self.home, &ahead, &checkpoint)?,
                Extends::No => {
                    let problem =
                        format!("{}: what this witness signed doesn't extend what it remembers", log.keys.origin());
                    let next = "keep this directory as evidence; retire this witness's keys and make a new one";
                    return Err(Failure::there(problem, next));
                }
                Extends::Unknown => {
                    let problem = format!("{url}: the log doesn't give the tiles that would prove it");
                    return Err(Failure::there(problem, "try again when it answers"));
                }
            }
            recovered += 1;
        }
        Ok(recovered)
    }

    fn signed_by_both(&self, ahead: &str, log: &Followed) -> Result<Checkpoint, Failure> {
        let wrong = |error: transparency::Error| Failure::there(error.to_string(), "restore the file named ahead");
        let checkpoint = verify_checkpoint(ahead, &log.keys).map_err(wrong)?;
        let own = self.own.iter().find(|key| verify_cosignature(ahead, key).is_ok());
        own.map(|_| checkpoint)
            .ok_or_else(|| Failure::there("the checkpoint isn't this witness's", "restore the file named ahead"))
    }
}

/// Whether the published log holds what a checkpoint states.
fn explained(note: &str, keys: &OriginKeys, published: &Published, newest: &Checkpoint) -> bool {
    let Ok(suspect) = verify_checkpoint(note, keys) else { return true };
    published.extends((suspect.size, &suspect.root), newest) == Extends::Yes
}

fn why(answer: &Answer) -> String {
    match answer {
        Answer::Malformed(error) | Answer::NotSigned(error) => error.to_string(),
        Answer::UnknownOrigin => "this witness doesn't follow that log".to_owned(),
        Answer::NotConsistent => "the proof doesn't lead from what this witness cosigned to this checkpoint".to_owned(),
        Answer::Cosign(_) | Answer::Conflict(_) => String::new(),
    }
}

/// A panic elsewhere changed nothing that isn't on disk whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
