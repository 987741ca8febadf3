//! What customers agreed to. What they say to the questions of the data plan (one purpose of one entry that rests on consent) lies
//! in one row for each customer. What rests on consent is done only on the condition, in its own transaction, that this row says
//! yes, to what the plan asks today: a yes to less, or one that was taken back, is none.
//!
//! The row says how often it has changed, and so does the customer's state, which goes with their counter of entries: so an older
//! row that somebody puts back is noticed, and nothing is done by it.

use crate::error::VaultError;
use crate::planned::Wanted;
use crate::wiring::Vault;
use domain::{CustomerId, FieldKind, Millis, Purpose, Refusal, TenantId, UseLimit};
use keys::derive::{mac, short};
use plan::{Plan, Question};
use std::collections::BTreeSet;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals, Tag};

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

/// One answer, under a name that says neither customer nor question: `name[16] ‖ yes u8 ‖ told u8 ‖ at i64 ‖ ends i64 ‖
/// SHA-256(terms)[32]`. It counts until `ends` at most, as the plan's entry does.
#[derive(Clone)]
struct Said {
    name: [u8; 16],
    given: bool,
    told: Told,
    at: Millis,
    ends: Millis,
    terms: [u8; 32],
}

/// How long one is.
const SAID: usize = 66;

impl Said {
    fn encode(&self) -> Vec<u8> {
        let [at, ends] = [self.at, self.ends].map(|moment| moment.0.to_be_bytes());
        [self.name.as_slice(), &[u8::from(self.given), self.told as u8], &at, &ends, &self.terms].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (name, rest) = bytes.split_first_chunk::<16>()?;
        let ([given, told], rest) = rest.split_first_chunk::<2>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (ends, terms) = rest.split_first_chunk::<8>()?;
        let told = [Told::Themselves, Told::WithTheirData].into_iter().find(|one| *one as u8 == *told)?;
        let [at, ends] = [at, ends].map(|moment| Millis(i64::from_be_bytes(*moment)));
        Some(Self { name: *name, given: *given == 1, told, at, ends, terms: terms.try_into().ok()? })
    }
}

/// What a customer says to all questions: the row, and on what it counts.
pub(crate) struct Answers {
    key: AdmissionKey,
    tag: Option<Tag>,
    /// How often it has changed.
    n: u32,
    said: Vec<Said>,
}

impl Answers {
    /// The row's body: `changes u32 ‖ answers`.
    fn encode(&self) -> Vec<u8> {
        self.said.iter().fold(self.n.to_be_bytes().to_vec(), |body, said| [body, said.encode()].concat())
    }

    fn decode(body: &[u8]) -> Option<(u32, Vec<Said>)> {
        let (n, rest) = body.split_first_chunk::<4>()?;
        let said = rest.chunks(SAID).map(Said::decode).collect::<Option<_>>()?;
        Some((u32::from_be_bytes(*n), said))
    }

    fn to(&self, name: [u8; 16]) -> Option<&Said> {
        self.said.iter().find(|said| said.name == name)
    }

    /// That they are what was read.
    pub(crate) fn unchanged(&self, customer: CustomerId, otherwise: Refusal) -> Condition {
        Condition::Answers { customer, key: self.key, tag: self.tag, n: self.n, otherwise }
    }
}

/// What the plan was asked for, and on what condition it has that: none where it needs no agreement.
#[derive(Clone, Debug)]
pub(crate) struct Agreement {
    pub(crate) wanted: Wanted,
    pub(crate) condition: Option<Condition>,
}

/// A read of the row and of the state, one after the other, may fall on both sides of a change.
const READS: usize = 3;

fn digest(plan: &Plan, question: &Question<'_>) -> [u8; 32] {
    keys::hash(&[plan.terms(question).as_bytes()])
}

impl Said {
    /// Was it said to what the plan asks now?
    fn is_to(&self, plan: &Plan, question: &Question<'_>) -> bool {
        self.terms == digest(plan, question) || self.terms == keys::hash(&[plan.terms_before(question).as_bytes()])
    }
}

