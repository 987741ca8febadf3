//! `GET /v1/me`: who I am here and what is left of my allowances.

use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    #[schema(example = "per_0192f7a0c0de7c0c8a3b000000000001")]
    person: String,
    name: String,
    #[schema(example = "agent")]
    role: &'static str,
    tenant: String,
    team: String,
    budgets: Vec<Budget>,
    /// What I share with my team, and with everybody.
    shared_budgets: Vec<SharedBudget>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Budget {
    /// What is counted.
    #[schema(example = "reveal")]
    kind: &'static str,
    /// How much is left in this hour.
    left: u32,
    /// Of how much.
    limit: u32,
    /// When it is whole again, RFC 3339.
    #[schema(format = DateTime)]
    resets_at: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SharedBudget {
    /// Who shares it.
    #[schema(example = "team")]
    by: &'static str,
    /// What is counted.
    #[schema(example = "reveal")]
    kind: &'static str,
    /// How much is left in this hour; parts that other nodes hold aren't in it.
    left: u32,
    /// Of how much.
    limit: u32,
    /// When it is whole again, RFC 3339.
    #[schema(format = DateTime)]
    resets_at: String,
}

/// Who am I, and what is left of my allowances?
///
/// Name, role and tenant of whoever asks, with the rest of each hourly allowance, the person's own and those shared with others, so that nobody is surprised by a refusal.
#[utoipa::path(get, path = "/v1/me", tag = "staff", operation_id = "getMe",
    responses((status = 200, body = Me), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn me(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let left = web.vault.budgets(&scope).await.map_err(|error| web.failed(&error))?;
    let budgets = left
        .into_iter()
        .map(|budget| Budget {
            kind: budget.kind.slug(),
            left: budget.left,
            limit: budget.limit,
            resets_at: budget.resets_at.to_string(),
        })
        .collect();
    let shared = web.vault.shared_budgets(&scope).await.map_err(|error| web.failed(&error))?;
    let shared_budgets = shared
        .into_iter()
        .map(|shared| SharedBudget {
            by: shared.by.slug(),
            kind: shared.kind.slug(),
            left: shared.left,
            limit: shared.limit,
            resets_at: shared.resets_at.to_string(),
        })
        .collect();
    Ok(ok(&Me {
        person: scope.person().to_string(),
        name: scope.name().to_owned(),
        role: scope.role().slug(),
        tenant: web.slug(scope.tenant()),
        team: scope.team().to_owned(),
        budgets,
        shared_budgets,
    }))
}
