//! Witnesses of a tenant's log, from the log's side: what they are sent, what they signed, and what holds while too few
//! did. Sending is the caller's; nothing here waits for the network.

use crate::alarm::{Alarm, AlarmKind};
use crate::error::VaultError;
use crate::receipt::newest_cosigned;
use crate::sequencer::origin_keys;
use crate::wiring::{TenantConfig, Vault};
use domain::{Millis, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::Cosigned;
use transparency::{
    AddCheckpoint, Checkpoint, Note, NoteSignature, VerifierKey, WitnessPolicy, consistency_proof, read_cosignatures,
    verify_witnessed,
};

/// The row of the newest checkpoint that enough witnesses signed.
const QUORUM: &str = "";

/// What happens while too few witnesses sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenMissing {
    /// Disclosures go on; it is shown.
    Warn,
    /// Disclosures are refused.
    Stop,
}

/// The witnesses of one tenant's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnesses {
    /// Who they are and how many must sign.
    pub policy: WitnessPolicy,
    /// What happens while too few do.
    pub when_missing: WhenMissing,
    /// Seconds that an entry may be without them before they count as missing.
    pub within_s: u32,
}

/// Where a witness is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessPlace {
    /// Its name.
    pub name: String,
    /// Where it takes submissions.
    pub url: String,
}

/// One witness as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessLine {
    /// Its name.
    pub name: String,
    /// The largest size it signed; `None` before the first.
    pub size: Option<u64>,
    /// When it signed that, by its own clock.
    pub at: Option<Millis>,
    /// Whether that is the newest checkpoint.
    pub newest: bool,
}

/// How a log stands with its witnesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessStatus {
    /// Entries in the newest checkpoint.
    pub size: u64,
    /// The witnesses; none where none are configured.
    pub witnesses: Vec<WitnessLine>,
    /// How many must sign.
    pub quorum: usize,
    /// What happens while too few do; `None` where none are configured.
    pub when_missing: Option<WhenMissing>,
    /// The newest size that enough witnesses signed, and when.
    pub witnessed: Option<(u64, Millis)>,
    /// Whether every entry is within that.
    pub covered: bool,
    /// Whether entries have been without enough witnesses for too long.
    pub missing: bool,
    /// Whether a witness says that it signed more than this log holds: then the log was set back.
    pub set_back: bool,
}

/// What the acts of all requests look at.
pub(crate) struct Watch {
    witnesses: Witnesses,
    places: Vec<WitnessPlace>,
    /// Until when, in milliseconds since 1970, witnesses aren't missing. Zero before the first look: closed.
    until: AtomicI64,
    open: Mutex<Open>,
}

/// Entries that aren't witnessed: each is below a size that was reached at a time.
#[derive(Default)]
struct Open {
    looked: bool,
    reached: VecDeque<(u64, Millis)>,
}

/// How many sizes are remembered; further ones count as reached when the last of these was.
const MOST_OPEN: usize = 4_096;

impl Watch {
    pub(crate) fn new(witnesses: Witnesses, places: Vec<WitnessPlace>) -> Self {
        Self { witnesses, places, until: AtomicI64::new(0), open: Mutex::default() }
    }

    fn missing(&self, now: Millis) -> bool {
        self.missing_since(now).is_some()
    }

    /// Since when witnesses are missing. Before the first look nobody knows: since now.
    fn missing_since(&self, now: Millis) -> Option<Millis> {
        let until = self.until.load(Ordering::Relaxed);
        (now.0 > until).then_some(if until == 0 { now } else { Millis(until) })
    }

    /// Notes how many entries there are, and the newest witnessed size with the time of its signatures.
    fn note(&self, now: Millis, size: u64, witnessed: Option<(u64, Millis)>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, at) = witnessed.unwrap_or((0, Millis(0)));
        open.reached.retain(|(reached, _)| *reached > done);
        let more = size > done && open.reached.back().is_none_or(|(reached, _)| size > *reached);
        if more && open.reached.len() < MOST_OPEN {
            // After a start nobody knows since when: a restart mustn't give more time.
            let since = if open.looked { now } else { at.min(now) };
            open.reached.push_back((size, since));
        }
        open.looked = true;
        let since = open.reached.front().map_or(now, |(_, at)| *at);
        self.until.store(since.plus(i64::from(self.witnesses.within_s) * 1_000).0, Ordering::Relaxed);
    }
}