/// The number by which an entry names the question.
pub(crate) fn number(question: &Question<'_>) -> u64 {
    let digest = keys::hash(&[question.entry.id.as_bytes(), b"\n", question.purpose.as_bytes()]);
    digest.first_chunk().map(|head| u64::from_be_bytes(*head) >> 1).unwrap_or_default()
}

impl Vault {
    /// On what condition the plan in force has this today for this customer: none where it needs no agreement.
    ///
    /// # Errors
    /// `Refused(Tampered)` for an edited row; if the store fails.
    pub(crate) async fn planned_for(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        wanted: Wanted,
    ) -> Result<Agreement, VaultError> {
        let condition = self.planned_on(tenant, customer, wanted).await?;
        Ok(Agreement { wanted, condition })
    }

    async fn planned_on(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        (field, act, purpose): Wanted,
    ) -> Result<Option<Condition>, VaultError> {
        let (planned, now) = (std::sync::Arc::clone(&self.governance(tenant).planned), self.clock.now());
        if !planned.allows(field, act, purpose, now) {
            return Ok(Some(Condition::Never(Refusal::Unplanned)));
        }
        if !planned.asks(field, act, purpose, now) {
            return Ok(None);
        }
        let (plan, day) = (planned.plan(), plan::day_of(now));
        let answers = self.answers(tenant, customer).await?;
        for question in plan.rests_on(plan::Kind::Field(field), act, purpose.map(Purpose::slug), day) {
            let said = answers.to(self.answer_name(tenant, customer, &question)?);
            if said.is_some_and(|said| said.given && said.ends > now && said.is_to(plan, &question)) {
                return Ok(Some(answers.unchanged(customer, Refusal::NotAgreed)));
            }
        }
        Ok(Some(Condition::Never(Refusal::NotAgreed)))
    }

    /// The same for what staff do: where it rests on the company's own interest or task alone, the customer must not have objected.
    ///
    /// # Errors
    /// As [`Vault::planned_for`].
    pub(crate) async fn planned_for_staff(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        wanted: Wanted,
    ) -> Result<Agreement, VaultError> {
        let condition = self.planned_on(tenant, customer, wanted).await?;
        let (field, act, purpose) = wanted;
        let objectable = self.governance(tenant).planned.is_objectable(field, act, purpose, self.clock.now());
        let unobjected = Condition::Unlimited { customer, limit: UseLimit::Objected, otherwise: Refusal::UseObjected };
        let condition = condition.or_else(|| objectable.then_some(unobjected));
        Ok(Agreement { wanted, condition })
    }

