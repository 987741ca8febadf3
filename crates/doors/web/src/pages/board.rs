//! `/board`: what is reported to the board, and whether something is missing; `/security/board`: what it wrote, for officers.

use super::{error_page, for_role, page};
use crate::api::board::standing_word;
use crate::api::log_status::AlarmLine;
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::Millis;
use vault::{BoardCase, BoardFileLine, BoardPaper, BoardThread, BoardView, BoardWhat, Measure, board_check};

/// `/board`.
#[derive(Debug, Clone, Template)]
#[template(path = "board.html")]
struct BoardPage {
    person_name: String,
    alarms: Vec<AlarmLine>,
    /// When the next report is due.
    due: Option<String>,
    late: bool,
    missing: Vec<u64>,
    sound: bool,
    period_days: i64,
    report: Option<Report>,
    asked: Vec<String>,
    cases: Vec<Case>,
    files: Vec<File>,
    keys: Vec<Key>,
    /// Has whoever looks a key, and a passkey to register one with?
    has_key: bool,
    has_passkey: bool,
    thread: Thread,
    banner: Option<String>,
}

/// `/security/board`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-board.html")]
struct OfficersPage {
    person_name: String,
    thread: Thread,
    banner: Option<String>,
}

/// The newest report.
#[derive(Debug, Clone)]
struct Report {
    number: u64,
    from: String,
    until: String,
    late: bool,
    measures: Vec<Figure>,
    incidents: Vec<String>,
}

/// A measure.
#[derive(Debug, Clone)]
struct Figure {
    label: String,
    said: String,
    threshold: String,
    standing: &'static str,
    trend: String,
    /// The points of its line, where it has one.
    line: Option<String>,
}

#[derive(Debug, Clone)]
struct Case {
    what: &'static str,
    since: String,
    due: String,
    told: Option<u64>,
    late: bool,
}

#[derive(Debug, Clone)]
struct File {
    number: u64,
    what: &'static str,
    period: String,
    made: String,
    late: bool,
    mail: &'static str,
    sha256: String,
    entry: String,
}

#[derive(Debug, Clone)]
struct Key {
    name: String,
    check: String,
    since: String,
    own: bool,
}

/// The messages.
#[derive(Debug, Clone, Default)]
struct Thread {
    messages: Vec<Message>,
    missing: Vec<u64>,
}

#[derive(Debug, Clone)]
struct Message {
    by: String,
    side: &'static str,
    at: String,
    text: String,
}

