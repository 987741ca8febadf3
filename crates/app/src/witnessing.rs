//! Threads that bring each new checkpoint to its witnesses, beside the log: neither disclosures nor publishing wait for
//! them. Each witness has at most one submission on its way; the next one takes the newest checkpoint.

use crate::failure::Failure;
use carriers::{WitnessAnswer, WitnessClient};
use domain::Millis;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use transparency::AddCheckpoint;
use vault::{TenantConfig, Vault, VaultError, WitnessPlace};

/// How often it is looked for a new checkpoint.
const TICK: Duration = Duration::from_millis(200);
/// Milliseconds from one checkpoint submitted to the next, so that witnesses' disks keep up.
const PACE_MS: i64 = 500;
/// Milliseconds after which witnesses that have answered get the next checkpoint though others haven't.
const ROUND_MS: i64 = 1_000;
/// The longest rest after failures, in milliseconds.
const LONGEST_REST_MS: i64 = 30_000;

/// The running threads; they stop when dropped, but for submissions on their way, which nobody waits for.
pub struct Witnessing {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Witnessing {
    /// Starts them for every tenant.
    ///
    /// # Errors
    /// If a thread can't be started.
    pub fn start(vault: &Arc<Vault>) -> Result<Self, Failure> {
        let mut started = Self { stop: Arc::default(), threads: Vec::new() };
        for tenant in vault.tenants() {
            started.threads.push(started.one(vault, tenant)?);
        }
        Ok(started)
    }

    fn one(&self, vault: &Arc<Vault>, tenant: &TenantConfig) -> Result<JoinHandle<()>, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let stop = Arc::clone(&self.stop);
        let (places, ways, (_, answered)) = (Vec::new(), Vec::new(), channel());
        let (vault, tenant) = (Arc::clone(vault), tenant.clone());
        let mut rounds = Rounds { vault, tenant, places, ways, answered, last: Millis(0) };
        spawn("witnesses", move || runtime.block_on(rounds.run(&stop)))
    }
}

impl Drop for Witnessing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so itself; nothing is left to stop.
            drop(thread.join());
        }
    }
}

fn no_thread(error: std::io::Error) -> Failure {
    Failure::there(format!("no thread for the witnesses: {}", error.kind()), "check the machine's limits")
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(no_thread)
}

/// A checkpoint on its way.
struct Sent {
    note: String,
    request: AddCheckpoint,
}

struct Answered {
    index: usize,
    sent: Sent,
    answer: WitnessAnswer,
}

/// What is known of a witness.
struct Way {
    name: String,
    jobs: SyncSender<Sent>,
    busy: bool,
    /// The size that it is believed to have signed last.
    size: u64,
    /// The checkpoint that it signed last.
    signed: String,
    failures: u32,
    rest_until: Millis,
}

impl Way {
    /// A thread that carries to this place, until the way is dropped.
    fn to(place: &WitnessPlace, index: usize, answers: Sender<Answered>) -> Result<Self, Failure> {
        let (jobs, work) = sync_channel::<Sent>(1);
        let client = WitnessClient::new(&place.url);
        let carry = move || {
            for sent in work {
                let answer = client.submit(&sent.request);
                if answers.send(Answered { index, sent, answer }).is_err() {
                    return;
                }
            }
        };
        spawn("witness", carry)?;
        let (name, signed) = (place.name.clone(), String::new());
        Ok(Self { name, jobs, busy: false, size: 0, signed, failures: 0, rest_until: Millis(0) })
    }
}

/// One tenant's rounds.
struct Rounds {
    vault: Arc<Vault>,
    tenant: TenantConfig,
    /// Where those are to whom the ways lead.
    places: Vec<WitnessPlace>,
    ways: Vec<Way>,
    answered: Receiver<Answered>,
    /// When the last round began.
    last: Millis,
}

