//! `POST /v1/reports`, `GET /v1/reports/mine`, `POST /v1/reports/{id}/replies`: report something, and follow it. For handlers:
//! `GET /v1/reports`, `GET /v1/reports/outside`, `POST /v1/reports/{id}/steps`, `GET /v1/reports/{id}/files/{number}`.

use super::desk::DrillDebrief;
use super::paging::{Cursor, Limit, Paging};
use super::{id, interaction, member};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Found, Millis, ReportId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{Followed, ReportLine, ReportList, ReportMove, ReportedBy};
use zeroize::Zeroizing;

/// The longest text, in characters.
pub(crate) const LONGEST: usize = 4_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    #[schema(value_type = String, min_length = 1, max_length = 4000, pattern = "\\S")]
    text: Zeroizing<String>,
    /// The interaction it came up in: what is held of its customer is kept until the report is closed.
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    interaction: Option<String>,
    /// Is it about somebody of security? Then nobody there reads it, but the data protection officer and auditors do.
    #[serde(default)]
    about_security: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Reported {
    /// null where it was a drill: then nothing is filed.
    report: Option<String>,
    /// Its entry; null where it is in the log only once the box of such reports is turned.
    receipt: Option<String>,
    /// What lay on the desk was a drill, and this is what it was. Whoever meant something else sends it again.
    debrief: Option<DrillDebrief>,
}

/// Is this something that somebody says?
pub(crate) fn is_said(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST
}

fn said(web: &Web, text: &str) -> Result<(), Failed> {
    match is_said(text) {
        true => Ok(()),
        false => Err(web.fault(Fault::UNPROCESSABLE.detail("text is 1 to 4,000 characters"))),
    }
}