impl Vault {
    /// The witnesses of a tenant's log, of the settings that count. Where there are some, [`Vault::look_at_witnesses`] must be
    /// called again and again.
    fn watched_by(&self, tenant: TenantId) -> Option<Arc<Watch>> {
        self.governance(tenant).watch.clone()
    }

    /// Has a tenant's log witnesses?
    #[must_use]
    pub fn is_witnessed(&self, tenant: TenantId) -> bool {
        self.watched_by(tenant).is_some()
    }

    /// Where the witnesses of a tenant's log are.
    #[must_use]
    pub fn witness_places(&self, tenant: TenantId) -> Vec<WitnessPlace> {
        self.watched_by(tenant).map(|watch| watch.places.clone()).unwrap_or_default()
    }

    /// Whether witnesses are missing now; from memory.
    #[must_use]
    pub fn witnesses_missing(&self, tenant: TenantId) -> bool {
        self.watched_by(tenant).is_some_and(|watch| watch.missing(self.clock.now()))
    }

    /// Whether disclosures are to be refused because witnesses are missing.
    pub(crate) fn stopped_by_witnesses(&self, tenant: TenantId) -> bool {
        let stops =
            |watch: Arc<Watch>| watch.witnesses.when_missing == WhenMissing::Stop && watch.missing(self.clock.now());
        self.watched_by(tenant).is_some_and(stops)
    }

    /// Looks whether every entry is witnessed, and notes since when not.
    ///
    /// # Errors
    /// If the store fails; then the time that is left runs on.
    pub async fn look_at_witnesses(&self, tenant: &TenantConfig) -> Result<(), VaultError> {
        let Some(watch) = self.watched_by(tenant.id) else { return Ok(()) };
        let witnessed = self.witnessed(tenant).await?;
        watch.note(self.clock.now(), self.entries_at_least(tenant.id).await?, witnessed);
        Ok(())
    }

    /// What to send a witness that signed `old` entries last: the newest checkpoint, or `note` instead, with its proof.
    /// `None` if the log isn't as large.
    ///
    /// # Errors
    /// If the store fails or doesn't hold the tiles.
    pub async fn submission(
        &self,
        tenant: TenantId,
        old: u64,
        note: &str,
    ) -> Result<Option<AddCheckpoint>, VaultError> {
        let size = checkpoint_of(note)?.size;
        if old > size {
            return Ok(None);
        }
        let proof = self.prove_from_tiles(tenant, |find| consistency_proof(old, size, find)).await?;
        Ok(Some(AddCheckpoint { old, proof, checkpoint: note.to_owned() }))
    }

