//! `/v1/privacy/requests`: what customers ask for by right. A program for such requests files and follows them; the data protection
//! officer handles them. No answer here tells anything of a customer's.

use super::paging::{Limit, Paging};
use super::privacy_shown::{RequestFiled, RequestShown, RequestStepDone, Requests};
use super::searches::{LONGEST, Search};
use super::{id, idempotency_key, member};
use crate::body::{Json, answer, maybe_whole, ok};
use crate::identify::Signed;
use crate::me::paced;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::rights::{OLDEST, OLDEST_HANDED_ON};
use domain::{CameBy, Declined, FieldKind, Longer, Right};
use plan::Language;
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use vault::{IdentityAnswer, NewRequest, RequestId, RequestPlace, Scope, VaultError};
use zeroize::Zeroizing;

const RIGHTS: &str = "right is access, rectification, erasure, restriction, portability or objection";
const WAYS: &str = "came_by is letter, email, phone, in_person or portal";
const DAYS: &str = "received_on is a day such as 2026-11-28: of the last year, and for programs of the last seven days";
const TONGUES: &str = "language is en or de";
const WHYS: &str = "reason is not_identified, nothing_held, unfounded, excessive or must_be_kept";
const LONGERS: &str = "reason is complexity or number";

/// A customer's request, as it came in. It has room for no free text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestWanted {
    #[schema(pattern = "^(access|rectification|erasure|restriction|portability|objection)$", example = "access")]
    right: String,
    /// The way by which it came.
    #[schema(pattern = "^(letter|email|phone|in_person|portal)$", example = "portal")]
    came_by: String,
    /// The day on which it came in, in UTC: the month to answer it runs from then.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2026-11-28")]
    received_on: String,
    /// In which language the customer is written to: en unless said.
    #[schema(pattern = "^(en|de)$")]
    language: Option<String>,
    /// By what the customer is found. Whether they are isn't told here.
    find: Option<Search>,
}

/// What is done with a request.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RequestStepWanted {
    /// A code goes to the customer's e-mail address on file. They tell it to whoever handles the request.
    SendCode {},
    /// Is it the code that was sent?
    CheckCode {
        #[schema(value_type = String, max_length = 100)]
        code: Zeroizing<String>,
    },
    /// Does an answer fit what is on file? Only where no code can be sent; two of different kinds are needed.
    CheckAnswer {
        #[schema(pattern = "^(postal_address|phone|date_of_birth|order)$")]
        field: String,
        /// Which of several; the first unless said.
        #[schema(minimum = 1, maximum = 2_147_483_647)]
        #[serde(default, deserialize_with = "maybe_whole")]
        instance: Option<u32>,
        #[schema(value_type = String, max_length = 400)]
        said: Zeroizing<String>,
    },
    /// It takes two months more: once, within the first month.
    Extend {
        #[schema(pattern = "^(complexity|number)$")]
        reason: String,
    },
    /// Answer it. Of a copy or an erasure a second person must say so too.
    Answer {},
    /// Refuse it.
    Refuse {
        #[schema(pattern = "^(not_identified|nothing_held|unfounded|excessive|must_be_kept)$")]
        reason: String,
    },
    /// Who asked takes it back.
    Withdraw {},
}

/// File a customer's request.
///
/// For the data protection officer, and for programs that take such requests in. Whether the customer is known here isn't told. The month to answer it begins on the day on which it came in.
#[utoipa::path(post, path = "/v1/privacy/requests", tag = "privacy", operation_id = "fileRequest", request_body = RequestWanted,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The same key again, by the same person or program, gives the request that it filed.")),
    responses((status = 201, body = RequestFiled), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn file(
    State(web): State<Web>,
    Signed(scope): Signed,
    headers: HeaderMap,
    body: Result<Json<RequestWanted>, Failed>,
) -> Result<Response, Failed> {
    let asked_at = Instant::now();
    web.vault.files_requests(&scope).await.map_err(|error| web.failed(&error))?;
    let Json(wanted) = body?;
    let key = idempotency_key(&web, &headers)?;
    let tongue = wanted.language.as_deref().unwrap_or("en");
    if wanted.find.as_ref().is_some_and(|find| find.longest() > LONGEST) {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("a member of find is longer than 400 characters")));
    }
    let find = wanted.find.as_ref().map(Search::term).transpose();
    let find = find.map_err(|error| web.failed(&VaultError::Input(error)))?;
    let handles = web.vault.handles_requests(&scope);
    let oldest = if handles { OLDEST } else { OLDEST_HANDED_ON };
    let received = domain::rights::came_in(&wanted.received_on, web.vault.now(), oldest);
    let new = NewRequest {
        right: member(&web, &wanted.right, Right::from_slug, RIGHTS)?,
        came_by: member(&web, &wanted.came_by, CameBy::from_slug, WAYS)?,
        received: received.ok_or_else(|| web.fault(Fault::UNPROCESSABLE.detail(DAYS)))?,
        language: member(&web, tongue, Language::from_tag, TONGUES)?,
        find,
    };
    let filed = web.vault.file_request(&scope, &new, key.as_deref()).await;
    // How long it took would tell whether somebody was found.
    if !handles {
        paced(asked_at).await;
    }
    let filed = filed.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &RequestFiled::of(&filed)))
}

