//! Alarms as entries, so that outlets tell of them: one when an alarm is raised, one when it is over.

use super::Lease;
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect, Job, Seals as _};

/// For how long an alarm must be away before it is over, in milliseconds: a node that begins hasn't looked at everything yet.
const AWAY_MS: i64 = 60_000;

/// Writes one tenant's alarms down.
pub struct AlarmTeller {
    vault: Arc<Vault>,
    tenant: TenantId,
    lease: Lease,
    /// Since when told alarms don't stand here.
    away: BTreeMap<u8, Millis>,
}

/// `stands u8`.
fn row(kind: u8, stands: bool) -> AdmissionRow {
    let mut id = [0; 16];
    id[0] = kind;
    let key = AdmissionKey { kind: AdmissionKind::AlarmTold, id };
    AdmissionRow { key, body: vec![u8::from(stands)], expires: Millis(i64::MAX), tag: [0; 16] }
}

impl AlarmTeller {
    /// One for a tenant; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId, holder: [u8; 16]) -> Self {
        let lease = Lease::new(Job::Tell(tenant, [0; 16]), holder);
        Self { vault: Arc::clone(vault), tenant, lease, away: BTreeMap::new() }
    }

    /// One step: writes down what was raised, and what is over.
    ///
    /// # Errors
    /// If the store fails; then it is tried again.
    pub async fn tick(&mut self) -> Result<(), VaultError> {
        let (vault, tenant, now) = (Arc::clone(&self.vault), self.tenant, self.vault.now());
        if !self.lease.held(&vault).await? {
            self.away.clear();
            return Ok(());
        }
        let stand: Vec<u8> = vault.alarms(tenant).iter().map(|alarm| alarm.kind.code()).collect();
        let told = vault.alarms_told(tenant).await?;
        self.away.retain(|kind, _| told.contains(kind) && !stand.contains(kind));
        for kind in stand.iter().filter(|kind| !told.contains(kind)) {
            vault.tell_alarm(tenant, *kind, true).await?;
        }
        for kind in told.iter().filter(|kind| !stand.contains(kind)) {
            let since = *self.away.entry(*kind).or_insert(now);
            if now.since(since) >= AWAY_MS {
                vault.tell_alarm(tenant, *kind, false).await?;
            }
        }
        Ok(())
    }
}

impl Vault {
    /// A row that no node wrote says nothing: the alarm is told again.
    pub(super) async fn alarms_told(&self, tenant: TenantId) -> Result<Vec<u8>, VaultError> {
        let rows = self.all_admissions(tenant, AdmissionKind::AlarmTold).await?;
        let genuine = |row: &&AdmissionRow| row.tag == self.seals.tag(tenant, "admission", &row.material());
        Ok(rows.iter().filter(genuine).filter(|row| row.body == [1]).map(|row| row.key.id[0]).collect())
    }

    async fn tell_alarm(&self, tenant: TenantId, kind: u8, stands: bool) -> Result<(), VaultError> {
        let told = if stands { Kind::AlarmRaised } else { Kind::AlarmCleared };
        let act = self.bare_act(tenant, told)?.detail(kind.into());
        self.commit_plain(act.effect(Effect::PutAdmission(row(kind, stands)))).await.map(drop)
    }
}

/// Which alarm an entry's detail names.
#[must_use]
pub fn alarm_of(detail: Option<u64>) -> Option<AlarmKind> {
    let code = detail.and_then(|detail| u8::try_from(detail).ok())?;
    AlarmKind::ALL.into_iter().find(|kind| kind.code() == code)
}