pub(super) async fn show(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let scope = match for_role(&web, signed, |web, scope| web.vault.uses_board_line(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let read = async { Ok((web.vault.board_view(&scope).await?, web.vault.read_board(&scope).await?)) };
    let (view, thread) = match read.await {
        Ok(read) => read,
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let alarms = web.vault.alarms_shown(&scope).into_iter().flatten().map(AlarmLine::of).collect();
    let shown = BoardPage::of(&view, &thread, (scope.name(), alarms), web.config.banner.clone());
    page(StatusCode::OK, &shown)
}

pub(super) async fn officers(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let fits = |web: &Web, scope: &vault::Scope| web.vault.writes_to_board(scope) && !web.vault.uses_board_line(scope);
    let scope = match for_role(&web, signed, fits) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    match web.vault.read_board(&scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok(thread) => {
            let (person_name, thread) = (scope.name().to_owned(), Thread::of(&thread));
            page(StatusCode::OK, &OfficersPage { person_name, thread, banner: web.config.banner.clone() })
        }
    }
}

impl BoardPage {
    fn of(
        view: &BoardView,
        thread: &BoardThread,
        (name, alarms): (&str, Vec<AlarmLine>),
        banner: Option<String>,
    ) -> Self {
        Self {
            person_name: name.to_owned(),
            alarms,
            due: view.due.map(whole),
            late: view.late,
            missing: view.missing.clone(),
            sound: view.sound,
            period_days: view.period_days,
            report: view.report.as_ref().map(Report::of),
            asked: view.asked.clone(),
            cases: view.cases.iter().map(Case::of).collect(),
            files: view.files.iter().map(File::of).collect(),
            keys: view
                .keys
                .iter()
                .map(|key| Key {
                    name: key.name.clone(),
                    check: board_check(&key.fingerprint),
                    since: whole(key.since),
                    own: key.own,
                })
                .collect(),
            has_key: view.keys.iter().any(|key| key.own),
            has_passkey: !view.passkeys.is_empty(),
            thread: Thread::of(thread),
            banner,
        }
    }
}

impl Report {
    fn of(paper: &BoardPaper) -> Self {
        Self {
            number: paper.number,
            from: whole(paper.from()),
            until: whole(paper.until()),
            late: paper.late,
            measures: paper.measures.iter().map(Figure::of).collect(),
            incidents: paper.incidents.clone(),
        }
    }
}

impl Figure {
    fn of(measure: &Measure) -> Self {
        let values: Vec<Option<i64>> = measure.trend.iter().copied().chain([measure.value]).collect();
        Self {
            label: measure.label.clone(),
            said: measure.said.clone(),
            threshold: measure.threshold.clone(),
            standing: standing_word(measure),
            trend: if measure.trend.is_empty() { String::new() } else { said(&values) },
            line: line(&values),
        }
    }
}

/// Values, one after another.
fn said(values: &[Option<i64>]) -> String {
    let word = |value: &Option<i64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    values.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// A line's points in a box of 100 by 24, where there are two or more values.
fn line(values: &[Option<i64>]) -> Option<String> {
    let known: Vec<i64> = values.iter().copied().flatten().collect();
    let (low, high) = (known.iter().min()?, known.iter().max()?);
    let wide = i64::try_from(known.len()).ok().filter(|count| *count > 1)? - 1;
    let tall = high.saturating_sub(*low).max(1);
    let point = |(at, value): (i64, &i64)| {
        let up = i128::from(value.saturating_sub(*low)) * 20 / i128::from(tall);
        format!("{},{}", 2 + 96 * at / wide, 22 - up)
    };
    Some((0..).zip(&known).map(point).collect::<Vec<_>>().join(" "))
}

impl Case {
    fn of(case: &BoardCase) -> Self {
        let BoardCase { what, since, due, told, late } = *case;
        Self { what, since: whole(since), due: whole(due), told, late }
    }
}

impl File {
    fn of(line: &BoardFileLine) -> Self {
        Self {
            number: line.number,
            what: match line.what {
                BoardWhat::Report => "Report",
                BoardWhat::Incident => "Note of a case",
            },
            period: format!("{} to {}", whole(line.from), whole(line.until)),
            made: whole(line.made),
            late: line.late,
            mail: line.mailed.slug(),
            sha256: crate::api::hex(&line.file),
            entry: line.entry.to_string(),
        }
    }
}

impl Thread {
    fn of(thread: &BoardThread) -> Self {
        let message = |one: &vault::BoardMessage| Message {
            by: one.by.clone(),
            side: one.side.slug(),
            at: whole(one.at),
            text: one.text.to_string(),
        };
        Self { messages: thread.messages.iter().map(message).collect(), missing: thread.missing.clone() }
    }
}

/// The pages with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let message = |by: &str, side: &'static str, text: &str| Message {
        by: by.to_owned(),
        side,
        at: "2026-03-05 10:14:00".to_owned(),
        text: text.to_owned(),
    };
    let thread = Thread {
        messages: vec![
            message("Helena Brandt", "board", "Why did one attack get through on Monday, and what was done about it?"),
            message(
                "Ingrid Solberg",
                "security",
                "A new rule let a case be opened too early. It was taken back within the hour.",
            ),
        ],
        missing: Vec::new(),
    };
    let whole = BoardPage {
        person_name: "Helena Brandt".to_owned(),
        alarms: Vec::new(),
        due: Some("2026-04-04 04:00:11".to_owned()),
        late: false,
        missing: Vec::new(),
        sound: true,
        period_days: 30,
        report: Some(Report::of(&BoardPaper::sample())),
        asked: BoardPaper::sample().asked,
        cases: Vec::new(),
        files: vec![File {
            number: 3,
            what: "Report",
            period: "2026-02-01 04:00:11 to 2026-03-01 04:00:11".to_owned(),
            made: "2026-03-01 04:00:11".to_owned(),
            late: false,
            mail: "sent",
            sha256: "5d".repeat(32),
            entry: "ent_01a20e9e60c27c1ba80a61073b92ee3f".to_owned(),
        }],
        keys: vec![Key {
            name: "Helena Brandt".to_owned(),
            check: ["01a20e9e"; 5].join(" "),
            since: "2026-01-04 10:00:00".to_owned(),
            own: true,
        }],
        has_key: true,
        has_passkey: true,
        thread,
        banner: banner.clone(),
    };
    let red = BoardPage {
        late: true,
        missing: vec![2],
        sound: false,
        cases: vec![Case {
            what: "Two security officers saw a customer's value in an emergency, past every live conversation. It waits for a review.",
            since: "2026-03-03 10:14:00".to_owned(),
            due: "2026-03-04 10:14:00".to_owned(),
            told: None,
            late: true,
        }],
        ..whole.clone()
    };
    let empty = BoardPage {
        due: None,
        report: None,
        asked: Vec::new(),
        files: Vec::new(),
        keys: Vec::new(),
        has_key: false,
        thread: Thread::default(),
        ..whole.clone()
    };
    let officers =
        OfficersPage { person_name: "Ingrid Solberg".to_owned(), thread: whole.thread.clone(), banner: banner.clone() };
    let quiet = OfficersPage { person_name: "Ingrid Solberg".to_owned(), thread: Thread::default(), banner };
    Ok(vec![
        ("board.html", whole.render()?),
        ("board-red.html", red.render()?),
        ("board-empty.html", empty.render()?),
        ("security-board.html", officers.render()?),
        ("security-board-empty.html", quiet.render()?),
    ])
}

/// Day and time, also of today: it is read on paper too.
fn whole(at: Millis) -> String {
    let text = at.to_string().replace('T', " ");
    text.get(..19).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_stays_in_its_box_and_one_value_is_none() {
        assert_eq!(line(&[None, Some(3)]), None);
        assert_eq!(line(&[Some(1), None, Some(3), Some(2)]).unwrap(), "2,22 50,2 98,12");
        assert_eq!(line(&[Some(i64::MIN), Some(i64::MAX)]).unwrap(), "2,22 98,2");
        assert_eq!(line(&[Some(5), Some(5)]).unwrap(), "2,22 98,22");
    }
}
