//! Steps that show and destroy nothing: longer time, a refusal, and that somebody takes their request back.

use super::{Request, RequestId, RequestNews, RequestState, Stage, Step};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::Mailer;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{Declined, EntryId, Longer, Millis, Pending, Refusal};
use std::sync::Arc;

/// What a step led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SteppedRequest {
    /// How far it has come.
    pub state: RequestState,
    /// The first moment at which an answer is too late.
    pub due: Millis,
    /// Was the customer told by letter?
    pub told: bool,
    /// The entry.
    pub receipt: EntryId,
}

const HANDLE: policy::Act = policy::Act::HandleRequest;

impl Vault {
    /// Gives a request two months more, once and within its first month. The customer is told, where a letter can go.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound`, `Tampered`; `RequestOver` for one that is closed, was made longer, or whose
    /// first month is over; `RequestChanged` where somebody else went on with it meanwhile.
    pub async fn extend_request(
        &self,
        scope: &Scope,
        id: RequestId,
        why: Longer,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<SteppedRequest, VaultError> {
        let (act, mut request) = self.on_request(scope, id, (Kind::RequestStep, HANDLE)).await?;
        if request.longer.is_some() || self.latest(scope.tenant).await? >= request.due() {
            return Err(self.logged(act, Refusal::RequestOver).await);
        }
        request.longer = Some(why);
        let to = self.told_where(scope, &request, mailer.as_ref()).await?;
        (request.handler, request.told) = (Some(scope.person()), false);
        let (state, due, after) = (request.state(), request.due(), request.clone());
        let receipt = self.commit_plain(request.turned(act.detail(Step::Longer as u64))).await?;
        let told = self.tell_after(scope, &after, (to, RequestNews::Longer(due)), mailer).await?;
        Ok(SteppedRequest { state, due, told, receipt })
    }

    /// Refuses a request, with a reason that the customer is told, by letter where one can go.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound`, `Tampered`, `RequestOver`, `RequestChanged`; `ReasonDoesntFit` where it says that
    /// nothing is held of who was found, or that somebody wasn't identified who was.
    pub async fn refuse_request(
        &self,
        scope: &Scope,
        id: RequestId,
        why: Declined,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<SteppedRequest, VaultError> {
        let (act, request) = self.on_request(scope, id, (Kind::RequestStep, HANDLE)).await?;
        let wrong = match (why, request.customer()) {
            (Declined::NothingHeld, Some(customer)) => self.store.customer(scope.tenant, customer).await?.is_some(),
            (Declined::NotIdentified, _) => request.identity.proven,
            _ => false,
        };
        if wrong {
            return Err(self.logged(act, Refusal::ReasonDoesntFit).await);
        }
        let act = act.detail(Step::REFUSED + why as u64);
        self.closing(scope, (act, request), (Stage::Refused(why), RequestNews::Refused(why)), mailer).await
    }

    /// Who asked takes it back: whoever handles requests says so, and the customer is told by letter where one can go; or the
    /// program that filed it, which isn't told anything of the customer by it.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none, and for a program for another's; `Tampered`, `RequestOver`,
    /// `RequestChanged`.
    pub async fn withdraw_request(
        &self,
        scope: &Scope,
        id: RequestId,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<SteppedRequest, VaultError> {
        let (act, request) = self.on_request(scope, id, (Kind::RequestStep, policy::Act::FileRequest)).await?;
        let handles = self.may(scope, HANDLE).is_ok();
        if !handles && request.filer != scope.person() {
            return Err(self.logged(self.act(scope, Kind::RequestStep)?, Refusal::NotFound).await);
        }
        let mailer = mailer.filter(|_| handles);
        let act = act.detail(Step::Withdrawn as u64);
        self.closing(scope, (act, request), (Stage::Withdrawn, RequestNews::Withdrawn), mailer).await
    }

    /// The letter goes once it is so: one that told of what was then refused would be false, and asked again it would go twice.
    async fn closing(
        &self,
        scope: &Scope,
        (act, request): (Act, Request),
        (stage, news): (Stage, RequestNews),
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<SteppedRequest, VaultError> {
        let to = self.told_where(scope, &request, mailer.as_ref()).await?;
        let closed = Request { handler: Some(scope.person()), told: false, ..request.closed(stage) };
        let (state, due) = (closed.state(), closed.due());
        let receipt = self.commit_plain(closed.clone().turned(act.counts(Pending::Request, true))).await?;
        let told = self.tell_after(scope, &closed, (to, news), mailer).await?;
        Ok(SteppedRequest { state, due, told, receipt })
    }
}
