//! Power that isn't what the key holder sealed, or that nobody can rely on because code of somebody else's is in the
//! database: the alarm, its entry, and what is refused from then on.

use super::Snapshot;
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::TenantId;

impl Vault {
    /// Is this tenant's power in doubt, as far as this node knows? Then nothing is disclosed.
    pub(crate) fn power_doubted(&self, tenant: TenantId) -> bool {
        self.alarms.stands(tenant, AlarmKind::PowerTampered)
    }

    /// Takes the alarm back: what is there is what was sealed. The entry stays.
    pub(super) fn power_is_sound(&self, tenant: TenantId) {
        self.alarms.set(tenant, AlarmKind::PowerTampered, false, self.clock.now());
        self.power.told(tenant, false);
    }

    /// Raises the alarm, with one entry: where that fails, the next look writes it.
    pub(super) async fn power_is_in_doubt(&self, snapshot: &Snapshot) -> Result<(), VaultError> {
        if self.power.is_told(snapshot.tenant) {
            return Ok(());
        }
        self.alarms.set(snapshot.tenant, AlarmKind::PowerTampered, true, self.clock.now());
        let (tenant, version) = (snapshot.tenant.0, snapshot.seq);
        if snapshot.foreign_code {
            tracing::error!(
                tenant,
                version,
                "ALARM: a trigger, a rule or row security is in the database, which can swallow what is written; find out who put it there and drop it"
            );
        } else {
            tracing::error!(tenant, version, "ALARM: people or rights in the store aren't what the key holder sealed");
        }
        let act = self.bare_act(snapshot.tenant, Kind::PowerDoubted)?.detail(snapshot.seq);
        self.commit_plain(act).await?;
        self.power.told(snapshot.tenant, true);
        Ok(())
    }
}
