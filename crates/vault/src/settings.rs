//! The settings under which nodes serve. Whoever runs them writes a file; what counts is what officers agreed to: the file of the
//! setting up, sealed with the first passkey, and what two of them signed since.
//!
//! Until then, and on a tenant from before settings were sealed, the file counts, and security and the board see when it changes. From
//! then on it is only what a node would like to be served by: where it says something else, the alarm stands.

use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::limits_form::Budgets;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::settings_form::{Parties, Settings, SettingsDifference, differences};
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use keys::power::{LimitsText, PowerBody, SettingsText, THE_ONE};
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect, Seals};

/// For how long a change is shown, in milliseconds.
const SHOWN_MS: i64 = 7 * 24 * 3_600_000;
/// The one row of a tenant.
const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::Settings, id: [0; 16] };

/// What the row says: `SHA-256(what a node's file says)[32] ‖ changed i64`, which is 0 where nothing was before.
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

/// How the file of the node that is asked stands to what counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiffers {
    /// Did officers agree to what counts? Otherwise the file counts.
    pub agreed: bool,
    /// What the file says otherwise than what counts.
    pub differences: Vec<SettingsDifference>,
}

fn is_agreed(snapshot: &Snapshot) -> bool {
    snapshot.powers().0.contains_key(&(SettingsText::KIND, THE_ONE))
}

impl Vault {
    /// The settings that count, of the version that decisions are made by.
    #[must_use]
    pub fn settings(&self, tenant: TenantId) -> Arc<Settings> {
        Arc::clone(&self.governance(tenant).settings)
    }

    /// What this node's own file says.
    #[must_use]
    pub fn own_settings(&self, tenant: TenantId) -> &Settings {
        &self.unsigned(tenant).settings
    }

    /// Do others of this node's file count, as it names them? Those to whom officers didn't agree aren't believed, sent to or asked;
    /// nor is anybody while it is in doubt what they agreed to.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn agrees_with<P: PartialEq>(
        &self,
        tenant: TenantId,
        party: fn(&Parties) -> &P,
    ) -> Result<bool, VaultError> {
        let power = self.power(tenant).await?;
        Ok(power.sound && party(&power.governance.settings.parties) == party(&self.own_settings(tenant).parties))
    }

    /// Is this source of events believed? In doubt none is.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn believes(&self, tenant: TenantId, source: &str) -> Result<bool, VaultError> {
        let power = self.power(tenant).await?;
        let agreed = || !is_agreed(&power) || power.governance.settings.parties.event_sources.contains(source);
        Ok(power.sound && agreed())
    }

    /// May people of some tenant sign in on a page with a bearer token?
    #[must_use]
    pub fn tokens_sign_in(&self) -> bool {
        self.tenants.iter().any(|tenant| self.settings(tenant.id).sign_in.tokens)
    }

    /// Seconds from one close of a log to the next, of the tenant whose log is closed most often.
    #[must_use]
    pub fn closes_every_s(&self) -> u32 {
        let all = self.tenants.iter().map(|tenant| self.settings(tenant.id).closes.every_s);
        all.min().unwrap_or(Settings::default().closes.every_s)
    }

    /// How this node's file stands to what counts.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn file_differs(&self, tenant: TenantId) -> Result<FileDiffers, VaultError> {
        let power = self.power(tenant).await?;
        let differences = differences(&power.governance.settings, self.own_settings(tenant));
        Ok(FileDiffers { agreed: is_agreed(&power), differences })
    }

    /// The same for somebody who is signed in.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn own_file_differs(&self, scope: &Scope) -> Result<FileDiffers, VaultError> {
        self.file_differs(scope.tenant).await
    }

    /// Logs, for each tenant, that this node begins to serve, and what its file says: another mark is another file. Where officers
    /// govern and it isn't what they agreed to, or, where they agreed to nothing, isn't what the file before said, an alarm stands.
    ///
    /// # Errors
    /// If the store or the key holder fails.
    pub async fn log_serving(&self) -> Result<(), VaultError> {
        for tenant in &self.tenants {
            let snapshot = self.power(tenant.id).await?;
            let mark = self.mark(&snapshot, self.own_settings(tenant.id));
            let told = mark[..6].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            let before = self.file_served(tenant.id).await?;
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

    /// Raises the alarm over a file on this node, or takes it back. It stands as long as this node's file isn't what officers agreed
    /// to; and for seven days on every node where another's was written otherwise, unless they agreed to that since.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_settings(&self, tenant: TenantId) -> Result<(), VaultError> {
        let (now, snapshot) = (self.clock.now(), self.power(tenant).await?);
        let counts = &snapshot.governance.settings;
        let own = **counts != *self.own_settings(tenant);
        let agreed = is_agreed(&snapshot).then(|| self.mark(&snapshot, counts));
        let served = self.file_served(tenant).await?;
        let written = served.is_some_and(|served| {
            now.since(served.changed) < SHOWN_MS && agreed.is_none_or(|mark| mark != served.mark)
        });
        self.alarms.set(tenant, AlarmKind::SettingsChanged, own || written, now);
        Ok(())
    }

    /// What names settings; with the file's limits, where these count.
    fn mark(&self, snapshot: &Snapshot, settings: &Settings) -> [u8; 32] {
        let sealed = snapshot.powers().0.contains_key(&(LimitsText::KIND, THE_ONE));
        let limits = if sealed { String::new() } else { Budgets::of(&self.config.limits).toml() };
        keys::hash(&[b"settings", settings.toml().as_bytes(), b"\n", limits.as_bytes()])
    }

    /// What a file said last. An edited row counts as another, written now.
    async fn file_served(&self, tenant: TenantId) -> Result<Option<Served>, VaultError> {
        let Some(row) = self.store.admission(tenant, KEY).await? else { return Ok(None) };
        let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
        let edited = Served { mark: [0; 32], changed: self.clock.now() };
        Ok(Some(Served::read(&row.body).filter(|_| genuine).unwrap_or(edited)))
    }
}
