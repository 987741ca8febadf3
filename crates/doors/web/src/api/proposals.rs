//! `GET /v1/proposals` and below: what the company's identity provider wishes, and that security declines it.

use super::paging::{Cursor, Limit, Paging};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{PersonId, Role};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Proposals {
    items: Vec<ProposalLine>,
    /// Give it as `cursor` for the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ProposalLine {
    proposal: String,
    /// What would be done, in words.
    says: Vec<String>,
    /// The role that is proposed; without one, security names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[schema(format = DateTime)]
    at: String,
}

/// What waits for security.
///
/// Nothing of it gives anybody any power yet. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/proposals", tag = "people", operation_id = "listProposals",
    params(("cursor" = Option<String>, Query, pattern = "^per_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Proposals), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<PersonId>, Failed>,
) -> Result<Response, Failed> {
    let Paging { after, limit } = paging?;
    let found = web.vault.proposals(&scope, after, limit).await.map_err(|error| web.failed(&error))?;
    let line = |one: vault::Proposal| ProposalLine {
        proposal: one.id.to_string(),
        says: one.says,
        role: one.role.map(Role::slug),
        at: one.at.to_string(),
    };
    let items = found.items.into_iter().map(line).collect();
    Ok(ok(&Proposals { items, next: found.next.map(|next| next.print()) }))
}

/// Decline a proposal.
///
/// For security officers; what the provider said is set back to what is. To apply one, draft that change of power
/// (`POST /v1/power/changes`).
#[utoipa::path(delete, path = "/v1/proposals/{id}", tag = "people", operation_id = "declineProposal",
    params(("id" = String, Path, pattern = "^per_[0-9a-f]{32}$", description = "The proposal's id.")),
    responses((status = 204, description = "Declined."), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn decline(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let id = super::id(&web, &id, PersonId::parse)?;
    web.vault.decline_proposal(&scope, id).await.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
