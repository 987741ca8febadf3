//! `GET` and `POST /v1/glass`, and what is done with a request: break-glass, for security officers in an emergency and for those
//! who review it.

use super::power_changes::ApprovingPasskey;
use super::reveals::Shown;
use super::{id, member};
use crate::body::{Json, answer as answered, disclosed, ok, whole};
use crate::identify::Signed;
use crate::passkey::{Answer, said};
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{CustomerId, Emergency, FieldKind, Finding};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{AskGlass, GlassAnswer, GlassId, GlassLine, GlassStep};
use zeroize::Zeroizing;

/// The longest note, in characters.
const LONGEST: usize = 1_000;

/// One field of one customer, in an emergency.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GlassWanted {
    #[schema(pattern = "^cus_[0-9a-f]{32}$")]
    customer: String,
    #[schema(
        pattern = "^(name|postal_address|phone|email|date_of_birth|card|bank_account|order|preference|note)$",
        example = "postal_address"
    )]
    field: String,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    #[serde(deserialize_with = "whole")]
    instance: u32,
    /// life, property, authority or nobody_there. The log keeps this and no other words.
    #[schema(pattern = "^(life|property|authority|nobody_there)$", example = "life")]
    reason: String,
    /// What the other officer and who reviews should know. Sealed; it isn't in the log.
    #[serde(default)]
    #[schema(value_type = String, max_length = 1_000)]
    note: Zeroizing<String>,
}

/// A request to break the glass.
#[derive(Serialize, ToSchema)]
pub(crate) struct GlassAsked {
    #[schema(pattern = "^gls_[0-9a-f]{32}$")]
    glass: String,
    /// The entry in the log.
    receipt: String,
    /// How many other officers have a passkey with which they could agree.
    other_officers: usize,
}

/// Every request, for who watches.
#[derive(Serialize, ToSchema)]
pub(crate) struct GlassRequests {
    /// What waited too long for a review first, then what is open, then the rest, the latest first.
    items: Vec<GlassRequest>,
    /// The records don't fit what the log counts: one was changed, taken out or put back.
    damaged: bool,
    /// May whoever looks ask?
    may_ask: bool,
    /// The passkeys of whoever looks that count.
    passkeys: Vec<ApprovingPasskey>,
}

/// A request, and how far it has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct GlassRequest {
    #[schema(pattern = "^gls_[0-9a-f]{32}$")]
    glass: String,
    /// asked, declined, agreed, broken: the value was shown and a review is due; reviewed; over: nobody answered or used it in time.
    #[schema(pattern = "^(asked|declined|agreed|broken|reviewed|over)$")]
    state: &'static str,
    /// What the officer is called who asked.
    asker: String,
    /// The second officer, once one has answered.
    second: Option<String>,
    /// Whose value; only for who reads the log.
    customer: Option<String>,
    #[schema(example = "postal_address")]
    field: &'static str,
    /// The field, for people.
    label: &'static str,
    instance: u32,
    #[schema(pattern = "^(life|property|authority|nobody_there)$")]
    reason: &'static str,
    /// The reason, for people.
    reason_label: &'static str,
    /// What was written beside it; only for officers and who reviews.
    note: Option<String>,
    #[schema(format = DateTime)]
    asked_at: String,
    /// Until when it can be answered, or used.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// When the value was shown.
    #[schema(format = DateTime)]
    broken_at: Option<String>,
    /// By when a review is due.
    #[schema(format = DateTime)]
    review_due: Option<String>,
    /// Is that past without one?
    overdue: bool,
    review: Option<GlassFinding>,
    /// What whoever looks can do now.
    #[schema(pattern = "^(answer|reveal|review)$")]
    step: Option<&'static str>,
    /// What their passkey signs for that; base64url.
    challenge: Option<String>,
}

/// What a review came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct GlassFinding {
    #[schema(pattern = "^(justified|not_justified)$")]
    finding: &'static str,
    /// What the reviewer is called.
    by: String,
    #[schema(format = DateTime)]
    at: String,
}