/// Report something.
///
/// Anyone signed in, at any time, about anything suspicious. Security reads it, or, if it is about security, somebody outside it.
#[utoipa::path(post, path = "/v1/reports", tag = "reports", operation_id = "report", request_body = NewReport,
    responses((status = 201, body = Reported), (status = 200, body = Reported), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn report(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<NewReport>, Failed>,
) -> Result<Response, Failed> {
    let Json(report) = body?;
    said(&web, &report.text)?;
    let interaction = report.interaction.as_deref().map(|text| interaction(&web, text)).transpose()?;
    if !report.about_security {
        let met = web.vault.drill_reported(&scope, interaction).await.map_err(|error| web.failed(&error))?;
        if let Some(debrief) = met {
            let debrief = Some(DrillDebrief::of(debrief));
            return Ok(ok(&Reported { report: None, receipt: None, debrief }));
        }
    }
    let NewReport { text, about_security, .. } = report;
    let new = vault::NewReport { text, about_security, interaction, files: Vec::new() };
    let spoken = web.vault.report(&scope, new).await.map_err(|error| web.failed(&error))?;
    let (report, receipt) = (Some(spoken.id.to_string()), spoken.receipt.map(|entry| entry.to_string()));
    Ok(answer(StatusCode::CREATED, &Reported { report, receipt, debrief: None }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ReportSaid {
    /// reporter, security or outside.
    by: &'static str,
    #[schema(format = Date)]
    day: String,
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OwnReport {
    report: String,
    #[schema(format = Date)]
    day: String,
    text: String,
    about_security: bool,
    said: Vec<ReportSaid>,
    #[schema(format = Date)]
    acknowledged: Option<String>,
    #[schema(format = Date)]
    acknowledge_by: String,
    #[schema(format = Date)]
    answer_by: String,
    /// explained, stopped, mistake or unclear; null while it is open.
    found: Option<&'static str>,
    /// null while it waits to be written into the log.
    entry: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OwnReports {
    items: Vec<OwnReport>,
}

/// A moment's day.
pub(crate) fn day(at: Millis) -> String {
    at.to_string().chars().take(10).collect()
}

/// The day before this moment, with which a term ends.
pub(crate) fn last_day(at: Millis) -> String {
    day(Millis(at.0.saturating_sub(1)))
}

fn own(id: ReportId, followed: &Followed) -> OwnReport {
    let line =
        |line: &vault::FollowedLine| ReportSaid { by: line.by.slug(), day: day(line.day), text: line.text.to_string() };
    OwnReport {
        report: id.to_string(),
        day: day(followed.day),
        text: followed.text.to_string(),
        about_security: followed.about_security,
        said: followed.lines.iter().map(line).collect(),
        acknowledged: followed.acknowledged.map(day),
        acknowledge_by: last_day(followed.acknowledge_by),
        answer_by: last_day(followed.answer_by),
        found: followed.outcome.map(|(found, _)| found.slug()),
        entry: followed.entry.map(|entry| entry.to_string()),
    }
}

/// What I reported.
///
/// With what was said since, and what came of it. Nobody else sees this list.
#[utoipa::path(get, path = "/v1/reports/mine", tag = "reports", operation_id = "listOwnReports",
    responses((status = 200, body = OwnReports), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn mine(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let found = web.vault.own_reports(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&OwnReports { items: found.iter().map(|one| own(one.id, &one.followed)).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportReply {
    #[schema(value_type = String, min_length = 1, max_length = 4000, pattern = "\\S")]
    text: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ReportStepped {
    /// Its entry; null where it is in the log only later.
    receipt: Option<String>,
}

/// Say more about my own report.
///
/// For whoever reported it with their name. It is read by those who handle it.
#[utoipa::path(post, path = "/v1/reports/{id}/replies", tag = "reports", operation_id = "addToReport", request_body = ReportReply,
    params(("id" = String, Path, pattern = "^rep_[0-9a-f]{32}$", description = "The report's id.")),
    responses((status = 201, body = ReportStepped), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn reply(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<ReportReply>, Failed>,
) -> Result<Response, Failed> {
    let report = id(&web, &text, ReportId::parse)?;
    let Json(reply) = body?;
    said(&web, &reply.text)?;
    let added = web.vault.add_to_own_report(&scope, report, &reply.text).await;
    let receipt = added.map_err(|error| web.failed(&error))?.map(|entry| entry.to_string());
    Ok(answer(StatusCode::CREATED, &ReportStepped { receipt }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Reports {
    items: Vec<HandledReport>,
    /// Reports whose rows were edited in the database: what they say can't be read.
    edited: Vec<String>,
    /// Was one edited, taken out of the database, or put back?
    damaged: bool,
    /// About how many attempts to report the node that answers turned away in the day before the last turn of the box (0, 6, 12 or 18 o'clock UTC), by tens, and never more than there were. A start forgets them.
    turned_away: u64,
    /// Was the way without a name full again and again in the six hours before the last turn of the box, on any node? As long as the alarm `reports_full` stands.
    crowded: bool,
    next: Option<String>,
    receipt: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct HandledReport {
    #[serde(flatten)]
    shared: OwnReport,
    /// An alias of whoever reported; `a customer` where it came from a customer's own page, `nobody` where it has no name.
    by: String,
    interaction: Option<String>,
    /// Is data kept because of it?
    frozen: bool,
    /// What is due next: this day is the last one in time.
    #[schema(format = Date)]
    due: Option<String>,
    overdue: bool,
    /// How many files are beside it.
    files: usize,
}

/// Read reports, what is due first.
///
/// For security: those about security aren't among them. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", operation_id = "listReports",
    params(("cursor" = Option<String>, Query, pattern = "^rep_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Reports), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<ReportId>, Failed>,
) -> Result<Response, Failed> {
    listed(&web, &scope, false, paging?).await
}

/// Read reports outside security, what is due first.
///
/// For the data protection officer and auditors: those about security are among them. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/reports/outside", tag = "reports", operation_id = "listReportsOutside",
    params(("cursor" = Option<String>, Query, pattern = "^rep_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Reports), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn outside(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<ReportId>, Failed>,
) -> Result<Response, Failed> {
    listed(&web, &scope, true, paging?).await
}

async fn listed(
    web: &Web,
    scope: &vault::Scope,
    outside: bool,
    Paging { after, limit }: Paging<ReportId>,
) -> Result<Response, Failed> {
    let page = (after, usize::try_from(limit).unwrap_or(usize::MAX));
    let found: ReportList = web.vault.reports(scope, outside, page).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Reports {
        items: found.items.iter().map(shown).collect(),
        edited: found.edited.iter().map(ToString::to_string).collect(),
        damaged: found.damaged,
        turned_away: found.turned_away,
        crowded: found.crowded,
        next: found.next.map(|next| next.print()),
        receipt: found.receipt.to_string(),
    }))
}

fn shown(line: &ReportLine) -> HandledReport {
    HandledReport {
        shared: own(line.id, &line.followed),
        by: match line.by {
            ReportedBy::Nobody => "nobody".to_owned(),
            ReportedBy::Customer => "a customer".to_owned(),
            ReportedBy::Person(_) => line.alias.clone().unwrap_or_default(),
        },
        interaction: line.interaction.map(|id| id.to_string()),
        frozen: line.frozen,
        due: line.due.map(last_day),
        overdue: line.overdue,
        files: line.followed.files,
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReportStep {
    /// acknowledge, say or close.
    #[schema(pattern = "^(acknowledge|say|close)$", example = "acknowledge")]
    step: String,
    /// What whoever reported is told; of `say` it must be there.
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S")]
    text: Option<String>,
    /// Of `close`: explained, stopped, mistake or unclear.
    #[schema(pattern = "^(explained|stopped|mistake|unclear)$", example = "explained")]
    found: Option<String>,
}

impl NewReportStep {
    fn parsed(self, web: &Web) -> Result<ReportMove, Failed> {
        if let Some(text) = &self.text {
            said(web, text)?;
        }
        let wrong = || web.fault(Fault::UNPROCESSABLE.detail("say needs text, close needs found"));
        match self.step.as_str() {
            "acknowledge" => Ok(ReportMove::Acknowledge),
            "say" => self.text.map(ReportMove::Say).ok_or_else(wrong),
            "close" => {
                let found = self.found.ok_or_else(wrong)?;
                let found = member(web, &found, Found::from_slug, "found is explained, stopped, mistake or unclear")?;
                Ok(ReportMove::Close(found, self.text))
            }
            _ => Err(web.fault(Fault::UNPROCESSABLE.detail("step is acknowledge, say or close"))),
        }
    }
}

/// Go on with a report.
///
/// Whoever made it reads each step. Closing says what came of it, and ends what was kept because of it.
#[utoipa::path(post, path = "/v1/reports/{id}/steps", tag = "reports", operation_id = "stepReport", request_body = NewReportStep,
    params(("id" = String, Path, pattern = "^rep_[0-9a-f]{32}$", description = "The report's id.")),
    responses((status = 201, body = ReportStepped), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn step(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<NewReportStep>, Failed>,
) -> Result<Response, Failed> {
    let report = id(&web, &text, ReportId::parse)?;
    let Json(new) = body?;
    web.vault.expect_report_handler(&scope).await.map_err(|error| web.failed(&error))?;
    let step = new.parsed(&web)?;
    let entry = web.vault.handle_report(&scope, report, &step).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &ReportStepped { receipt: Some(entry.to_string()) }))
}

/// Read a file beside a report.
///
/// It was stripped of what tells who made it. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/reports/{id}/files/{number}", tag = "reports", operation_id = "reportFile",
    params(("id" = String, Path, pattern = "^rep_[0-9a-f]{32}$", description = "The report's id."), ("number" = u8, Path, description = "Which, from 0.")),
    responses((status = 200, description = "A picture or text.", content_type = "application/octet-stream"), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn file(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path((text, number)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let report = id(&web, &text, ReportId::parse)?;
    let number: u8 = number.parse().map_err(|_| web.fault(Fault::NOT_FOUND))?;
    let file = web.vault.report_file(&scope, report, number).await.map_err(|error| web.failed(&error))?;
    let named = format!("attachment; filename=\"report.{}\"", file.kind.ending());
    let mut response = file.bytes.to_vec().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind.media_type()));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&named).unwrap_or(HeaderValue::from_static("attachment")),
    );
    Ok(response)
}
