//! `GET /v1/sessions`, `GET /v1/me/sessions`, `DELETE /v1/sessions/{id}`: who is signed in on a page, and ending it.

use super::disclosures::{Names, names};
use super::id;
use super::paging::{First, Limit};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use vault::{SessionId, SessionLine};

#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// As many as were asked for.
    items: Vec<Session>,
    /// How many there are.
    all: usize,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    #[schema(pattern = "^ses_[0-9a-f]{32}$")]
    session: String,
    person: String,
    /// The person's name; none where they are gone.
    name: Option<String>,
    #[schema(format = DateTime)]
    begun: String,
    /// When it was last used, to within a minute.
    #[schema(format = DateTime)]
    seen: String,
    /// When it ends at the latest.
    #[schema(format = DateTime)]
    ends: String,
    /// How it was signed in to.
    #[schema(example = "passkey")]
    way: &'static str,
    /// Does it work only in the browser that began it?
    bound: bool,
    /// Is it the one that asks?
    current: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionEnded {
    /// The entry in the log.
    receipt: String,
}

fn listed(names: &Names, lines: Vec<SessionLine>, most: usize) -> Response {
    let all = lines.len();
    let session = |line: SessionLine| Session {
        session: line.id.to_string(),
        person: line.person.to_string(),
        name: names.get(&line.person).cloned(),
        begun: line.begun.to_string(),
        seen: line.seen.to_string(),
        ends: line.ends.to_string(),
        way: line.way.slug(),
        bound: line.bound,
        current: line.current,
    };
    ok(&Sessions { items: lines.into_iter().take(most).map(session).collect(), all })
}

/// Everybody who is signed in on a page, newest first.
///
/// For security. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/sessions", tag = "staff", operation_id = "listSessions",
    params(Limit),
    responses((status = 200, body = Sessions), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    most: Result<First, Failed>,
) -> Result<Response, Failed> {
    let First(most) = most?;
    let lines = web.vault.sessions(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(listed(&names(&web.vault, &scope).await, lines, most))
}

/// Where I am signed in.
///
/// The sessions of whoever asks, newest first.
#[utoipa::path(get, path = "/v1/me/sessions", tag = "staff", operation_id = "listMySessions",
    responses((status = 200, body = Sessions), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn own(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let lines = web.vault.own_sessions(&scope).await.map_err(|error| web.failed(&error))?;
    // The names of others aren't asked for: who may not read them would be refused, in the log.
    let name = Names::from([(scope.person(), scope.name().to_owned())]);
    Ok(listed(&name, lines, usize::MAX))
}

/// End a session.
///
/// One's own, or anybody's for security. No node takes it any more within a second, and its live streams end.
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "staff", operation_id = "endSession",
    params(("id" = String, Path, pattern = "^ses_[0-9a-f]{32}$", description = "The session's id.")),
    responses((status = 200, body = SessionEnded), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn end(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let session = id(&web, &text, SessionId::parse)?;
    let receipt = web.vault.end_session(&scope, session).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&SessionEnded { receipt: receipt.to_string() }))
}
