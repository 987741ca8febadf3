//! A change of power while serving: a security officer drafts it, and it is done once enough officers have signed it.
//!
//! Nothing is kept of a draft: it goes to who asked and comes back with the approval, under a MAC, so it fits any node. It
//! counts for half an hour and for the version that it was drafted on. What governs becomes a proposal with its first
//! signature, which stands in the store: see [`super::proposal`].

use super::Snapshot;
use super::change::Change;
use super::kept::Kept;
use super::plan::Plan;
use super::wish::{Drafted, PowerWish};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::governing::Fitness;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{EntryId, Millis, PersonId, Refusal};
use keys::derive::mac;
use keys::power::{Assertion, Settled, power_challenge, proposal_challenge};
use keys::webauthn::approved;
use std::sync::Arc;

/// For how long a draft can be approved, in milliseconds.
const STANDS_MS: i64 = 30 * 60_000;
const MAC: usize = 32;

/// A change that waits for signatures, or for its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerDraft {
    /// Names it. Where a proposal stands in the store, this is enough to sign it.
    pub id: [u8; 16],
    /// A draft's content under a MAC, to come back with the approval; empty where it stands in the store.
    pub bytes: Vec<u8>,
    /// In a sentence.
    pub words: String,
    /// Of rules: each that comes, goes or changes, with what it says and its text.
    pub details: Vec<String>,
    /// The version that it will make, if none comes before.
    pub version: u64,
    /// What is to be signed.
    pub challenge: [u8; 32],
    /// How many officers must still sign it. None for what only takes power away, and while no officer has a passkey.
    pub signatures: usize,
    /// Who has signed, by name.
    pub signed_by: Vec<String>,
    /// Would two have to sign it, if there were two who can?
    pub alone: bool,
    /// Of rules: were they proved? Those that were refuted never become a draft.
    pub proved: Option<bool>,
    /// Why it can't be tried on the log, in words; none where it can.
    pub untried: Option<&'static str>,
    /// Does it let somebody do more?
    pub widens: bool,
    /// How long it waits once it is signed, in milliseconds.
    pub waits_ms: i64,
    /// Signed by as many as must: when it comes into force.
    pub due: Option<Millis>,
    /// When it was drafted.
    pub drafted: Millis,
    /// Until when it can be signed.
    pub until: Millis,
    /// Is it a change that nobody can make any more, as something else changed the same?
    pub overtaken: bool,
    /// The passkeys that may sign it: credential id and relying party.
    pub passkeys: Vec<(Vec<u8>, String)>,
}

/// What names a draft by what it holds: `H("draft" ‖ its bytes)[..16]`.
#[must_use]
pub fn draft_id(bytes: &[u8]) -> [u8; 16] {
    hashed(&[b"draft", bytes])
}

/// A change that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerChanged {
    /// Its entry.
    pub entry: EntryId,
    /// The version that it made.
    pub version: u64,
    /// Whom it is about, where it is about somebody.
    pub person: Option<PersonId>,
}

/// What an approval came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approved {
    /// The change is made.
    Made(PowerChanged),
    /// Another officer must sign it too, or its time hasn't come.
    Waits(PowerDraft),
}

/// A draft as it comes to now: what it was, what would be done, and the act that does it.
pub(super) struct Ready {
    /// Does it only take power away?
    pub(super) narrowing: bool,
    /// Does it stand in the store until it is made?
    pub(super) proposal: bool,
    pub(super) drafted: Drafted,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) plan: Plan,
    pub(super) draft: PowerDraft,
    pub(super) act: Act,
}

