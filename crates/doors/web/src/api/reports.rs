//! `POST /v1/reports`, `GET /v1/reports`: report something suspicious; read by security only.

use super::interactions::{bad_cursor, limit};
use super::member;
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{InteractionId, PersonId, ReportId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

/// The longest report, in characters.
const LONGEST: usize = 4_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    #[schema(value_type = String, min_length = 1, max_length = 4000)]
    text: Zeroizing<String>,
    /// The interaction it came up in.
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    interaction: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Reported {
    report: String,
}

/// Report something.
///
/// Anyone signed in, at any time, about anything suspicious. Only security reads it.
#[utoipa::path(post, path = "/v1/reports", tag = "reports", operation_id = "report", request_body = NewReport,
    responses((status = 201, body = Reported), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn report(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<NewReport>, Failed>,
) -> Result<Response, Failed> {
    let Json(report) = body?;
    let characters = report.text.chars().count();
    if report.text.trim().is_empty() || characters > LONGEST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("text is 1 to 4,000 characters")));
    }
    let interaction = report
        .interaction
        .as_deref()
        .map(|text| member(&web, text, InteractionId::parse, "interaction isn't an interaction's id"))
        .transpose()?;
    let id = web.vault.report(&scope, interaction, &report.text).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &Reported { report: id.to_string() }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Reports {
    items: Vec<Report>,
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Report {
    report: String,
    #[schema(format = DateTime)]
    at: String,
    /// An alias of whoever reported.
    by: String,
    text: String,
    interaction: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// The `next` of the page before.
    #[param(pattern = "^rep_[0-9a-f]{32}$")]
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Read reports, newest first.
///
/// For security. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", operation_id = "listReports", params(Page),
    responses((status = 200, body = Reports), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failed> {
    let Query(page) = page.map_err(|_| web.fault(Fault::INVALID.detail("the query can't be read")))?;
    let after = page
        .cursor
        .as_deref()
        .map(|cursor| ReportId::parse(cursor).ok_or_else(|| web.fault(bad_cursor())))
        .transpose()?;
    let limit = limit(&web, page.limit)?;
    let found = web.vault.reports(&scope, after, limit).await.map_err(|error| web.failed(&error))?;
    let items = found.items.into_iter().map(shown).collect();
    Ok(ok(&Reports { items, next: found.next.map(|id| id.to_string()) }))
}

fn shown(report: vault::ReportText) -> Report {
    Report {
        report: report.id.to_string(),
        at: report.at.to_string(),
        by: alias(report.by),
        text: report.text.to_string(),
        interaction: report.interaction.map(|id| id.to_string()),
    }
}

/// A short name for a member of staff that isn't their name.
fn alias(person: PersonId) -> String {
    format!("p-{:02x}{:02x}", person.0[14], person.0[15])
}
