//! The settings under which nodes serve: whoever runs them writes these, so security and the board must see when they change.
//!
//! Budgets, rules and the plan are signed by officers. What else a node is told (timeouts, the time until re-masking, who takes codes to
//! customers, what happens without witnesses) stands in a file. A node that begins to serve compares it with what served before.

use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect, Seals};

/// For how long a change is shown, in milliseconds.
const SHOWN_MS: i64 = 7 * 24 * 3_600_000;
/// The one row of a tenant.
const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::Settings, id: [0; 16] };

/// What the row says: `SHA-256(settings)[32] ‖ changed i64`, which is 0 where nothing was before.
struct Served {
    mark: [u8; 32],
    changed: Millis,
}

impl Served {
    fn row(&self) -> AdmissionRow {
        let body = [self.mark.as_slice(), &self.changed.0.to_be_bytes()].concat();
        AdmissionRow { key: KEY, body, expires: Millis(i64::MAX), tag: [0; 16] }
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (mark, changed) = body.split_first_chunk::<32>()?;
        Some(Self { mark: *mark, changed: Millis(i64::from_be_bytes(changed.try_into().ok()?)) })
    }
}

impl Vault {
    /// Logs, for each tenant, that this node begins to serve, and under which settings: the vault's own and, in `others`, whatever
    /// else decides over people and data. Another mark is other settings. Where others served before, and officers govern, an alarm
    /// stands for seven days.
    ///
    /// # Errors
    /// If the store or the key holder fails.
    pub async fn log_serving(&self, others: &str) -> Result<(), VaultError> {
        let mark = keys::hash(&[b"settings", format!("{:?}", self.config).as_bytes(), b"\n", others.as_bytes()]);
        let told = mark[..6].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        for tenant in &self.tenants {
            let before = self.settings_served(tenant.id).await?;
            let other = before.as_ref().is_some_and(|before| before.mark != mark);
            let governed = !self.needs_officer(tenant.id).await?;
            let changed = match before {
                _ if other && governed => self.clock.now(),
                Some(before) => before.changed,
                None => Millis(0),
            };
            let act = self.bare_act(tenant.id, Kind::ServingBegun)?.detail(told);
            self.commit_plain(act.effect(Effect::PutAdmission(Served { mark, changed }.row()))).await?;
            self.settle_settings(tenant.id).await?;
        }
        Ok(())
    }

    /// Raises the alarm over changed settings on this node, or takes it back.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_settings(&self, tenant: TenantId) -> Result<(), VaultError> {
        let now = self.clock.now();
        let served = self.settings_served(tenant).await?;
        let stands = served.is_some_and(|served| now.since(served.changed) < SHOWN_MS);
        self.alarms.set(tenant, AlarmKind::SettingsChanged, stands, now);
        Ok(())
    }

    /// What served before. An edited row counts as other settings, changed now.
    async fn settings_served(&self, tenant: TenantId) -> Result<Option<Served>, VaultError> {
        let Some(row) = self.store.admission(tenant, KEY).await? else { return Ok(None) };
        let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
        let edited = Served { mark: [0; 32], changed: self.clock.now() };
        Ok(Some(Served::read(&row.body).filter(|_| genuine).unwrap_or(edited)))
    }
}
