//! Using a second person's yes.

use super::{Approval, ApprovalId, ApprovalState};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::{RevealCommand, hashed};
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, PersonId, Refusal};
use store::{Condition, Effect, Tag};

/// A yes that counts for one reveal.
pub(crate) struct Grant {
    question: Approval,
    /// Of the value's row, in which nobody has said no.
    value: Tag,
}

/// What a second person has said so far about what somebody asks to be shown.
pub(crate) enum SecondPerson {
    /// Yes.
    Agreed(Box<Grant>),
    /// Nothing that counts, and what is said of it.
    Silent(Refusal),
}

impl Grant {
    /// Who agreed.
    pub(crate) fn approver(&self) -> PersonId {
        self.question.approver
    }

    /// The act rests on it, and uses it up; where the value is only given out again, it was used already.
    pub(crate) fn uses(self, act: Act) -> Act {
        let act = act.upon(self.approver());
        if self.question.state == ApprovalState::Used {
            return act;
        }
        let (key, at) = (self.question.id.key(), act.draft.at);
        let unused = Condition::Admission { key, tag: Some(self.question.tag), otherwise: Refusal::ApprovalNeeded };
        let no_no = Condition::Admission {
            key: self.question.value(),
            tag: Some(self.value),
            otherwise: Refusal::ApprovalDeclined,
        };
        let act = act.when(unused).when(no_no).where_no_no_stands(self.question.value());
        // A row that somebody puts back says yes again. What was spent is recounted from the log, so this stays spent.
        let act = match &act.draft.keys {
            Some(keys) => {
                let once = Counter::interaction(BudgetKind::Approval, keys.counter(&self.once()));
                let once = Vault::attempt(&act, once, 1, Refusal::ApprovalNeeded);
                act.spend(once)
            }
            None => act,
        };
        act.effect(Effect::PutAdmission(self.question.turned(ApprovalState::Used, at).row()))
    }

    /// Names this very yes: a question that is asked again after its yes was used has another.
    fn once(&self) -> [u8; 16] {
        hashed(&[b"approval used", &self.question.id.0, &self.question.asked.0.to_be_bytes()])
    }
}

impl Act {
    /// Where only a second person is missing, whoever asked for one already is told what came of it.
    pub(crate) fn answered(mut self, said: Refusal) -> Self {
        for condition in &mut self.when {
            match condition {
                Condition::Unguarded { otherwise, .. } | Condition::FewShown { otherwise, .. } => *otherwise = said,
                Condition::OnTheLine { otherwise, .. } if otherwise.wants_a_second_person() => *otherwise = said,
                _ => {}
            }
        }
        self
    }
}

impl Vault {
    /// What a second person has said about this very value, purpose and interaction. Who agreed must still be one who may.
    pub(crate) async fn second_person(
        &self,
        scope: &Scope,
        command: &RevealCommand,
        kind: Kind,
    ) -> Result<SecondPerson, VaultError> {
        let id = ApprovalId::of(scope.person(), command);
        let Some(row) = self.store.admission(scope.tenant, id.key()).await? else {
            return Ok(SecondPerson::Silent(Refusal::ApprovalNeeded));
        };
        let Some(question) = self.question(scope.tenant, &row) else {
            return Ok(SecondPerson::Silent(Refusal::Tampered));
        };
        let silent = match (question.state(self.clock.now()), kind) {
            (ApprovalState::Given, Kind::Reveal) | (ApprovalState::Used, Kind::Redelivery) => {
                let power = self.power(scope.tenant).await?;
                let may = self.may_answer(&power, &scope.person, question.approver);
                match self.still_agreed(scope, &question).await? {
                    Ok(value) if may => return Ok(SecondPerson::Agreed(Box::new(Grant { question, value }))),
                    Ok(_) => Refusal::ApprovalNeeded,
                    Err(refusal) => refusal,
                }
            }
            (ApprovalState::Asked, _) => Refusal::NotYetApproved,
            (ApprovalState::Declined, _) => Refusal::ApprovalDeclined,
            _ => Refusal::ApprovalNeeded,
        };
        Ok(SecondPerson::Silent(silent))
    }

    /// The tag of the value's row, where it doesn't speak against the yes: nobody said no meanwhile, and it was given at another
    /// browser than the one at which it is used.
    async fn still_agreed(&self, scope: &Scope, question: &Approval) -> Result<Result<Tag, Refusal>, VaultError> {
        let Some((tag, known)) = self.value_asked(scope.tenant, question.value()).await? else {
            return Ok(Err(Refusal::ApprovalNeeded));
        };
        // It was used already: what came after changes nothing of what was shown.
        if question.state == ApprovalState::Used {
            return Ok(Ok(tag));
        }
        let Some(known) = known else { return Ok(Err(Refusal::Tampered)) };
        if known.declined {
            return Ok(Err(Refusal::ApprovalDeclined));
        }
        if known.question != question.id {
            return Ok(Err(Refusal::ApprovalNeeded));
        }
        let here = self.device_of(scope).await?;
        let same = here.is_some() && here == known.agreed_at;
        Ok(if same { Err(Refusal::NotASecondPerson) } else { Ok(tag) })
    }
}
