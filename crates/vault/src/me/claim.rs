//! A way to their own page for a customer of whom no e-mail address is on file. Whoever serves them has a code sent to the
//! customer's own number, while it is proven that they are in touch; nobody at work sees it. With the code the customer enters
//! something of theirs that is on file: who reads it off somebody's telephone has half of it.

use super::enter::{ENTERED_PER_CUSTOMER, ENTERED_PER_TENANT};
use super::scope::{self, unguarded};
use crate::auth::Scope;
use crate::code::{CodeSent, Courier, SendCode};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::verify::fits;
use crate::wiring::{Act, Vault};
use domain::{Binding, BudgetKind, Counter, CustomerId, FieldKind, InteractionId, Refusal, TenantId};
use keys::derive::{mac, short};
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, FieldRef, Seals as _};
use zeroize::Zeroizing;

/// How long such a code counts, in milliseconds.
const LIFE_MS: i64 = 15 * 60_000;
/// How many digits it has: two more than a code by mail, which counts in one browser only.
const DIGITS: usize = 12;
/// How many a customer is sent in any sixty minutes.
const CODES_PER_CUSTOMER: u32 = 3;
/// How many wrong answers one code survives.
const TRIES: u8 = 3;
/// How many values of one kind are compared with an answer.
const VALUES: usize = 5;

/// What a customer enters.
pub struct OwnClaim<'a> {
    /// The code.
    pub code: &'a str,
    /// Of which kind the answer is.
    pub field: FieldKind,
    /// What they know of themselves.
    pub said: &'a str,
}

/// How many codes that are nobody's are entered at one tenant in any sixty minutes: of a million million codes.
const GUESSED_PER_TENANT: u32 = 500;

impl OwnClaim<'_> {
    /// With what a code may be entered: what is on file, and isn't told to everybody.
    pub const FIELDS: [FieldKind; 3] = [FieldKind::DateOfBirth, FieldKind::PostalAddress, FieldKind::Order];
}

/// What a code's row says: `tries u8 ‖ customer[16]`
struct Body {
    tries: u8,
    customer: CustomerId,
}

impl Body {
    fn encode(&self) -> Vec<u8> {
        [&[self.tries], self.customer.0.as_slice()].concat()
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let (tries, customer) = body.split_first()?;
        Some(Self { tries: *tries, customer: CustomerId(customer.try_into().ok()?) })
    }
}

