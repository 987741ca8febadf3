//! `GET /v1/desk/message`, `POST /v1/desk/message/answers`, `POST /v1/lessons`: what comes to one's own desk beside customers. Drills for
//! people come this way, and nothing else: none of it has a customer.

use super::member;
use crate::body::{Json, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Lesson, Reaction, Ruse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{Debrief, OwnDrill};

/// What lies on the desk.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeskMessage {
    /// What came; null for nothing.
    message: Option<LyingMessage>,
    /// What it was, once it is over; null before.
    debrief: Option<DrillDebrief>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LyingMessage {
    title: &'static str,
    from: &'static str,
    said: &'static str,
    mask: Option<&'static str>,
    /// What one button says.
    yes: &'static str,
    /// What the other one says.
    no: &'static str,
}

/// It was a drill: said at once, and kindly.
#[derive(Serialize, ToSchema)]
pub(crate) struct DrillDebrief {
    /// reported, ignored or fell. It isn't kept.
    #[schema(pattern = "^(reported|ignored|fell)$")]
    reaction: &'static str,
    said: &'static str,
    /// What was shown: invented, and nobody's.
    shown: Option<&'static str>,
    lesson: LessonText,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LessonText {
    title: &'static str,
    text: &'static str,
}

impl LyingMessage {
    fn of(ruse: Ruse) -> Self {
        let scene = ruse.scene();
        let (title, from, said, mask) = (scene.title, scene.from, scene.said, scene.mask);
        Self { title, from, said, mask, yes: scene.lure, no: scene.decline }
    }
}

impl DrillDebrief {
    pub(crate) fn of(debrief: Debrief) -> Self {
        let (reaction, said) = told(debrief.reaction);
        let (lesson, fell) = (debrief.ruse.lesson(), debrief.reaction == Reaction::Fell);
        let lesson = LessonText { title: lesson.title(), text: lesson.text() };
        Self { reaction, said, shown: debrief.ruse.scene().shown.filter(|_| fell), lesson }
    }
}

/// What somebody is told who has just met a drill.
pub(crate) fn told(reaction: Reaction) -> (&'static str, &'static str) {
    match reaction {
        Reaction::Reported => (
            "reported",
            "Thank you: you reported it, and that is just what helps. It was a drill. No customer was in it. Had it been real, security would be looking at it now because of you.",
        ),
        Reaction::Ignored => (
            "ignored",
            "That was a drill. No customer was in it, and you didn't go along with it. Next time, report it as well: then others are warned too.",
        ),
        Reaction::Fell => (
            "fell",
            "That was a drill. No customer was in it, and all you saw was made up. It can happen to anyone, which is why we train. Nobody is told what you did, and it is not kept.",
        ),
    }
}

/// What lies on my desk?
///
/// Messages beside customers' own. Nearly always nothing.
#[utoipa::path(get, path = "/v1/desk/message", tag = "staff", operation_id = "getDeskMessage",
    responses((status = 200, body = DeskMessage), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn message(
    State(web): State<Web>,
    Signed(scope): Signed,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let there = !headers.contains_key("x-unattended");
    let found = web.vault.own_drill(&scope, there).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&match found {
        None => DeskMessage { message: None, debrief: None },
        Some(OwnDrill::Lies(ruse)) => DeskMessage { message: Some(LyingMessage::of(ruse)), debrief: None },
        Some(OwnDrill::Over(debrief)) => DeskMessage { message: None, debrief: Some(DrillDebrief::of(debrief)) },
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageAnswer {
    /// yes, no or report.
    #[schema(pattern = "^(yes|no|report)$", example = "report")]
    answer: String,
}

/// Answer what lies on my desk.
///
/// Yes, no, or that it looks wrong. What it was is said at once; what I did isn't kept, and the entry names nobody.
#[utoipa::path(post, path = "/v1/desk/message/answers", tag = "staff", operation_id = "answerDeskMessage", request_body = MessageAnswer,
    responses((status = 200, body = DrillDebrief), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn answer_message(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<MessageAnswer>, Failed>,
) -> Result<Response, Failed> {
    let Json(said) = body?;
    let reaction = |text: &str| match text {
        "yes" => Some(Reaction::Fell),
        "no" => Some(Reaction::Ignored),
        "report" => Some(Reaction::Reported),
        _ => None,
    };
    let reaction = member(&web, &said.answer, reaction, "answer is yes, no or report")?;
    let debrief = web.vault.answer_drill(&scope, reaction).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&DrillDebrief::of(debrief)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenLesson {
    /// Which lesson was shown.
    #[schema(
        pattern = "^(sensitive-look|read-back|broad-search|budget-low|answers-wrong|hurry|guarded|on-hold|alone|notes|codes|pushy-caller|money-offered|open-record|colleague-asks)$",
        example = "read-back"
    )]
    lesson: String,
}

/// I was shown a micro-lesson.
///
/// So that it isn't shown again for four weeks. It is used for nothing else, and the entry names nobody.
#[utoipa::path(post, path = "/v1/lessons", tag = "staff", operation_id = "seeLesson", request_body = SeenLesson,
    responses((status = 204), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn see_lesson(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<SeenLesson>, Failed>,
) -> Result<Response, Failed> {
    let Json(seen) = body?;
    let lesson = member(&web, &seen.lesson, Lesson::from_slug, "lesson isn't a lesson's name")?;
    web.vault.lesson_seen(&scope, lesson).await.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
