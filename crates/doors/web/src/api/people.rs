//! `GET /v1/people`: who there is, with which role, under whom, and who has left.

use super::paging::{Cursor, Limit, Paging};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use domain::PersonId;
use serde::Serialize;
use utoipa::ToSchema;
use vault::PersonLine;

#[derive(Serialize, ToSchema)]
pub(crate) struct People {
    items: Vec<KnownPerson>,
    next: Option<String>,
}

/// A member of staff or a machine client.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownPerson {
    #[schema(pattern = "^per_[0-9a-f]{32}$")]
    person: String,
    name: String,
    #[schema(example = "team_leader")]
    role: &'static str,
    team: String,
    /// Their manager.
    reports_to: Option<String>,
    /// Do they have a bearer token?
    token: bool,
    /// How many passkeys they have.
    passkeys: u64,
    /// Since when they aren't here any more.
    #[schema(format = DateTime)]
    left: Option<String>,
}

impl From<PersonLine> for KnownPerson {
    fn from(line: PersonLine) -> Self {
        Self {
            person: line.person.to_string(),
            name: line.name,
            role: line.role.slug(),
            team: line.team,
            reports_to: line.reports_to.map(|id| id.to_string()),
            token: line.token,
            passkeys: line.passkeys as u64,
            left: line.left.map(|at| at.to_string()),
        }
    }
}

/// Read who there is.
///
/// For security and auditors. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/people", tag = "power", operation_id = "listPeople",
    params(("cursor" = Option<String>, Query, pattern = "^per_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = People), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<PersonId>, Failed>,
) -> Result<Response, Failed> {
    let Paging { after, limit } = paging?;
    let found = web.vault.read_people(&scope, after, limit).await.map_err(|error| web.failed(&error))?;
    let items = found.items.into_iter().map(KnownPerson::from).collect();
    Ok(ok(&People { items, next: found.next.map(|next| next.print()) }))
}
