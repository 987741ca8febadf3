//! `GET /v1/culture`, `POST /v1/people-drills`, `DELETE /v1/people-drills/{id}`: how groups of people report, and drills for people.

use super::{id, member};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Millis, Ruse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{ClosedDrill, DrillWindow, Group, LessonsShown, NewPeopleDrill, PeopleDrillId, RunningDrill};

/// The longest name of a team, in bytes, and how many are named at most.
const LONGEST: usize = 200;
const MOST: usize = 100;

/// How people here report, in groups of eight or more.
#[derive(Serialize, ToSchema)]
pub(crate) struct CultureShown {
    /// Drills that run, for who plans them; null for others. Whom they reach is told to nobody.
    running: Option<Vec<RunningPeopleDrill>>,
    /// Drills that are over, newest first. A team leader sees their own team's group only.
    closed: Vec<ClosedPeopleDrill>,
    /// How many micro-lessons were shown in thirty whole days up to yesterday, to tens.
    lessons: Vec<LessonGroup>,
    /// Was the book of drills edited in the database? Then nothing of it counts.
    edited: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RunningPeopleDrill {
    drill: String,
    /// caller, bribe, decoy or colleague.
    kind: &'static str,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    until: String,
    /// How many were drawn.
    drawn: u32,
    receipt: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ClosedPeopleDrill {
    drill: String,
    /// caller, bribe, decoy or colleague.
    kind: &'static str,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    until: String,
    /// What all of them made of it; null where fewer than eight met it.
    all: Option<GroupFigures>,
    groups: Vec<TeamGroup>,
}

/// What eight people or more made of a drill. Shares are in tens: 10 is at most ten percent, 90 at least ninety.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupFigures {
    /// How many met it.
    #[schema(minimum = 8)]
    met: u32,
    /// The share that reported it, in percent.
    #[schema(minimum = 10, maximum = 90)]
    reported_percent: u8,
    /// The share that fell for it, in percent.
    #[schema(minimum = 10, maximum = 90)]
    fell_percent: u8,
    /// Half of the reports came within so many seconds; null without reports.
    reported_within_s: Option<u32>,
    /// Of those who had met such a drill before, the share that fell for it; null of fewer than eight.
    #[schema(minimum = 10, maximum = 90)]
    fell_again_percent: Option<u8>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TeamGroup {
    /// Teams that are shown together; an empty name stands for who is in none.
    teams: Vec<String>,
    figures: GroupFigures,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LessonGroup {
    teams: Vec<String>,
    #[schema(minimum = 8)]
    people: u32,
    lessons: u32,
}

impl GroupFigures {
    fn of(figures: &vault::Figures) -> Self {
        Self {
            met: figures.met,
            reported_percent: figures.reported,
            fell_percent: figures.fell,
            reported_within_s: figures.median.map(|speed| speed.within_s),
            fell_again_percent: figures.fell_again,
        }
    }
}

impl RunningPeopleDrill {
    fn of(drill: &RunningDrill) -> Self {
        Self {
            drill: drill.id.to_string(),
            kind: drill.ruse.slug(),
            from: drill.from.to_string(),
            until: drill.until.to_string(),
            drawn: drill.drawn,
            receipt: drill.receipt.to_string(),
        }
    }
}

impl ClosedPeopleDrill {
    fn of(drill: ClosedDrill) -> Self {
        let group =
            |group: Group<vault::Figures>| TeamGroup { figures: GroupFigures::of(&group.shown), teams: group.teams };
        Self {
            drill: drill.id.to_string(),
            kind: drill.ruse.slug(),
            from: drill.from.to_string(),
            until: drill.until.to_string(),
            all: drill.all.as_ref().map(GroupFigures::of),
            groups: drill.groups.into_iter().map(group).collect(),
        }
    }
}

/// How do people here report?
///
/// For security, auditors, the board and team leaders. Groups of eight people or more only, and of drills that are over.
#[utoipa::path(get, path = "/v1/culture", tag = "culture", operation_id = "getCulture",
    responses((status = 200, body = CultureShown), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let culture = web.vault.culture(&scope).await.map_err(|error| web.failed(&error))?;
    let lesson = |group: Group<LessonsShown>| LessonGroup {
        teams: group.teams,
        people: group.shown.people,
        lessons: group.shown.lessons,
    };
    Ok(ok(&CultureShown {
        running: culture.running.map(|running| running.iter().map(RunningPeopleDrill::of).collect()),
        closed: culture.closed.into_iter().map(ClosedPeopleDrill::of).collect(),
        lessons: culture.lessons.into_iter().map(lesson).collect(),
        edited: culture.edited,
    }))
}

/// A drill for people that security wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedPeopleDrill {
    /// caller, bribe, decoy or colleague.
    #[schema(pattern = "^(caller|bribe|decoy|colleague)$", example = "caller")]
    kind: String,
    /// Of which teams people are drawn; of all where none is named.
    #[serde(default)]
    #[schema(max_items = 100)]
    teams: Vec<String>,
    /// How many of them, in percent.
    #[schema(minimum = 1, maximum = 100, example = 50)]
    share_percent: u8,
    /// From when on it comes to desks, RFC 3339, within sixty days.
    #[schema(format = DateTime)]
    from: String,
    /// Until when: an hour to 31 days later.
    #[schema(format = DateTime)]
    until: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PlannedPeopleDrill {
    drill: String,
    /// How many were drawn. Whom, is told to nobody.
    #[schema(minimum = 8)]
    drawn: u32,
    receipt: String,
}

/// Plan a drill for people.
///
/// For security. Chance draws whom it reaches, eight people or more, and when; it never judges anybody.
#[utoipa::path(post, path = "/v1/people-drills", tag = "culture", operation_id = "planPeopleDrill", request_body = WantedPeopleDrill,
    responses((status = 201, body = PlannedPeopleDrill), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn plan(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<WantedPeopleDrill>, Failed>,
) -> Result<Response, Failed> {
    web.vault.plans_people_drills(&scope).await.map_err(|error| web.failed(&error))?;
    let Json(wanted) = body?;
    let new = wanted.read(&web)?;
    let planned = web.vault.plan_people_drill(&scope, &new).await.map_err(|error| web.failed(&error))?;
    let (drill, receipt) = (planned.id.to_string(), planned.receipt.to_string());
    Ok(answer(StatusCode::CREATED, &PlannedPeopleDrill { drill, drawn: planned.drawn, receipt }))
}

impl WantedPeopleDrill {
    fn read(self, web: &Web) -> Result<NewPeopleDrill, Failed> {
        let unfit = |detail| web.fault(Fault::UNPROCESSABLE.detail(detail));
        let ruse = member(web, &self.kind, Ruse::from_slug, "kind is caller, bribe, decoy or colleague")?;
        if self.teams.len() > MOST || self.teams.iter().any(|team| team.len() > LONGEST) {
            return Err(unfit("teams are at most 100, each of at most 200 bytes"));
        }
        if !(1..=100).contains(&self.share_percent) {
            return Err(unfit("share_percent is 1 to 100"));
        }
        let (from, until) = (Millis::parse(&self.from), Millis::parse(&self.until));
        let window = from.zip(until).and_then(|(from, until)| DrillWindow::new(web.vault.now(), from, until));
        let window = window.ok_or_else(|| {
            unfit("from and until are RFC 3339, an hour to 31 days apart, from within 60 days, until later than now")
        })?;
        Ok(NewPeopleDrill { ruse, teams: self.teams, share: self.share_percent, window })
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PeopleDrillEnded {
    receipt: String,
}

/// Call a drill for people off.
///
/// For security. Nothing of it comes to any desk any more, and nothing of it is counted.
#[utoipa::path(delete, path = "/v1/people-drills/{id}", tag = "culture", operation_id = "callOffPeopleDrill",
    params(("id" = String, Path, pattern = "^pdr_[0-9a-f]{32}$", description = "The drill's id.")),
    responses((status = 200, body = PeopleDrillEnded), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn call_off(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let drill = id(&web, &text, PeopleDrillId::parse)?;
    let receipt = web.vault.call_off_people_drill(&scope, drill).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&PeopleDrillEnded { receipt: receipt.to_string() }))
}
