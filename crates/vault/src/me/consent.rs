//! A customer says yes, or takes it back: from the next use on it is so.

use super::scope::CustomerScope;
use crate::consent::{Answer, Told, number};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, EntryId, Refusal};
use keys::derive::{mac, short};
use plan::{Plan, Question};
use store::Condition;

/// How many answers one customer changes in any sixty minutes.
const CHANGES: u32 = 60;

/// A question, and what the customer last said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnConsent {
    /// The entry of the plan.
    pub entry: String,
    /// The purpose.
    pub purpose: String,
    /// None where they were never asked, or didn't answer.
    pub answer: Option<Answer>,
}

/// Names for a receipt: of the record of an answer, and of the customer at this company alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentNames {
    /// The record.
    pub record: [u8; 16],
    /// The customer.
    pub customer: [u8; 16],
}

impl Vault {
    /// All that the plan asks the customer today, in the plan's order, with their answers. It shows nothing of their record, so it is
    /// no entry of its own beside that of the page.
    ///
    /// # Errors
    /// `Refused(Tampered)` for an edited answer, and for an older one that was put back; as [`Vault::plan_in_force`].
    pub async fn own_consents(&self, scope: &CustomerScope) -> Result<Vec<OwnConsent>, VaultError> {
        let in_force = self.plan_in_force(scope.tenant).await?;
        let plan = in_force.planned.plan();
        let (mut all, who) = (Vec::new(), (scope.tenant, scope.customer));
        let answers = self.answers(scope.tenant, scope.customer).await?;
        for question in plan.questions(in_force.day) {
            let answer = self.answer(who, &answers, (plan, &question))?;
            all.push(OwnConsent { entry: question.entry.id.clone(), purpose: question.purpose.to_owned(), answer });
        }
        Ok(all)
    }

    /// Says yes to a question, or takes that back. Logged.
    ///
    /// # Errors
    /// `Refused(NotFound)` with its entry for what the plan doesn't ask today; `Refused(AttemptsExhausted)` after sixty in an
    /// hour; as [`Vault::own_record`].
    pub async fn own_answer(
        &self,
        scope: &CustomerScope,
        (entry, purpose): (&str, &str),
        given: bool,
    ) -> Result<EntryId, VaultError> {
        let in_force = self.plan_in_force(scope.tenant).await?;
        let plan = in_force.planned.plan();
        let kind = if given { Kind::ConsentGiven } else { Kind::ConsentWithdrawn };
        let act = self.own_act(scope, kind).await?;
        let Some(question) = asked(plan, in_force.day, entry, purpose) else {
            return Err(self.logged(act, Refusal::NotFound).await);
        };
        let who = (scope.tenant, scope.customer);
        let before = self.answers(scope.tenant, scope.customer).await?;
        let now = self.answer_given(who, &before, (plan, &question), (given, Told::Themselves))?;
        // What was asked is what the plan of this version asks.
        let act = act.when(Condition::PowerVersion(in_force.version)).detail(number(&question));
        let name = act.draft.keys.as_deref().map(|keys| self.own_name(keys, b"consents")).unwrap_or_default();
        let own = Self::attempt(&act, Counter::customer(BudgetKind::Code, name), CHANGES, Refusal::AttemptsExhausted);
        let act = act.spend(own).when(before.unchanged(scope.customer, Refusal::PowerChanged));
        self.commit_plain(now.put(scope.customer).into_iter().fold(act, Act::effect)).await
    }

    /// What a receipt calls the record and the customer: the same each time, and nobody else's.
    ///
    /// # Errors
    /// If the tenant isn't served here.
    pub fn consent_names(&self, scope: &CustomerScope, entry: &str, purpose: &str) -> Result<ConsentNames, VaultError> {
        let claim = &self.keys(scope.tenant)?.claim;
        let customer = short(mac(claim, &[b"consent customer", &scope.customer.0]));
        let record =
            short(mac(claim, &[b"consent record", &scope.customer.0, entry.as_bytes(), &[0], purpose.as_bytes()]));
        Ok(ConsentNames { record, customer })
    }
}

/// The question, if the plan asks it on this day.
fn asked<'p>(plan: &'p Plan, day: plan::Date, entry: &str, purpose: &str) -> Option<Question<'p>> {
    plan.questions(day).find(|one| one.entry.id == entry && one.purpose == purpose)
}
