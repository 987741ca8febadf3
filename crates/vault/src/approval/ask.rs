//! Asking for a second person.

use super::habits::count;
use super::value::{ValueAsked, value_of};
use super::{Approval, ApprovalId, ApprovalState};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::RevealCommand;
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, CASE_MS, Counter, EntryId, Refusal};
use store::{Condition, Effect, Spend};

/// A question that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedApproval {
    /// Its name.
    pub id: ApprovalId,
    /// The entry of asking; none where it stood already.
    pub receipt: Option<EntryId>,
}

impl Vault {
    /// Puts it to a second person whether the asker may be shown a value, once: the same question again gives the one that
    /// there is while it is open. Logged with who was drawn; the asker isn't told who that is.
    ///
    /// # Errors
    /// `Refused` with its entry: as a reveal with an approval would be; `ApprovalNotNeeded`; `NobodyToApprove`;
    /// `ApprovalDeclined` where somebody has said no to the value in this interaction, whoever asked and whatever for; `NotYetApproved`
    /// while they have another question about it; `ApprovalsExhausted`, also for questions that found nobody.
    pub async fn ask_approval(&self, scope: &Scope, command: &RevealCommand) -> Result<AskedApproval, VaultError> {
        let keys = self.entry_keys(scope.tenant, command.customer).await?;
        let act = self
            .act(scope, Kind::ApprovalAsked)?
            .about(command.customer, Some(command.interaction), command.instance, keys)
            .purpose(command.purpose)
            .field(command.field.code());
        let ways = self.ways(scope, policy::Act::Reveal(command.field, command.purpose));
        let needs = match (&ways.approved, &ways.alone) {
            (Some(needs), _) => *needs,
            (None, Err(denial)) => return Err(self.logged_denial(act, denial).await),
            (None, Ok(_)) => return Err(self.logged(act, Refusal::ApprovalNotNeeded).await),
        };
        if let Ok(alone) = &ways.alone
            && self.would_do(scope, command, alone).await?
        {
            return Err(self.logged(act, Refusal::ApprovalNotNeeded).await);
        }
        let (id, now) = (ApprovalId::of(scope.person(), command), self.clock.now());
        let before = self.store.admission(scope.tenant, id.key()).await?;
        let known = before.as_ref().and_then(|row| self.question(scope.tenant, row));
        match (&before, known.map(|known| known.state(now))) {
            (Some(_), None) => return Err(self.logged(act, Refusal::Tampered).await),
            (_, Some(ApprovalState::Asked | ApprovalState::Given)) => return Ok(AskedApproval { id, receipt: None }),
            (_, Some(ApprovalState::Declined)) => return Err(self.logged(act, Refusal::ApprovalDeclined).await),
            (_, Some(ApprovalState::Used | ApprovalState::Over) | None) => {}
        }
        let (value, asked) = (value_of(command), self.value_asked(scope.tenant, value_of(command)).await?);
        if let Some(refusal) = self.unasked(scope, id, &asked).await? {
            return Err(self.logged(act, refusal).await);
        }
        let attempt = self.one_question(scope, &act);
        let act = self.on_ground(act, scope, &needs, command.interaction, Some(command.customer));
        let act = self.once_payable(act, (command.customer, command.field, command.instance)).await?;
        let act = act.spend(attempt).where_no_no_stands(value);
        let device = self.device_of(scope).await?;
        let power = self.power(scope.tenant).await?;
        let Some(approver) = self.draw(scope, &power, device).await? else {
            return Err(self.nobody_asked(scope, command, act).await);
        };
        let question = Approval {
            id,
            asker: scope.person(),
            approver,
            customer: command.customer,
            interaction: command.interaction,
            field: command.field.code(),
            instance: command.instance,
            purpose: command.purpose,
            asked: now,
            device,
            state: ApprovalState::Asked,
            since: now,
            // A no stands for as long as the interaction can, be it a case.
            expires: now.plus(self.settings(scope.tenant).timeouts().absolute_ms.max(CASE_MS)),
            tag: [0; 16],
        };
        let tag = before.map(|row| row.tag);
        let unchanged = Condition::Admission { key: id.key(), tag, otherwise: Refusal::PowerChanged };
        let act = count(act, BudgetKind::Drawn, approver, 1);
        let act = act.upon(approver).when(unchanged).effect(Effect::PutAdmission(question.row()));
        let newest = ValueAsked { question: id, declined: false, agreed_at: None };
        let act = act.value_becomes((value, question.expires), &asked, newest, Refusal::PowerChanged);
        let receipt = Some(self.commit_plain(act).await?);
        self.questions.forget(scope.tenant);
        Ok(AskedApproval { id, receipt })
    }

    /// Would the value be shown to the asker alone, as things stand now?
    async fn would_do(
        &self,
        scope: &Scope,
        command: &RevealCommand,
        alone: &policy::Needs,
    ) -> Result<bool, VaultError> {
        let row = self.store.interaction(scope.tenant, command.interaction).await?;
        let surely = row.is_some_and(|row| match row.channel.is_in_touch() {
            true => row.binding >= alone.binding,
            false => alone.on_the_line.is_none(),
        });
        Ok(surely
            && !(alone.unguarded && self.is_guarded(scope.tenant, command.customer).await?)
            && !(alone.few && self.is_one_too_many(scope.tenant, command).await?))
    }

    /// Nobody is there. That was worth a question: or whoever asks would learn at no cost when nobody, or only a friend, is.
    async fn nobody_asked(&self, scope: &Scope, command: &RevealCommand, act: Act) -> VaultError {
        let refused = self.commit_refused(act, Refusal::NobodyToApprove).await;
        if !matches!(refused, VaultError::Refused { refusal: Refusal::NobodyToApprove, .. }) {
            return refused;
        }
        match self.charge_question(scope, command).await {
            Ok(()) => refused,
            Err(instead) => instead,
        }
    }

    /// Counts a question that was put to nobody, by an entry of its own: a refusal's spends nothing.
    async fn charge_question(&self, scope: &Scope, command: &RevealCommand) -> Result<(), VaultError> {
        let act = self.act(scope, Kind::ApprovalAsked)?.purpose(command.purpose).field(command.field.code());
        // What it rests on was looked at with the refusal.
        let act = Act { when: Vec::new(), effects: Vec::new(), ..act };
        let attempt = self.one_question(scope, &act);
        self.commit_plain(act.spend(attempt)).await.map(drop)
    }

    /// One of so many questions an hour.
    fn one_question(&self, scope: &Scope, act: &Act) -> Spend {
        let limit = self.standing(scope).limit(self.limits(scope.tenant).approval_per_hour);
        let own = Counter::person(BudgetKind::Approval, scope.person());
        Self::attempt(act, own, limit, Refusal::ApprovalsExhausted)
    }

    /// Logs a refusal that stands only where nothing else does: first what the act itself rests on is looked at.
    async fn commit_refused(&self, act: Act, refusal: Refusal) -> VaultError {
        let act = act.unpaid().when(Condition::Never(refusal));
        self.commit_plain(act).await.err().unwrap_or(VaultError::refused(refusal))
    }
}
