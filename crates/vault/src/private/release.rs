//! The door: commit, then release, then open. The only place that makes a [`Committed`], and the only caller of
//! `sealing::open`.
//!
//! Two threads run it. The first gathers what waits and hands it to the store; the second waits until that is durable,
//! where that takes longer, and has the keys released. So the next batch is written while the last one is synced (SQLite) or
//! while its keys are released and its values opened.

mod terms;

pub(crate) use terms::{Replaced, terms_of};

use super::entry::Draft;
use super::node::NodeSeals;
use super::plaintext::Plaintext;
use super::sealing;
use super::sheet::{self, Masked};
use crate::alarm::{AlarmKind, Alarms};
use crate::error::VaultError;
use crate::feed::{Disclosure, Feed};
use crate::promises::Promises;
use crate::vitals::Tally;
use core::sync::atomic::Ordering;
use domain::field::{self, Incoming};
use domain::{Clock, CustomerId, EntryId, FieldKind, Refusal};
use futures_util::stream::{self, StreamExt as _};
use keys::{Header, HolderError, KeyHolder, Okm, Place, Release, Shelved};
use std::sync::Arc;
use store::{Commit, Intent, Numbers, Outcome, SHEET, Store, StoreError};
use subtle::ConstantTimeEq;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// How many intents one transaction takes at most.
const BATCH: usize = 128;
/// How many may wait; beyond that the answer is no at once: a queue that nobody outlives helps nobody.
const QUEUE: usize = 4_096;
/// How many batches may wait for the second thread. More would only make batches smaller.
const RELEASING: usize = 1;
/// How many it waits for at once to be durable: a disk that takes long makes several durable together.
const SYNCING: usize = 4;

/// One sealed value whose log entry is durable, with the one key that the key holder released for it.
///
/// Made here only, consumed by being opened, bound to its entry and its place. It can't be copied or kept: there
/// is no public way to make, split or duplicate one.
pub struct Committed {
    entry: EntryId,
    place: Place,
    sealed: Vec<u8>,
    key: Result<Okm, HolderError>,
}

/// A use of a sealed value that shows none.
pub(crate) enum Use<'a> {
    /// Does what the caller says fit?
    Matches(&'a str),
}

impl Committed {
    /// The entry it was committed with.
    pub(crate) fn entry(&self) -> EntryId {
        self.entry
    }

    /// The version of what was read.
    pub(crate) fn version(&self) -> u64 {
        self.place.version
    }

    /// Opens the value. Consumes the right to do so.
    pub(crate) fn open(self) -> Result<Plaintext, VaultError> {
        let key = self.key.map_err(|error| match error {
            // Nothing that waiting mends; an alarm was raised with it.
            HolderError::Retired => VaultError::Damaged,
            error => error.into(),
        })?;
        sealing::open(&key, &self.place, &self.sealed).map(Plaintext::new).ok_or(VaultError::Damaged)
    }

    /// Opens a mask sheet: masks are made to be shown.
    pub(crate) fn open_sheet(self) -> Result<Vec<Masked>, VaultError> {
        if self.place.field != SHEET {
            return Err(VaultError::Damaged);
        }
        sheet::decode(self.open()?.bytes()).ok_or(VaultError::Damaged)
    }

    /// Uses the value without showing it.
    pub(crate) fn derive(self, how: &Use<'_>) -> Result<bool, VaultError> {
        let kind = FieldKind::from_code(self.place.field).ok_or(VaultError::Damaged)?;
        let value = self.open()?;
        match how {
            Use::Matches(said) => matches(kind, &value, said),
        }
    }

    /// Opens the value if what somebody says fits it: then they know it, and a carrier takes to it what is meant for them.
    pub(crate) fn open_if(self, how: &Use<'_>) -> Result<Option<Plaintext>, VaultError> {
        let kind = FieldKind::from_code(self.place.field).ok_or(VaultError::Damaged)?;
        let value = self.open()?;
        let Use::Matches(said) = how;
        Ok(if matches(kind, &value, said)? { Some(value) } else { None })
    }
}

fn matches(kind: FieldKind, value: &Plaintext, said: &str) -> Result<bool, VaultError> {
    let stored = reparse(kind, value)?.comparable();
    let said = field::comparable(kind, said)?;
    Ok(!stored.is_empty() && bool::from(stored.as_bytes().ct_eq(said.as_bytes())))
}

fn reparse(kind: FieldKind, value: &Plaintext) -> Result<Incoming, VaultError> {
    let text = core::str::from_utf8(value.bytes()).map_err(|_| VaultError::Damaged)?;
    Incoming::parse(kind, text).map_err(|_| VaultError::Damaged)
}

/// What became of an intent, with the rights to open what it read.
pub(crate) enum Done {
    /// Committed.
    Committed {
        /// The entry.
        entry: EntryId,
        /// One right per value read, in order.
        values: Vec<Committed>,
        /// Did it happen in a case?
        in_a_case: bool,
    },
    /// The key was used before.
    Replayed {
        /// The first entry.
        entry: EntryId,
        /// What was answered.
        answer: u32,
        /// The same request in the same session?
        same: bool,
    },
}

