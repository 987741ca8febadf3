//! `GET /v1/power/changes`, `DELETE /v1/power/changes/{id}`, `GET /v1/power/texts`: what waits for officers or for its time, and
//! what they can go back to.

use super::power_changes::DraftedPowerChange;
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::PersonId;
use serde::Serialize;
use utoipa::ToSchema;
use vault::Governing;

/// The id of a proposal of that name.
pub(super) fn proposal(web: &Web, name: &str) -> Result<[u8; 16], Failed> {
    super::id(web, name, |name| PersonId::parse(&name.replacen("chg_", "per_", 1)).map(|id| id.0))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PowerProposals {
    items: Vec<DraftedPowerChange>,
}

/// The proposals that wait for officers, or for their time.
///
/// For security officers, who sign them, and for those who are to notice: whoever may see alarms. The next to come into force or
/// to lapse first. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/power/changes", tag = "power", operation_id = "listPowerChanges",
    responses((status = 200, body = PowerProposals), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let all = web.vault.power_proposals(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&PowerProposals { items: all.iter().map(DraftedPowerChange::of).collect() }))
}

/// Withdraw a proposal.
///
/// For security officers, whoever signed it; also while it waits for its time.
#[utoipa::path(delete, path = "/v1/power/changes/{id}", tag = "power", operation_id = "withdrawPowerChange",
    params(("id" = String, Path, pattern = "^chg_[0-9a-f]{32}$", description = "The proposal's name.")),
    responses((status = 204, description = "Withdrawn."), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn withdraw(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let id = proposal(&web, &id)?;
    web.vault.withdraw_proposal(&scope, id).await.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Serialize, ToSchema)]
pub(crate) struct EarlierTexts {
    items: Vec<EarlierText>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct EarlierText {
    /// It counted until this version of people and rights was made.
    version: u64,
    #[schema(pattern = "^(rules|limits|plan|settings)$")]
    what: &'static str,
    #[schema(format = DateTime)]
    until: String,
}

/// Rules, limits, settings and data plans as they were.
///
/// For security officers, to go back to: draft the change `roll_back`. The newest first. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/power/texts", tag = "power", operation_id = "listEarlierTexts",
    responses((status = 200, body = EarlierTexts), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn texts(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let all = web.vault.earlier_texts(&scope).await.map_err(|error| web.failed(&error))?;
    let line = |one: vault::EarlierTexts| EarlierText {
        version: one.until_version,
        what: match one.texts {
            Governing::Rules { .. } => "rules",
            Governing::Limits { .. } => "limits",
            Governing::Plan { .. } => "plan",
            Governing::Settings { .. } => "settings",
        },
        until: one.until.to_string(),
    };
    Ok(ok(&EarlierTexts { items: all.into_iter().map(line).collect() }))
}