impl GlassRequest {
    fn of(line: GlassLine) -> Self {
        let (step, challenge) = match line.step {
            None => (None, None),
            Some(GlassStep::Answer(challenge)) => (Some("answer"), Some(challenge)),
            Some(GlassStep::Break(challenge)) => (Some("reveal"), Some(challenge)),
            Some(GlassStep::Review) => (Some("review"), None),
        };
        let review =
            line.reviewed.map(|(finding, by, at)| GlassFinding { finding: finding.slug(), by, at: at.to_string() });
        Self {
            glass: line.id.to_string(),
            state: line.state.slug(),
            asker: line.asker,
            second: line.second,
            customer: line.customer.map(|customer| customer.to_string()),
            field: line.field.slug(),
            label: line.field.label(),
            instance: line.instance,
            reason: line.reason.slug(),
            reason_label: line.reason.label(),
            note: line.note.map(|note| note.as_str().to_owned()),
            asked_at: line.asked.to_string(),
            until: line.until.map(|at| at.to_string()),
            broken_at: line.broken.map(|at| at.to_string()),
            review_due: line.review_due.map(|at| at.to_string()),
            overdue: line.overdue,
            review,
            step,
            challenge: challenge.map(|challenge| said(&challenge)),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GlassAnswered {
    /// yes or no.
    #[schema(pattern = "^(yes|no)$", example = "no")]
    answer: String,
    /// What the second officer's passkey signed; a yes needs it.
    assertion: Option<Answer>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GlassSigned {
    /// What the passkey of the officer who asked signed.
    assertion: Answer,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GlassReview {
    /// justified or not_justified.
    #[schema(pattern = "^(justified|not_justified)$", example = "justified")]
    finding: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GlassDone {
    /// The entry in the log.
    receipt: String,
}

/// Ask to break the glass.
///
/// For a security officer on a page, in an emergency in which the ordinary way isn't open: one name, address, number, e-mail address or date of birth, with a reason. It shows nothing yet: a second officer must agree within ten minutes.
#[utoipa::path(post, path = "/v1/glass", tag = "glass", operation_id = "askGlass", request_body = GlassWanted,
    responses((status = 201, body = GlassAsked), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn ask(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<GlassWanted>, Failed>,
) -> Result<Response, Failed> {
    let Json(wanted) = body?;
    let reason = "reason is life, property, authority or nobody_there";
    let command = AskGlass {
        customer: id(&web, &wanted.customer, CustomerId::parse)?,
        field: member(&web, &wanted.field, FieldKind::from_slug, "field isn't a kind of field")?,
        instance: wanted.instance,
        reason: member(&web, &wanted.reason, Emergency::from_slug, reason)?,
        note: wanted.note,
    };
    if command.note.chars().count() > LONGEST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("note is at most 1,000 characters")));
    }
    let asked = web.vault.ask_glass(&scope, &command).await.map_err(|error| web.failed(&error))?;
    let (glass, receipt) = (asked.id.to_string(), asked.receipt.to_string());
    Ok(answered(StatusCode::CREATED, &GlassAsked { glass, receipt, other_officers: asked.others }))
}

/// What was asked behind the glass.
///
/// For security, auditors and the board: of the last ninety days, and all that waits for a review. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/glass", tag = "glass", operation_id = "listGlass",
    responses((status = 200, body = GlassRequests), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let book = web.vault.glass_book(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&GlassRequests {
        items: book.items.into_iter().map(GlassRequest::of).collect(),
        damaged: book.damaged,
        may_ask: book.asks,
        passkeys: book.passkeys.iter().map(ApprovingPasskey::of).collect(),
    }))
}

/// Answer as the second officer.
///
/// Yes, signed with a passkey of one's own, or no; once, from another browser than the asker's. Silence is a no.
#[utoipa::path(post, path = "/v1/glass/{id}/answers", tag = "glass", operation_id = "answerGlass", request_body = GlassAnswered,
    params(("id" = String, Path, pattern = "^gls_[0-9a-f]{32}$", description = "The request's id.")),
    responses((status = 200, body = GlassDone), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn answer(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<GlassAnswered>, Failed>,
) -> Result<Response, Failed> {
    let glass = id(&web, &text, GlassId::parse)?;
    let Json(given) = body?;
    let yes = |text: &str| ["no", "yes"].iter().position(|word| *word == text).map(|place| place == 1);
    let answer = match member(&web, &given.answer, yes, "answer is yes or no")? {
        true => GlassAnswer::Yes(given.assertion.map(Into::into)),
        false => GlassAnswer::No,
    };
    let receipt = web.vault.answer_glass(&scope, glass, answer).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&GlassDone { receipt: receipt.to_string() }))
}

/// Break the glass.
///
/// Shows the value once to the officer who asked and signs now, within five minutes of the agreement. The log entry is durable before the value leaves, and the board's alarm stands from then on. It isn't given out again.
#[utoipa::path(post, path = "/v1/glass/{id}/reveal", tag = "glass", operation_id = "breakGlass", request_body = GlassSigned,
    params(("id" = String, Path, pattern = "^gls_[0-9a-f]{32}$", description = "The request's id.")),
    responses((status = 200, body = Shown), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn reveal(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<GlassSigned>, Failed>,
) -> Result<Response, Failed> {
    let glass = id(&web, &text, GlassId::parse)?;
    let Json(signed) = body?;
    let assertion = signed.assertion.into();
    let revealed = web.vault.break_glass(&scope, glass, Some(assertion)).await.map_err(|error| web.failed(&error))?;
    let after = format!(",\"remask_in_s\":{},\"receipt\":\"{}\"}}", revealed.remask_in_s, revealed.receipt);
    Ok(disclosed(revealed.value.to_screen(b"{\"value\":", after.as_bytes())))
}

/// Review what was seen behind the glass.
///
/// For the board, or a security officer who was neither of the two; on a page, once, within five days. After that an alarm stands until it is done.
#[utoipa::path(post, path = "/v1/glass/{id}/review", tag = "glass", operation_id = "reviewGlass", request_body = GlassReview,
    params(("id" = String, Path, pattern = "^gls_[0-9a-f]{32}$", description = "The request's id.")),
    responses((status = 200, body = GlassDone), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn review(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<GlassReview>, Failed>,
) -> Result<Response, Failed> {
    let glass = id(&web, &text, GlassId::parse)?;
    let Json(given) = body?;
    let finding = member(&web, &given.finding, Finding::from_slug, "finding is justified or not_justified")?;
    let receipt = web.vault.review_glass(&scope, glass, finding).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&GlassDone { receipt: receipt.to_string() }))
}
