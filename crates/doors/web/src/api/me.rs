//! `GET /v1/me`: who I am here and what is left of my allowances.

use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use domain::Purpose;
use serde::Serialize;
use utoipa::ToSchema;
use vault::{BudgetLeft, SharedLeft};

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
    /// What is counted: points of information, or one-time codes.
    #[schema(example = "information")]
    kind: &'static str,
    /// For this purpose only; none for whatever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "payment")]
    purpose: Option<&'static str>,
    /// In any stretch of this length: `hour`, `day` or `30_days`.
    #[schema(example = "hour")]
    window: &'static str,
    /// How much is left.
    left: u32,
    /// Of how much.
    limit: u32,
    /// Is four fifths of it spent?
    low: bool,
    /// When more of it is free, if nothing more is spent, RFC 3339; none where all of it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    more_at: Option<String>,
    /// When it is whole again, if nothing more is spent, RFC 3339.
    #[schema(format = DateTime)]
    resets_at: String,
}

impl Budget {
    pub(crate) fn of(budget: &BudgetLeft) -> Self {
        Self {
            kind: budget.kind.slug(),
            purpose: budget.purpose.map(Purpose::slug),
            window: budget.window.slug(),
            left: budget.left,
            limit: budget.limit,
            low: budget.is_low(),
            more_at: budget.more_at.map(|at| at.to_string()),
            resets_at: budget.whole_at.to_string(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SharedBudget {
    /// Who shares it.
    #[schema(example = "team")]
    by: &'static str,
    /// What is left; parts that other nodes hold aren't in it.
    #[serde(flatten)]
    budget: Budget,
}

impl SharedBudget {
    pub(crate) fn of(shared: &SharedLeft) -> Self {
        Self { by: shared.by.slug(), budget: Budget::of(&shared.left) }
    }
}

/// Who am I, and what is left of my allowances?
///
/// Name, role and tenant of whoever asks, with what is left of each allowance in any hour, day and thirty days, the person's own and those shared with others, so that nobody is surprised by a refusal.
#[utoipa::path(get, path = "/v1/me", tag = "staff", operation_id = "getMe",
    responses((status = 200, body = Me), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn me(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let left = web.vault.budgets(&scope).await.map_err(|error| web.failed(&error))?;
    let budgets = left.iter().map(Budget::of).collect();
    let shared = web.vault.shared_budgets(&scope).await.map_err(|error| web.failed(&error))?;
    let shared_budgets = shared.iter().map(SharedBudget::of).collect();
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
