//! Steps that show and destroy nothing: longer time, a refusal, and that somebody takes their request back.

use super::{Request, RequestId, RequestNews, RequestState, Stage, Step};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::Mailer;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Declined, EntryId, Longer, Millis, Refusal};
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
    /// Gives a request two months more, once and within its first month. The customer is told first, where a letter can go.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound`, `Tampered`; `RequestOver` for one that is closed, was made longer, or whose
    /// first month is over. `Undelivered` where the letter wasn't taken: then nothing has changed.
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
        let due = request.due();
        request.told = self.tell_of(scope, &request, (to, RequestNews::Longer(due)), mailer).await?;
        request.handler = Some(scope.person());
        let (state, told) = (request.state(), request.told);
        let receipt = self.commit_plain(request.turned(act.detail(Step::Longer as u64))).await?;
        Ok(SteppedRequest { state, due, told, receipt })
    }

    /// Refuses a request, with a reason that the customer is told, by letter first where one can go.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound`, `Tampered`, `RequestOver`. `Undelivered` where the letter wasn't taken.
    pub async fn refuse_request(
        &self,
        scope: &Scope,
        id: RequestId,
        why: Declined,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<SteppedRequest, VaultError> {
        let (act, request) = self.on_request(scope, id, (Kind::RequestStep, HANDLE)).await?;
        let to = self.told_where(scope, &request, mailer.as_ref()).await?;
        let told = self.tell_of(scope, &request, (to, RequestNews::Refused(why)), mailer).await?;
        let act = act.detail(Step::REFUSED + why as u64);
        self.closing(scope, act, Request { told, ..request }, Stage::Refused(why)).await
    }

    /// Who asked takes it back: whoever handles requests says so, and the customer is told by letter first where one can go; or the
    /// program that filed it, which isn't told anything of the customer by it.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none, and for a program for another's; `Tampered`, `RequestOver`.
    /// `Undelivered` where the letter wasn't taken.
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
        let to = self.told_where(scope, &request, mailer.as_ref()).await?;
        let told = self.tell_of(scope, &request, (to, RequestNews::Withdrawn), mailer).await?;
        let act = act.detail(Step::Withdrawn as u64);
        self.closing(scope, act, Request { told, ..request }, Stage::Withdrawn).await
    }

    async fn closing(
        &self,
        scope: &Scope,
        act: crate::wiring::Act,
        request: Request,
        stage: Stage,
    ) -> Result<SteppedRequest, VaultError> {
        let closed = Request { handler: Some(scope.person()), ..request.closed(stage) };
        let (state, due, told) = (closed.state(), closed.due(), closed.told);
        let receipt = self.commit_plain(closed.turned(self.request_counted(act, true))).await?;
        Ok(SteppedRequest { state, due, told, receipt })
    }
}
