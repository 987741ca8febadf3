//! `/v1/board`: what is reported to the board, as sealed files; the members' own keys; messages between the board and security.

use super::power_changes::ApprovingPasskey;
use super::{hex, member};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::passkey::{Answer, said};
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{
    BoardCase, BoardFileAnswer, BoardFileLine, BoardKeyLine, BoardKeySet, BoardPublic, BoardSide, BoardThread, Measure,
    NewBoardKey, board_check,
};
use zeroize::Zeroizing;

/// The longest message, in characters.
const LONGEST: usize = 4_000;

/// What is reported to the board.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardLine {
    /// The newest first.
    reports: Vec<BoardReportLine>,
    /// Numbers whose row was taken out of the database, or edited there.
    missing: Vec<u64>,
    /// Does each name the one before it, and is no key edited?
    sound: bool,
    /// When the next report is due.
    #[schema(format = DateTime)]
    due: Option<String>,
    /// Is it late?
    late: bool,
    /// Days from one report to the next.
    period_days: i64,
    cases: Vec<MaterialCase>,
    /// The figures of the newest report.
    measures: Vec<BoardMeasure>,
    /// What waits for a decision now.
    asked: Vec<String>,
    keys: Vec<BoardKeyOf>,
    /// The passkeys of whoever looks, with which a key is registered.
    passkeys: Vec<ApprovingPasskey>,
    /// The entry of this reading.
    receipt: String,
}

/// A sealed file.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardReportLine {
    number: u64,
    #[schema(pattern = "^(report|incident)$")]
    kind: &'static str,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    until: String,
    /// When the next report was due then.
    #[schema(format = DateTime)]
    next: String,
    #[schema(format = DateTime)]
    made: String,
    /// Was it made later than due?
    late: bool,
    /// SHA-256 of the file before its proof.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// Its entry in the log.
    receipt: String,
    /// not_yet, sent, or failed: it is tried again.
    #[schema(pattern = "^(not_yet|sent|failed)$")]
    mail: &'static str,
}

impl BoardReportLine {
    fn of(line: &BoardFileLine) -> Self {
        Self {
            number: line.number,
            kind: line.what.slug(),
            from: line.from.to_string(),
            until: line.until.to_string(),
            next: line.next.to_string(),
            made: line.made.to_string(),
            late: line.late,
            sha256: hex(&line.file),
            receipt: line.entry.to_string(),
            mail: line.mailed.slug(),
        }
    }
}

/// A material case that stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialCase {
    what: &'static str,
    #[schema(format = DateTime)]
    since: String,
    /// By when the board is to be told.
    #[schema(format = DateTime)]
    due: String,
    /// The number of the note that tells of it.
    told: Option<u64>,
    /// Is that past, without a note?
    late: bool,
}

impl MaterialCase {
    fn of(case: &BoardCase) -> Self {
        let BoardCase { what, since, due, told, late } = *case;
        Self { what, since: since.to_string(), due: due.to_string(), told, late }
    }
}

/// One figure.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardMeasure {
    name: String,
    label: String,
    /// None where nothing measures it yet.
    figure: Option<i64>,
    said: String,
    threshold: String,
    /// within, beyond or unmeasured.
    #[schema(pattern = "^(within|beyond|unmeasured)$")]
    standing: &'static str,
    /// The values of earlier reports, the oldest first.
    trend: Vec<Option<i64>>,
}

/// How a measure stands, in a word.
pub(crate) fn standing_word(measure: &Measure) -> &'static str {
    match measure.standing {
        vault::MeasureStanding::Within => "within",
        vault::MeasureStanding::Beyond => "beyond",
        vault::MeasureStanding::Unmeasured => "unmeasured",
    }
}

impl BoardMeasure {
    fn of(measure: &Measure) -> Self {
        let Measure { name, label, value, said, threshold, trend, .. } = measure.clone();
        Self { standing: standing_word(measure), name, label, figure: value, said, threshold, trend }
    }
}

/// A member's key.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardKeyOf {
    /// What the member is called.
    name: String,
    /// Compare it with what the member's own program prints.
    #[schema(pattern = "^[0-9a-f ]{44}$")]
    check: String,
    #[schema(format = DateTime)]
    since: String,
    /// Is it that of whoever looks?
    own: bool,
}

impl BoardKeyOf {
    fn of(line: &BoardKeyLine) -> Self {
        let (name, since) = (line.name.clone(), line.since.to_string());
        Self { name, check: board_check(&line.fingerprint), since, own: line.own }
    }
}

/// What is reported to the board.
///
/// For the CEO and the board: the list of sealed files, whether one is missing or late, the newest figures. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/board", tag = "board", operation_id = "showBoardLine",
    responses((status = 200, body = BoardLine), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let view = web.vault.board_view(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&BoardLine {
        reports: view.files.iter().map(BoardReportLine::of).collect(),
        missing: view.missing,
        sound: view.sound,
        due: view.due.map(|due| due.to_string()),
        late: view.late,
        period_days: view.period_days,
        cases: view.cases.iter().map(MaterialCase::of).collect(),
        measures: view.report.iter().flat_map(|paper| &paper.measures).map(BoardMeasure::of).collect(),
        asked: view.asked,
        keys: view.keys.iter().map(BoardKeyOf::of).collect(),
        passkeys: view.passkeys.iter().map(ApprovingPasskey::of).collect(),
        receipt: view.receipt.to_string(),
    }))
}

