//! Answering as the second person.

use super::habits::count;
use super::value::ValueAsked;
use super::{Approval, ApprovalId, ApprovalState};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, Refusal};
use store::{Condition, Effect};

impl Vault {
    /// Says yes or no to a question that was put to this person. It counts once; logged with who had asked and how long it
    /// took.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for no question of theirs; `ApprovalOver` once it was answered or
    /// its time has passed; `NotASecondPerson` for who can't be it (any more), and from the asker's browser;
    /// `AgreedTooOften` for a yes beyond those of an hour.
    pub async fn answer_approval(&self, scope: &Scope, id: ApprovalId, yes: bool) -> Result<(), VaultError> {
        let (kind, state) = match yes {
            true => (Kind::ApprovalGiven, ApprovalState::Given),
            false => (Kind::ApprovalDeclined, ApprovalState::Declined),
        };
        let act = self.permitted(scope, policy::Act::Approve, kind).await?;
        let row = self.store.admission(scope.tenant, id.key()).await?;
        let question = row.and_then(|row| self.question(scope.tenant, &row));
        let Some(question) = question.filter(|question| question.approver == scope.person()) else {
            return Err(self.logged(act, Refusal::NotFound).await);
        };
        let now = self.clock.now();
        let keys = self.entry_keys(scope.tenant, question.customer).await?;
        let act = act
            .about(question.customer, Some(question.interaction), question.instance, keys)
            .purpose(question.purpose)
            .field(question.field)
            .upon(question.asker)
            .detail(u64::try_from(now.since(question.since)).unwrap_or(0));
        if question.state(now) != ApprovalState::Asked {
            return Err(self.logged(act, Refusal::ApprovalOver).await);
        }
        if !self.is_second_person(scope, &question).await? {
            return Err(self.logged(act, Refusal::NotASecondPerson).await);
        }
        let unchanged =
            Condition::Admission { key: id.key(), tag: Some(question.tag), otherwise: Refusal::ApprovalOver };
        let seconds = u32::try_from(now.since(question.since) / 1_000).unwrap_or(0).max(1);
        let act = count(act, BudgetKind::Pondered, scope.person(), seconds);
        let act = match yes {
            true => {
                let (own, limit) = (Counter::person(BudgetKind::Agreed, scope.person()), self.yeses(&scope.person));
                let attempt = Self::attempt(&act, own, limit, Refusal::AgreedTooOften);
                act.spend(attempt)
            }
            false => count(act, BudgetKind::Declined, scope.person(), 1).with_the_no(question.value()),
        };
        let act = match self.value_answered(scope, &question, yes, act).await? {
            Ok(act) => act,
            Err(act) => return Err(self.logged(*act, Refusal::ApprovalOver).await),
        };
        let answered = question.turned(state, now);
        self.commit_plain(act.when(unchanged).effect(Effect::PutAdmission(answered.row()))).await?;
        self.questions.forget(scope.tenant);
        Ok(())
    }

    /// A no stands for the value, whoever asks next; a yes says at which browser it was given, and counts for its newest question alone.
    async fn value_answered(
        &self,
        scope: &Scope,
        question: &Approval,
        yes: bool,
        act: Act,
    ) -> Result<Result<Act, Box<Act>>, VaultError> {
        let before = self.value_asked(scope.tenant, question.value()).await?;
        let known = before.as_ref().and_then(|(_, known)| *known);
        let newest = known.is_some_and(|known| known.question == question.id && !known.declined);
        if yes && !newest {
            return Ok(Err(Box::new(act)));
        }
        let agreed_at = if yes { self.device_of(scope).await? } else { None };
        let now = ValueAsked { question: known.map_or(question.id, |known| known.question), declined: !yes, agreed_at };
        Ok(Ok(act.value_becomes((question.value(), question.expires), &before, now, Refusal::ApprovalOver)))
    }

    /// Roles, teams and browsers may have changed since the draw.
    async fn is_second_person(&self, scope: &Scope, question: &Approval) -> Result<bool, VaultError> {
        let device = self.device_of(scope).await?;
        let power = self.power(scope.tenant).await?;
        let Some(asker) = power.person(question.asker) else { return Ok(false) };
        let elsewhere = device.is_some() && device != question.device;
        Ok(elsewhere && self.may_answer(&power, asker, scope.person()))
    }
}
