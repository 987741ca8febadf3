//! `GET /v1/team/budgets`: what my team and its members have spent.

use super::me::{Budget, SharedBudget};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use vault::TeamMember;

#[derive(Serialize, ToSchema)]
pub(crate) struct Team {
    /// The team; empty for none.
    team: String,
    /// What is left of what the team shares, and of what everybody does.
    shared_budgets: Vec<SharedBudget>,
    /// Who serves customers in it, by name.
    members: Vec<Member>,
    /// The entry of this reading.
    receipt: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    person: String,
    name: String,
    #[schema(example = "agent")]
    role: &'static str,
    /// New here, with a quarter of each allowance.
    probation: bool,
    /// What is left in each window, whatever for.
    budgets: Vec<Budget>,
}

impl Member {
    fn of(member: TeamMember) -> Self {
        Self {
            person: member.person.to_string(),
            name: member.name,
            role: member.role.slug(),
            probation: member.probation,
            budgets: member.left.iter().map(Budget::of).collect(),
        }
    }
}

/// What have my team and its members spent?
///
/// For who leads a team: how much is left of its allowance and of each member's, never on whom or what it was spent. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/team/budgets", tag = "staff", operation_id = "getTeamBudgets",
    responses((status = 200, body = Team), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn budgets(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let found = web.vault.team_budgets(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Team {
        team: found.team,
        shared_budgets: found.shared.iter().map(SharedBudget::of).collect(),
        members: found.members.into_iter().map(Member::of).collect(),
        receipt: found.receipt.to_string(),
    }))
}