impl Rounds {
    async fn run(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            self.follow();
            if let Err(error) = self.round().await {
                tracing::error!(%error, "witnesses can't be served; it is tried again");
            }
            // Without witnesses nobody answers, and nobody ever will.
            let mut next = match self.answered.recv_timeout(TICK) {
                Err(RecvTimeoutError::Disconnected) => {
                    tokio::time::sleep(TICK).await;
                    None
                }
                answered => answered.ok(),
            };
            while let Some(answered) = next {
                if let Err(error) = self.heard(answered).await {
                    tracing::error!(%error, "a witness's answer can't be kept");
                }
                next = self.answered.try_recv().ok();
            }
        }
    }

    /// Leads the ways to the witnesses of the settings that count now; officers may have signed others.
    fn follow(&mut self) {
        let places = self.vault.witness_places(self.tenant.id);
        if places == self.places {
            return;
        }
        let (answers, answered) = channel();
        let ways = places.iter().enumerate().map(|(index, place)| Way::to(place, index, answers.clone()));
        match ways.collect::<Result<Vec<_>, _>>() {
            Ok(ways) => (self.places, self.ways, self.answered) = (places, ways, answered),
            Err(error) => tracing::error!(%error, "no way to the witnesses; it is tried again"),
        }
    }

    /// Sends the newest checkpoint to every witness that is free and hasn't signed it.
    async fn round(&mut self) -> Result<(), VaultError> {
        self.vault.look_at_witnesses(&self.tenant).await?;
        if self.ways.is_empty() {
            return Ok(());
        }
        let now = self.vault.now();
        let waited = now.since(self.last);
        if waited < PACE_MS || (waited < ROUND_MS && self.ways.iter().any(|way| way.busy)) {
            return Ok(());
        }
        let note = self.vault.log_head(self.tenant.id).await?.checkpoint;
        if note.is_empty() {
            return Ok(());
        }
        for index in 0..self.ways.len() {
            let way = &self.ways[index];
            if !way.busy && way.signed != note && now >= way.rest_until {
                self.last = now;
                self.send(index, way.size, &note).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, index: usize, old: u64, note: &str) -> Result<(), VaultError> {
        let request = match self.vault.submission(self.tenant.id, old, note).await? {
            Some(request) => request,
            // It signed more than there is: its answer will say how much.
            None => AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: note.to_owned() },
        };
        let way = &mut self.ways[index];
        way.busy = way.jobs.try_send(Sent { note: note.to_owned(), request }).is_ok();
        Ok(())
    }

    async fn heard(&mut self, answered: Answered) -> Result<(), VaultError> {
        let Answered { index, sent, answer } = answered;
        let name = self.ways[index].name.clone();
        self.ways[index].busy = false;
        match answer {
            WitnessAnswer::Lines(lines) => {
                if !self.vault.keep_cosignature(&self.tenant, &name, &sent.note, &lines).await? {
                    return self.failed(index, "its answer isn't its signature over the checkpoint");
                }
                self.vault.note_set_back(self.tenant.id, false);
                let size = size_of(&sent.note);
                let way = &mut self.ways[index];
                (way.size, way.signed, way.failures) = (size, sent.note, 0);
                self.vault.look_at_witnesses(&self.tenant).await
            }
            WitnessAnswer::Size(size) => self.conflict(index, &sent, size).await,
            WitnessAnswer::Refused(status) => self.failed(index, &format!("it refuses with status {status}")),
            WitnessAnswer::Silent => self.failed(index, "it doesn't answer"),
        }
    }

    /// The witness has signed another size last.
    async fn conflict(&mut self, index: usize, sent: &Sent, size: u64) -> Result<(), VaultError> {
        let newest = self.vault.log_head(self.tenant.id).await?;
        if size > newest.size {
            self.vault.note_set_back(self.tenant.id, true);
            return self.failed(index, "it signed more entries than this log holds: the log was set back");
        }
        if size == sent.request.old {
            return self.failed(index, "it signed another history of this size");
        }
        let last = self.vault.cosigned_by(self.tenant.id, &self.ways[index].name).await?;
        self.ways[index].size = size;
        match last.filter(|last| last.size > size) {
            // It forgot what it signed: its own signature tells it.
            Some(last) => self.send(index, size, &last.note).await,
            None => self.send(index, size, &newest.checkpoint).await,
        }
    }

    /// Rests a witness, ever longer.
    fn failed(&mut self, index: usize, why: &str) -> Result<(), VaultError> {
        let way = &mut self.ways[index];
        way.failures = way.failures.saturating_add(1);
        way.rest_until = self.vault.now().plus(rest_ms(way.failures));
        tracing::warn!(witness = way.name, tenant = self.tenant.slug, "a witness doesn't cosign: {why}");
        Ok(())
    }
}

fn rest_ms(failures: u32) -> i64 {
    (PACE_MS * 2_i64.saturating_pow(failures.min(16))).min(LONGEST_REST_MS)
}

fn size_of(note: &str) -> u64 {
    note.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_witnesses_are_asked_ever_more_rarely() {
        let rests: Vec<i64> = (1..20).map(rest_ms).collect();
        assert!(rests.is_sorted() && rests[0] == 2 * PACE_MS && rests[18] == LONGEST_REST_MS, "{rests:?}");
    }
}
