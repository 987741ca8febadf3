//! How the key holder and the witnesses stand, for who watches. Whatever is wrong with them must be seen by somebody who
//! doesn't run the node.

use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::outlet::Standing;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use crate::witnessing::WitnessStatus;
use domain::{EntryId, Millis, TenantId};
use keys::standing::{Apart, CeremonyStanding};
use keys::{HolderError, HolderStanding};
use std::sync::atomic::{AtomicI64, Ordering};

/// The key holder, as this node finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolderHealth {
    /// The keys are in this node's own process.
    Embedded,
    /// It serves.
    Serving(Box<Apart>),
    /// It waits for custodians' shares.
    Sealed(Option<Box<CeremonyStanding>>),
    /// It doesn't answer.
    Unreachable,
}

impl HolderHealth {
    pub(crate) fn of(standing: Result<HolderStanding, HolderError>) -> Self {
        match standing.map(|standing| standing.apart) {
            Ok(None) => Self::Embedded,
            Ok(Some(apart)) if apart.sealed => Self::Sealed(apart.ceremony.map(Box::new)),
            Ok(Some(apart)) => Self::Serving(Box::new(apart)),
            Err(HolderError::Sealed) => Self::Sealed(None),
            Err(_) => Self::Unreachable,
        }
    }

    /// The stable name.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Serving(_) => "serving",
            Self::Sealed(_) => "sealed",
            Self::Unreachable => "unreachable",
        }
    }

    /// How its ceremony stands, if it tells.
    #[must_use]
    pub fn ceremony(&self) -> Option<&CeremonyStanding> {
        match self {
            Self::Serving(apart) => apart.ceremony.as_ref(),
            Self::Sealed(ceremony) => ceremony.as_deref(),
            Self::Embedded | Self::Unreachable => None,
        }
    }
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
    /// The entries of the ceremony's newest steps, in their order; none of a step that isn't in the log yet.
    pub logged: Vec<Option<EntryId>>,
    /// The log's witnesses.
    pub witnesses: WitnessStatus,
    /// Whom the log is told.
    pub outlets: Vec<Standing>,
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
    /// If the key holder doesn't answer: then, and while it is sealed, what stands, stands.
    pub async fn settle_holder_alarm(&self, tenant: TenantId) -> Result<(), VaultError> {
        let apart = self.holder.standing(tenant).await?.apart;
        if apart.as_ref().is_some_and(|apart| apart.sealed) {
            return Ok(());
        }
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
        let holder = HolderHealth::of(self.holder.standing(scope.tenant).await);
        if matches!(holder, HolderHealth::Embedded | HolderHealth::Serving(_)) {
            self.answered.now(self.clock.now());
        }
        let mut logged = Vec::new();
        for step in holder.ceremony().map(|ceremony| ceremony.steps.as_slice()).unwrap_or_default() {
            logged.push(self.step_entry(scope.tenant, &step.hash).await?);
        }
        let tenant = self.tenants.iter().find(|tenant| tenant.id == scope.tenant);
        let tenant = tenant.ok_or(VaultError::refused(domain::Refusal::NotFound))?;
        let witnesses = self.witness_status(tenant).await?;
        let (at, answered) = (self.clock.now(), self.answered.last());
        let outlets = self.outlets(scope.tenant).await?;
        Ok(KeysHealth { at, holder, answered, logged, witnesses, outlets, receipt })
    }

    /// A mark of how the root key's ceremony stands: another one, once that changes. An open page asks for it again and again; it
    /// tells nothing else, and isn't an entry.
    ///
    /// # Errors
    /// The refusal with its entry for who may not read alarms.
    pub async fn ceremony_mark(&self, scope: &Scope) -> Result<[u8; 8], VaultError> {
        if let Err(denial) = self.may(scope, policy::Act::ReadAlarms) {
            return Err(self.logged_denial(self.act(scope, Kind::DirectoryRead)?, &denial).await);
        }
        let holder = HolderHealth::of(self.holder.standing(scope.tenant).await);
        let told = format!("{} {:?}", holder.slug(), holder.ceremony());
        let mark = keys::hash(&[b"ceremony mark", told.as_bytes()]);
        Ok(std::array::from_fn(|at| mark[at]))
    }
}