/// A sealed file with its proof.
///
/// For the CEO and the board. It opens with a member's own key only; `ringfence board read` does that. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/board/reports/{number}", tag = "board", operation_id = "getBoardReport",
    params(("number" = u64, Path, description = "The file's number.")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 202, description = "Made, not yet in the tree: ask again in a moment."),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn file(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(number): Path<String>,
) -> Result<Response, Failed> {
    let number: u64 = super::id(&web, &number, |text| text.parse().ok())?;
    match web.vault.board_file(&scope, number).await.map_err(|error| web.failed(&error))? {
        BoardFileAnswer::Ready(text) => {
            let name = format!("attachment; filename=\"board-{number}.txt\"");
            let headers =
                [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
            Ok((headers, text).into_response())
        }
        BoardFileAnswer::Pending => Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, "1")]).into_response()),
        BoardFileAnswer::Gone => Err(web.fault(Fault::GONE)),
    }
}

/// A member's own key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoardKeyWanted {
    /// As `ringfence board key` prints it.
    #[schema(pattern = "^rfboard1:[A-Za-z0-9+/=]+$")]
    key: String,
    /// Where sealed files go by mail; empty for nowhere.
    #[serde(default)]
    #[schema(max_length = 254)]
    mail: String,
    /// What the member's own passkey signed; without it the answer says what is to be signed.
    assertion: Option<Answer>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardKeyAnswer {
    #[schema(pattern = "^[0-9a-f ]{44}$")]
    check: String,
    /// What is to be signed; base64url.
    challenge: Option<String>,
    /// The entry, once it counts.
    receipt: Option<String>,
}

/// Register one's own key.
///
/// For the CEO and the board: files made from now on are sealed to it, in place of the one before. It takes a passkey of one's own, which signs exactly that.
#[utoipa::path(put, path = "/v1/board/key", tag = "board", operation_id = "setBoardKey", request_body = BoardKeyWanted,
    responses((status = 200, body = BoardKeyAnswer), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set_key(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<BoardKeyWanted>, Failed>,
) -> Result<Response, Failed> {
    let Json(wanted) = body?;
    web.vault.expect_board_member(&scope).await.map_err(|error| web.failed(&error))?;
    let key = member(&web, &wanted.key, BoardPublic::parse, "key is what ringfence board key prints: rfboard1:…")?;
    let check = board_check(&key.fingerprint());
    let address = Some(wanted.mail).filter(|mail| !mail.trim().is_empty());
    let new = NewBoardKey { key, address, assertion: wanted.assertion.map(Into::into) };
    let set = web.vault.set_board_key(&scope, &new).await.map_err(|error| web.failed(&error))?;
    let (challenge, receipt) = match set {
        BoardKeySet::Sign(challenge) => (Some(said(&challenge)), None),
        BoardKeySet::Done(entry) => (None, Some(entry.to_string())),
    };
    Ok(ok(&BoardKeyAnswer { check, challenge, receipt }))
}

/// What somebody writes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoardText {
    #[schema(value_type = String, min_length = 1, max_length = 4000, pattern = "\\S")]
    text: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BoardWritten {
    /// The entry.
    receipt: String,
}

/// The messages between the board and security.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardMessages {
    /// The oldest first.
    items: Vec<BoardMessageLine>,
    /// Numbers whose row was taken out of the database, or edited there.
    missing: Vec<u64>,
    /// Which side whoever reads is on: board or security.
    #[schema(pattern = "^(board|security)$")]
    side: &'static str,
    /// The entry of this reading.
    receipt: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BoardMessageLine {
    number: u64,
    #[schema(format = DateTime)]
    at: String,
    /// board or security.
    #[schema(pattern = "^(board|security)$")]
    side: &'static str,
    /// What the writer is called.
    by: String,
    text: String,
    /// Its entry.
    receipt: String,
}

impl BoardMessages {
    fn of(thread: &BoardThread) -> Self {
        let line = |message: &vault::BoardMessage| BoardMessageLine {
            number: message.number,
            at: message.at.to_string(),
            side: message.side.slug(),
            by: message.by.clone(),
            text: message.text.to_string(),
            receipt: message.entry.to_string(),
        };
        Self {
            items: thread.messages.iter().map(line).collect(),
            missing: thread.missing.clone(),
            side: thread.side.slug(),
            receipt: thread.receipt.to_string(),
        }
    }
}

/// Read the messages between the board and security.
///
/// For the CEO and the board, and for security officers. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/board/messages", tag = "board", operation_id = "listBoardMessages",
    responses((status = 200, body = BoardMessages), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn messages(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let thread = web.vault.read_board(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&BoardMessages::of(&thread)))
}

/// Write to security.
///
/// For the CEO and the board. Security officers alone read it; that it was written is in the log.
#[utoipa::path(post, path = "/v1/board/messages", tag = "board", operation_id = "writeToSecurity", request_body = BoardText,
    responses((status = 201, body = BoardWritten), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn write(
    State(web): State<Web>,
    signed: Signed,
    body: Result<Json<BoardText>, Failed>,
) -> Result<Response, Failed> {
    written(&web, signed, BoardSide::Board, body).await
}

/// Answer the board.
///
/// For security officers.
#[utoipa::path(post, path = "/v1/board/answers", tag = "board", operation_id = "answerBoard", request_body = BoardText,
    responses((status = 201, body = BoardWritten), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn answer_board(
    State(web): State<Web>,
    signed: Signed,
    body: Result<Json<BoardText>, Failed>,
) -> Result<Response, Failed> {
    written(&web, signed, BoardSide::Security, body).await
}

async fn written(
    web: &Web,
    Signed(scope): Signed,
    side: BoardSide,
    body: Result<Json<BoardText>, Failed>,
) -> Result<Response, Failed> {
    let Json(BoardText { text }) = body?;
    if text.trim().is_empty() || text.chars().count() > LONGEST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("text is 1 to 4,000 characters")));
    }
    let entry = web.vault.write_board(&scope, side, &text).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &BoardWritten { receipt: entry.to_string() }))
}