impl Vault {
    /// Sends the interaction's customer a code for their own page at `page`, to their number on file.
    ///
    /// # Errors
    /// The refusal with its entry: `BindingTooWeak` before it is proven who is in touch, `AddressOnFile` where codes go by mail,
    /// `GuardedRecord` of who is guarded, `ContactUnsure` for a number that was just changed; as [`Vault::send_code`].
    pub async fn send_own_claim(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        page: &str,
        courier: Arc<dyn Courier>,
    ) -> Result<CodeSent, VaultError> {
        let Some((row, customer)) = self.served(scope, interaction).await? else {
            return Err(self.no_one_to_send_to(scope, Kind::OwnClaim).await);
        };
        let code = self.digits::<DIGITS>();
        let expires = self.clock.now().plus(LIFE_MS);
        let put = AdmissionRow {
            key: self.claim_key(scope.tenant, &code)?,
            body: Body { tries: TRIES, customer }.encode(),
            expires,
            tag: [0; 16],
        };
        let act = self.claim_act(scope, interaction, customer).await?.effect(Effect::PutAdmission(put));
        let Done::Committed { entry, values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let to = values.into_iter().next().ok_or(VaultError::Damaged)?.open()?;
        let (at, page) = (self.clock.now(), page.to_owned());
        let deliver = move || {
            let page = Some(page.as_str());
            let send = |to: &str| {
                courier.deliver(&SendCode { reference: &row.reference, code: &code, to, page, at, id: entry })
            };
            to.to_carrier(send)
        };
        let sent = matches!(tokio::task::spawn_blocking(deliver).await, Ok(Ok(())));
        Ok(CodeSent { expires, sent, receipt: entry })
    }

    async fn claim_act(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        customer: CustomerId,
    ) -> Result<Act, VaultError> {
        let act = self.code_act(scope, (interaction, customer), Kind::OwnClaim).await?;
        if act.is_stopped() {
            return Ok(act);
        }
        let name = act.draft.keys.as_deref().map(|keys| self.own_name(keys, b"claims")).unwrap_or_default();
        let own = Counter::customer(BudgetKind::Code, name);
        let own = Self::attempt(&act, own, CODES_PER_CUSTOMER, Refusal::AttemptsExhausted);
        let rows = self.store.fields(scope.tenant, customer).await?;
        let at_least = Binding::Proven;
        let mut act = act.when(Condition::BoundTo { interaction, customer, at_least }).when(unguarded(customer));
        // Who has the mailbox needs no second way in, and who has taken over the number must not have one.
        if rows.iter().any(|row| row.field == FieldKind::Email.code()) {
            act = act.when(Condition::Never(Refusal::AddressOnFile));
        }
        Ok(act.spend(own))
    }

    /// Signs a customer in with a code that was sent to their number, and with something of theirs; gives the session's cookie.
    ///
    /// # Errors
    /// `Input` for an answer that can't be one of its kind, whatever the code is. `Refused(CodeWrong)` for anything else that
    /// doesn't count, and it isn't told which of the two was wrong; each attempt is an entry. `Refused(AttemptsExhausted)`
    /// beyond what is entered for a customer in an hour, `Busy` beyond what is for all; `Refused(Tampered)` for an edited row.
    pub async fn enter_own_claim(
        &self,
        tenant: TenantId,
        claim: &OwnClaim<'_>,
    ) -> Result<Zeroizing<String>, VaultError> {
        let wrong = || VaultError::refused(Refusal::CodeWrong);
        if !OwnClaim::FIELDS.contains(&claim.field) {
            return Err(wrong());
        }
        domain::field::comparable(claim.field, claim.said)?;
        let everybody = Counter::own_side(BudgetKind::Verify);
        if self.attempts_spent(tenant, everybody, ENTERED_PER_TENANT).await? {
            return Err(VaultError::Busy);
        }
        // Before anybody is told anything: what the plan and the rules say must be known on this node.
        self.power(tenant).await?;
        let row = self.store.admission(tenant, self.claim_key(tenant, claim.code)?).await?;
        if row.as_ref().is_some_and(|row| !self.is_own_row(tenant, row)) {
            return Err(VaultError::refused(Refusal::Tampered));
        }
        let counts = |row: &AdmissionRow| row.expires > self.clock.now();
        let found = row.filter(counts).and_then(|row| Some((Body::decode(&row.body)?, row)));
        let Some((body, row)) = found.filter(|(body, _)| body.tries > 0) else {
            if self.attempts_spent(tenant, Counter::own_side(BudgetKind::Approval), GUESSED_PER_TENANT).await? {
                return Err(VaultError::Busy);
            }
            self.guessed(tenant).await?;
            return Err(wrong());
        };
        self.claimed(tenant, claim, &body, &row).await?.ok_or_else(wrong)
    }

    /// The session's cookie, if the answer is the customer's. The attempt is counted before anything is compared.
    async fn claimed(
        &self,
        tenant: TenantId,
        claim: &OwnClaim<'_>,
        body: &Body,
        row: &AdmissionRow,
    ) -> Result<Option<Zeroizing<String>>, VaultError> {
        let customer = body.customer;
        let keys = self.entry_keys(tenant, customer).await?;
        if self.attempts_spent(tenant, self.entered(keys.as_deref()), ENTERED_PER_CUSTOMER).await? {
            return Err(VaultError::refused(Refusal::AttemptsExhausted));
        }
        let left = Body { tries: body.tries - 1, customer };
        let mut counted = AdmissionRow { body: left.encode(), ..row.clone() };
        counted.tag = self.seals.tag(tenant, "admission", &counted.material());
        let act = self.comparing(tenant, claim.field, (customer, left.tries), row).await?;
        let values = match self.commit(act.effect(Effect::PutAdmission(counted.clone()))).await {
            Ok(Done::Committed { values, .. }) => values,
            Ok(_) => return Err(VaultError::Unknown),
            Err(VaultError::Refused { .. }) => {
                self.guessed(tenant).await?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let known = values.into_iter().map(|value| fits(value, claim.said));
        if !known.collect::<Result<Vec<bool>, _>>()?.contains(&true) {
            return Ok(None);
        }
        let (session, told) = scope::begun(self, tenant, customer);
        let act = self.entering(tenant, &counted, Some(customer), Kind::OwnSignIn).await?.when(unguarded(customer));
        let used = AdmissionRow { body: Vec::new(), ..counted };
        self.commit_plain(act.effect(Effect::PutAdmission(used)).effect(Effect::PutAdmission(session))).await?;
        Ok(Some(told))
    }

    /// One attempt with a code that is somebody's: it uses what is on file of this kind, of what nobody changed lately.
    async fn comparing(
        &self,
        tenant: TenantId,
        kind: FieldKind,
        (customer, left): (CustomerId, u8),
        row: &AdmissionRow,
    ) -> Result<Act, VaultError> {
        let act = self.entering(tenant, row, Some(customer), Kind::OwnClaimEntered).await?;
        let mut act = act.field(kind.code()).detail(left.into());
        act.when.extend(self.own_doubts(tenant, Kind::OwnClaimEntered));
        act = act.when(unguarded(customer));
        act = act.agreed(self.planned_for(tenant, customer, (kind, plan::Act::Check, None)).await?);
        if act.is_stopped() {
            return Ok(act);
        }
        let rows = self.store.fields(tenant, customer).await?;
        let known = rows.iter().filter(|row| row.field == kind.code() && self.is_settled(row.version));
        for row in known.take(VALUES) {
            let field = FieldRef { customer, field: row.field, instance: row.instance };
            act = act.when(Condition::FieldVersion(field, row.version)).read(field);
        }
        Ok(act)
    }

    /// An attempt that is nobody's is counted too, apart from those with somebody's code: it must shut nobody out. It leaves an entry.
    async fn guessed(&self, tenant: TenantId) -> Result<(), VaultError> {
        let act = self.bare_act(tenant, Kind::OwnClaimEntered)?;
        let all = Counter::own_side(BudgetKind::Approval);
        let all = Self::attempt(&act, all, GUESSED_PER_TENANT, Refusal::AttemptsExhausted);
        self.commit_plain(act.spend(all)).await.map(drop)
    }

    /// `MAC(X(row, "rf1/code"), "claim" ‖ code)[..16]`: the code itself is kept nowhere.
    fn claim_key(&self, tenant: TenantId, code: &str) -> Result<AdmissionKey, VaultError> {
        let id = short(mac(&self.keys(tenant)?.code, &[b"claim", code.as_bytes()]));
        Ok(AdmissionKey { kind: AdmissionKind::CustomerClaim, id })
    }
}
