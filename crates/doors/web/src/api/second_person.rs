//! `POST /v1/customers/{id}/approvals`, `GET /v1/approvals`, `POST /v1/approvals/{id}/answers`: a second person's yes or no to
//! showing something risky. They see what for, never the value.

use super::reveals::Wanted;
use super::{id, member};
use crate::body::{Json, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::Json as Plain;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{CaseReason, CustomerId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{ApprovalId, ApprovalLine};

/// A question that was put to a second person. Who that is isn't told to who asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovalAsked {
    #[schema(pattern = "^apr_[0-9a-f]{32}$")]
    approval: String,
    /// The entry in the log; null where the question stood already.
    receipt: Option<String>,
}

/// What concerns whoever asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Approvals {
    /// Put to them: open ones first, the longest waiting first of all; then answered ones, the latest first.
    to_answer: Vec<Approval>,
    /// Asked by them, the latest first.
    asked: Vec<Approval>,
}

/// A question to a second person. It tells nothing of the customer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Approval {
    #[schema(pattern = "^apr_[0-9a-f]{32}$")]
    approval: String,
    /// What the asker is called.
    asker: String,
    /// Their team; empty for none.
    team: String,
    /// How many second people they asked for in the last hour, while it is open.
    asked_in_hour: u32,
    #[schema(example = "bank_account")]
    field: &'static str,
    /// The field, for people.
    label: &'static str,
    #[schema(example = "payment")]
    purpose: &'static str,
    /// The purpose, for people.
    purpose_label: &'static str,
    /// By which channel the customer is in touch, while it is open; case: they aren't.
    #[schema(pattern = "^(call|chat|ticket|case)$")]
    channel: Option<&'static str>,
    /// announced, connected, held or ended.
    call_state: Option<&'static str>,
    /// How surely the interaction belongs to its customer: none, claimed, matched or proven.
    binding: Option<&'static str>,
    /// Where it is casework, without the customer on the line: why the case was opened, for people.
    casework: Option<&'static str>,
    #[schema(format = DateTime)]
    asked_at: String,
    /// Until when it stays as it is by itself: an unanswered one is a no then.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// asked, given, declined, used; over: nobody answered in time, or the yes wasn't used in time.
    #[schema(pattern = "^(asked|given|declined|used|over)$")]
    state: &'static str,
}

impl Approval {
    fn of(line: ApprovalLine) -> Self {
        Self {
            approval: line.id.to_string(),
            asker: line.asker,
            team: line.team,
            asked_in_hour: line.asked_in_hour,
            field: line.field.slug(),
            label: line.field.label(),
            purpose: line.purpose.slug(),
            purpose_label: line.purpose.label(),
            channel: line.ground.map(|(channel, _, _)| channel.slug()),
            call_state: line.ground.map(|(_, phase, _)| phase.slug()),
            binding: line.ground.map(|(_, _, binding)| binding.slug()),
            casework: line.casework.map(CaseReason::label),
            asked_at: line.asked.to_string(),
            until: line.until.map(|until| until.to_string()),
            state: line.state.slug(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalAnswer {
    /// yes or no.
    #[schema(pattern = "^(yes|no)$", example = "no")]
    answer: String,
}

/// Ask for a second person.
///
/// For a field that is shown only if somebody else agrees. They are drawn at random among those who are there; the same question again gives the one that is open. Reveal the field once they have said yes, within a minute.
#[utoipa::path(post, path = "/v1/customers/{id}/approvals", tag = "customers", operation_id = "askApproval", request_body = Wanted,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 202, body = ApprovalAsked), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn ask(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<Wanted>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(wanted) = body?;
    let command = wanted.command(&web, customer, None)?;
    let asked = web.vault.ask_approval(&scope, &command).await.map_err(|error| web.failed(&error))?;
    Ok((
        StatusCode::ACCEPTED,
        Plain(ApprovalAsked { approval: asked.id.to_string(), receipt: asked.receipt.map(|entry| entry.to_string()) }),
    )
        .into_response())
}

/// Questions to a second person that concern me.
///
/// Put to whoever asks, and asked by them, as far back as an interaction can last. They tell nothing of a customer.
#[utoipa::path(get, path = "/v1/approvals", tag = "staff", operation_id = "listApprovals",
    responses((status = 200, body = Approvals), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let own = web.vault.own_approvals(&scope).await.map_err(|error| web.failed(&error))?;
    let lines = |lines: Vec<ApprovalLine>| lines.into_iter().map(Approval::of).collect();
    Ok(ok(&Approvals { to_answer: lines(own.to_answer), asked: lines(own.asked) }))
}

/// Answer as the second person.
///
/// Yes or no, once, within two minutes, on a page of one's own. A no stands for that interaction.
#[utoipa::path(post, path = "/v1/approvals/{id}/answers", tag = "staff", operation_id = "answerApproval", request_body = ApprovalAnswer,
    params(("id" = String, Path, pattern = "^apr_[0-9a-f]{32}$", description = "The question's id.")),
    responses((status = 204), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn answer(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<ApprovalAnswer>, Failed>,
) -> Result<Response, Failed> {
    let approval = id(&web, &text, ApprovalId::parse)?;
    let Json(said) = body?;
    let yes = |text: &str| ["no", "yes"].iter().position(|word| *word == text).map(|place| place == 1);
    let yes = member(&web, &said.answer, yes, "answer is yes or no")?;
    web.vault.answer_approval(&scope, approval, yes).await.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