struct Job {
    intent: Intent,
    draft: Arc<Draft>,
    reply: oneshot::Sender<Result<Done, VaultError>>,
}

/// The queue in front of the door.
#[derive(Clone)]
pub(crate) struct Door {
    queue: mpsc::Sender<Job>,
    tally: Arc<Tally>,
}

/// What the door's thread works with.
pub(crate) struct Works {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) holder: Arc<dyn KeyHolder>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) seals: Arc<NodeSeals>,
    pub(crate) feed: Feed,
    pub(crate) promises: Arc<Promises>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) alarms: Arc<Alarms>,
}

impl Door {
    /// Starts the door's two threads; they end when the last `Door` is dropped.
    pub(crate) fn start(works: Works) -> std::io::Result<Self> {
        let (queue, receiver) = mpsc::channel(QUEUE);
        let tally = Arc::clone(&works.tally);
        let (first, second) = (runtime()?, runtime()?);
        std::thread::Builder::new().name("door".into()).spawn(move || {
            std::thread::scope(|scope| {
                let (committing, to_release) = mpsc::channel(RELEASING);
                let works = &works;
                let release = move || second.block_on(release_all(works, to_release));
                // Without it the first thread's hand-over fails, and whoever waits is told that the vault stops.
                let _ = std::thread::Builder::new().name("release".into()).spawn_scoped(scope, release);
                first.block_on(commit_all(works, receiver, committing));
            });
        })?;
        Ok(Self { queue, tally })
    }

    /// Commits an intent; the draft is its scribe.
    pub(crate) async fn submit(&self, intent: Intent, draft: Arc<Draft>) -> Result<Done, VaultError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Job { intent, draft, reply }).map_err(|error| match error {
            TrySendError::Full(_) => VaultError::Busy,
            TrySendError::Closed(_) => VaultError::Stopping,
        })?;
        answer.await.map_err(|_| VaultError::Stopping)?
    }

    /// What went through so far.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many acts wait for a transaction.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// The first thread: gathers what waits and commits it.
async fn commit_all<'a>(works: &'a Works, mut receiver: mpsc::Receiver<Job>, committing: mpsc::Sender<Batch<'a>>) {
    let mut jobs = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut jobs, BATCH).await > 0 {
        let mut intents = Vec::with_capacity(jobs.len());
        let mut waiting = Vec::with_capacity(jobs.len());
        for Job { intent, draft, reply } in jobs.drain(..) {
            waiting.push((intent.tenant, draft, reply));
            intents.push(intent);
        }
        works.promises.ask(intents.iter().map(|intent| (intent.tenant, intent.entry)));
        let span = tracing::info_span!(
            target: "telemetry", parent: None, "transaction", "ringfence.transaction.acts" = intents.len()
        );
        let commit = works.store.commit_next(works.clock.now(), intents, &*works.seals).await;
        let batch = Batch { waiting, commit, span };
        if receiver.is_empty() {
            // Nothing waits to be committed: handing over would only cost a thread's wake-up.
            answer(works, batch.durable().await).await;
        } else {
            // The second thread ends after this one only.
            drop(committing.send(batch).await);
        }
    }
}

/// The second: waits for each batch to be durable and has its keys released, one after another, while the first commits the
/// next ones.
async fn release_all<'a>(works: &'a Works, committing: mpsc::Receiver<Batch<'a>>) {
    let next = |mut committing: mpsc::Receiver<_>| async { Some((committing.recv().await?, committing)) };
    let durable = stream::unfold(committing, next).map(Batch::durable).buffered(SYNCING);
    durable.for_each(|batch| answer(works, batch)).await;
}

async fn answer(works: &Works, Durable { waiting, committed }: Durable) {
    works.tally.batches.fetch_add(1, Ordering::Relaxed);
    let outcomes = match committed {
        Ok(outcomes) => outcomes,
        Err(error) => {
            works.tally.failed(waiting.len());
            for (tenant, draft, reply) in waiting {
                works.promises.answered(works.clock.now(), tenant, draft.id, None);
                drop(reply.send(Err(error.clone().into())));
            }
            return;
        }
    };
    // Before anybody can know of the entries: whoever deletes one then is noticed.
    for ((tenant, draft, _), outcome) in waiting.iter().zip(&outcomes) {
        let durable = matches!(outcome, Outcome::Committed(_) | Outcome::Refused { .. });
        let leaf = draft.leaf().filter(|_| durable);
        works.promises.answered(works.clock.now(), *tenant, draft.id, leaf);
    }
    let mut keys = release(works, &waiting, &outcomes).await.into_iter();
    for ((tenant, draft, reply), outcome) in waiting.into_iter().zip(outcomes) {
        works.feed.tell(tenant, &draft, &outcome);
        let done = done(tenant, outcome, &mut keys);
        works.tally.count(&done);
        // The asker may have gone away; the entry stands, and nothing is opened.
        let _ = reply.send(done);
    }
}

