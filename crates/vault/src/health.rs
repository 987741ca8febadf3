//! How the key holder and the witnesses stand, for who watches. Whatever is wrong with them must be seen by somebody who
//! doesn't run the node.

use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use crate::witnessing::WitnessStatus;
use domain::{EntryId, Millis, TenantId};
use keys::HolderError;
use keys::standing::Apart;
use std::sync::atomic::{AtomicI64, Ordering};

/// The key holder, as this node finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolderHealth {
    /// The keys are in this node's own process.
    Embedded,
    /// It serves.
    Serving(Box<Apart>),
    /// It waits for custodians' shares.
    Sealed,
    /// It doesn't answer.
    Unreachable,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysHealth {
    /// Now.
    pub at: Millis,
    /// The key holder.
    pub holder: HolderHealth,
    /// When it last answered this node, if it has.
    pub answered: Option<Millis>,
    /// The log's witnesses.
    pub witnesses: WitnessStatus,
    /// The reading's entry.
    pub receipt: EntryId,
}

/// When the key holder last answered; 0 before.
#[derive(Default)]
pub(crate) struct Answered(AtomicI64);

impl Answered {
    pub(crate) fn now(&self, now: Millis) {
        self.0.fetch_max(now.0, Ordering::Relaxed);
    }

    fn last(&self) -> Option<Millis> {
        Some(Millis(self.0.load(Ordering::Relaxed))).filter(|at| at.0 > 0)
    }
}

impl Vault {
    /// Raises an alarm while the key holder has one that nobody has acknowledged there, and takes it back. For a thread of each
    /// node.
    ///
    /// # Errors
    /// If the key holder doesn't answer: then what stands, stands.
    pub async fn settle_holder_alarm(&self, tenant: TenantId) -> Result<(), VaultError> {
        let apart = self.holder.standing(tenant).await?.apart;
        let stands = apart.is_some_and(|apart| apart.alarms.iter().any(|alarm| !alarm.acknowledged));
        self.alarms.set(tenant, AlarmKind::HolderAlarmed, stands, self.clock.now());
        Ok(())
    }

    /// May this person see how keys and witnesses stand?
    #[must_use]
    pub fn reads_health(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadAlarms).is_ok()
    }

    /// How the key holder and the witnesses of the log stand, and who has shares of the root key. One entry per reading.
    ///
    /// # Errors
    /// The refusal with its entry for who may not read alarms; if the store fails. A key holder that is away is no error.
    pub async fn keys_health(&self, scope: &Scope) -> Result<KeysHealth, VaultError> {
        let act = self.permitted(scope, policy::Act::ReadAlarms, Kind::DirectoryRead).await?;
        let receipt = self.commit_plain(act).await?;
        let holder = match self.holder.standing(scope.tenant).await {
            Ok(standing) => {
                self.answered.now(self.clock.now());
                standing.apart.map_or(HolderHealth::Embedded, |apart| HolderHealth::Serving(Box::new(apart)))
            }
            Err(HolderError::Sealed) => HolderHealth::Sealed,
            Err(_) => HolderHealth::Unreachable,
        };
        let tenant = self.tenants.iter().find(|tenant| tenant.id == scope.tenant);
        let tenant = tenant.ok_or(VaultError::refused(domain::Refusal::NotFound))?;
        let witnesses = self.witness_status(tenant).await?;
        Ok(KeysHealth { at: self.clock.now(), holder, answered: self.answered.last(), witnesses, receipt })
    }
}
