//! Is the request the customer's own? A code to the address on file shows it, or, where no code can go, two right answers. Nobody is
//! shown anything, no copy of a document is taken, and three wrong tries end it.

use super::letter::RequestNews;
use super::{Request, RequestId, TRIES};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::{Letter, Mailer};
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::verify::fits;
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, CustomerId, EntryId, FieldKind, Refusal, TenantId};
use keys::derive::{mac, short};
use std::sync::Arc;
use store::{Condition, FieldRef, Seals as _};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How many digits a code has: it is told by phone or letter, and may be tried three times.
const DIGITS: usize = 8;
/// How long it counts, in milliseconds: a letter's answer takes days.
const CODE_LIFE_MS: i64 = 14 * 24 * 3_600_000;
/// How many codes are sent for one request.
const CODES: u8 = 3;
/// How many kinds must have been answered rightly.
const ANSWERS: usize = 2;
/// What a code that is sent is in the entry's detail.
const SENT: u64 = 2;

/// How many codes go to one customer in any sixty minutes, by however many requests.
const CODES_AN_HOUR: u32 = 3;

/// Of which kinds an answer tells something: what stands on every letter, or is the same for many, doesn't.
const TELLING: [FieldKind; 4] = [FieldKind::PostalAddress, FieldKind::Phone, FieldKind::DateOfBirth, FieldKind::Order];
/// Of which kind one must be: it stands on no label and in no telephone book, as the others do together.
const UNPRINTED: FieldKind = FieldKind::DateOfBirth;

/// What somebody says they know.
pub struct IdentityAnswer {
    /// The kind.
    pub field: FieldKind,
    /// Which of several.
    pub instance: u32,
    /// What they say.
    pub said: Zeroizing<String>,
}

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityChecked {
    /// Was it right?
    pub matched: bool,
    /// Is it shown now that the request is the customer's?
    pub proven: bool,
    /// How many more may be wrong.
    pub tries_left: u8,
    /// The entry.
    pub receipt: EntryId,
}

impl IdentityChecked {
    fn of(matched: bool, request: &Request, receipt: EntryId) -> Self {
        let tries_left = TRIES.saturating_sub(request.identity.wrong);
        Self { matched, proven: request.identity.proven, tries_left, receipt }
    }
}

/// Who filed the request knew this one already.
fn found_by(request: &Request, field: FieldKind) -> bool {
    request.found_by.is_some_and(|index| index.fields().contains(&field))
}

impl Vault {
    /// Sends a code to the customer's e-mail address on file. They tell it to whoever handles the request.
    ///
    /// # Errors
    /// `Refused` with its entry: as for every step; `NobodyFound`; `AttemptsExhausted` after three wrong tries or
    /// three codes, or as many to this customer within the hour; `NotFound` where no address is on file, `ContactUnsure` where it was just changed, `GuardedRecord`. `Undelivered`
    /// where the letter wasn't taken.
    pub async fn send_request_code(
        &self,
        scope: &Scope,
        id: RequestId,
        mailer: Arc<dyn Mailer>,
    ) -> Result<EntryId, VaultError> {
        let (act, mut request) = self.trying(scope, id).await?;
        let Some(customer) = request.customer() else { return Err(self.logged(act, Refusal::NobodyFound).await) };
        if request.identity.sent >= CODES {
            return Err(self.logged(act, Refusal::AttemptsExhausted).await);
        }
        let code = self.digits::<DIGITS>();
        let digest = self.request_code_digest(scope.tenant, request.id, &code)?;
        request.identity.code = Some((digest, self.clock.now().plus(CODE_LIFE_MS)));
        request.identity.sent += 1;
        request.handler = Some(scope.person());
        let (right, language) = (request.right, request.language);
        let name = act.draft.keys.as_deref().map(|keys| self.own_name(keys, b"request codes")).unwrap_or_default();
        let own = Counter::customer(BudgetKind::Code, name);
        let own = Self::attempt(&act, own, CODES_AN_HOUR, Refusal::AttemptsExhausted);
        let act = self.to_their_address(act.detail(SENT).spend(own), customer, true).await?;
        let Done::Committed { entry, values, .. } = self.commit(request.turned(act)).await? else {
            return Err(VaultError::Unknown);
        };
        let to = values.into_iter().next().ok_or(VaultError::Damaged)?.open()?;
        let letter = Letter::Request { number: id, right, news: RequestNews::Code(code) };
        self.mail(to, letter, (scope.tenant, language), mailer).await?;
        Ok(entry)
    }

    /// Says whether a code is the one that was sent.
    ///
    /// # Errors
    /// `Refused` with its entry: as for every step; `AttemptsExhausted` after three wrong tries; `CodeWrong` where none was sent, or too
    /// long ago.
    pub async fn check_request_code(
        &self,
        scope: &Scope,
        id: RequestId,
        said: &str,
    ) -> Result<IdentityChecked, VaultError> {
        let (act, mut request) = self.trying(scope, id).await?;
        let living = request.identity.code.filter(|(_, until)| *until > self.clock.now());
        let Some((digest, _)) = living else { return Err(self.logged(act, Refusal::CodeWrong).await) };
        let matched = bool::from(self.request_code_digest(scope.tenant, id, said)?.ct_eq(&digest));
        request.handler = Some(scope.person());
        if matched {
            request.identity.proven = true;
            request.identity.code = None;
        } else {
            request.identity.wrong += 1;
        }
        let checked = request.clone();
        let receipt = self.commit_plain(request.turned(act.detail(u64::from(matched)))).await?;
        Ok(IdentityChecked::of(matched, &checked, receipt))
    }

