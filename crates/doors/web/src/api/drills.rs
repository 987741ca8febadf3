//! `POST` and `GET /v1/drills`: what attacks on decoys showed, and whether that still counts.

use super::member;
use super::packs::unhex32;
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::Millis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{DrillName, DrillPlace, DrillResult, DrillVerdict, Evidence, Posture};

/// How many results are told at once, at most.
const MOST: usize = 200;

/// What drills showed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrillResults {
    #[schema(min_items = 1, max_items = 200)]
    results: Vec<ToldDrill>,
    /// Where they were tried for a partner pack: what the buyer's nonce hashes to, in hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    nonce: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToldDrill {
    /// Its name, as `ringfence drill list` has it.
    #[schema(pattern = "^[a-z0-9-]{1,64}$", example = "reveal-without-contact")]
    drill: String,
    /// held, pierced or proves_nothing.
    #[schema(pattern = "^(held|pierced|proves_nothing)$", example = "held")]
    verdict: String,
    /// Against this deployment, or in a centre made for it by the same program.
    #[schema(pattern = "^(deployment|scratch)$", example = "deployment")]
    r#where: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DrillEntries {
    /// The results' entries in the log, in their order.
    entries: Vec<String>,
}

/// Tell what drills showed.
///
/// For security. Each result is an entry in the log, and counts for two days.
#[utoipa::path(post, path = "/v1/drills", tag = "drills", operation_id = "tellDrills", request_body = DrillResults,
    responses((status = 201, body = DrillEntries), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn tell(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<DrillResults>, Failed>,
) -> Result<Response, Failed> {
    web.vault.tells_drills(&scope).await.map_err(|error| web.failed(&error))?;
    let Json(told) = body?;
    if !(1..=MOST).contains(&told.results.len()) {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("results are 1 to 200")));
    }
    let results = told.results.iter().map(|one| result(&web, one)).collect::<Result<_, _>>()?;
    let wrong = || web.fault(Fault::UNPROCESSABLE.detail("nonce is 64 digits of lower-case hex"));
    let nonce = told.nonce.as_deref().map(|text| unhex32(text).ok_or_else(wrong)).transpose()?;
    let entries = web.vault.tell_drills(&scope, results, nonce).await.map_err(|error| web.failed(&error))?;
    let entries = entries.iter().map(ToString::to_string).collect();
    Ok(answer(StatusCode::CREATED, &DrillEntries { entries }))
}

fn result(web: &Web, told: &ToldDrill) -> Result<DrillResult, Failed> {
    let known = web.config.drills.iter().any(|drill| drill.name == told.drill);
    let drill = DrillName::parse(&told.drill).filter(|_| known);
    let unknown = || web.fault(Fault::UNPROCESSABLE.detail("drill isn't one that GET /v1/drills lists"));
    Ok(DrillResult {
        drill: drill.ok_or_else(unknown)?,
        verdict: member(web, &told.verdict, DrillVerdict::from_slug, "verdict is held, pierced or proves_nothing")?,
        place: member(web, &told.r#where, DrillPlace::from_slug, "where is deployment or scratch")?,
    })
}

/// What holds, as far as it was tried.
#[derive(Serialize, ToSchema)]
pub(crate) struct Drills {
    items: Vec<DrillStanding>,
    /// How many results were edited in the database: they count for nothing.
    edited: usize,
}

/// A drill, and what it showed last.
#[derive(Serialize, ToSchema)]
pub(crate) struct DrillStanding {
    drill: String,
    /// What is tried; none of one that this program doesn't have.
    tries: Option<String>,
    /// What it is evidence for.
    controls: Vec<String>,
    /// holds, pierced, proves_nothing, stale or never.
    #[schema(pattern = "^(holds|pierced|proves_nothing|stale|never)$")]
    state: &'static str,
    #[serde(rename = "where")]
    place: Option<&'static str>,
    #[schema(format = DateTime)]
    at: Option<String>,
    /// From when on it counts no more.
    #[schema(format = DateTime)]
    expires: Option<String>,
    /// Its entry in the log.
    receipt: Option<String>,
}

/// What drills showed, and whether it still counts.
///
/// For security, auditors and the board: every attack that this program knows, with its newest result.
#[utoipa::path(get, path = "/v1/drills", tag = "drills", operation_id = "listDrills",
    responses((status = 200, body = Drills), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let posture = web.vault.posture(&scope).await.map_err(|error| web.failed(&error))?;
    let now = web.vault.now();
    let lines = standings(&web, &posture, now);
    let items = lines.into_iter().map(|line| {
        let evidence = line.evidence;
        DrillStanding {
            drill: line.drill,
            tries: line.known.as_ref().map(|known| known.tries.clone()),
            controls: line.known.map(|known| known.controls).unwrap_or_default(),
            state: line.state.slug(),
            place: evidence.as_ref().map(|it| it.result.place.slug()),
            at: evidence.as_ref().map(|it| it.at.to_string()),
            expires: evidence.as_ref().map(|it| it.expires().to_string()),
            receipt: evidence.map(|it| it.entry.to_string()),
        }
    });
    Ok(ok(&Drills { items: items.collect(), edited: posture.edited }))
}

/// How a defence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// The attack got through.
    Pierced,
    /// It couldn't be carried out, or its control failed.
    ProvesNothing,
    /// It held, too long ago.
    Stale,
    /// It wasn't tried yet.
    Never,
    /// It holds.
    Holds,
}

impl Standing {
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Pierced => "pierced",
            Self::ProvesNothing => "proves_nothing",
            Self::Stale => "stale",
            Self::Never => "never",
            Self::Holds => "holds",
        }
    }

    fn of(evidence: Option<&Evidence>, now: Millis) -> Self {
        match evidence {
            None => Self::Never,
            Some(it) if it.holds(now) => Self::Holds,
            Some(it) => match it.result.verdict {
                DrillVerdict::Held => Self::Stale,
                DrillVerdict::Pierced => Self::Pierced,
                DrillVerdict::ProvesNothing => Self::ProvesNothing,
            },
        }
    }
}

/// A drill of this program, or one that somebody told of.
pub(crate) struct StandingLine {
    pub(crate) drill: String,
    pub(crate) known: Option<crate::KnownDrill>,
    pub(crate) state: Standing,
    pub(crate) evidence: Option<Evidence>,
}

/// Every drill that this program has, and those that were told of besides; the worst first.
pub(crate) fn standings(web: &Web, posture: &Posture, now: Millis) -> Vec<StandingLine> {
    let found = |name: &str| posture.evidence.iter().find(|evidence| evidence.result.drill.as_str() == name);
    let known = web.config.drills.iter();
    let mut lines: Vec<StandingLine> = known
        .map(|drill| {
            let evidence = found(&drill.name);
            let state = Standing::of(evidence, now);
            StandingLine { drill: drill.name.clone(), known: Some(drill.clone()), state, evidence: evidence.cloned() }
        })
        .collect();
    let others = posture
        .evidence
        .iter()
        .filter(|evidence| web.config.drills.iter().all(|drill| drill.name != evidence.result.drill.as_str()));
    lines.extend(others.map(|evidence| StandingLine {
        drill: evidence.result.drill.as_str().to_owned(),
        known: None,
        state: Standing::of(Some(evidence), now),
        evidence: Some(evidence.clone()),
    }));
    lines.sort_by(|one, other| (one.state, &one.drill).cmp(&(other.state, &other.drill)));
    lines
}
