//! `/security/culture`: how groups of people report, for security, auditors, the board and team leaders; and drills for people, for who
//! plans them.

use super::{error_page, for_role, moment, page, watches};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Millis, Role, Ruse};
use vault::{ClosedDrill, Culture, FEWEST, Figures, Group, LessonsShown};

/// The page.
#[derive(Debug, Clone, Template)]
#[template(path = "security-culture.html")]
struct CulturePage {
    person_name: String,
    /// Does who looks see the other parts of security?
    watches: bool,
    /// Where else they belong.
    place: &'static str,
    edited: bool,
    /// What runs, for who plans drills.
    running: Option<Vec<RunningLine>>,
    closed: Vec<ClosedLine>,
    lessons: Vec<LessonLine>,
    fewest: u32,
    banner: Option<String>,
}

#[derive(Debug, Clone)]
struct RunningLine {
    id: String,
    label: &'static str,
    from: String,
    until: String,
    drawn: u32,
    receipt: String,
}

#[derive(Debug, Clone)]
struct ClosedLine {
    label: &'static str,
    from: String,
    until: String,
    rows: Vec<Row>,
    /// What became of the share that reports since the last drill of the kind.
    trend: Option<&'static str>,
}

/// A group, or all of them.
#[derive(Debug, Clone)]
struct Row {
    who: String,
    met: u32,
    reported: String,
    fell: String,
    within: String,
    again: String,
}

#[derive(Debug, Clone)]
struct LessonLine {
    who: String,
    people: u32,
    lessons: u32,
}

impl CulturePage {
    fn ruses() -> impl Iterator<Item = (&'static str, &'static str)> {
        Ruse::ALL.iter().map(|ruse| (ruse.slug(), ruse.label()))
    }

    fn of(culture: &Culture, now: Millis) -> Self {
        let running = culture.running.as_ref().map(|running| {
            let line = |drill: &vault::RunningDrill| RunningLine {
                id: drill.id.to_string(),
                label: drill.ruse.label(),
                from: moment(drill.from, now),
                until: moment(drill.until, now),
                drawn: drill.drawn,
                receipt: drill.receipt.to_string(),
            };
            running.iter().map(line).collect()
        });
        let line = |(at, drill): (usize, &ClosedDrill)| {
            let before =
                culture.closed[at + 1..].iter().find(|before| before.ruse == drill.ruse && before.all.is_some());
            let trend = before.and_then(|before| trend(drill.all.as_ref()?, before.all.as_ref()?));
            ClosedLine {
                label: drill.ruse.label(),
                from: moment(drill.from, now),
                until: moment(drill.until, now),
                rows: rows(drill),
                trend,
            }
        };
        let lesson = |group: &Group<LessonsShown>| LessonLine {
            who: who(&group.teams),
            people: group.shown.people,
            lessons: group.shown.lessons,
        };
        Self {
            person_name: String::new(),
            watches: false,
            place: "",
            edited: culture.edited,
            running,
            closed: culture.closed.iter().enumerate().map(line).collect(),
            lessons: culture.lessons.iter().map(lesson).collect(),
            fewest: FEWEST,
            banner: None,
        }
    }
}

fn trend(now: &Figures, before: &Figures) -> Option<&'static str> {
    use core::cmp::Ordering::{Equal, Greater, Less};
    Some(match now.reported.cmp(&before.reported) {
        Greater => "More report it than the last time.",
        Less => "Fewer report it than the last time.",
        Equal => "As many report it as the last time.",
    })
}

fn rows(drill: &ClosedDrill) -> Vec<Row> {
    let groups = drill.groups.iter().map(|group| Row::of(who(&group.teams), &group.shown));
    let all = drill.all.as_ref().map(|all| Row::of("All".to_owned(), all));
    all.into_iter().chain(groups).collect()
}

impl Row {
    fn of(who: String, figures: &Figures) -> Self {
        Self {
            who,
            met: figures.met,
            reported: percent(figures.reported),
            fell: percent(figures.fell),
            within: figures.median.map_or_else(|| "–".to_owned(), |speed| time(speed.within_s)),
            again: figures.fell_again.map_or_else(|| "–".to_owned(), percent),
        }
    }
}

/// A share, which ends at 10 and 90.
fn percent(share: u8) -> String {
    match share {
        ..=10 => "10 % or less".to_owned(),
        90.. => "90 % or more".to_owned(),
        share => format!("{share} %"),
    }
}

fn time(seconds: u32) -> String {
    match seconds {
        ..=90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

fn who(teams: &[String]) -> String {
    let named = |team: &String| if team.is_empty() { "in no team".to_owned() } else { team.clone() };
    teams.iter().map(named).collect::<Vec<_>>().join(", ")
}

pub(super) async fn show(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let scope = match for_role(&web, signed, |web, scope| web.vault.reads_culture(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let culture = match web.vault.culture(&scope).await {
        Ok(culture) => culture,
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let shown = CulturePage {
        person_name: scope.name().to_owned(),
        watches: watches(&web, &scope),
        place: if scope.role() == Role::TeamLeader { "Team" } else { "Board" },
        banner: web.config.banner.clone(),
        ..CulturePage::of(&culture, web.vault.now())
    };
    page(StatusCode::OK, &shown)
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let figures = |met, reported, fell, again| Figures {
        met,
        reported,
        fell,
        median: Some(vault::Speed { within_s: 120 }),
        fell_again: again,
    };
    let row = |who: &str, figures: &Figures| Row::of(who.to_owned(), figures);
    let closed = |from: &str, rows, trend| ClosedLine {
        label: Ruse::Caller.label(),
        from: from.to_owned(),
        until: "2026-02-20 17:00:00".to_owned(),
        rows,
        trend,
    };
    let running = RunningLine {
        id: "pdr_01a20e9e60c27c1ba80a61073b92ee3f".to_owned(),
        label: Ruse::Bribe.label(),
        from: "08:00:00".to_owned(),
        until: "2026-03-12 17:00:00".to_owned(),
        drawn: 21,
        receipt: "ent_01a20e9e60c27c1ba80a61073b92ee3f".to_owned(),
    };
    let all = figures(24, 60, 20, Some(10));
    let whole = CulturePage {
        person_name: "Ingrid Solberg".to_owned(),
        watches: true,
        place: "",
        edited: false,
        running: Some(vec![running]),
        closed: vec![
            closed(
                "2026-02-16 08:00:00",
                vec![
                    row("All", &all),
                    row("Harbour", &figures(14, 70, 10, None)),
                    row("Night, Orchard", &figures(10, 50, 30, None)),
                ],
                Some("More report it than the last time."),
            ),
            closed("2026-01-19 08:00:00", Vec::new(), None),
        ],
        lessons: vec![LessonLine { who: "Harbour".to_owned(), people: 14, lessons: 37 }],
        fewest: FEWEST,
        banner,
    };
    let leader = CulturePage { watches: false, place: "Team", running: None, ..whole.clone() };
    let empty = CulturePage { running: Some(Vec::new()), closed: Vec::new(), lessons: Vec::new(), ..whole.clone() };
    let edited = CulturePage { edited: true, running: None, ..empty.clone() };
    Ok(vec![
        ("security-culture.html", whole.render()?),
        ("security-culture-leader.html", leader.render()?),
        ("security-culture-empty.html", empty.render()?),
        ("security-culture-edited.html", edited.render()?),
    ])
}