    /// Says whether an answer fits, where no code can go; two of different kinds show it, a date of birth among them. The try counts
    /// before the value is touched, and is one of those that agents have at this customer's record in an hour.
    ///
    /// # Errors
    /// `Refused` with its entry: as for every step; `NobodyFound`; `CodeFirst` where a code can be sent; `PurposeNotAllowed` for a kind
    /// that tells too little, and that by which the customer was found; `AttemptsExhausted` after three wrong tries, or within the hour; `Unplanned` where the plan has no such check. `Input` for what
    /// isn't such a value: then no try was spent.
    pub async fn check_request_answer(
        &self,
        scope: &Scope,
        id: RequestId,
        answer: &IdentityAnswer,
    ) -> Result<IdentityChecked, VaultError> {
        let (act, mut request) = self.trying(scope, id).await?;
        let Some(customer) = request.customer() else { return Err(self.logged(act, Refusal::NobodyFound).await) };
        if !TELLING.contains(&answer.field) || found_by(&request, answer.field) {
            return Err(self.logged(act, Refusal::PurposeNotAllowed).await);
        }
        if self.gets_codes(scope.tenant, customer).await? {
            return Err(self.logged(act, Refusal::CodeFirst).await);
        }
        domain::field::comparable(answer.field, &answer.said)?;
        request.identity.wrong += 1;
        request.handler = Some(scope.person());
        let act = self.reading_answer(act, scope, customer, answer).await?;
        // As the row will be, with the tag that it will have: the second commit counts only if nobody else tried meanwhile.
        let mut tried = Request { last: act.draft.id, ..request.clone() };
        tried.tag = self.seals.tag(scope.tenant, "admission", &tried.row(act.draft.at).material());
        let Done::Committed { values, .. } = self.commit(request.turned(act)).await? else {
            return Err(VaultError::Unknown);
        };
        // Where no such value is on file the answer is wrong, and cost as much as any.
        let matched = values.into_iter().next().map_or(Ok(false), |value| fits(value, &answer.said))?;
        if matched {
            tried.identity.wrong -= 1;
            tried.identity.right.push(answer.field.code());
            tried.identity.right.sort_unstable();
            tried.identity.right.dedup();
            let right = &tried.identity.right;
            tried.identity.proven |= right.len() >= ANSWERS && right.contains(&UNPRINTED.code());
        }
        let act = self.beside(scope, &tried, Kind::RequestIdentity).await?;
        let checked = tried.clone();
        let act = act.field(answer.field.code()).detail(u64::from(matched));
        let receipt = self.commit_plain(tried.turned(act)).await?;
        Ok(IdentityChecked::of(matched, &checked, receipt))
    }

    async fn reading_answer(
        &self,
        act: Act,
        scope: &Scope,
        customer: CustomerId,
        answer: &IdentityAnswer,
    ) -> Result<Act, VaultError> {
        let field = FieldRef { customer, field: answer.field.code(), instance: answer.instance };
        let agreed = self.planned_for(scope.tenant, customer, (answer.field, plan::Act::Check, None)).await?;
        let name = act.draft.keys.as_deref().map(|keys| keys.counter(&customer.0)).unwrap_or_default();
        let record = Counter::customer(BudgetKind::Verify, name);
        let limit = self.limits(scope.tenant).verify_per_customer;
        let record = Self::attempt(&act, record, limit, Refusal::AttemptsExhausted);
        let mut act = act.field(field.field).spend(record).agreed(agreed);
        if act.is_stopped() {
            return Ok(act);
        }
        act.when.push(Condition::CustomerExists(customer));
        let rows = self.store.fields(scope.tenant, customer).await?;
        if !rows.iter().any(|row| (row.field, row.instance) == (field.field, field.instance)) {
            return Ok(act.when(Condition::FieldAbsent(field)));
        }
        act.when.extend(self.vouching(scope.tenant, field).await?);
        Ok(act.read(field))
    }

    /// The act of a try, if any is left.
    async fn trying(&self, scope: &Scope, id: RequestId) -> Result<(Act, Request), VaultError> {
        let may = (Kind::RequestIdentity, policy::Act::HandleRequest);
        let (act, request) = self.on_request(scope, id, may).await?;
        match request.identity.wrong < TRIES {
            true => Ok((act, request)),
            false => Err(self.logged(act, Refusal::AttemptsExhausted).await),
        }
    }

    /// `MAC(X(row, "rf1/code"), "request" ‖ request ‖ code)[..16]`: the code itself is kept nowhere.
    fn request_code_digest(&self, tenant: TenantId, id: RequestId, code: &str) -> Result<[u8; 16], VaultError> {
        Ok(short(mac(&self.keys(tenant)?.code, &[b"request", &id.0, code.as_bytes()])))
    }
}