type Waiting = (domain::TenantId, Arc<Draft>, oneshot::Sender<Result<Done, VaultError>>);

/// Who waits for a commit, and the commit: durable once it is ready.
struct Batch<'a> {
    waiting: Vec<Waiting>,
    commit: store::Fut<'a, Vec<Outcome>>,
    /// From the first statement to the disk.
    span: tracing::Span,
}

/// What became of a batch.
struct Durable {
    waiting: Vec<Waiting>,
    committed: Result<Vec<Outcome>, StoreError>,
}

impl Batch<'_> {
    async fn durable(self) -> Durable {
        let committed = self.commit.await;
        drop(self.span);
        Durable { waiting: self.waiting, committed }
    }
}

/// One round trip to the key holder for the whole batch: a key per value read by a committed entry, in order.
async fn release(works: &Works, waiting: &[Waiting], outcomes: &[Outcome]) -> Vec<Result<Okm, HolderError>> {
    let mut shelves = Vec::new();
    for ((tenant, draft, _), outcome) in waiting.iter().zip(outcomes) {
        let Outcome::Committed(commit) = outcome else { continue };
        let subject = draft.subject.as_ref().map(|subject| subject.customer);
        for (customer, keys, field) in &commit.read {
            let place = Place {
                tenant: *tenant,
                customer: *customer,
                field: field.field,
                instance: field.instance,
                version: field.version,
            };
            let shelved = Shelved { epoch: keys.epoch, wrapped: keys.wrapped.clone() };
            let n = commit.numbers.n.filter(|_| subject == Some(*customer));
            shelves.push((commit.entry, draft.person, n, shelved, place, Header::parse(&field.sealed)));
        }
    }
    let requests: Vec<Release<'_>> = shelves
        .iter()
        .filter_map(|(entry, person, n, shelved, place, header)| {
            Some(Release { entry: *entry, person: *person, n: *n, shelved, place: *place, header: (*header)? })
        })
        .collect();
    let released = if requests.is_empty() { Ok(Vec::new()) } else { works.holder.release(&requests).await };
    match released {
        Ok(keys) => {
            for (request, _) in requests.iter().zip(&keys).filter(|(_, key)| matches!(key, Err(HolderError::Retired))) {
                works.alarms.set(request.place.tenant, AlarmKind::SuitePutBack, true, works.clock.now());
            }
            let mut keys = keys.into_iter();
            shelves
                .iter()
                .map(|(.., header)| header.and_then(|_| keys.next()).unwrap_or(Err(HolderError::NotOnShelf)))
                .collect()
        }
        Err(error) => shelves.iter().map(|_| Err(error)).collect(),
    }
}

fn done(
    tenant: domain::TenantId,
    outcome: Outcome,
    keys: &mut impl Iterator<Item = Result<Okm, HolderError>>,
) -> Result<Done, VaultError> {
    match outcome {
        Outcome::Committed(commit) => {
            let values = committed(tenant, &commit, keys);
            Ok(Done::Committed { entry: commit.entry, values, in_a_case: commit.numbers.casework.is_some() })
        }
        Outcome::Replayed { entry, answer, same, .. } => Ok(Done::Replayed { entry, answer, same }),
        Outcome::Refused { refusal, entry } => {
            Err(VaultError::Refused { refusal, entry: Some(entry), rule: None, spent: None, plan: None })
        }
        Outcome::Missing(refusal) => Err(VaultError::refused(refusal)),
        Outcome::Unknown => Err(VaultError::Unknown),
    }
}

fn committed(
    tenant: domain::TenantId,
    commit: &Commit,
    keys: &mut impl Iterator<Item = Result<Okm, HolderError>>,
) -> Vec<Committed> {
    let right = |(customer, _, field): &(CustomerId, _, store::FieldRow)| Committed {
        entry: commit.entry,
        place: Place {
            tenant,
            customer: *customer,
            field: field.field,
            instance: field.instance,
            version: field.version,
        },
        sealed: field.sealed.clone(),
        key: keys.next().unwrap_or(Err(HolderError::NotOnShelf)),
    };
    commit.read.iter().map(right).collect()
}

impl Feed {
    /// Tells whoever watches, after the commit.
    fn tell(&self, tenant: domain::TenantId, draft: &Draft, outcome: &Outcome) {
        if !self.watched() {
            return;
        }
        let (decision, numbers): (Result<(), Refusal>, Option<&Numbers>) = match outcome {
            Outcome::Committed(commit) => (Ok(()), Some(&commit.numbers)),
            Outcome::Refused { refusal, .. } => (Err(*refusal), None),
            Outcome::Replayed { .. } | Outcome::Missing(_) | Outcome::Unknown => return,
        };
        let spent = numbers.map(|numbers| numbers.spent.clone()).unwrap_or_default();
        let numbers =
            Numbers { decision, n: None, previous: None, versions: Vec::new(), spent, allotted: None, casework: None };
        let interaction = draft.subject.as_ref().and_then(|subject| subject.interaction);
        self.send(Disclosure { tenant, entry: draft.id, body: draft.audit_body(&numbers), interaction });
    }
}
