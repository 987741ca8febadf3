//! Opening a case.

use super::follow_up_of;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{
    BudgetKind, CASE_MS, CaseReason, Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, Phase, Refusal,
};
use store::{Condition, Effect, InteractionRow, RequestKey};

/// A case that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedCase {
    /// What it is called: whatever takes an interaction takes it.
    pub case: InteractionId,
    /// When it ends by itself.
    pub until: Millis,
    /// The entry of opening it; none where it was open already.
    pub receipt: Option<EntryId>,
}

/// The case that this person's request of that key opens. There is one, on whichever node it comes again.
fn assigned_by(scope: &Scope, key: &str) -> InteractionId {
    InteractionId(hashed(&[b"assigned case", &scope.tenant.bytes(), &scope.person().0, key.as_bytes()]))
}

impl Vault {
    /// Opens a case for the asker about the customer of their live interaction, where more than their own choice says that it is
    /// that customer. Once per interaction: asked again it gives the case there is. It shows nothing by itself.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules and the interaction; `CaseOver` where its case is over or somebody else's.
    pub async fn follow_up(
        &self,
        scope: &Scope,
        conversation: InteractionId,
        customer: CustomerId,
        reason: CaseReason,
    ) -> Result<OpenedCase, VaultError> {
        let case = follow_up_of(scope.tenant, conversation);
        let act = self.case_act(scope, case, customer, reason).await?;
        let needs = match self.needs(scope, policy::Act::FollowUp) {
            Ok(needs) => needs,
            Err(denial) => return Err(self.logged_denial(act, &denial).await),
        };
        if let Some(open) = self.own_open_case(scope, case, customer).await? {
            return Ok(OpenedCase { case, until: open.started.plus(CASE_MS), receipt: None });
        }
        let act = self.on_ground(act, scope, &needs, conversation, Some(customer));
        self.open_case(act, (case, scope.person()), customer, reason).await
    }

    /// Opens a case for somebody of the asker's team, by a customer's id: a letter that came back names nobody on the line. With the
    /// same `key` again, in the same session, it gives the case that it opened the first time.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for somebody who isn't another one of the team who serves, and for no
    /// such customer; `ApprovalsExhausted`, as cases are counted with the second people that were asked for; `KeyReused` for a key
    /// that stood for something else.
    pub async fn assign_case(
        &self,
        scope: &Scope,
        holder: PersonId,
        customer: CustomerId,
        reason: CaseReason,
        key: Option<&str>,
    ) -> Result<OpenedCase, VaultError> {
        let case = match key {
            Some(key) => assigned_by(scope, key),
            None => InteractionId(fresh(&*self.entropy)),
        };
        let act = self.case_act(scope, case, customer, reason).await?.upon(holder);
        if let Err(denial) = self.may(scope, policy::Act::AssignCase) {
            return Err(self.logged_denial(act, &denial).await);
        }
        if !self.is_of_ones_team(scope, holder).await? {
            return Err(self.logged(act, Refusal::NotFound).await);
        }
        let own = Counter::person(BudgetKind::Approval, scope.person());
        let limit = self.standing(scope).limit(self.limits(scope.tenant).approval_per_hour);
        let attempt = Self::attempt(&act, own, limit, Refusal::ApprovalsExhausted);
        let request = key.map(|_| RequestKey {
            key: hashed(&[b"assign case", &case.0]),
            content: hashed(&[&holder.0, &customer.0, &[reason as u8]]),
            session: scope.session,
            answer: 0,
        });
        self.open_case(Act { request, ..act.spend(attempt) }, (case, holder), customer, reason).await
    }

    async fn case_act(
        &self,
        scope: &Scope,
        case: InteractionId,
        customer: CustomerId,
        reason: CaseReason,
    ) -> Result<Act, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let act = self.act(scope, Kind::CaseOpened)?.about(customer, Some(case), 0, keys);
        Ok(act.detail(reason as u64))
    }

    async fn open_case(
        &self,
        act: Act,
        (case, holder): (InteractionId, PersonId),
        customer: CustomerId,
        reason: CaseReason,
    ) -> Result<OpenedCase, VaultError> {
        let act = act
            .when(Condition::CustomerExists(customer))
            .when(Condition::Unopened(case))
            .effect(Effect::OpenCase { interaction: case, person: holder, customer, reason });
        let (tenant, person, power) = (act.tenant, act.draft.person, act.draft.power);
        match self.commit(act).await? {
            // By the moment in the entry's id, so that the same request is told the same again.
            Done::Committed { entry, .. } | Done::Replayed { entry, same: true, .. } => {
                Ok(OpenedCase { case, until: entry.minted().plus(CASE_MS), receipt: Some(entry) })
            }
            Done::Replayed { .. } => {
                let mut act = self.bare_act(tenant, Kind::CaseOpened)?;
                (act.draft.person, act.draft.power) = (person, power);
                Err(self.logged(act, Refusal::KeyReused).await)
            }
        }
    }

    /// The asker's own case of this name, while it is open.
    async fn own_open_case(
        &self,
        scope: &Scope,
        case: InteractionId,
        customer: CustomerId,
    ) -> Result<Option<InteractionRow>, VaultError> {
        let row = self.store.interaction(scope.tenant, case).await?;
        Ok(row.filter(|row| {
            let mut now = row.clone();
            self.run_out(scope.tenant, &mut now);
            now.phase != Phase::Ended && row.person == Some(scope.person()) && row.customer == Some(customer)
        }))
    }

    /// Is this another one of the asker's team, who serves customers? Who has the asker's name is taken for the same human.
    pub(super) async fn is_of_ones_team(&self, scope: &Scope, other: PersonId) -> Result<bool, VaultError> {
        let power = self.power(scope.tenant).await?;
        let Some(row) = power.person(other) else { return Ok(false) };
        let same = other == scope.person() || keys::power::plain(&row.name) == keys::power::plain(scope.name());
        Ok(!same && row.role.serves() && !row.team.is_empty() && row.team == scope.team())
    }
}
