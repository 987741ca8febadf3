//! Alarms as entries, so that outlets tell of them: one when an alarm is raised, one when it is over.

use super::Lease;
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, Refusal, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Job, Seals as _, StoreError, Tag};

/// For how long an alarm must be away before it is over, in milliseconds: a node that begins hasn't looked at everything yet.
const AWAY_MS: i64 = 60_000;
/// How often a node on which an alarm stands says so in its row, in milliseconds: what one node alone knows isn't over for another.
const SEEN_MS: i64 = 20_000;

/// Writes one tenant's alarms down.
pub struct AlarmTeller {
    vault: Arc<Vault>,
    tenant: TenantId,
    lease: Lease,
    /// Since when told alarms don't stand here.
    away: BTreeMap<u8, Millis>,
}

/// What a row says of an alarm that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    stands: bool,
    /// Since when it stood, or when it was over: an older copy of the row silences no newer alarm.
    since: Millis,
    /// When it was last seen to stand, on whichever node.
    seen: Millis,
}

impl Told {
    /// Is this alarm another one than the one that was told? One that came back sooner was never said to be over.
    fn is_before(self, since: Millis) -> bool {
        !self.stands || since.since(self.since) >= AWAY_MS
    }

    /// `stands u8 ‖ since i64 ‖ seen i64`.
    fn row(self, key: AdmissionKey) -> AdmissionRow {
        let body =
            [[u8::from(self.stands)].as_slice(), &self.since.0.to_be_bytes(), &self.seen.0.to_be_bytes()].concat();
        AdmissionRow { key, body, expires: Millis(i64::MAX), tag: [0; 16] }
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        let (stands, times) = row.body.split_first()?;
        let (since, seen) = times.split_at_checked(8)?;
        let time = |bytes: &[u8]| bytes.try_into().ok().map(|bytes| Millis(i64::from_be_bytes(bytes)));
        Some(Self { stands: *stands == 1, since: time(since)?, seen: time(seen)? })
    }
}

fn key(kind: u8) -> AdmissionKey {
    let mut id = [0; 16];
    id[0] = kind;
    AdmissionKey { kind: AdmissionKind::AlarmTold, id }
}

/// The rows by alarm: what stands there, and what it says if a node wrote it.
type Rows = BTreeMap<u8, (Tag, Option<Told>)>;

impl AlarmTeller {
    /// One for a tenant; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId, holder: [u8; 16]) -> Self {
        let lease = Lease::new(Job::Tell(tenant, [0; 16]), holder);
        Self { vault: Arc::clone(vault), tenant, lease, away: BTreeMap::new() }
    }

    /// One step: writes down what was raised here, and what is over on every node.
    ///
    /// # Errors
    /// If the store fails; then it is tried again.
    pub async fn tick(&mut self) -> Result<(), VaultError> {
        let (vault, tenant, now) = (Arc::clone(&self.vault), self.tenant, self.vault.now());
        let stand: BTreeMap<u8, Millis> =
            vault.alarms(tenant).iter().map(|alarm| (alarm.kind.code(), alarm.since)).collect();
        let rows = vault.alarms_told(tenant).await?;
        for (kind, since) in &stand {
            match rows.get(kind).and_then(|(tag, told)| told.map(|told| (*tag, told))) {
                Some((_, told)) if told.is_before(*since) => vault.raise_alarm(tenant, *kind, &rows, *since).await?,
                None => vault.raise_alarm(tenant, *kind, &rows, *since).await?,
                Some((tag, told)) if told.stands && now.since(told.seen) >= SEEN_MS => {
                    vault.still_stands(tenant, *kind, tag, Told { seen: now, ..told }).await?;
                }
                Some(_) => {}
            }
        }
        if !self.lease.held(&vault).await? {
            self.away.clear();
            return Ok(());
        }
        let over = |kind: &u8, told: &Told| told.stands && !stand.contains_key(kind);
        let over: BTreeMap<u8, Told> =
            rows.iter().filter_map(|(kind, (_, told))| Some((*kind, told.filter(|told| over(kind, told))?))).collect();
        self.away.retain(|kind, _| over.contains_key(kind));
        for (kind, told) in over {
            let since = *self.away.entry(kind).or_insert(now);
            if now.since(since) >= AWAY_MS && now.since(told.seen) >= AWAY_MS {
                vault.tell_alarm(tenant, kind, &rows, Told { stands: false, since: now, seen: told.seen }).await?;
            }
        }
        Ok(())
    }
}

impl Vault {
    /// A row that no node wrote says nothing: the alarm is told again.
    async fn alarms_told(&self, tenant: TenantId) -> Result<Rows, VaultError> {
        let rows = self.all_admissions(tenant, AdmissionKind::AlarmTold).await?;
        let read = |row: &AdmissionRow| {
            let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
            (row.key.id[0], (row.tag, Told::read(row).filter(|_| genuine)))
        };
        Ok(rows.iter().map(read).collect())
    }

    /// Does this alarm stand here, or was it told on another node and isn't over? Rows that can't be read say nothing of others, and have an
    /// alarm of their own.
    pub(crate) async fn stands_anywhere(&self, tenant: TenantId, kind: AlarmKind) -> bool {
        let rows = self.alarms_told(tenant).await.unwrap_or_default();
        let told = rows.get(&kind.code()).and_then(|(_, told)| *told);
        self.alarms.stands(tenant, kind) || told.is_some_and(|told| told.stands)
    }

    /// Can the rows not even be read?
    pub(super) async fn alarms_spoilt(&self, tenant: TenantId) -> bool {
        matches!(self.alarms_told(tenant).await, Err(VaultError::Store(StoreError::Damaged(_))))
    }

    async fn raise_alarm(&self, tenant: TenantId, kind: u8, rows: &Rows, since: Millis) -> Result<(), VaultError> {
        self.tell_alarm(tenant, kind, rows, Told { stands: true, since, seen: self.now() }).await
    }

    /// Without an entry: the log has that it was raised. Where another node wrote the row meanwhile, that counts.
    async fn still_stands(&self, tenant: TenantId, kind: u8, before: Tag, told: Told) -> Result<(), VaultError> {
        let mut row = told.row(key(kind));
        row.tag = self.seals.tag(tenant, "admission", &row.material());
        self.store.renew_admission(tenant, row, before).await?;
        Ok(())
    }

    /// Only over what was read: of two nodes that come at once one tells it.
    async fn tell_alarm(&self, tenant: TenantId, kind: u8, rows: &Rows, told: Told) -> Result<(), VaultError> {
        let entry = if told.stands { Kind::AlarmRaised } else { Kind::AlarmCleared };
        let tag = rows.get(&kind).map(|(tag, _)| *tag);
        let unchanged = Condition::Admission { key: key(kind), tag, otherwise: Refusal::PowerChanged };
        let act = self.bare_act(tenant, entry)?.detail(kind.into()).when(unchanged);
        match self.commit_plain(act.effect(Effect::PutAdmission(told.row(key(kind))))).await {
            Ok(_) | Err(VaultError::Refused { refusal: Refusal::PowerChanged, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Which alarm an entry's detail names.
#[must_use]
pub fn alarm_of(detail: Option<u64>) -> Option<AlarmKind> {
    let code = detail.and_then(|detail| u8::try_from(detail).ok())?;
    AlarmKind::ALL.into_iter().find(|kind| kind.code() == code)
}