/// Which requests are there, and by when are they due?
///
/// All for who handles them, agrees to answers or reads the log; their own for programs. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/privacy/requests", tag = "privacy", operation_id = "listRequests",
    params(("cursor" = Option<String>, Query, pattern = "^[oc][0-9a-f]{48}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Requests), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Paging<RequestPlace>,
) -> Result<Response, Failed> {
    let book = web.vault.requests(&scope, paging.after, paging.limit as usize).await;
    let book = book.map_err(|error| web.failed(&error))?;
    Ok(ok(&Requests::of(&book)))
}

/// How far has a request come?
///
/// Its state, by when it is due, and its receipts; nothing of a customer's. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/privacy/requests/{id}", tag = "privacy", operation_id = "getRequest",
    params(("id" = String, Path, pattern = "^dsr_[0-9a-f]{32}$", description = "The request's id.")),
    responses((status = 200, body = RequestShown), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let request = id(&web, &text, RequestId::parse)?;
    let (line, receipt) = web.vault.request(&scope, request).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&RequestShown::of(&line, receipt)))
}

/// Go on with a request.
///
/// For the data protection officer; a security officer says the second yes to an answer; a program takes back what it filed. Identity is shown by a code to the address on file, never by a copy of a document, and nobody is shown a value.
#[utoipa::path(post, path = "/v1/privacy/requests/{id}/steps", tag = "privacy", operation_id = "stepRequest", request_body = RequestStepWanted,
    params(("id" = String, Path, pattern = "^dsr_[0-9a-f]{32}$", description = "The request's id.")),
    responses((status = 200, body = RequestStepDone), (status = 202, body = RequestStepDone, description = "A second person must say the same."),
        (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn step(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<RequestStepWanted>, Failed>,
) -> Result<Response, Failed> {
    let request = id(&web, &text, RequestId::parse)?;
    let Json(wanted) = body?;
    let done = done(&web, &scope, request, wanted).await?;
    let status = if done.waits_until.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(answer(status, &done))
}

async fn done(
    web: &Web,
    scope: &Scope,
    request: RequestId,
    wanted: RequestStepWanted,
) -> Result<RequestStepDone, Failed> {
    let (vault, mailer) = (&web.vault, web.mailer(scope.tenant()).await);
    let done = match wanted {
        RequestStepWanted::SendCode {} => match mailer {
            Some(mailer) => vault.send_request_code(scope, request, mailer).await.map(RequestStepDone::sent),
            None => Err(VaultError::Undelivered),
        },
        RequestStepWanted::CheckCode { code } => {
            let digits = Zeroizing::new(code.chars().filter(char::is_ascii_digit).collect::<String>());
            vault.check_request_code(scope, request, &digits).await.map(|checked| RequestStepDone::checked(&checked))
        }
        RequestStepWanted::CheckAnswer { field, instance, said } => {
            let field = member(web, &field, FieldKind::from_slug, "field isn't a kind of field")?;
            let answer = IdentityAnswer { field, instance: instance.unwrap_or(1), said };
            let checked = vault.check_request_answer(scope, request, &answer).await;
            checked.map(|checked| RequestStepDone::checked(&checked))
        }
        RequestStepWanted::Extend { reason } => {
            let why = member(web, &reason, Longer::from_slug, LONGERS)?;
            let stepped = vault.extend_request(scope, request, why, mailer).await;
            stepped.map(|stepped| RequestStepDone::stepped(&stepped))
        }
        RequestStepWanted::Answer {} => {
            let answered = vault.answer_request(scope, request, mailer).await;
            answered.map(|answered| RequestStepDone::answered(&answered))
        }
        RequestStepWanted::Refuse { reason } => {
            let why = member(web, &reason, Declined::from_slug, WHYS)?;
            let stepped = vault.refuse_request(scope, request, why, mailer).await;
            stepped.map(|stepped| RequestStepDone::stepped(&stepped))
        }
        RequestStepWanted::Withdraw {} => {
            let stepped = vault.withdraw_request(scope, request, mailer).await;
            stepped.map(|stepped| RequestStepDone::stepped(&stepped))
        }
    };
    done.map_err(|error| web.failed(&error))
}