    /// Keeps what a witness answered to `note`; says whether it is this witness's whole signature over it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn keep_cosignature(
        &self,
        tenant: &TenantConfig,
        witness: &str,
        note: &str,
        answer: &str,
    ) -> Result<bool, VaultError> {
        let Some(watch) = self.watched_by(tenant.id) else { return Ok(false) };
        let keys = keys_of(&watch.witnesses, witness);
        let Ok(lines) = read_cosignatures(answer, note, keys) else { return Ok(false) };
        let checkpoint = checkpoint_of(note)?;
        let signed = with_lines(own_part(note, &watch.witnesses)?, lines)?;
        let row = Cosigned { witness: witness.to_owned(), size: checkpoint.size, note: signed.clone() };
        let mut known = self.store.cosigned(tenant.id).await?;
        known.retain(|known| known.witness != row.witness);
        known.push(row.clone());
        let merged = merge(&signed, &known, &watch.witnesses)?;
        let mut rows = vec![row];
        if verify_witnessed(&merged, &origin_keys(self, tenant)?, &watch.witnesses.policy).is_ok() {
            rows.push(Cosigned { witness: QUORUM.to_owned(), size: checkpoint.size, note: merged });
        }
        self.store.put_cosigned(tenant.id, rows).await?;
        Ok(true)
    }

    /// What a witness signed last, if anything.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn cosigned_by(&self, tenant: TenantId, witness: &str) -> Result<Option<Cosigned>, VaultError> {
        Ok(self.store.cosigned(tenant).await?.into_iter().find(|row| row.witness == witness))
    }

    /// Notes whether a witness says that it signed more than this log holds.
    pub fn note_set_back(&self, tenant: TenantId, set_back: bool) {
        self.alarms.set(tenant, AlarmKind::SetBack, set_back, self.clock.now());
    }

    /// The alarm of missing witnesses, while it stands.
    pub(crate) fn witness_alarm(&self, tenant: TenantId) -> Option<Alarm> {
        let watch = self.watched_by(tenant)?;
        let kind = match watch.witnesses.when_missing {
            WhenMissing::Warn => AlarmKind::WitnessesMissing,
            WhenMissing::Stop => AlarmKind::DisclosuresStopped,
        };
        watch.missing_since(self.clock.now()).map(|since| Alarm { kind, since })
    }

    /// The newest checkpoint, with the lines of those witnesses that signed exactly it; empty before the first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn published_checkpoint(&self, tenant: TenantId) -> Result<String, VaultError> {
        let head = self.store.head(tenant).await?;
        let Some(watch) = self.watched_by(tenant).filter(|_| !head.checkpoint.is_empty()) else {
            return Ok(head.checkpoint);
        };
        merge(&head.checkpoint, &self.store.cosigned(tenant).await?, &watch.witnesses)
    }

    /// The newest checkpoint that enough witnesses signed, with their lines.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn witnessed_checkpoint(&self, tenant: TenantId) -> Result<Option<String>, VaultError> {
        Ok(newest_cosigned(&*self.store, tenant).await?.map(|row| row.note))
    }

    /// Size and time of the newest witnessed checkpoint, if the row holds.
    async fn witnessed(&self, tenant: &TenantConfig) -> Result<Option<(u64, Millis)>, VaultError> {
        let Some(watch) = self.watched_by(tenant.id) else { return Ok(None) };
        let Some(row) = newest_cosigned(&*self.store, tenant.id).await? else { return Ok(None) };
        let verified = verify_witnessed(&row.note, &origin_keys(self, tenant)?, &watch.witnesses.policy).ok();
        let time = |by: &[transparency::Cosigner]| by.iter().map(|by| by.time).min().unwrap_or(0);
        Ok(verified.map(|found| (found.checkpoint.size, millis(time(&found.by)))))
    }

    /// The number of entries, where those without a place yet count as one. An entry may have its place while the
    /// checkpoint over it is on its way to the disk.
    async fn entries_at_least(&self, tenant: TenantId) -> Result<u64, VaultError> {
        let waiting = !self.store.pending(tenant, None, 1).await?.is_empty();
        let newest = self.store.entries(tenant, None, 1).await?.pop().and_then(|entry| entry.index);
        let placed = newest.map_or(0, |index| index + 1).max(self.store.head(tenant).await?.size);
        Ok(placed + u64::from(waiting))
    }

    /// How a log stands with its witnesses.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn witness_status(&self, tenant: &TenantConfig) -> Result<WitnessStatus, VaultError> {
        let size = self.store.head(tenant.id).await?.size;
        let Some(watch) = self.watched_by(tenant.id) else {
            let none = WitnessStatus {
                size,
                witnesses: Vec::new(),
                quorum: 0,
                when_missing: None,
                witnessed: None,
                covered: false,
                missing: false,
                set_back: false,
            };
            return Ok(none);
        };
        let rows = self.store.cosigned(tenant.id).await?;
        let line = |(name, keys): (&str, &[VerifierKey])| {
            let row = rows.iter().find(|row| row.witness == name);
            let time = row.and_then(|row| time_of(&row.note, keys));
            let row = row.filter(|_| time.is_some());
            WitnessLine {
                name: name.to_owned(),
                size: row.map(|row| row.size),
                at: time.map(millis),
                newest: row.is_some_and(|row| row.size == size),
            }
        };
        let witnessed = self.witnessed(tenant).await?;
        Ok(WitnessStatus {
            covered: self.entries_at_least(tenant.id).await? <= witnessed.map_or(0, |(size, _)| size),
            size,
            witnesses: watch.witnesses.policy.witnesses().map(line).collect(),
            quorum: watch.witnesses.policy.quorum(),
            when_missing: Some(watch.witnesses.when_missing),
            witnessed,
            missing: watch.missing(self.clock.now()),
            set_back: self.alarms.stands(tenant.id, AlarmKind::SetBack),
        })
    }
}

