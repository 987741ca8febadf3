//! A wish as it would be done now: the same for whatever is wished.

use super::change::Change;
use super::wish::PowerWish;
use super::{Snapshot, duties};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::asked::Asked;
use crate::wiring::{Act, Vault};
use domain::{Millis, PersonId, PowerKind, Refusal};
use keys::power::PowerChange;
use policy::Denial;
use store::{Condition, Effect, Tag};

/// What would be done.
pub(crate) struct Plan {
    /// Whom it is about.
    pub(crate) person: Option<PersonId>,
    /// In a sentence, for who signs it.
    pub(crate) words: String,
    /// The rows that change.
    pub(crate) changes: Vec<Change>,
    /// The row by which it was asked for.
    pub(crate) asked: Option<AskedRow>,
}

/// A row that must still be what was seen.
pub(crate) struct AskedRow {
    pub(crate) seen: Tag,
    pub(crate) unchanged: Condition,
    /// The row as it is kept afterwards, where it changes.
    pub(crate) kept: Option<Effect>,
}

impl Plan {
    /// The row's tag, as a draft remembers it.
    pub(super) fn seen(&self) -> Option<Tag> {
        self.asked.as_ref().map(|asked| asked.seen)
    }

    /// The act that does it, on condition that what was asked for still is.
    pub(super) fn on(act: Act, asked: Option<AskedRow>) -> Act {
        let Some(AskedRow { unchanged, kept, .. }) = asked else { return act };
        kept.into_iter().fold(act.when(unchanged), Act::effect)
    }
}

/// What a plan comes to.
pub(super) struct After {
    pub(super) root: [u8; 32],
    pub(super) narrowing: bool,
}

impl Vault {
    /// May this person wish that? Each wish changes power; what others asked for has a rule of its own as well.
    pub(super) fn may_wish(&self, scope: &Scope, wish: Option<&PowerWish>) -> Result<(), Denial> {
        self.may(scope, policy::Act::ChangePower)?;
        match wish {
            Some(PowerWish::Asked(asked)) => self.may(scope, asked.act()),
            _ => Ok(()),
        }
    }

    /// What a wish comes to on this power, at this moment.
    pub(super) async fn plan(
        &self,
        scope: &Scope,
        snapshot: &Snapshot,
        wish: &PowerWish,
        new: PersonId,
        at: Millis,
    ) -> Result<Plan, VaultError> {
        if !snapshot.sound {
            return Err(VaultError::refused(Refusal::PowerTampered));
        }
        let plan = match wish {
            PowerWish::Asked(Asked::Proposal { id, role, issuer }) => {
                self.plan_proposal(scope, snapshot, *id, *role, issuer.as_deref()).await
            }
            PowerWish::Asked(Asked::Device { id, code }) => self.plan_device(scope, snapshot, *id, code).await,
            PowerWish::Asked(Asked::Passkey { id }) => self.plan_passkey(snapshot, *id).await,
            own => {
                let changes = own.changes(snapshot, new, at).map_err(VaultError::refused)?;
                Ok(Plan { person: own.subject(new), words: own.words(snapshot), changes, asked: None })
            }
        };
        plan.map(|plan| plan.with_leaders(snapshot))
    }

    /// What these changes come to, unless powers would meet that must not, or somebody would change their own standing.
    pub(super) fn allowed(&self, scope: &Scope, snapshot: &Snapshot, plan: &Plan) -> Result<After, Refusal> {
        let covered: Vec<PowerChange> = plan.changes.iter().map(Change::covered).collect();
        let after = duties::checked(&snapshot.powers, &covered)?;
        let narrowing = covered.iter().all(|change| snapshot.powers.is_narrowing(change));
        // A passkey beside one's own says that it is one's own; others sign it as well.
        let proof = covered.iter().all(|((kind, _), _)| *kind == PowerKind::Passkey);
        let own = plan.person.is_some_and(|person| snapshot.same_human(person, scope.person.id));
        if own && !narrowing && !proof {
            return Err(Refusal::NotApproved);
        }
        Ok(After { root: after.root(), narrowing })
    }
}