impl Vault {
    /// Drafts a change. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` if it names nobody and nothing that is there; `NotApproved` for who
    /// would change their own standing; `ForbiddenPair` or `ManagedByIt`; `RoleMissing`, `RoleNotAllowed`, `NameTaken` and
    /// `TwoPeopleNeeded` as the wish may have it; `PowerTampered` while power is in doubt. `Unfit` with its entry: rules or
    /// limits that can't be read, and rules under which something could happen that must never.
    pub async fn draft_power(&self, scope: &Scope, wish: PowerWish) -> Result<PowerDraft, VaultError> {
        let snapshot = self.load_power(scope.tenant).await?;
        let (new, at) = (PersonId::mint(&*self.clock, &*self.entropy), self.clock.now());
        let mut act = self.act(scope, Kind::PowerDrafted)?;
        act.draft.upon = wish.subject(new);
        if let Err(denial) = self.may_wish(scope, Some(&wish)) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let Fitness { proved, widens } = match &wish {
            PowerWish::Governing(governing) => match self.fitness(governing, &snapshot).await {
                Ok(fitness) => fitness,
                Err((refusal, said)) => return Err(self.unfit(act, refusal, said).await),
            },
            _ => Fitness::default(),
        };
        let (tenant, from) = (scope.tenant, snapshot.seq);
        let drafted = Drafted { tenant, at, from, new, seen: None, wish, proved, widens, signed: Vec::new() };
        let Ready { draft, act, .. } = self.ready(scope, snapshot, drafted, act).await?;
        self.commit_plain(act).await.map(|_| draft)
    }

    /// Makes a drafted change, signed by an officer where it needs that; or keeps it as a proposal, where it needs another
    /// officer or waits for its time. Logged, with who did it and upon whom.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `ChangeGone` if it isn't a draft that stands; `PowerChanged` if power, or what
    /// was asked for, has changed since; `NotApproved` for a signature that isn't the asker's own, or the same officer's
    /// again; what [`Vault::draft_power`] and [`Vault::change_power`] say.
    pub async fn approve_power(
        &self,
        scope: &Scope,
        draft: &[u8],
        assertion: Option<Assertion>,
    ) -> Result<Approved, VaultError> {
        let drafted = self.drafted(scope, draft)?;
        self.sign(scope, drafted.map(Kept::new), assertion).await
    }

    /// A draft that came back, or a proposal, if it still stands.
    pub(super) async fn again(&self, scope: &Scope, kept: Option<&Kept>, mut act: Act) -> Result<Ready, VaultError> {
        if let Err(denial) = self.may_wish(scope, kept.map(|kept| &kept.drafted.wish)) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let Some(kept) = kept else { return Err(self.logged(act, Refusal::ChangeGone).await) };
        let drafted = kept.drafted.clone();
        act.draft.upon = drafted.wish.subject(drafted.new);
        let snapshot = self.load_power(scope.tenant).await?;
        if kept.tag.is_none() && snapshot.seq != drafted.from {
            return Err(self.logged(act, Refusal::PowerChanged).await);
        }
        let seen = drafted.seen;
        let ready = self.ready(scope, snapshot, drafted, act).await?;
        if ready.drafted.seen != seen || kept.challenge.is_some_and(|challenge| challenge != ready.draft.challenge) {
            return Err(self.logged(ready.act, Refusal::PowerChanged).await);
        }
        Ok(ready)
    }

    /// What a draft comes to on this power, at this moment; or why it can't be, logged.
    pub(super) async fn ready(
        &self,
        scope: &Scope,
        snapshot: Arc<Snapshot>,
        drafted: Drafted,
        mut act: Act,
    ) -> Result<Ready, VaultError> {
        match self.look(scope, &snapshot, &drafted).await {
            Ok((narrowing, proposal, drafted, plan, draft)) => {
                act.draft.upon = plan.person;
                Ok(Ready { narrowing, proposal, drafted, snapshot, plan, draft, act })
            }
            Err(VaultError::Refused { refusal, .. }) => Err(self.logged(act, refusal).await),
            Err(error) => Err(error),
        }
    }

