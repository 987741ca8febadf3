//! The form, its receipt, and following a report with its code.

use super::foreign::is_foreign;
use super::parts::{boundary, parts};
use super::reading::{self, NotRead};
use super::words::Words;
use super::{Frame, Place, secret};
use crate::api::reports::{day, is_said, last_day};
use crate::state::Web;
use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Found, Millis};
use plan::Language;
use serde::Deserialize;
use serde_json::json;
use vault::{CleanFile, Followed, MOST_FILES, NewReport, ReceiptCode, ReportProof, Speaker};
use zeroize::Zeroizing;

/// The form.
#[derive(Debug, Clone, Template)]
#[template(path = "speak-up.html")]
struct FormPage {
    frame: Frame,
    banner: Option<String>,
    acknowledge: i64,
    answer: i64,
    /// Why it wasn't taken in, and what was written.
    wrong: Option<&'static str>,
    text: Zeroizing<String>,
    about: bool,
}

impl FormPage {
    /// Until when something is due.
    fn clocks(&self) -> String {
        self.frame.say.clocks((self.acknowledge, self.answer))
    }
}

/// The receipt, once.
#[derive(Clone, Template)]
#[template(path = "speak-up-receipt.html")]
struct ReceiptPage {
    frame: Frame,
    banner: Option<String>,
    code: Zeroizing<String>,
    /// When it is in the log.
    logged: String,
}

/// Entering a code.
#[derive(Debug, Clone, Template)]
#[template(path = "speak-up-enter.html")]
struct EnterPage {
    frame: Frame,
    banner: Option<String>,
    /// Why it isn't a report's code, and what was entered.
    wrong: Option<&'static str>,
    code: Zeroizing<String>,
}

/// Something that was said.
#[derive(Clone)]
struct Said {
    who: &'static str,
    day: String,
    text: Zeroizing<String>,
}

/// A report, for who has its code.
#[derive(Clone, Template)]
#[template(path = "speak-up-follow.html")]
struct FollowPage {
    frame: Frame,
    banner: Option<String>,
    code: Zeroizing<String>,
    state: String,
    said: Vec<Said>,
    files: usize,
    open: bool,
    /// Is it in the log, and as which entry?
    entry: Option<String>,
    logged: String,
    wrong: Option<&'static str>,
}

impl FollowPage {
    /// From when on what is added can be read.
    fn more_hint(&self) -> String {
        self.frame.say.more_hint.replace("{logged}", &self.logged)
    }
}

fn form_page(place: &Place, wrong: Option<&'static str>, (text, about): (Zeroizing<String>, bool)) -> FormPage {
    let (acknowledge, answer) = (vault::ACKNOWLEDGE_DAYS, vault::ANSWER_DAYS);
    let banner = place.frame.banner.clone();
    FormPage { frame: place.frame.clone(), banner, acknowledge, answer, wrong, text, about }
}

pub(super) async fn show(State(web): State<Web>, Path((slug, tag)): Path<(String, String)>) -> Response {
    match Place::of(&web, &slug, &tag).await {
        Ok(place) => place.shown(StatusCode::OK, &form_page(&place, None, (Zeroizing::default(), false))),
        Err(response) => *response,
    }
}

/// What was written into the form.
#[derive(Default)]
struct Written {
    text: Zeroizing<String>,
    /// Is it about security?
    about: bool,
    /// As they came.
    files: Vec<Zeroizing<Vec<u8>>>,
}

/// What the form says; none where it isn't this form.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<Written> {
    let named = boundary(headers.get(header::CONTENT_TYPE)?.to_str().ok()?)?;
    let Written { mut text, mut about, mut files } = Written::default();
    for (name, bytes) in parts(body, named, MOST_FILES + 2)? {
        match name.as_str() {
            "text" => text = Zeroizing::new(core::str::from_utf8(&bytes).ok()?.replace("\r\n", "\n")),
            "about_security" => about = true,
            // A file that nobody chose is empty.
            "file" if bytes.is_empty() => {}
            "file" => files.push(bytes),
            _ => return None,
        }
    }
    Some(Written { text, about, files })
}

