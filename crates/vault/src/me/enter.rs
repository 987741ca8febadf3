//! Entering the code: right, in time, in the browser that asked, it begins a session.
//!
//! Many may be tried at once: each rests on the row as it was read, so of those that were compared with one state of it only
//! one counts, and what came of the others nobody learns.

use super::ask::{Ask, AskBody};
use super::scope;
use crate::error::VaultError;
use crate::private::entry::{EntryKeys, Kind};
use crate::session::Cookie;
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, CustomerId, Refusal, TenantId};
use store::{AdmissionRow, Condition, Effect};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How many codes are entered for one customer in any sixty minutes.
pub(super) const ENTERED_PER_CUSTOMER: u32 = 15;
/// How many at one tenant, for whomever: against ten digits, this many guesses in every hour of a year find less than one code in five hundred.
pub(super) const ENTERED_PER_TENANT: u32 = 2_000;

impl Vault {
    /// Signs a customer in with a code; gives the session's cookie.
    ///
    /// # Errors
    /// `Refused(CodeWrong)` for any code that doesn't count: wrong, late, used, of another browser, of a tenant that isn't this
    /// one, or for an address that is nobody's; what an attempt came to is an entry. `Busy` beyond what is entered for all in an hour. `Refused(Tampered)` for an edited row.
    pub async fn enter_own_code(
        &self,
        tenant: TenantId,
        cookie: &str,
        code: &str,
    ) -> Result<Zeroizing<String>, VaultError> {
        let wrong = || VaultError::refused(Refusal::CodeWrong);
        let cookie = Cookie::read(cookie).filter(|cookie| cookie.tenant == tenant).ok_or_else(wrong)?;
        let spent = || VaultError::refused(Refusal::AttemptsExhausted);
        if self.attempts_spent(tenant, Counter::own_side(BudgetKind::Verify), ENTERED_PER_TENANT).await? {
            return Err(VaultError::Busy);
        }
        let row = self.store.admission(tenant, Ask::key(cookie.id)).await?.ok_or_else(wrong)?;
        if !self.is_own_row(tenant, &row) {
            return Err(VaultError::refused(Refusal::Tampered));
        }
        let counts = row.expires > self.clock.now();
        let body = AskBody::decode(&row.body).filter(|body| counts && body.tries > 0).ok_or_else(wrong)?;
        if !bool::from(keys::hash(&[&*cookie.secret]).ct_eq(&body.secret)) {
            return Err(wrong());
        }
        // What is refused for this is no entry: whoever tries on and on must not fill the customer's log.
        if let Some(customer) = body.customer {
            let keys = self.entry_keys(tenant, customer).await?;
            if self.attempts_spent(tenant, self.entered(keys.as_deref()), ENTERED_PER_CUSTOMER).await? {
                return Err(spent());
            }
        }
        let digest = self.own_code_digest(tenant, &cookie.id, code)?;
        match body.customer.filter(|_| bool::from(digest.ct_eq(&body.code))) {
            Some(customer) => {
                let (session, told) = scope::begun(self, tenant, customer);
                let act = self.entering(tenant, &row, body.customer, Kind::OwnSignIn).await?;
                let used = AdmissionRow { body: Vec::new(), ..row };
                self.power(tenant).await?;
                let act = act.effect(Effect::PutAdmission(used)).effect(Effect::PutAdmission(session));
                self.commit_plain(act).await?;
                Ok(told)
            }
            None => {
                let left = body.tries - 1;
                let act = self.entering(tenant, &row, body.customer, Kind::OwnCodeEntered).await?.detail(left.into());
                let body = AskBody { tries: left, ..body };
                let counted = AdmissionRow { body: body.encode(), ..row };
                self.commit_plain(act.effect(Effect::PutAdmission(counted))).await?;
                Err(wrong())
            }
        }
    }

    /// What is entered for a customer is counted under this name.
    pub(super) fn entered(&self, keys: Option<&EntryKeys>) -> Counter {
        let name = keys.map(|keys| self.own_name(keys, b"entered")).unwrap_or_default();
        Counter::customer(BudgetKind::Verify, name)
    }

    /// One attempt, which is counted whatever comes of it.
    pub(super) async fn entering(
        &self,
        tenant: TenantId,
        row: &AdmissionRow,
        customer: Option<CustomerId>,
        kind: Kind,
    ) -> Result<Act, VaultError> {
        let mut act = self.bare_act(tenant, kind)?;
        if let Some(customer) = customer {
            let keys = self.entry_keys(tenant, customer).await?;
            let own = self.entered(keys.as_deref());
            act = act.about(customer, None, 0, keys).when(Condition::CustomerExists(customer));
            let own = Self::attempt(&act, own, ENTERED_PER_CUSTOMER, Refusal::AttemptsExhausted);
            act = act.spend(own);
        }
        let all = Counter::own_side(BudgetKind::Verify);
        let all = Self::attempt(&act, all, ENTERED_PER_TENANT, Refusal::AttemptsExhausted);
        let unchanged = Condition::Admission { key: row.key, tag: Some(row.tag), otherwise: Refusal::CodeWrong };
        Ok(act.when(unchanged).spend(all))
    }
}
