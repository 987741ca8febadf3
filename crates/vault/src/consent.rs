//! What customers agreed to. Each question of the data plan (one purpose of one entry that rests on consent) has a row of its own
//! for each customer who answered it. What rests on consent is done only on the condition, in its own transaction, that such a
//! row says yes, to what the plan asks today: a yes to less, or one that was taken back, is none.

use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{CustomerId, FieldKind, Millis, Purpose, Refusal, TenantId};
use keys::derive::{mac, short};
use plan::{Plan, Question};
use std::collections::BTreeSet;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// How a yes came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Told {
    /// The customer said it on their own page.
    Themselves = 1,
    /// The file said so with which their data came.
    WithTheirData = 2,
}

/// What a customer last said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Yes? Otherwise they took it back.
    pub given: bool,
    /// To what the plan asks now? A yes to something else doesn't count.
    pub current: bool,
    /// How it came here.
    pub told: Told,
    /// When.
    pub at: Millis,
}

impl Answer {
    /// Does it let anything be done?
    #[must_use]
    pub fn counts(self) -> bool {
        self.given && self.current
    }
}

/// What a row says: `yes u8 ‖ told u8 ‖ at i64 ‖ SHA-256(terms)[32]`
struct Body {
    given: bool,
    told: Told,
    at: Millis,
    terms: [u8; 32],
}

impl Body {
    fn encode(&self) -> Vec<u8> {
        [&[u8::from(self.given), self.told as u8], self.at.0.to_be_bytes().as_slice(), &self.terms].concat()
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let ([given, told], rest) = body.split_first_chunk::<2>()?;
        let (at, terms) = rest.split_first_chunk::<8>()?;
        let told = [Told::Themselves, Told::WithTheirData].into_iter().find(|one| *one as u8 == *told)?;
        let at = Millis(i64::from_be_bytes(*at));
        Some(Self { given: *given == 1, told, at, terms: terms.try_into().ok()? })
    }
}

fn digest(plan: &Plan, question: &Question<'_>) -> [u8; 32] {
    keys::hash(&[plan.terms(question).as_bytes()])
}

/// The number by which an entry names the question.
pub(crate) fn number(question: &Question<'_>) -> u64 {
    let digest = keys::hash(&[question.entry.id.as_bytes(), b"\n", question.purpose.as_bytes()]);
    digest.first_chunk().map(|head| u64::from_be_bytes(*head) >> 1).unwrap_or_default()
}

impl Vault {
    /// On what conditions the plan in force has this today for this customer: none where it needs no agreement.
    ///
    /// # Errors
    /// `Refused(Tampered)` for an edited row; if the store fails.
    pub(crate) async fn planned_for(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        (field, act, purpose): (FieldKind, plan::Act, Option<Purpose>),
    ) -> Result<Option<Condition>, VaultError> {
        let (planned, now) = (std::sync::Arc::clone(&self.governance(tenant).planned), self.clock.now());
        if !planned.allows(field, act, purpose, now) {
            return Ok(Some(Condition::Never(Refusal::Unplanned)));
        }
        if !planned.asks(field, act, purpose, now) {
            return Ok(None);
        }
        let plan = planned.plan();
        let day = plan::day_of(now);
        for question in plan.rests_on(plan::Kind::Field(field), act, purpose.map(Purpose::slug), day) {
            let Some((row, body)) = self.answer_row(tenant, customer, &question).await? else { continue };
            if body.given && body.terms == digest(plan, &question) {
                let (key, tag) = (row.key, Some(row.tag));
                return Ok(Some(Condition::Admission { key, tag, otherwise: Refusal::NotAgreed }));
            }
        }
        Ok(Some(Condition::Never(Refusal::NotAgreed)))
    }

    /// What the customer last said to a question, if anything.
    pub(crate) async fn answer(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        plan: &Plan,
        question: &Question<'_>,
    ) -> Result<Option<Answer>, VaultError> {
        let row = self.answer_row(tenant, customer, question).await?;
        let answer =
            |Body { given, told, at, terms }| Answer { given, current: terms == digest(plan, question), told, at };
        Ok(row.map(|(_, body)| answer(body)))
    }

    async fn answer_row(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        question: &Question<'_>,
    ) -> Result<Option<(AdmissionRow, Body)>, VaultError> {
        let key = self.answer_key(tenant, customer, question)?;
        let Some(row) = self.store.admission(tenant, key).await? else { return Ok(None) };
        if row.tag != self.seals.tag(tenant, "admission", &row.material()) {
            return Err(VaultError::refused(Refusal::Tampered));
        }
        let lives = row.expires > self.clock.now();
        Ok(Body::decode(&row.body).filter(|_| lives).map(|body| (row, body)))
    }

    /// The row that says yes, or that it was taken back. It counts as long as the plan's entry does at most.
    pub(crate) fn answer_given(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        (plan, question): (&Plan, &Question<'_>),
        (given, told): (bool, Told),
    ) -> Result<AdmissionRow, VaultError> {
        let at = self.clock.now();
        let body = Body { given, told, at, terms: digest(plan, question) };
        let expires = plan::end_of(question.entry.dates.ends);
        Ok(AdmissionRow {
            key: self.answer_key(tenant, customer, question)?,
            body: body.encode(),
            expires,
            tag: [0; 16],
        })
    }

    /// `MAC(X(row, "rf1/claim"), "consent" ‖ customer ‖ entry ‖ 0 ‖ purpose)[..16]`: names neither the customer nor the question.
    fn answer_key(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        question: &Question<'_>,
    ) -> Result<AdmissionKey, VaultError> {
        let parts =
            [b"consent".as_slice(), &customer.0, question.entry.id.as_bytes(), &[0], question.purpose.as_bytes()];
        Ok(AdmissionKey { kind: AdmissionKind::Consent, id: short(mac(&self.keys(tenant)?.claim, &parts)) })
    }

    /// A customer's answers to all that the plan asks today go with them: the rows say nothing from then on.
    pub(crate) fn answers_gone(&self, tenant: TenantId, customer: CustomerId) -> Result<Vec<Effect>, VaultError> {
        let (planned, now) = (std::sync::Arc::clone(&self.governance(tenant).planned), self.clock.now());
        let gone = |question| {
            let key = self.answer_key(tenant, customer, &question)?;
            Ok(Effect::PutAdmission(AdmissionRow { key, body: Vec::new(), expires: now, tag: [0; 16] }))
        };
        planned.plan().questions(plan::day_of(now)).map(gone).collect()
    }

    /// The answers that a file gives for a new customer: yes to whatever keeping these kinds rests on.
    pub(crate) fn agreed_with_data(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        agreed: &BTreeSet<FieldKind>,
    ) -> Result<Vec<AdmissionRow>, VaultError> {
        if agreed.is_empty() {
            return Ok(Vec::new());
        }
        let planned = std::sync::Arc::clone(&self.governance(tenant).planned);
        let (plan, day) = (planned.plan(), plan::day_of(self.clock.now()));
        let asked = |kind: &FieldKind| plan.rests_on(plan::Kind::Field(*kind), plan::Act::Store, None, day);
        let yes = |question| self.answer_given(tenant, customer, (plan, &question), (true, Told::WithTheirData));
        agreed.iter().flat_map(asked).map(yes).collect()
    }
}