pub(super) async fn send(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    request: Request,
) -> Response {
    let place = match Place::of(&web, &slug, &tag).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    let say = place.frame.say;
    let again = |status, why, text, about| place.shown(status, &form_page(&place, Some(why), (text, about)));
    // Before anything is counted: it mustn't look like a flood of reporters either.
    if is_foreign(&web, request.headers()) {
        return again(StatusCode::FORBIDDEN, say.foreign, Zeroizing::default(), false);
    }
    // Nothing is read of what can't be taken in, and not more at a time than memory is for.
    if !web.vault.hears_words(place.tenant) {
        return again(StatusCode::SERVICE_UNAVAILABLE, say.full, Zeroizing::default(), false);
    }
    let headers = request.headers().clone();
    let (_held, body) = match reading::form(&web.places, request).await {
        Ok(read) => read,
        Err(NotRead::Unfit(status)) => return again(status, say.unreadable, Zeroizing::default(), false),
        Err(NotRead::Busy) => return place.busy(&form_page(&place, Some(say.full), (Zeroizing::default(), false))),
    };
    let Some(Written { text, about, files }) = read(&headers, &body) else {
        return again(StatusCode::BAD_REQUEST, say.unreadable, Zeroizing::default(), false);
    };
    if !is_said(&text) {
        return again(StatusCode::UNPROCESSABLE_ENTITY, say.empty, text, about);
    }
    let files: Result<Vec<CleanFile>, _> = files.iter().map(|bytes| CleanFile::of(bytes)).collect();
    let Ok(files) = files else { return again(StatusCode::UNPROCESSABLE_ENTITY, say.file_unfit, text, about) };
    let new = NewReport { text: text.clone(), about_security: about, interaction: None, files };
    match web.vault.speak_up(place.tenant, new).await {
        Ok(code) => {
            let (frame, banner) = (place.frame.clone(), place.frame.banner.clone());
            let logged = hour(web.vault.next_turn());
            place.shown(StatusCode::CREATED, &ReceiptPage { frame, banner, code: code.print(), logged })
        }
        Err(error) => {
            let (status, why) = place.why(&error);
            again(status, why, text, about)
        }
    }
}

/// A moment's day and hour, UTC.
fn hour(at: Millis) -> String {
    let text = at.to_string().replace('T', " ");
    format!("{} UTC", text.get(..16).unwrap_or_default())
}

fn enter_page(place: &Place, wrong: Option<&'static str>, code: Zeroizing<String>) -> EnterPage {
    EnterPage { frame: place.frame.clone(), banner: place.frame.banner.clone(), wrong, code }
}

pub(super) async fn enter(State(web): State<Web>, Path((slug, tag)): Path<(String, String)>) -> Response {
    match Place::of(&web, &slug, &tag).await {
        Ok(place) => place.shown(StatusCode::OK, &enter_page(&place, None, Zeroizing::default())),
        Err(response) => *response,
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entered {
    code: Zeroizing<String>,
    #[serde(default)]
    text: Zeroizing<String>,
}

/// The place and the code that was entered, or the page that says what is wrong.
async fn entered(
    web: &Web,
    (slug, tag): (&str, &str),
    request: Request,
) -> Result<(Place, ReceiptCode, Zeroizing<String>), Response> {
    let place = Place::of(web, slug, tag).await.map_err(|response| *response)?;
    if is_foreign(web, request.headers()) {
        let page = enter_page(&place, Some(place.frame.say.foreign), Zeroizing::default());
        return Err(place.shown(StatusCode::FORBIDDEN, &page));
    }
    let (status, wrong, form) = match reading::code(&web.places, request).await {
        Ok(form) => (StatusCode::UNPROCESSABLE_ENTITY, place.frame.say.no_code, form),
        Err(NotRead::Unfit(status)) => (status, place.frame.say.no_code, None),
        Err(NotRead::Busy) => {
            return Err(place.busy(&enter_page(&place, Some(place.frame.say.full), Zeroizing::default())));
        }
    };
    let Entered { code: typed, text } = form.unwrap_or_default();
    match ReceiptCode::parse(&typed) {
        Some(code) => Ok((place, code, text)),
        None => Err(place.shown(status, &enter_page(&place, Some(wrong), typed))),
    }
}

pub(super) async fn follow(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    request: Request,
) -> Response {
    match entered(&web, (&slug, &tag), request).await {
        Ok((place, code, _)) => followed(&web, &place, &code, None).await,
        Err(response) => response,
    }
}

async fn followed(web: &Web, place: &Place, code: &ReceiptCode, wrong: Option<(StatusCode, &'static str)>) -> Response {
    match web.vault.follow(place.tenant, code).await {
        Err(error) => {
            let (status, why) = place.why(&error);
            place.shown(status, &enter_page(place, Some(why), code.print()))
        }
        Ok(found) => {
            let logged = hour(web.vault.next_turn());
            let page = follow_page(&place.frame, code.print(), &found, logged);
            let status = wrong.map_or(StatusCode::OK, |(status, _)| status);
            place.shown(status, &FollowPage { wrong: wrong.map(|(_, why)| why), ..page })
        }
    }
}

fn follow_page(frame: &Frame, code: Zeroizing<String>, found: &Followed, logged: String) -> FollowPage {
    let say = frame.say;
    let mut said = vec![Said { who: say.you, day: day(found.day), text: found.text.clone() }];
    said.extend(found.lines.iter().map(|line| {
        let who = match line.by {
            Speaker::Reporter => say.you,
            Speaker::Security => say.security,
            Speaker::Outside => say.outside,
        };
        Said { who, day: day(line.day), text: line.text.clone() }
    }));
    FollowPage {
        frame: frame.clone(),
        banner: frame.banner.clone(),
        code,
        state: state(say, found),
        said,
        files: found.files,
        open: found.outcome.is_none(),
        entry: found.entry.map(|entry| entry.to_string()),
        logged,
        wrong: None,
    }
}

fn state(say: &Words, found: &Followed) -> String {
    match (found.outcome, found.acknowledged) {
        (Some((outcome, at)), _) => {
            let words = match outcome {
                Found::Explained => say.explained,
                Found::Stopped => say.stopped,
                Found::Mistake => say.mistake,
                Found::Unclear => say.unclear,
            };
            format!("{}: {words}", day(at))
        }
        (None, Some(at)) => format!("{} {}. {} {}.", say.read_on, day(at), say.answer_by, last_day(found.answer_by)),
        (None, None) => format!("{} {}.", say.read_by, last_day(found.acknowledge_by)),
    }
}

pub(super) async fn more(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (place, code, text) = match entered(&web, (&slug, &tag), request).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    if !is_said(&text) {
        let wrong = (StatusCode::UNPROCESSABLE_ENTITY, place.frame.say.empty);
        return followed(&web, &place, &code, Some(wrong)).await;
    }
    let added = web.vault.add_to_report(place.tenant, &code, &text).await;
    followed(&web, &place, &code, added.err().map(|error| place.why(&error))).await
}

/// The proof, as a file.
pub(super) async fn proof(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (place, code, _) = match entered(&web, (&slug, &tag), request).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    match web.vault.report_proof(place.tenant, &code).await {
        Ok(Some(proof)) => file(&proof),
        Ok(None) => followed(&web, &place, &code, Some((StatusCode::CONFLICT, place.frame.say.not_yet))).await,
        Err(error) => {
            let why = place.why(&error);
            followed(&web, &place, &code, Some(why)).await
        }
    }
}

/// The proof, as its file says it.
pub fn told(proof: &ReportProof) -> serde_json::Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({
        "format": "ringfence-report-proof-1",
        "report": hex(&proof.mark),
        "nonce": hex(&proof.nonce),
        "about_security": proof.about_security,
        "files": proof.files.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
        "list": proof.list.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
        "entry": proof.entry.to_string(),
        "opening": {
            "ra": hex(&proof.opening.ra),
            "audit": hex(&proof.opening.audit),
            "customer": hex(&proof.opening.customer),
        },
        "receipt": proof.receipt,
    })
}

fn file(proof: &ReportProof) -> Response {
    let mut response = secret(told(proof).to_string().into_response());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"report-proof.json\""));
    response
}