    /// What the customer last said to a question, if anything.
    pub(crate) fn answer(
        &self,
        (tenant, customer): (TenantId, CustomerId),
        answers: &Answers,
        (plan, question): (&Plan, &Question<'_>),
    ) -> Result<Option<Answer>, VaultError> {
        let said = answers.to(self.answer_name(tenant, customer, question)?);
        let said = said.filter(|said| said.ends > self.clock.now());
        Ok(said.map(|said| {
            let current = said.is_to(plan, question);
            Answer { given: said.given, current, told: said.told, at: said.at }
        }))
    }

    /// All that a customer says, and how often that has changed.
    ///
    /// # Errors
    /// `Refused(Tampered)` for an edited row, and for an older one that was put back; if the store fails.
    pub(crate) async fn answers(&self, tenant: TenantId, customer: CustomerId) -> Result<Answers, VaultError> {
        let key = self.answers_key(tenant, customer)?;
        for _ in 0..READS {
            let row = self.store.admission(tenant, key).await?;
            let n = self.store.state(tenant, customer).await?.map_or(0, |state| state.answers);
            let Some(row) = row else { return Ok(Answers { key, tag: None, n, said: Vec::new() }) };
            if row.tag != self.seals.tag(tenant, "admission", &row.material()) {
                break;
            }
            let tag = Some(row.tag);
            match Answers::decode(&row.body) {
                Some((of, said)) if of == n => return Ok(Answers { key, tag, n, said }),
                // Nothing is said any more in the row of who was erased.
                None if row.body.is_empty() => return Ok(Answers { key, tag, n, said: Vec::new() }),
                _ => {}
            }
        }
        Err(VaultError::refused(Refusal::Tampered))
    }

    /// The row that says yes to a question, or that it was taken back, beside what was said to others. It counts as long as the
    /// plan's entry does at most.
    pub(crate) fn answer_given(
        &self,
        (tenant, customer): (TenantId, CustomerId),
        answers: &Answers,
        (plan, question): (&Plan, &Question<'_>),
        (given, told): (bool, Told),
    ) -> Result<Answers, VaultError> {
        let (name, at) = (self.answer_name(tenant, customer, question)?, self.clock.now());
        let ends = plan::end_of(question.entry.dates.ends);
        let mut said: Vec<Said> = answers.said.iter().filter(|said| said.name != name).cloned().collect();
        said.push(Said { name, given, told, at, ends, terms: digest(plan, question) });
        // As many as the plan asks at a time, and what is over goes.
        said.retain(|said| said.ends > at);
        Ok(Answers { key: answers.key, tag: None, n: answers.n.saturating_add(1), said })
    }

    /// `MAC(X(row, "rf1/claim"), "consent" ‖ customer ‖ entry ‖ 0 ‖ purpose)[..16]`: names neither the customer nor the question.
    fn answer_name(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        question: &Question<'_>,
    ) -> Result<[u8; 16], VaultError> {
        let parts =
            [b"consent".as_slice(), &customer.0, question.entry.id.as_bytes(), &[0], question.purpose.as_bytes()];
        Ok(short(mac(&self.keys(tenant)?.claim, &parts)))
    }

    /// `MAC(X(row, "rf1/claim"), "consents" ‖ customer)[..16]`: names nobody.
    fn answers_key(&self, tenant: TenantId, customer: CustomerId) -> Result<AdmissionKey, VaultError> {
        let id = short(mac(&self.keys(tenant)?.claim, &[b"consents", &customer.0]));
        Ok(AdmissionKey { kind: AdmissionKind::Consent, id })
    }

    /// A customer's answers go with them: the row says nothing from then on.
    pub(crate) fn answers_gone(&self, tenant: TenantId, customer: CustomerId) -> Result<Effect, VaultError> {
        let (key, expires) = (self.answers_key(tenant, customer)?, self.clock.now());
        Ok(Effect::PutAdmission(AdmissionRow { key, body: Vec::new(), expires, tag: [0; 16] }))
    }

    /// The answers that a file gives for a new customer: yes to whatever keeping these kinds rests on.
    pub(crate) fn agreed_with_data(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        agreed: &BTreeSet<FieldKind>,
    ) -> Result<Option<AdmissionRow>, VaultError> {
        let planned = std::sync::Arc::clone(&self.governance(tenant).planned);
        let (plan, day) = (planned.plan(), plan::day_of(self.clock.now()));
        let asked = |kind: &FieldKind| plan.rests_on(plan::Kind::Field(*kind), plan::Act::Store, None, day);
        let key = self.answers_key(tenant, customer)?;
        let mut answers = Answers { key, tag: None, n: 0, said: Vec::new() };
        for question in agreed.iter().flat_map(asked) {
            let yes = (true, Told::WithTheirData);
            // A customer's first row is of before any change.
            answers = Answers { n: 0, ..self.answer_given((tenant, customer), &answers, (plan, &question), yes)? };
        }
        Ok((!answers.said.is_empty()).then(|| answers.row()))
    }
}

impl Answers {
    /// Kept until the last answer is over.
    fn row(&self) -> AdmissionRow {
        let expires = self.said.iter().map(|said| said.ends).max().unwrap_or(Millis(0));
        AdmissionRow { key: self.key, body: self.encode(), expires, tag: [0; 16] }
    }

    /// What puts them in the place of those before.
    pub(crate) fn put(&self, customer: CustomerId) -> [Effect; 2] {
        [Effect::PutAdmission(self.row()), Effect::Answered(customer, self.n)]
    }
}
