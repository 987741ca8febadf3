//! A change of power while serving: a security officer drafts it, and it is done once an officer has signed it.
//!
//! Nothing is kept in between: the draft goes to who asked and comes back with the approval, under a MAC, so it fits any
//! node. It counts for half an hour and for the version that it was drafted on. Rules that nobody could prove need two
//! officers: then it goes on from the first, signed, to the second.

use super::change::Change;
use super::proof::RulesProof;
use super::wish::{Drafted, PowerWish};
use super::{Snapshot, duties, governance};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::limits_form::Budgets;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{EntryId, PersonId, Refusal};
use keys::derive::mac;
use keys::power::{Assertion, PowerChange, Warrant, power_challenge};

/// For how long a draft can be approved, in milliseconds.
const STANDS_MS: i64 = 30 * 60_000;
const MAC: usize = 32;

/// A change that waits for signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerDraft {
    /// Its content under a MAC, to come back with the approval.
    pub bytes: Vec<u8>,
    /// In a sentence.
    pub words: String,
    /// The version that it will make.
    pub version: u64,
    /// What is to be signed.
    pub challenge: [u8; 32],
    /// How many officers must still sign it. None where it only takes power away.
    pub signatures: usize,
    /// Of rules: were they proved? Those that were refuted never become a draft.
    pub proved: Option<bool>,
    /// The passkeys that may sign it: credential id and relying party.
    pub passkeys: Vec<(Vec<u8>, String)>,
}

impl PowerDraft {
    /// Names it.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        draft_id(&self.bytes)
    }
}

/// What names a draft: `H("draft" ‖ its bytes)[..16]`.
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
    /// Another officer must sign it too: what they are to be given.
    Waits(PowerDraft),
}

impl Vault {
    /// Drafts a change. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` if it names nobody who is there; `ForbiddenPair` or `ManagedByIt`;
    /// `PowerTampered` while power is in doubt. `Unfit` with its entry: rules or limits that can't be read, and rules under
    /// which something could happen that must never.
    pub async fn draft_power(&self, scope: &Scope, wish: PowerWish) -> Result<PowerDraft, VaultError> {
        let snapshot = self.load_power(scope.tenant).await?;
        let new = PersonId::mint(&*self.clock, &*self.entropy);
        let mut act = self.act(scope, Kind::PowerDrafted)?;
        act.draft.upon = wish.subject(new);
        if let Err(denial) = self.may(scope, policy::Act::ChangePower) {
            return Err(self.logged_denial(act, &denial).await);
        }
        if !snapshot.sound {
            return Err(self.logged(act, Refusal::PowerTampered).await);
        }
        let proved = match self.judged_wish(&wish).await {
            Ok(proved) => proved,
            Err((refusal, said)) => return Err(self.unfit(act, refusal, said).await),
        };
        let at = self.clock.now();
        let drafted = Drafted { tenant: scope.tenant, at, from: snapshot.seq, new, wish, proved, signed: Vec::new() };
        match self.as_draft(&snapshot, &drafted)? {
            Ok(draft) => self.commit_plain(act).await.map(|_| draft),
            Err(refusal) => Err(self.logged(act, refusal).await),
        }
    }

    /// A draft that another officer gave on, read again. Nothing of it is kept here.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `ChangeGone` if it isn't a draft that stands; `PowerChanged` if people or
    /// rules changed since.
    pub async fn read_draft(&self, scope: &Scope, draft: &[u8]) -> Result<PowerDraft, VaultError> {
        let act = self.act(scope, Kind::PowerDrafted)?;
        let (drafted, snapshot, act) = self.standing_draft(scope, draft, act).await?;
        match self.as_draft(&snapshot, &drafted)? {
            Ok(draft) => Ok(draft),
            Err(refusal) => Err(self.logged(act, refusal).await),
        }
    }