/// The pages with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let place = |language| Place {
        tenant: domain::TenantId(1),
        frame: Frame::of("acme", language, "Example Retail".to_owned(), banner.clone()),
    };
    let (english, german) = (place(Language::English), place(Language::German));
    let blank = || (Zeroizing::default(), false);
    let code = || Zeroizing::new("7K2MQ-0XV9D-R4T8W-YH3PC".to_owned());
    let logged = "2026-11-28 18:00 UTC".to_owned();
    let receipt = |place: &Place| {
        let (frame, banner) = (place.frame.clone(), banner.clone());
        ReceiptPage { frame, banner, code: code(), logged: logged.clone() }.render()
    };
    let line = |by, text: &str| vault::FollowedLine { by, day: Millis(0), text: Zeroizing::new(text.to_owned()) };
    let found = Followed {
        day: Millis(0),
        text: Zeroizing::new("My team leader asks me to read addresses out to a friend.".to_owned()),
        about_security: false,
        files: 1,
        lines: vec![line(Speaker::Security, "Thank you. On which days?"), line(Speaker::Reporter, "On Mondays.")],
        acknowledged: Some(Millis(0)),
        acknowledge_by: Millis(0),
        answer_by: Millis(0),
        outcome: None,
        entry: None,
    };
    Ok(vec![
        ("speak-up-en.html", form_page(&english, None, blank()).render()?),
        ("speak-up-de.html", form_page(&german, None, blank()).render()?),
        ("speak-up-wrong.html", form_page(&english, Some(english.frame.say.file_unfit), blank()).render()?),
        ("speak-up-receipt-en.html", receipt(&english)?),
        ("speak-up-receipt-de.html", receipt(&german)?),
        ("speak-up-enter.html", enter_page(&english, Some(english.frame.say.no_code), code()).render()?),
        ("speak-up-follow.html", follow_page(&english.frame, code(), &found, logged.clone()).render()?),
        ("speak-up-follow-de.html", follow_page(&german.frame, code(), &found, logged.clone()).render()?),
    ])
}
