//! What customers had limited: the use of all that is held (GDPR art. 18), or what rests on the company's own interest (art. 21).
//!
//! The mark lies in the customer's row under the tag of their state, is set by the commit that answers their request, and is looked at by
//! each commit in the name of staff that would read anything of theirs. Two officers end it, and the customer is written to before.

use super::RequestNews;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::{Letter, Mailer};
use crate::private::entry::Kind;
use crate::twice::Wish;
use crate::wiring::{Act, Vault};
use domain::{CustomerId, EntryId, Millis, Refusal, Right, UseLimit};
use plan::Language;
use std::sync::Arc;
use store::{AdmissionKind, Condition, Effect};

/// What asking for the end of a limit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitEnding {
    /// The entry.
    pub receipt: EntryId,
    /// Until when it waits for a second officer; none where it has ended.
    pub waits_until: Option<Millis>,
    /// Was the customer told by letter that it will end?
    pub told: bool,
}

/// Nothing of this customer's is used while they had that restricted.
pub(crate) fn unrestricted(customer: CustomerId) -> Condition {
    Condition::Unlimited { customer, limit: UseLimit::Restricted, otherwise: Refusal::UseRestricted }
}

/// What goes on for a customer who had the use of their data restricted: their own rights, and an emergency.
fn serves_them(kind: Kind) -> bool {
    use Kind::{Erasure, GlassBroken, OwnClaim, RequestChecked, RequestIdentity, RequestTold};
    matches!(kind, RequestIdentity | RequestTold | RequestChecked | OwnClaim | Erasure | GlassBroken)
}

impl Act {
    /// The same, refused if somebody of staff would read anything of a customer's who had its use restricted. What is done in nobody's
    /// name is the customer's own, or an expiry.
    pub(crate) fn but_unrestricted(mut self) -> Self {
        if let Some(field) = self.read.first()
            && self.draft.person.is_some()
            && !serves_them(self.draft.kind)
        {
            self.when.push(unrestricted(field.customer));
        }
        self
    }
}

impl Vault {
    /// Asks that a limit end: a data protection officer first, then another one or a security officer within seven days. The customer
    /// is written to when it is first asked for, where a letter can go.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for no such customer, or one who had nothing such limited; `Tampered` where
    /// their row was edited; `NotASecondOfficer` at the browser at which the first one asked, and for a program.
    pub async fn end_limit(
        &self,
        scope: &Scope,
        (customer, limit): (CustomerId, UseLimit),
        language: Language,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<LimitEnding, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let about = |kind| -> Result<Act, VaultError> {
            Ok(self.act(scope, kind)?.about(customer, None, 0, keys.clone()).detail(limit as u64))
        };
        let exists = || Condition::CustomerExists(customer);
        let asks = about(Kind::LimitEndAsked)?;
        if let Err(denial) = self.may(scope, policy::Act::AgreeToAnswer) {
            return Err(self.logged_denial(asks, &denial).await);
        }
        let state = self.store.state(scope.tenant, customer).await?;
        if !state.is_some_and(|state| state.is_limited(limit)) {
            return Err(self.logged(asks, Refusal::NotFound).await);
        }
        let wish = Wish { kind: AdmissionKind::UnlimitAsked, of: customer.0, code: limit as u8 };
        let word = self.first_or_second(scope, &wish, policy::Act::HandleRequest, asks).await?;
        let Some(first) = word.first else {
            let waits_until = Some(word.until);
            let receipt = self.commit_plain(word.on(about(Kind::LimitEndAsked)?.when(exists()))).await?;
            let told = self.tell_of_end(about(Kind::RequestTold)?, (customer, limit), language, mailer).await?;
            return Ok(LimitEnding { receipt, waits_until, told });
        };
        let act =
            word.on(about(Kind::LimitEnded)?.upon(first).when(exists())).effect(Effect::Limit(customer, limit, false));
        Ok(LimitEnding { receipt: self.commit_plain(act).await?, waits_until: None, told: false })
    }

    /// It is asked for, whether or not the letter is taken.
    async fn tell_of_end(
        &self,
        act: Act,
        (customer, limit): (CustomerId, UseLimit),
        language: Language,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<bool, VaultError> {
        let (tenant, number) = (act.tenant, act.draft.id);
        let Some(mailer) = mailer else { return Ok(false) };
        let Some(to) = self.used_address(act, customer).await? else { return Ok(false) };
        let right = match limit {
            UseLimit::Restricted => Right::Restriction,
            UseLimit::Objected => Right::Objection,
        };
        let letter = Letter::Request { number: super::RequestId(number.0), right, news: RequestNews::Ends };
        Ok(self.mail(to, letter, (tenant, language), mailer).await.is_ok())
    }
}
