//! What a deployment can say of itself to those outside: partners, and their customers. It names nobody, counts no customers, and says
//! what isn't in place as plainly as what is.

use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::evidence::Posture;
use crate::health::HolderHealth;
use crate::limits_form::Budgets;
use crate::pack::BuiltPack;
use crate::planned::Planned;
use crate::power::proof::RulesProof;
use crate::settings_form::Settings;
use crate::wiring::{TenantConfig, Vault};
use crate::witnessing::WitnessStatus;
use domain::{Millis, Refusal, Role, TenantId};
use policy::{Granted, Rules, Told};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// For how long what was proved of rules is told without proving it again, in milliseconds.
const PROOF_MS: i64 = 24 * 3_600_000;

/// Of which texts officers decide by signature; the others are the configuration's, or came with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The rules.
    pub rules: bool,
    /// The limits.
    pub limits: bool,
    /// The data plan.
    pub plan: bool,
    /// The settings.
    pub settings: bool,
}

/// What was found out about the rules in force, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedRules {
    /// What.
    pub proof: RulesProof,
    /// When.
    pub at: Millis,
}

/// What a deployment says of itself.
#[derive(Clone)]
pub struct Assurance {
    /// Now.
    pub at: Millis,
    /// Of which client company.
    pub tenant: TenantConfig,
    /// The version of people and rules.
    pub version: u64,
    /// Are people and rights what the key holder sealed?
    pub sound: bool,
    /// Do officers with passkeys govern? Otherwise whoever runs the machine does.
    pub governed: bool,
    /// What of it they signed.
    pub signed: Signed,
    /// How many must sign who gets power; none before there are officers.
    pub signatures: Option<usize>,
    /// How long what lets more happen waits after the last signature, in milliseconds.
    pub widening_waits_ms: i64,
    /// The rules in force, in words.
    pub rules: Vec<Told>,
    /// What each role may do by them.
    pub granted: Vec<(Role, Vec<Granted>)>,
    /// What was proved of them; none where nobody tried yet.
    pub proved: Option<ProvedRules>,
    /// The data plan in force.
    pub planned: Arc<Planned>,
    /// The settings that count.
    pub settings: Arc<Settings>,
    /// All limits, in TOML.
    pub limits: String,
    /// How the log stands with its witnesses.
    pub witnesses: WitnessStatus,
    /// When the log was closed last.
    pub closed: Option<Millis>,
    /// Where the keys are.
    pub holder: HolderHealth,
    /// What is wrong right now.
    pub alarms: Vec<AlarmKind>,
    /// What drills showed.
    pub posture: Posture,
    /// The partner pack that was built last.
    pub pack: Option<BuiltPack>,
}

/// What was proved of which rules, on this node.
#[derive(Default)]
pub(crate) struct Proofs {
    known: Mutex<HashMap<[u8; 32], ProvedRules>>,
    /// One at a time: a proof keeps a processor busy.
    turn: tokio::sync::Mutex<()>,
}

impl Proofs {
    fn of(&self, rules: &[u8; 32], now: Millis) -> Option<ProvedRules> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(rules).filter(|found| (0..PROOF_MS).contains(&now.since(found.at))).cloned()
    }

    /// Of rules that are gone nothing is kept.
    fn keep(&self, rules: [u8; 32], found: ProvedRules) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, old| found.at.since(old.at) < PROOF_MS);
        known.insert(rules, found);
    }
}

fn mark(rules: &Rules) -> [u8; 32] {
    let texts: Vec<&[u8]> = rules.told().iter().map(|rule| rule.text.as_bytes()).collect();
    keys::hash(&texts)
}

impl Vault {
    /// What is to be told to a partner, for who has packs built: with a proof of the rules, which may take seconds.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn pack_state(&self, scope: &Scope) -> Result<Assurance, VaultError> {
        self.builds_packs(scope).await?;
        self.prove_rules(scope.tenant).await?;
        self.assurance(scope.tenant).await
    }

    /// What anybody may be told, if this tenant's officers want it told. It reads a lot: whoever serves it to everybody keeps it for a while.
    ///
    /// # Errors
    /// `Refused(NotFound)` where they don't; if the store fails.
    pub async fn published(&self, tenant: TenantId) -> Result<Assurance, VaultError> {
        drop(self.power(tenant).await?);
        if !self.settings(tenant).trust.published {
            return Err(VaultError::refused(Refusal::NotFound));
        }
        self.assurance(tenant).await
    }

    /// Proves the rules in force, unless that was done today.
    ///
    /// # Errors
    /// As [`Vault::power`]. That it can't be proved is no error.
    pub async fn prove_rules(&self, tenant: TenantId) -> Result<(), VaultError> {
        let rules = Arc::clone(&self.power(tenant).await?.governance.rules);
        let mark = mark(&rules);
        let _turn = self.proofs.turn.lock().await;
        if self.proofs.of(&mark, self.clock.now()).is_none() {
            let proof = self.prover.prove(rules).await;
            self.proofs.keep(mark, ProvedRules { proof, at: self.clock.now() });
        }
        Ok(())
    }

    /// Was nothing proved of the rules in force today, and is nobody at it?
    #[must_use]
    pub fn wants_proof(&self, tenant: TenantId) -> bool {
        let known = self.proofs.of(&mark(&self.governance(tenant).rules), self.clock.now());
        known.is_none() && self.proofs.turn.try_lock().is_ok()
    }

    async fn assurance(&self, tenant: TenantId) -> Result<Assurance, VaultError> {
        let tenant = self.tenants.iter().find(|known| known.id == tenant).cloned();
        let tenant = tenant.ok_or(VaultError::refused(Refusal::NotFound))?;
        let now = self.clock.now();
        let snapshot = self.power(tenant.id).await?;
        let governance = Arc::clone(&snapshot.governance);
        let rules = Arc::clone(&governance.rules);
        // The first look at new rules asks them some thousand questions.
        let granted = tokio::task::spawn_blocking(move || Rules::granted(&rules).to_vec()).await.unwrap_or_default();
        let [limits, rules, plan, settings] = governance.signed();
        Ok(Assurance {
            at: now,
            version: snapshot.seq,
            sound: snapshot.sound && governance.is_usable(),
            governed: snapshot.powers().officers().next().is_some(),
            signed: Signed { rules, limits, plan, settings },
            signatures: crate::roles::signatures(&snapshot, self),
            widening_waits_ms: snapshot.widening_waits_ms(),
            rules: governance.rules.told().to_vec(),
            granted,
            proved: self.proofs.of(&mark(&governance.rules), now),
            planned: Arc::clone(&governance.planned),
            settings: Arc::clone(&governance.settings),
            limits: Budgets::of(&governance.limits).toml(),
            witnesses: self.witness_status(&tenant).await?,
            closed: self.store.closes(tenant.id, None, 1).await?.first().map(|close| close.at),
            holder: HolderHealth::of(self.holder.standing(tenant.id).await),
            alarms: self.alarms(tenant.id).into_iter().map(|alarm| alarm.kind).collect(),
            posture: self.evidence(tenant.id).await?,
            pack: self.built_pack(tenant.id).await?,
            tenant,
        })
    }
}