fn millis(seconds: u64) -> Millis {
    Millis(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
}

fn time_of(note: &str, keys: &[VerifierKey]) -> Option<u64> {
    let times = keys.iter().map(|key| transparency::verify_cosignature(note, key).ok().map(|(_, time)| time));
    times.collect::<Option<Vec<u64>>>()?.into_iter().min()
}

fn keys_of<'w>(witnesses: &'w Witnesses, name: &str) -> &'w [VerifierKey] {
    witnesses.policy.witnesses().find(|(known, _)| *known == name).map_or(&[], |(_, keys)| keys)
}

fn checkpoint_of(note: &str) -> Result<Checkpoint, VaultError> {
    let note = Note::parse(note).map_err(|_| VaultError::Damaged)?;
    Checkpoint::parse(note.text()).map_err(|_| VaultError::Damaged)
}

/// A note without any witness's lines.
fn own_part(note: &str, witnesses: &Witnesses) -> Result<Note, VaultError> {
    let note = Note::parse(note).map_err(|_| VaultError::Damaged)?;
    let known = |line: &&NoteSignature| witnesses.policy.witnesses().any(|(name, _)| name == line.name());
    let own = note.signatures().iter().filter(|line| !known(line)).cloned().collect();
    Note::new(note.text(), own).map_err(|_| VaultError::Damaged)
}

fn with_lines(note: Note, lines: Vec<NoteSignature>) -> Result<String, VaultError> {
    let added = lines.into_iter().try_fold(note, Note::with_signature).map_err(|_| VaultError::Damaged)?;
    Ok(added.to_string())
}

/// A checkpoint with the lines of every witness that signed exactly it.
fn merge(note: &str, rows: &[Cosigned], witnesses: &Witnesses) -> Result<String, VaultError> {
    let own = own_part(note, witnesses)?;
    let mut lines = Vec::new();
    for row in rows.iter().filter(|row| row.witness != QUORUM) {
        let Ok(signed) = Note::parse(&row.note) else { continue };
        if signed.text() == own.text() {
            lines.extend(signed.signatures().iter().filter(|line| line.name() == row.witness).cloned());
        }
    }
    with_lines(own, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(within_s: u32) -> Watch {
        let policy = WitnessPolicy::new([], 0).unwrap();
        Watch::new(Witnesses { policy, when_missing: WhenMissing::Stop, within_s }, Vec::new())
    }

    #[test]
    fn witnesses_are_missing_until_somebody_looked_and_when_nobody_looks() {
        let watch = watch(10);
        assert!(watch.missing(Millis(1)));
        watch.note(Millis(1_000), 0, None);
        assert!(!watch.missing(Millis(11_000)) && watch.missing(Millis(11_001)));
    }

    #[test]
    fn an_entry_may_wait_for_so_long_and_no_longer() {
        let watch = watch(10);
        watch.note(Millis(1_000), 7, Some((7, Millis(900))));
        watch.note(Millis(5_000), 8, Some((7, Millis(900))));
        watch.note(Millis(14_000), 9, Some((7, Millis(900))));
        assert!(!watch.missing(Millis(15_000)) && watch.missing(Millis(15_001)));
        // Under load the newest entry is never witnessed; what counts is how old the oldest without is.
        watch.note(Millis(16_000), 10, Some((8, Millis(15_900))));
        assert!(!watch.missing(Millis(24_000)) && watch.missing(Millis(24_001)));
        watch.note(Millis(17_000), 10, Some((10, Millis(16_500))));
        assert!(!watch.missing(Millis(27_000)));
    }

    #[test]
    fn a_restart_gives_no_more_time() {
        let watch = watch(10);
        watch.note(Millis(50_000), 9, Some((7, Millis(45_000))));
        assert!(!watch.missing(Millis(55_000)) && watch.missing(Millis(55_001)));
        let never = self::watch(10);
        never.note(Millis(50_000), 9, None);
        assert!(never.missing(Millis(50_000)));
    }
}
