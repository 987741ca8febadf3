//! A change of power while serving: a security officer drafts it, and it is done once an officer has signed it.
//!
//! Nothing is kept in between: the draft goes to who asked and comes back with the approval, under a MAC, so it fits any
//! node. It counts for half an hour and for the version that it was drafted on. Rules that nobody could prove need two
//! officers: then it goes on from the first, signed, to the second.

use super::Snapshot;
use super::plan::Plan;
use super::wish::{Drafted, PowerWish};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{EntryId, PersonId, Refusal};
use keys::derive::mac;
use keys::power::{Assertion, Warrant, power_challenge};
use std::sync::Arc;

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
    /// How many officers must still sign it. None for what only takes power away, and while no officer has a passkey.
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

/// A draft as it comes to now: what it was, what would be done, and the act that does it.
struct Ready {
    /// Does it only take power away?
    narrowing: bool,
    drafted: Drafted,
    snapshot: Arc<Snapshot>,
    plan: Plan,
    draft: PowerDraft,
    act: Act,
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
        let proved = match &wish {
            PowerWish::Governing(governing) => match self.fitness(governing).await {
                Ok(proved) => proved,
                Err((refusal, said)) => return Err(self.unfit(act, refusal, said).await),
            },
            _ => None,
        };
        let (tenant, from) = (scope.tenant, snapshot.seq);
        let drafted = Drafted { tenant, at, from, new, seen: None, wish, proved, signed: Vec::new() };
        let Ready { draft, act, .. } = self.ready(scope, snapshot, drafted, act).await?;
        self.commit_plain(act).await.map(|_| draft)
    }

    /// A draft that another officer gave on, read again. Nothing of it is kept here.
    ///
    /// # Errors
    /// As [`Vault::approve_power`].
    pub async fn read_draft(&self, scope: &Scope, draft: &[u8]) -> Result<PowerDraft, VaultError> {
        let act = self.act(scope, Kind::PowerDrafted)?;
        self.again(scope, draft, act).await.map(|ready| ready.draft)
    }

    /// Makes a drafted change, signed by an officer where it needs that; or keeps the signature in it for the next officer,
    /// where it needs two. Logged, with who did it and upon whom.
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
        let kind = self.drafted(scope, draft)?.map_or(Kind::PowerChanged, |drafted| drafted.wish.kind());
        let act = self.act(scope, kind)?;
        let Ready { narrowing, mut drafted, snapshot, plan, draft, act } = self.again(scope, draft, act).await?;
        // Whose signature it is stands in the entry, so it's the signer who asks; and nobody signs twice.
        let signer = |assertion: &Assertion| {
            let passkey = snapshot.powers.officers().find(|passkey| passkey.credential == assertion.credential);
            passkey.map(|passkey| passkey.person)
        };
        let own = assertion.as_ref().map(|assertion| signer(assertion) == Some(scope.person.id));
        let again = drafted.signed.iter().any(|signed| signer(signed) == Some(scope.person.id));
        if own == Some(false) || again || (own.is_none() && !drafted.signed.is_empty()) {
            return Err(self.logged(act, Refusal::NotApproved).await);
        }
        drafted.signed.extend(assertion);
        if draft.signatures > 1 && own.is_some() {
            let mut act = self.act(scope, Kind::PowerDrafted)?.detail(drafted.signed.len() as u64);
            act.draft.upon = plan.person;
            let Ready { draft, act, .. } = self.ready(scope, snapshot, drafted, act).await?;
            return self.commit_plain(act).await.map(|_| Approved::Waits(draft));
        }
        let act = match drafted.proved {
            Some(true) => act.detail(1),
            Some(false) => act.detail(2),
            None => act,
        };
        let warrant = match drafted.signed {
            signed if !signed.is_empty() => Warrant::Officers(signed),
            _ if narrowing => Warrant::Narrowing,
            // Counts until the first officer has a passkey, as the operator's word does.
            _ => Warrant::Setup,
        };
        let Plan { person, changes, asked, .. } = plan;
        let entry = self.change_power(&snapshot, &warrant, changes, Plan::on(act, asked)).await?;
        Ok(Approved::Made(PowerChanged { entry, version: snapshot.seq + 1, person }))
    }

    /// A draft that came back, if it still stands.
    async fn again(&self, scope: &Scope, draft: &[u8], mut act: Act) -> Result<Ready, VaultError> {
        let drafted = self.drafted(scope, draft)?;
        if let Err(denial) = self.may_wish(scope, drafted.as_ref().map(|drafted| &drafted.wish)) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let Some(drafted) = drafted else { return Err(self.logged(act, Refusal::ChangeGone).await) };
        act.draft.upon = drafted.wish.subject(drafted.new);
        let snapshot = self.load_power(scope.tenant).await?;
        if snapshot.seq != drafted.from {
            return Err(self.logged(act, Refusal::PowerChanged).await);
        }
        let seen = drafted.seen;
        let ready = self.ready(scope, snapshot, drafted, act).await?;
        if ready.drafted.seen != seen {
            return Err(self.logged(ready.act, Refusal::PowerChanged).await);
        }
        Ok(ready)
    }

    /// What a draft comes to on this power, at this moment; or why it can't be, logged.
    async fn ready(
        &self,
        scope: &Scope,
        snapshot: Arc<Snapshot>,
        mut drafted: Drafted,
        mut act: Act,
    ) -> Result<Ready, VaultError> {
        let plan = match self.plan(scope, &snapshot, &drafted.wish, drafted.new, drafted.at).await {
            Ok(plan) => plan,
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            Err(error) => return Err(error),
        };
        act.draft.upon = plan.person;
        let after = match self.allowed(scope, &snapshot, &plan) {
            Ok(after) => after,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        drafted.seen = plan.seen();
        let content = drafted.encode();
        let seal = mac(&self.keys(drafted.tenant)?.draft, &[&content]);
        let passkeys: Vec<_> = snapshot.powers.officers().map(|passkey| (passkey.credential, passkey.rp_id)).collect();
        let needed = match drafted.proved {
            _ if after.narrowing || passkeys.is_empty() => 0,
            Some(false) => 2,
            Some(true) | None => 1_usize,
        };
        let version = snapshot.seq + 1;
        let draft = PowerDraft {
            bytes: [content.as_slice(), &seal].concat(),
            words: plan.words.clone(),
            version,
            challenge: power_challenge(drafted.tenant, version, &after.root),
            signatures: needed.saturating_sub(drafted.signed.len()),
            proved: drafted.proved,
            passkeys,
        };
        Ok(Ready { narrowing: after.narrowing, drafted, snapshot, plan, draft, act })
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

    async fn unfit(&self, act: Act, refusal: Refusal, said: String) -> VaultError {
        match self.logged(act, refusal).await {
            VaultError::Refused { refusal, entry, .. } => VaultError::Unfit { refusal, entry, said },
            error => error,
        }
    }
}
