//! `POST /v1/reports`, `GET /v1/reports`: report something suspicious; read by security only.

use super::interaction;
use super::paging::{Cursor, Limit, Paging};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{PersonId, ReportId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
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
    let interaction = report.interaction.as_deref().map(|text| interaction(&web, text)).transpose()?;
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
    /// An alias of whoever reported; `a customer` where it came from a customer's own page, `unknown` where its row was edited.
    by: String,
    /// null where its row was edited in the database.
    text: Option<String>,
    interaction: Option<String>,
}

/// Read reports, newest first.
///
/// For security. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", operation_id = "listReports",
    params(("cursor" = Option<String>, Query, pattern = "^rep_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Reports), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<ReportId>, Failed>,
) -> Result<Response, Failed> {
    let Paging { after, limit } = paging?;
    let found = web.vault.reports(&scope, after, limit).await.map_err(|error| web.failed(&error))?;
    let items = found.items.into_iter().map(shown).collect();
    Ok(ok(&Reports { items, next: found.next.map(|next| next.print()) }))
}

fn shown(report: vault::ReportText) -> Report {
    Report {
        report: report.id.to_string(),
        at: report.at.to_string(),
        by: match (&report.text, report.by) {
            (None, _) => "unknown".to_owned(),
            (Some(_), None) => "a customer".to_owned(),
            (Some(_), Some(person)) => alias(person),
        },
        text: report.text.map(|text| text.to_string()),
        interaction: report.interaction.map(|id| id.to_string()),
    }
}

/// A short name for a member of staff that isn't their name.
fn alias(person: PersonId) -> String {
    format!("p-{:02x}{:02x}", person.0[14], person.0[15])
}
