//! A change of power while serving: a security officer drafts it, and it is done once an officer has signed it.
//!
//! Nothing is kept in between: the draft goes to who asked and comes back with the approval, under a MAC, so it fits any
//! node. It counts for ten minutes and for the version that it was drafted on.

use super::plan::Plan;
use super::wish::{Drafted, PowerWish};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::Vault;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{EntryId, PersonId, Refusal};
use keys::derive::mac;
use keys::power::{Assertion, Warrant, power_challenge};

/// For how long a draft can be approved, in milliseconds.
const STANDS_MS: i64 = 10 * 60_000;
const MAC: usize = 32;

/// A change that waits for an officer's signature.
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
    /// Does it need a signature? What only takes power away doesn't, nor anything while no officer has a passkey.
    pub needs_approval: bool,
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
    /// Whom it is about.
    pub person: PersonId,
}

impl Vault {
    /// Drafts a change. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` if it names nobody and nothing that is there; `NotApproved` for who
    /// would change their own standing; `ForbiddenPair` or `ManagedByIt`; `RoleMissing`, `RoleNotAllowed`, `NameTaken` and
    /// `TwoPeopleNeeded` as the wish may have it; `PowerTampered` while power is in doubt.
    pub async fn draft_power(&self, scope: &Scope, wish: PowerWish) -> Result<PowerDraft, VaultError> {
        let snapshot = self.load_power(scope.tenant).await?;
        let (new, now) = (PersonId::mint(&*self.clock, &*self.entropy), self.clock.now());
        let mut act = self.act(scope, Kind::PowerDrafted)?;
        act.draft.upon = wish.subject(new);
        if let Err(denial) = self.may_wish(scope, Some(&wish)) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let plan = match self.plan(scope, &snapshot, &wish, new, now).await {
            Ok(plan) => plan,
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            Err(error) => return Err(error),
        };
        let act = act.upon(plan.person);
        let after = match self.allowed(scope, &snapshot, &plan) {
            Ok(after) => after,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        let passkeys: Vec<_> = snapshot.powers.officers().map(|passkey| (passkey.credential, passkey.rp_id)).collect();
        let drafted = Drafted { tenant: scope.tenant, at: now, from: snapshot.seq, new, seen: plan.seen(), wish };
        let content = drafted.encode();
        let seal = mac(&self.keys(scope.tenant)?.draft, &[&content]);
        self.commit_plain(act).await?;
        let version = snapshot.seq + 1;
        Ok(PowerDraft {
            bytes: [content.as_slice(), &seal].concat(),
            words: plan.words,
            version,
            challenge: power_challenge(scope.tenant, version, &after.root),
            needs_approval: !after.narrowing && !passkeys.is_empty(),
            passkeys,
        })
    }

    /// Makes a drafted change, signed by an officer where it needs that. Logged, with who did it and upon whom.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `ChangeGone` if it isn't a draft that stands; `PowerChanged` if power, or what
    /// was asked for, has changed since; what [`Vault::draft_power`] and [`Vault::change_power`] say.
    pub async fn approve_power(
        &self,
        scope: &Scope,
        draft: &[u8],
        assertion: Option<Assertion>,
    ) -> Result<PowerChanged, VaultError> {
        let drafted = self.drafted(scope, draft)?;
        let kind = drafted.as_ref().map_or(Kind::PowerChanged, |drafted| drafted.wish.kind());
        let mut act = self.act(scope, kind)?;
        if let Err(denial) = self.may_wish(scope, drafted.as_ref().map(|drafted| &drafted.wish)) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let Some(Drafted { at, from, new, seen, wish, .. }) = drafted else {
            return Err(self.logged(act, Refusal::ChangeGone).await);
        };
        act.draft.upon = wish.subject(new);
        let snapshot = self.load_power(scope.tenant).await?;
        if snapshot.seq != from {
            return Err(self.logged(act, Refusal::PowerChanged).await);
        }
        let plan = match self.plan(scope, &snapshot, &wish, new, at).await {
            Ok(plan) => plan,
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            Err(error) => return Err(error),
        };
        let act = act.upon(plan.person);
        if plan.seen() != seen {
            return Err(self.logged(act, Refusal::PowerChanged).await);
        }
        let narrowing = match self.allowed(scope, &snapshot, &plan) {
            Ok(after) => after.narrowing,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        // Whose signature it is stands in the entry, so it's the signer who asks.
        let own = |assertion: &Assertion| {
            let passkey = snapshot.powers.officers().find(|passkey| passkey.credential == assertion.credential);
            passkey.is_some_and(|passkey| passkey.person == scope.person.id)
        };
        if assertion.as_ref().is_some_and(|assertion| !own(assertion)) {
            return Err(self.logged(act, Refusal::NotApproved).await);
        }
        let warrant = match assertion {
            Some(assertion) => Warrant::Officers(vec![assertion]),
            None if narrowing => Warrant::Narrowing,
            // Counts until the first officer has a passkey, as the operator's word does.
            None => Warrant::Setup,
        };
        let Plan { person, changes, asked, .. } = plan;
        let entry = self.change_power(&snapshot, &warrant, changes, Plan::on(act, asked)).await?;
        Ok(PowerChanged { entry, version: snapshot.seq + 1, person })
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
}
