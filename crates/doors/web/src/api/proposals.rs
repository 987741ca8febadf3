//! `GET /v1/proposals` and below: what the company's identity provider wishes, and security's answer.

use super::approval::warrant;
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::passkey::Answer;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use crate::words::RoleName;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{PersonId, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{Decision, Scope};

#[derive(Serialize, ToSchema)]
pub(crate) struct Proposals {
    items: Vec<ProposalLine>,
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
    responses((status = 200, body = Proposals), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let all = web.vault.proposals(&scope).await.map_err(|error| web.failed(&error))?;
    let line = |one: vault::Proposal| ProposalLine {
        proposal: one.id.to_string(),
        says: one.says,
        role: one.role.map(Role::slug),
        at: one.at.to_string(),
    };
    Ok(ok(&Proposals { items: all.into_iter().map(line).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposedDraft {
    /// The role to be given, where none is proposed.
    #[schema(inline)]
    role: Option<RoleName>,
}

/// What an officer's passkey signs.
#[derive(Serialize, ToSchema)]
pub(crate) struct PowerDraft {
    /// The version of people and rights that it would make.
    version: u64,
    /// The challenge, in base64url.
    challenge: String,
}

impl PowerDraft {
    pub(super) fn of(seq: u64, challenge: &[u8; 32]) -> Response {
        use base64::Engine as _;
        let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(challenge);
        answer(StatusCode::CREATED, &Self { version: seq, challenge })
    }
}

/// Draft the change that would do it, to be approved with a passkey.
///
/// For security officers. Nothing changes yet.
#[utoipa::path(post, path = "/v1/proposals/{id}/drafts", tag = "people", operation_id = "draftProposal", request_body = ProposedDraft,
    params(("id" = String, Path, pattern = "^per_[0-9a-f]{32}$")),
    responses((status = 201, body = PowerDraft), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn draft(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(id): Path<String>,
    body: Result<Json<ProposedDraft>, Failed>,
) -> Result<Response, Failed> {
    let (id, Json(asked)) = (super::id(&web, &id, PersonId::parse)?, body?);
    let role = asked.role.map(|RoleName(role)| role);
    let draft = web.vault.draft_proposal(&scope, id, role, issuer(&web, &scope)).await;
    let draft = draft.map_err(|error| web.failed(&error))?;
    Ok(PowerDraft::of(draft.seq, &draft.challenge))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    /// apply or decline.
    #[schema(pattern = "^(apply|decline)$", example = "decline")]
    decision: String,
    /// The role to be given, where none is proposed.
    #[schema(inline)]
    role: Option<RoleName>,
    /// Officers' approvals of the draft, with their passkeys.
    #[serde(default)]
    #[schema(max_items = 8)]
    approvals: Vec<Answer>,
}

/// Apply a proposal, or decline it.
///
/// For security officers. Applying gives power, so it takes an officer's approval of the draft.
#[utoipa::path(post, path = "/v1/proposals/{id}/decisions", tag = "people", operation_id = "decideProposal", request_body = Decided,
    params(("id" = String, Path, pattern = "^per_[0-9a-f]{32}$")),
    responses((status = 204, description = "Done."), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn decide(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(id): Path<String>,
    body: Result<Json<Decided>, Failed>,
) -> Result<Response, Failed> {
    let (id, Json(asked)) = (super::id(&web, &id, PersonId::parse)?, body?);
    let role = asked.role.map(|RoleName(role)| role);
    let decision = match asked.decision.as_str() {
        "apply" => Decision::Apply(warrant(&web, asked.approvals)?),
        "decline" => Decision::Decline,
        _ => return Err(web.fault(Fault::UNPROCESSABLE.detail("decision is apply or decline"))),
    };
    let decided = web.vault.decide_proposal(&scope, id, decision, role, issuer(&web, &scope)).await;
    decided.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whose subjects the provider's external ids are.
fn issuer<'w>(web: &'w Web, scope: &Scope) -> Option<&'w str> {
    web.config.providers.iter().find(|one| one.tenant == scope.tenant()).map(|one| one.client.issuer.as_str())
}