    /// Makes a drafted change, signed by an officer where it needs that; or keeps the signature in it for the next officer,
    /// where it needs two. Logged, with who did it and upon whom.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `ChangeGone` if it isn't a draft that stands; `NotApproved` for a signature
    /// that isn't the asker's own, or the same officer's again; what [`Vault::change_power`] says.
    pub async fn approve_power(
        &self,
        scope: &Scope,
        draft: &[u8],
        assertion: Option<Assertion>,
    ) -> Result<Approved, VaultError> {
        let kind = self.drafted(scope, draft)?.map_or(Kind::PowerChanged, |drafted| drafted.wish.kind());
        let act = self.act(scope, kind)?;
        let (mut drafted, snapshot, act) = self.standing_draft(scope, draft, act).await?;
        // Whose signature it is stands in the entry, so it's the signer who asks; and nobody signs twice.
        let signer = |assertion: &Assertion| {
            let passkey = snapshot.powers.officers().find(|passkey| passkey.credential == assertion.credential);
            passkey.map(|passkey| passkey.person)
        };
        let again = drafted.signed.iter().any(|signed| signer(signed) == Some(scope.person.id));
        let unsigned = assertion.is_none() && !drafted.signed.is_empty();
        if again || unsigned || assertion.as_ref().is_some_and(|assertion| signer(assertion) != Some(scope.person.id)) {
            return Err(self.logged(act, Refusal::NotApproved).await);
        }
        drafted.signed.extend(assertion);
        let draft = match self.as_draft(&snapshot, &drafted)? {
            Ok(draft) => draft,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        if draft.signatures > 0 && !drafted.signed.is_empty() {
            let mut act = self.act(scope, Kind::PowerDrafted)?.detail(drafted.signed.len() as u64);
            act.draft.upon = drafted.wish.subject(drafted.new);
            return self.commit_plain(act).await.map(|_| Approved::Waits(draft));
        }
        let changes = match drafted.wish.changes(&snapshot, drafted.new, drafted.at) {
            Ok(changes) => changes,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        let act = match drafted.proved {
            Some(true) => act.detail(1),
            Some(false) => act.detail(2),
            None => act,
        };
        let person = drafted.wish.subject(drafted.new);
        let warrant = if drafted.signed.is_empty() { Warrant::Narrowing } else { Warrant::Officers(drafted.signed) };
        let entry = self.change_power(&snapshot, &warrant, changes, act).await?;
        Ok(Approved::Made(PowerChanged { entry, version: snapshot.seq + 1, person }))
    }

    /// A draft that stands, the version that it goes on from, and the act with whom it is about.
    async fn standing_draft(
        &self,
        scope: &Scope,
        draft: &[u8],
        mut act: Act,
    ) -> Result<(Drafted, std::sync::Arc<Snapshot>, Act), VaultError> {
        if let Err(denial) = self.may(scope, policy::Act::ChangePower) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let Some(drafted) = self.drafted(scope, draft)? else {
            return Err(self.logged(act, Refusal::ChangeGone).await);
        };
        act.draft.upon = drafted.wish.subject(drafted.new);
        let snapshot = self.load_power(scope.tenant).await?;
        if snapshot.seq != drafted.from {
            return Err(self.logged(act, Refusal::PowerChanged).await);
        }
        Ok((drafted, snapshot, act))
    }

    /// A draft of this tenant's that stands.
    fn drafted(&self, scope: &Scope, draft: &[u8]) -> Result<Option<Drafted>, VaultError> {
        let Some((content, seal)) = draft.len().checked_sub(MAC).map(|at| draft.split_at(at)) else { return Ok(None) };
        let own = mac(&self.keys(scope.tenant)?.draft, &[content]);
        let genuine = verify_slices_are_equal(&own, seal).is_ok();
        let drafted = Drafted::decode(content).filter(|_| genuine);
        let stands =
            |drafted: &Drafted| drafted.tenant == scope.tenant && self.clock.now().since(drafted.at) < STANDS_MS;
        Ok(drafted.filter(stands))
    }

    /// As it is given to officers; or why such a change can't be.
    fn as_draft(&self, snapshot: &Snapshot, drafted: &Drafted) -> Result<Result<PowerDraft, Refusal>, VaultError> {
        let after = drafted.wish.changes(snapshot, drafted.new, drafted.at);
        let after = match after.and_then(|changes| self.allowed(snapshot, &changes)) {
            Ok(after) => after,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let content = drafted.encode();
        let seal = mac(&self.keys(drafted.tenant)?.draft, &[&content]);
        let version = snapshot.seq + 1;
        let needed = match drafted.proved {
            _ if after.narrowing => 0,
            Some(false) => 2,
            Some(true) | None => 1,
        };
        Ok(Ok(PowerDraft {
            bytes: [content.as_slice(), &seal].concat(),
            words: drafted.wish.words(snapshot),
            version,
            challenge: power_challenge(drafted.tenant, version, &after.root),
            signatures: needed - drafted.signed.len().min(needed),
            proved: drafted.proved,
            passkeys: snapshot.powers.officers().map(|passkey| (passkey.credential, passkey.rp_id)).collect(),
        }))
    }

    /// Of rules, whether they are proved; and whether what is wished for can be used at all.
    async fn judged_wish(&self, wish: &PowerWish) -> Result<Option<bool>, (Refusal, String)> {
        match wish {
            PowerWish::SetRules { files } => {
                let rules = governance::chosen(files).map_err(|error| (Refusal::RulesUnfit, error.to_string()))?;
                match self.prover.prove(std::sync::Arc::new(rules)).await {
                    RulesProof::Proved => Ok(Some(true)),
                    RulesProof::Unknown(why) => {
                        tracing::warn!(why, "rules couldn't be proved: they need two officers");
                        Ok(Some(false))
                    }
                    RulesProof::Refuted(broken) => {
                        let said = broken.iter().map(|one| format!("{} {} ({})", one.says, one.example, one.invariant));
                        Err((Refusal::RulesRefuted, said.collect::<Vec<_>>().join(" ")))
                    }
                }
            }
            PowerWish::SetLimits { toml } => match Budgets::read(toml) {
                Ok(_) => Ok(None),
                Err(error) => Err((Refusal::RulesUnfit, error.to_string())),
            },
            _ => Ok(None),
        }
    }

    async fn unfit(&self, act: Act, refusal: Refusal, said: String) -> VaultError {
        match self.logged(act, refusal).await {
            VaultError::Refused { refusal, entry, .. } => VaultError::Unfit { refusal, entry, said },
            error => error,
        }
    }
}

/// What a change comes to.
pub(super) struct After {
    pub(super) root: [u8; 32],
    pub(super) narrowing: bool,
}

impl Vault {
    /// What these changes come to, unless powers would meet that must not.
    pub(super) fn allowed(&self, snapshot: &Snapshot, changes: &[Change]) -> Result<After, Refusal> {
        let covered: Vec<PowerChange> = changes.iter().map(Change::covered).collect();
        let after = duties::checked(&snapshot.powers, &covered)?;
        let narrowing = covered.iter().all(|change| snapshot.powers.is_narrowing(change));
        Ok(After { root: after.root(), narrowing })
    }
}
