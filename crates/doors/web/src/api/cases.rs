//! `POST /v1/customers/{id}/cases`, `POST /v1/cases`, `GET /v1/cases`, `DELETE /v1/cases/{id}`: casework, without the customer
//! on the line. Whatever takes an interaction takes a case; each value shown in one needs a second person.

use super::{id, idempotency_key, interaction, member};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{CaseReason, CustomerId, InteractionId, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{CaseLine, OpenedCase};

const REASONS: &str = "reason is returned_mail, refund, complaint, delivery or correction";

/// What of a live interaction is followed up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowUp {
    /// The live interaction with this customer.
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    interaction: String,
    /// returned_mail, refund, complaint, delivery or correction. The log keeps this and no other words.
    #[schema(pattern = "^(returned_mail|refund|complaint|delivery|correction)$", example = "returned_mail")]
    reason: String,
}

/// A case for somebody of one's team.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseWanted {
    #[schema(pattern = "^cus_[0-9a-f]{32}$")]
    customer: String,
    /// Who is to work on it.
    #[schema(pattern = "^per_[0-9a-f]{32}$")]
    person: String,
    /// returned_mail, refund, complaint, delivery or correction. The log keeps this and no other words.
    #[schema(pattern = "^(returned_mail|refund|complaint|delivery|correction)$", example = "returned_mail")]
    reason: String,
}

/// A case that is open.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseOpened {
    /// It is taken wherever an interaction is.
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    case: String,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    until: String,
    /// The entry in the log; null where it was open already.
    receipt: Option<String>,
}

impl CaseOpened {
    fn of(opened: &OpenedCase) -> Self {
        Self {
            case: opened.case.to_string(),
            until: opened.until.to_string(),
            receipt: opened.receipt.map(|entry| entry.to_string()),
        }
    }
}

/// The open cases.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cases {
    /// The latest opened first.
    items: Vec<Case>,
    /// The entry of this reading.
    receipt: String,
}

/// An open case. It tells nothing of the customer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Case {
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    case: String,
    /// Who works on it.
    person: String,
    /// What they are called.
    name: String,
    #[schema(pattern = "^(returned_mail|refund|complaint|delivery|correction)$")]
    reason: &'static str,
    /// The reason, for people.
    reason_label: &'static str,
    #[schema(format = DateTime)]
    opened_at: String,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    until: String,
}

impl Case {
    fn of(line: CaseLine) -> Self {
        Self {
            case: line.case.to_string(),
            person: line.holder.to_string(),
            name: line.name,
            reason: line.reason.slug(),
            reason_label: line.reason.label(),
            opened_at: line.opened.to_string(),
            until: line.until.to_string(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CaseClosed {
    /// The entry in the log.
    receipt: String,
}

/// Follow up a conversation.
///
/// Opens a case for whoever asks about the customer of their live interaction, for a day: once per interaction, where a number, an address or the customer's own proof says who it is. It shows nothing by itself.
#[utoipa::path(post, path = "/v1/customers/{id}/cases", tag = "cases", operation_id = "followUp", request_body = FollowUp,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 201, body = CaseOpened), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn follow_up(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<FollowUp>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(wanted) = body?;
    let conversation = interaction(&web, &wanted.interaction)?;
    let reason = member(&web, &wanted.reason, CaseReason::from_slug, REASONS)?;
    let opened = web.vault.follow_up(&scope, conversation, customer, reason).await;
    Ok(answer(StatusCode::CREATED, &CaseOpened::of(&opened.map_err(|error| web.failed(&error))?)))
}

/// Open a case for somebody of my team.
///
/// For who leads a team: by a customer's id, as a returned letter or a complaint names nobody on the line. Counted with the second people that were asked for.
#[utoipa::path(post, path = "/v1/cases", tag = "cases", operation_id = "assignCase", request_body = CaseWanted,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The same key again, in the same session, gives the case that it opened.")),
    responses((status = 201, body = CaseOpened), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn assign(
    State(web): State<Web>,
    Signed(scope): Signed,
    headers: HeaderMap,
    body: Result<Json<CaseWanted>, Failed>,
) -> Result<Response, Failed> {
    let Json(wanted) = body?;
    let key = idempotency_key(&web, &headers)?;
    let customer = id(&web, &wanted.customer, CustomerId::parse)?;
    let holder = id(&web, &wanted.person, PersonId::parse)?;
    let reason = member(&web, &wanted.reason, CaseReason::from_slug, REASONS)?;
    let opened = web.vault.assign_case(&scope, holder, customer, reason, key.as_deref()).await;
    Ok(answer(StatusCode::CREATED, &CaseOpened::of(&opened.map_err(|error| web.failed(&error))?)))
}

/// Which cases are open?
///
/// Of one's team for who leads it, everybody's for security; never whose they are. Each reading is a log entry. One's own are among `GET /v1/interactions`.
#[utoipa::path(get, path = "/v1/cases", tag = "cases", operation_id = "listCases",
    responses((status = 200, body = Cases), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let book = web.vault.cases(&scope).await.map_err(|error| web.failed(&error))?;
    let items = book.items.into_iter().map(Case::of).collect();
    Ok(ok(&Cases { items, receipt: book.receipt.to_string() }))
}

/// Close a case.
///
/// At once and for good: by who works on it, who leads their team, or security.
#[utoipa::path(delete, path = "/v1/cases/{id}", tag = "cases", operation_id = "closeCase",
    params(("id" = String, Path, pattern = "^int_[0-9a-f]{32}$", description = "The case's id.")),
    responses((status = 200, body = CaseClosed), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn close(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let case = id(&web, &text, InteractionId::parse)?;
    let receipt = web.vault.close_case(&scope, case).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&CaseClosed { receipt: receipt.to_string() }))
}
