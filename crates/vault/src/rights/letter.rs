//! Letters about requests: to the address on file, which is used under an entry of its own and shown to nobody.

use super::{Request, RequestId};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::{Letter, Mailer, unguarded};
use crate::private::entry::Kind;
use crate::private::plaintext::Plaintext;
use crate::private::release::Done;
use crate::wiring::{Act, Vault};
use domain::{CustomerId, Declined, FieldKind, Millis, Refusal, TenantId};
use std::sync::Arc;
use store::{Condition, FieldRef, FieldRow, Seals as _};
use zeroize::Zeroizing;

/// What a letter about a request says.
pub enum RequestNews {
    /// A code, to be told to whoever handles it.
    Code(Zeroizing<String>),
    /// It takes longer: until before this moment.
    Longer(Millis),
    /// It is noted that they took it back.
    Withdrawn,
    /// It is refused.
    Refused(Declined),
    /// The copy waits on the customer's own page.
    Ready,
    /// What was asked for was done.
    Done,
    /// What they had limited will end.
    Ends,
    /// They were erased; no backup opens either from this moment on.
    Erased(Millis),
}

impl Vault {
    /// The first e-mail address of a customer, and whether it vouches for them: the first of those that do, if any does.
    async fn their_address(
        &self,
        tenant: TenantId,
        customer: CustomerId,
    ) -> Result<Option<(FieldRow, bool)>, VaultError> {
        let rows = self.store.fields(tenant, customer).await?;
        let all = rows.into_iter().filter(|row| row.field == FieldKind::Email.code());
        let judged = all.map(|row| (self.is_settled(row.version), row)).map(|(settled, row)| (row, settled));
        Ok(judged.min_by_key(|(row, settled)| (!settled, row.instance)))
    }

    /// Has the customer an address on file, one that was just changed among them? Then what somebody knows of them shows nothing.
    pub(super) async fn gets_codes(&self, tenant: TenantId, customer: CustomerId) -> Result<bool, VaultError> {
        Ok(self.their_address(tenant, customer).await?.is_some())
    }

    /// The act reads the address that a letter goes to: for a code only one that vouches for them; other letters warn whoever has it.
    /// A guarded customer gets none: whoever reads their mail may be who they are
    /// guarded from.
    pub(super) async fn to_their_address(
        &self,
        act: Act,
        customer: CustomerId,
        proves: bool,
    ) -> Result<Act, VaultError> {
        let agreed = self.planned_for(act.tenant, customer, (FieldKind::Email, plan::Act::Send, None)).await?;
        let act = act.field(FieldKind::Email.code()).agreed(agreed);
        if act.is_stopped() {
            return Ok(act);
        }
        let act = act.when(Condition::CustomerExists(customer)).when(unguarded(customer));
        let row = match self.their_address(act.tenant, customer).await? {
            None => return Ok(act.when(Condition::Never(Refusal::NotFound))),
            Some((_, false)) if proves => return Ok(act.when(Condition::Never(Refusal::ContactUnsure))),
            Some((row, _)) => row,
        };
        let field = FieldRef { customer, field: row.field, instance: row.instance };
        Ok(act.when(Condition::FieldVersion(field, row.version)).read(field))
    }

    /// Where the customer is told by letter, under an entry; none where no letter can go: then whoever handles it tells them by the way
    /// on which the request came.
    pub(super) async fn told_where(
        &self,
        scope: &Scope,
        request: &Request,
        mailer: Option<&Arc<dyn Mailer>>,
    ) -> Result<Option<Plaintext>, VaultError> {
        let Some(customer) = request.customer().filter(|_| mailer.is_some()) else { return Ok(None) };
        self.used_address(self.beside(scope, request, Kind::RequestTold).await?, customer).await
    }

    /// The address that a letter of this act goes to; none where none can go.
    pub(super) async fn used_address(&self, act: Act, customer: CustomerId) -> Result<Option<Plaintext>, VaultError> {
        if !self.gets_codes(act.tenant, customer).await? {
            return Ok(None);
        }
        let act = self.to_their_address(act, customer, false).await?;
        match self.commit(act).await {
            Ok(Done::Committed { values, .. }) => {
                values.into_iter().next().ok_or(VaultError::Damaged)?.open().map(Some)
            }
            Ok(Done::Replayed { .. }) => Err(VaultError::Unknown),
            Err(VaultError::Refused {
                refusal: Refusal::GuardedRecord | Refusal::Unplanned | Refusal::NotAgreed,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tells the customer by letter, where one can go; says whether it did.
    async fn tell_of(
        &self,
        scope: &Scope,
        request: &Request,
        (to, news): (Option<Plaintext>, RequestNews),
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<bool, VaultError> {
        let Some((to, mailer)) = to.zip(mailer) else { return Ok(false) };
        let letter = Letter::Request { number: request.id, right: request.right, news };
        self.mail(to, letter, (scope.tenant, request.language), mailer).await.map(|()| true)
    }

    /// Tells the customer of what is so now. It is, whether or not the letter is taken; says whether it was.
    pub(super) async fn tell_after(
        &self,
        scope: &Scope,
        request: &Request,
        letter: (Option<Plaintext>, RequestNews),
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<bool, VaultError> {
        let told = self.tell_of(scope, request, letter, mailer).await.unwrap_or(false);
        if told {
            self.note_told(scope, request.id).await?;
        }
        Ok(told)
    }

    /// That a letter was taken is no act: it leaves no entry.
    async fn note_told(&self, scope: &Scope, id: RequestId) -> Result<(), VaultError> {
        let Ok(request) = self.found_request(scope, id).await? else { return Ok(()) };
        let (before, now) = (request.tag, self.clock.now());
        let mut row = Request { told: true, ..request }.row(now);
        row.tag = self.seals.tag(scope.tenant, "admission", &row.material());
        self.store.renew_admission(scope.tenant, row, before).await?;
        Ok(())
    }
}
