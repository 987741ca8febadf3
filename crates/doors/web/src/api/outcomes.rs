//! `POST /v1/reports/{id}/outcome`: what security found of a report; the customer who made it reads it on their own page.

use super::{id, member};
use crate::body::{Json, answer};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Found, ReportId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportOutcome {
    /// explained, stopped, mistake or unclear.
    #[schema(pattern = "^(explained|stopped|mistake|unclear)$", example = "explained")]
    found: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeTold {
    receipt: String,
}

/// Say what came of a report.
///
/// For security. The customer who made it reads it on their own page; the later answer counts.
#[utoipa::path(post, path = "/v1/reports/{id}/outcome", tag = "reports", operation_id = "tellOutcome", request_body = ReportOutcome,
    params(("id" = String, Path, pattern = "^rep_[0-9a-f]{32}$", description = "The report's id.")),
    responses((status = 201, body = OutcomeTold), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn tell(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<ReportOutcome>, Failed>,
) -> Result<Response, Failed> {
    let report = id(&web, &text, ReportId::parse)?;
    let Json(told) = body?;
    let found = member(&web, &told.found, Found::from_slug, "found is explained, stopped, mistake or unclear")?;
    let receipt = web.vault.answer_report(&scope, report, found).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &OutcomeTold { receipt: receipt.to_string() }))
}
