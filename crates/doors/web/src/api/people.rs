//! `GET /v1/people`: who there is, with which role, under whom, and who has left.

use super::paging::{Cursor, Limit, Paging, unreadable};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
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
    /// What that manager is called.
    manager: Option<String>,
    /// Do they have a bearer token?
    token: bool,
    /// Was that token given while the centre was set up, to a person, and has no officer confirmed it since for the role that they have?
    unconfirmed_token: bool,
    /// When they were added.
    #[schema(format = DateTime)]
    since: String,
    /// Are they new, with smaller allowances?
    probation: bool,
    /// How many passkeys they have.
    passkeys: u64,
    /// How many devices they may work from.
    devices: u64,
    /// How many logins at the identity provider they have.
    logins: u64,
    /// Do they have a machine client's key?
    key: bool,
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
            manager: line.manager,
            token: line.token,
            unconfirmed_token: line.unconfirmed,
            since: line.since.to_string(),
            probation: line.probation,
            passkeys: line.passkeys as u64,
            devices: line.devices as u64,
            logins: line.logins as u64,
            key: line.key,
            left: line.left.map(|at| at.to_string()),
        }
    }
}

/// Whom the list is of.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Named {
    /// Those whose name, team or role (`security officer`) has this in it.
    named: Option<String>,
}

/// Read who there is.
///
/// For security and auditors. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/people", tag = "power", operation_id = "listPeople",
    params(Named, ("cursor" = Option<String>, Query, pattern = "^per_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = People), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<PersonId>, Failed>,
    named: Result<Query<Named>, QueryRejection>,
) -> Result<Response, Failed> {
    let Paging { after, limit } = paging?;
    let Query(Named { named }) = named.map_err(|_| web.fault(unreadable()))?;
    let found =
        web.vault.read_people(&scope, named.as_deref(), after, limit).await.map_err(|error| web.failed(&error))?;
    let items = found.items.into_iter().map(KnownPerson::from).collect();
    Ok(ok(&People { items, next: found.next.map(|next| next.print()) }))
}
