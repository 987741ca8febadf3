//! `POST /v1/power/changes/{id}/trial`: what a drafted change would have done in the last thirty days.

use super::power_changes::named_so;
use super::power_proposals::proposal;
use crate::body::Json;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use crate::words::Base64Url;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{Purpose, Role};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use vault::{Example, Replay, Turned};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedDraft {
    /// The draft, as it was given; base64url. None for a proposal, whose name is enough.
    #[schema(inline)]
    draft: Option<Base64Url>,
}

/// How far a trial is, or, in its last line, what it found.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrialLine {
    /// Is this the last line?
    done: bool,
    /// Entries read, of so many.
    read: u64,
    of: u64,
    /// Acts among them that were tried.
    judged: u64,
    /// The kinds of entries that are tried; of no other is anything said.
    tried: Vec<&'static str>,
    /// Done, and would have been refused.
    would_refuse: u64,
    /// Refused, and would have been done.
    would_allow: u64,
    /// What hangs on something that the log doesn't say, by what: ground, channel, device, person, consent.
    unknown: BTreeMap<&'static str, u64>,
    /// Entries whose row was edited.
    damaged: u64,
    /// At most twenty of those of which something else would have become.
    examples: Vec<TrialExample>,
    /// The trial's own entry.
    #[schema(pattern = "^ent_[0-9a-f]{32}$")]
    receipt: String,
}

/// One entry. It names no customer.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrialExample {
    #[schema(pattern = "^ent_[0-9a-f]{32}$")]
    entry: String,
    #[schema(format = DateTime)]
    at: String,
    kind: &'static str,
    field: Option<&'static str>,
    purpose: Option<&'static str>,
    /// The person's role, as it is today.
    role: Option<&'static str>,
    /// refused, allowed or unknown.
    becomes: &'static str,
    /// What isn't known.
    unsaid: Option<&'static str>,
}

impl TrialLine {
    fn of(replay: &Replay, done: bool) -> Self {
        let found = replay.found();
        Self {
            done,
            read: found.read,
            of: replay.of(),
            judged: found.judged,
            tried: if done { replay.tried().iter().map(|kind| kind.slug()).collect() } else { Vec::new() },
            would_refuse: found.refused,
            would_allow: found.allowed,
            unknown: found.unknown.iter().map(|(what, many)| (what.slug(), *many)).collect(),
            damaged: found.damaged,
            examples: if done { found.examples.iter().map(TrialExample::of).collect() } else { Vec::new() },
            receipt: replay.receipt().to_string(),
        }
    }

    fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

impl TrialExample {
    fn of(example: &Example) -> Self {
        let (becomes, unsaid) = match example.turned {
            Turned::Refused => ("refused", None),
            Turned::Allowed => ("allowed", None),
            Turned::Unknown(what) => ("unknown", Some(what.slug())),
        };
        Self {
            entry: example.entry.to_string(),
            at: example.at.to_string(),
            kind: example.kind.slug(),
            field: example.field.map(domain::FieldKind::slug),
            purpose: example.purpose.map(Purpose::slug),
            role: example.role.map(Role::slug),
            becomes,
            unsaid,
        }
    }
}

/// Try a drafted change on the last thirty days of the log.
///
/// For security officers: rules, limits, a data plan, somebody's other role, or that they have left. Streamed as JSON Lines: how far it is, about four thousand entries a line, and at last what would have
/// been refused, what would have been allowed, and what the log doesn't say; and which kinds of acts are tried at all. Nothing
/// changes; the trial is a log entry. An answer without a line that says `done` broke off.
#[utoipa::path(post, path = "/v1/power/changes/{id}/trial", tag = "power", operation_id = "tryPowerChange", request_body = TriedDraft,
    params(("id" = String, Path, pattern = "^chg_[0-9a-f]{32}$", description = "The draft's or the proposal's name.")),
    responses((status = 200, description = "Lines of JSON, each as `TrialLine`.", body = String, content_type = "application/x-ndjson"),
        (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn run(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(id): Path<String>,
    body: Result<Json<TriedDraft>, Failed>,
) -> Result<Response, Failed> {
    let begun = match body?.0.draft {
        Some(draft) => {
            let draft = named_so(&web, &id, draft)?;
            web.vault.replay(scope, [0; 16], Some(&draft)).await
        }
        None => web.vault.replay(scope, proposal(&web, &id)?, None).await,
    };
    let replay = begun.map_err(|error| web.failed(&error))?;
    let lines = stream::try_unfold(Some(replay), |replay| async {
        let Some(replay) = replay else { return Ok(None) };
        match replay.step().await {
            Ok((replay, more)) => {
                let line = TrialLine::of(&replay, !more).line();
                Ok(Some((line, more.then_some(replay))))
            }
            Err(error) => {
                tracing::warn!(%error, "a trial broke off");
                Err(error)
            }
        }
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}