    /// The same without a word in the log. Says also: does it only take away, and is it a proposal?
    pub(super) async fn look(
        &self,
        scope: &Scope,
        snapshot: &Snapshot,
        drafted: &Drafted,
    ) -> Result<(bool, bool, Drafted, Plan, PowerDraft), VaultError> {
        let mut drafted = drafted.clone();
        let mut plan = self.plan(scope, snapshot, &drafted.wish, drafted.new, drafted.at).await?;
        let after = self.allowed(scope, snapshot, &plan).map_err(VaultError::refused)?;
        drafted.seen = plan.seen();
        let powers = &snapshot.powers;
        let passkeys: Vec<_> = powers.officers().map(|passkey| (passkey.credential, passkey.rp_id)).collect();
        let mut covered: Vec<_> = plan.changes.iter().map(Change::covered).collect();
        let governs = covered.iter().any(|change| powers.governs(change));
        let proposal = governs && !after.narrowing && !passkeys.is_empty();
        let version = snapshot.seq + 1;
        let mut challenge = power_challenge(drafted.tenant, version, &after.root);
        if proposal {
            plan.changes.push(Change::put(drafted.new.0, &Settled { drafted: drafted.at }));
            covered.extend(plan.changes.last().map(Change::covered));
            challenge = proposal_challenge(drafted.tenant, powers, &covered);
            // Whoever has left or lost the passkey since has signed nothing.
            drafted.signed.retain(|assertion| snapshot.signer(assertion, &challenge).is_some());
        }
        let needed = match drafted.proved {
            _ if after.narrowing || passkeys.is_empty() => 0,
            Some(false) => 2,
            Some(true) | None => powers.officers_needed(&covered, &powers.formers(self.clock.now())),
        };
        let content = drafted.encode();
        let seal = mac(&self.keys(drafted.tenant)?.draft, &[&content]);
        let widens = proposal && snapshot.is_widened_by(&covered, drafted.widens);
        let bytes = [content.as_slice(), &seal].concat();
        let signers = drafted.signed.iter().filter_map(|assertion| snapshot.signer(assertion, &challenge));
        let draft = PowerDraft {
            id: draft_id(&bytes),
            bytes,
            words: plan.words.clone(),
            details: drafted.wish.details(snapshot, drafted.at),
            version,
            challenge,
            signatures: needed.saturating_sub(drafted.signed.len()),
            signed_by: signers.filter_map(|signer| snapshot.name(signer).map(str::to_owned)).collect(),
            alone: proposal && needed == 1,
            proved: drafted.proved,
            untried: drafted.wish.untried(&snapshot.governance),
            widens,
            waits_ms: if widens { snapshot.widening_waits_ms() } else { 0 },
            due: None,
            drafted: drafted.at,
            until: drafted.at.plus(STANDS_MS),
            overtaken: false,
            passkeys: passkeys.into_iter().filter(|(id, _)| !snapshot.is_concerned(id, &covered)).collect(),
        };
        Ok((after.narrowing, proposal, drafted, plan, draft))
    }

    /// A draft of this tenant's that stands.
    pub(super) fn drafted(&self, scope: &Scope, draft: &[u8]) -> Result<Option<Drafted>, VaultError> {
        let Some((content, seal)) = draft.len().checked_sub(MAC).map(|at| draft.split_at(at)) else { return Ok(None) };
        let own = mac(&self.keys(scope.tenant)?.draft, &[content]);
        let genuine = verify_slices_are_equal(&own, seal).is_ok();
        let drafted = Drafted::decode(content).filter(|_| genuine);
        let stands =
            |drafted: &Drafted| drafted.tenant == scope.tenant && self.clock.now().since(drafted.at) < STANDS_MS;
        Ok(drafted.filter(stands))
    }

    pub(crate) async fn unfit(&self, act: Act, refusal: Refusal, said: String) -> VaultError {
        match self.logged(act, refusal).await {
            VaultError::Refused { refusal, entry, .. } => VaultError::Unfit { refusal, entry, said },
            error => error,
        }
    }
}

impl Snapshot {
    /// Whose signature over this it is, if it is an officer's.
    pub(crate) fn signer(&self, assertion: &Assertion, challenge: &[u8; 32]) -> Option<PersonId> {
        let passkey = self.powers.officers().find(|passkey| passkey.credential == assertion.credential)?;
        approved(&passkey, assertion, challenge).is_ok().then_some(passkey.person)
    }

    /// Are these changes about whose passkey this is?
    fn is_concerned(&self, credential: &[u8], changes: &[keys::power::PowerChange]) -> bool {
        let owner = self.powers.officers().find(|passkey| passkey.credential == credential);
        owner.is_some_and(|passkey| self.powers.concern(changes, passkey.person))
    }
}
