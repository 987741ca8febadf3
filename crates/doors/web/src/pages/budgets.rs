//! `/security/budgets`: limits, and who has spent how much of them.

use super::ask::sentence;
use super::{error_page, for_role, moment, page};
use crate::api::budgets::{Allowed, alarm, limits, weights};
use crate::api::log_status::AlarmLine;
use crate::api::paging::First;
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::{Limits, Millis, Purpose, Window};
use vault::{BudgetLeft, Habit, MOST_SPENDERS, Overview, Spender, Spenders, Spending, SpendingState, SpendingTeam};

/// `/security/budgets`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-budgets.html")]
pub(super) struct BudgetsPage {
    /// Who looks.
    pub(super) person_name: String,
    /// The alarm that a budget says less than the log.
    pub(super) alarm: Option<AlarmLine>,
    /// When it was read, UTC.
    pub(super) at: String,
    /// Everybody together, teams, people.
    pub(super) groups: Vec<Group>,
    /// How second people answer.
    pub(super) second_people: Vec<Answerer>,
    /// What acts weigh: the act in words, and its points.
    pub(super) weights: Vec<(String, String)>,
    /// Limits: whose in words, and how much in each window.
    pub(super) limits: Vec<(String, [String; 3])>,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

/// A table of those who share one kind of limit.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What a row is.
    pub(super) of: &'static str,
    /// How many there are, and how they stand.
    pub(super) counted: String,
    /// What to say where there is nobody.
    pub(super) empty: &'static str,
    pub(super) rows: Vec<Row>,
    /// Where more of them are shown.
    pub(super) more: Option<String>,
}

/// One person, team, or everybody.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: String,
    /// Where the log says what they did; empty for none.
    pub(super) log: String,
    pub(super) about: String,
    pub(super) state: &'static str,
    /// In each window; none where it isn't limited.
    pub(super) cells: Vec<(&'static str, Option<Cell>)>,
    /// What of it was for purposes with limits of their own, in the window of which most is spent.
    pub(super) purposes: Vec<Cell>,
}

/// Somebody who was drawn as a second person, in the last thirty days.
#[derive(Debug, Clone)]
pub(super) struct Answerer {
    pub(super) name: String,
    pub(super) about: &'static str,
    pub(super) rubber_stamp: bool,
    pub(super) drawn: String,
    pub(super) agreed: String,
    pub(super) declined: String,
    pub(super) silent: String,
    /// How long an answer took on average, in words.
    pub(super) mean: String,
}

impl Answerer {
    fn of(habit: &Habit) -> Self {
        Self {
            name: habit.name.clone(),
            about: habit.role.label(),
            rubber_stamp: habit.is_rubber_stamp(),
            drawn: grouped(habit.drawn),
            agreed: grouped(habit.agreed),
            declined: grouped(habit.declined),
            silent: grouped(habit.silent()),
            mean: habit.mean_s.map_or_else(|| "no answers".to_owned(), |seconds| format!("{seconds} s")),
        }
    }
}

/// How much of one limit is spent.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// For a purpose's limit: what for, and in which window.
    pub(super) of: String,
    pub(super) share: String,
    pub(super) spent: String,
    pub(super) limit: String,
    /// low or spent; empty for neither.
    pub(super) word: &'static str,
    /// When some is free again; empty where nothing is spent.
    pub(super) more: String,
}

impl Cell {
    fn of(budget: &BudgetLeft, now: Millis) -> Self {
        let of = budget.purpose.map(|purpose| format!("{}, {}", purpose.label(), budget.window.words()));
        Self {
            of: of.unwrap_or_default(),
            share: percent(budget.share()),
            spent: grouped(budget.limit.saturating_sub(budget.left)),
            limit: grouped(budget.limit),
            word: match budget.left {
                0 => "spent",
                _ if budget.is_low() => "low",
                _ => "",
            },
            more: budget.more_at.map(|at| to_the_minute(at, now)).unwrap_or_default(),
        }
    }
}

impl Row {
    fn of<W>(spending: &Spending<W>, now: Millis, name: String, about: String) -> Self {
        let whole = |window| spending.left.iter().find(|budget| budget.purpose.is_none() && budget.window == window);
        // Of each purpose the window of which most is spent: it is what will stop them.
        let nearest = |purpose| {
            spending.left.iter().filter(|budget| budget.purpose == Some(purpose)).max_by_key(|budget| budget.share())
        };
        let purposes = Purpose::ALL.into_iter().filter_map(nearest);
        Self {
            name,
            log: String::new(),
            about,
            state: spending.state.slug(),
            cells: Window::ALL.map(|window| (window.words(), whole(window).map(|budget| Cell::of(budget, now)))).into(),
            purposes: purposes.map(|budget| Cell::of(budget, now)).collect(),
        }
    }

    fn person(spending: &Spending<Spender>, now: Millis) -> Self {
        let Spender { name, person, role, team, probation } = &spending.whose;
        let team = if team.is_empty() { "no team" } else { team };
        let new = if *probation { ", new here: a quarter" } else { "" };
        let about = format!("{}, {team}{new}", role.label());
        Self { log: format!("/security?person={person}"), ..Self::of(spending, now, name.clone(), about) }
    }

    fn team(spending: &Spending<SpendingTeam>, now: Millis) -> Self {
        let SpendingTeam { team, people } = &spending.whose;
        Self::of(spending, now, team.clone(), counted(*people, "person serves", "people serve"))
    }
}

impl Group {
    fn all(overview: &Overview, now: Millis, most: usize) -> Vec<Self> {
        let Overview { tenant, teams, people, .. } = overview;
        let everybody = Self {
            id: "everybody",
            title: "Everybody together",
            of: "Who",
            counted: String::new(),
            empty: "",
            rows: vec![Row::of(tenant, now, "The whole centre".to_owned(), String::new())],
            more: None,
        };
        let teams = Self {
            id: "teams",
            title: "Teams",
            of: "Team",
            counted: stand(teams, "team", "teams"),
            empty: "Nobody who serves customers is in a team.",
            rows: teams.first.iter().take(most).map(|one| Row::team(one, now)).collect(),
            more: more(teams, most),
        };
        let people = Self {
            id: "people",
            title: "People",
            of: "Person",
            counted: stand(people, "person serves customers", "people serve customers"),
            empty: "Nobody serves customers yet.",
            rows: people.first.iter().take(most).map(|one| Row::person(one, now)).collect(),
            more: more(people, most),
        };
        vec![everybody, teams, people]
    }
}

/// Such as "12 people serve customers: 1 with something spent, 2 low."
fn stand<W>(spenders: &Spenders<W>, one: &str, many: &str) -> String {
    let Spenders { all, low, spent, edited, .. } = spenders;
    let parts = [(*edited, "edited in the database"), (*spent, "with something spent"), (*low, "low")];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    let how = if said.is_empty() { "none of them low".to_owned() } else { said.join(", ") };
    format!("{}: {how}.", counted(*all, one, many))
}

/// How many aren't shown, and where more are.
fn more<W>(spenders: &Spenders<W>, most: usize) -> Option<String> {
    let known = spenders.first.len();
    (known > most).then(|| format!("Show the first {}", known.min(MOST_SPENDERS)))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Millionths as a percentage. Nothing is rounded to all or to none.
fn percent(share: u64) -> String {
    match share {
        0 => "0%".to_owned(),
        1..10_000 => "under 1%".to_owned(),
        share => format!("{}%", share / 10_000),
    }
}

/// Windows move in steps of whole minutes.
fn to_the_minute(at: Millis, now: Millis) -> String {
    let mut text = moment(at, now);
    text.truncate(text.len().saturating_sub(3));
    text
}

/// With commas between thousands.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|part| str::from_utf8(part).ok()).collect();
    parts.join(",")
}

fn act(slug: &str) -> String {
    match slug {
        "view" => "Looking at a masked record".to_owned(),
        "search_miss" => "A search that finds nobody".to_owned(),
        "search_hit" => "Each customer that a search finds".to_owned(),
        "verify_pass" => "A caller\u{2019}s answer that fits".to_owned(),
        "verify_fail" => "A caller\u{2019}s answer that doesn\u{2019}t".to_owned(),
        field => format!("{} shown", sentence(field)),
    }
}

fn whose(allowed: &Allowed) -> String {
    let whose = match allowed.whose {
        "person" => "A person",
        "team" => "A team",
        _ => "Everybody together",
    };
    match allowed.purpose.and_then(Purpose::from_slug) {
        Some(purpose) => format!("{whose}, for: {}", purpose.label()),
        None => whose.to_owned(),
    }
}

impl BudgetsPage {
    fn of(set: &Limits, overview: &Overview, now: Millis, most: usize) -> Self {
        let in_words = |points: Option<u32>| points.map_or_else(|| "no limit".to_owned(), grouped);
        let row = |allowed: Allowed| (whose(&allowed), [allowed.hour, allowed.day, allowed.month].map(in_words));
        Self {
            person_name: String::new(),
            alarm: None,
            at: moment(overview.at, now),
            groups: Group::all(overview, now, most),
            second_people: Vec::new(),
            weights: weights(&set.weights).iter().map(|weight| (act(weight.act), grouped(weight.points))).collect(),
            limits: limits(set).into_iter().map(row).collect(),
            banner: None,
        }
    }
}

/// What everybody has spent, the largest share of a limit first.
pub(super) async fn budgets(State(web): State<Web>, signed: Result<Signed, Failed>, uri: Uri) -> Response {
    let scope = match for_role(&web, signed, |web, scope| web.vault.reads_budgets(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let First(most) = match First::read(&uri) {
        Err(fault) => return error_page(&web, *fault),
        Ok(first) => first,
    };
    match web.vault.all_budgets(&scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok(found) => {
            let page_of = BudgetsPage {
                person_name: scope.name().to_owned(),
                alarm: alarm(&web, &scope),
                second_people: found.second_people.iter().take(most).map(Answerer::of).collect(),
                banner: web.config.banner.clone(),
                ..BudgetsPage::of(&found.limits, &found.overview, web.vault.now(), most)
            };
            page(StatusCode::OK, &page_of)
        }
    }
}

fn sample_habit() -> Habit {
    let (person, role) = (domain::PersonId([7; 16]), domain::Role::TeamLeader);
    Habit { person, name: "Malik Okafor".to_owned(), role, drawn: 41, agreed: 38, declined: 1, mean_s: Some(3) }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let now = Millis(1_772_355_600_000);
    let shown = BudgetsPage {
        person_name: "Ingrid Solberg".to_owned(),
        second_people: vec![Answerer::of(&sample_habit())],
        banner,
        ..BudgetsPage::of(&Limits::default(), &sample(now), now, 1)
    };
    let mut overview = sample(now);
    (overview.people.first, overview.people.all) = (Vec::new(), 0);
    let groups = Group::all(&overview, now, 50);
    let nobody = BudgetsPage { groups, ..shown.clone() };
    let alarmed = vault::Alarm { kind: vault::AlarmKind::SpendingDisagrees, since: now };
    let alarm = BudgetsPage { alarm: Some(AlarmLine::of(alarmed)), ..shown.clone() };
    Ok(vec![
        ("security-budgets.html", shown.render()?),
        ("security-budgets-nobody.html", nobody.render()?),
        ("security-budgets-alarm.html", alarm.render()?),
    ])
}

/// Two people, one of them nearly through, and no team.
fn sample(now: Millis) -> Overview {
    let left = |left, window, limit| BudgetLeft {
        kind: domain::BudgetKind::Information,
        purpose: None,
        window,
        left,
        limit,
        more_at: Some(now),
        whole_at: now,
    };
    let person = |name: &str, points, state| Spending {
        whose: Spender {
            name: name.to_owned(),
            person: domain::PersonId([1; 16]),
            role: domain::Role::Agent,
            team: "Orders".to_owned(),
            probation: false,
        },
        state,
        left: vec![left(points, Window::Hour, 320)],
    };
    let first = vec![person("Ana Diaz", 40, SpendingState::Low), person("Bo Lind", 300, SpendingState::Enough)];
    Overview {
        at: now,
        tenant: Spending { whose: (), state: SpendingState::Enough, left: vec![left(1, Window::Hour, 2_000_000)] },
        teams: Spenders { first: Vec::new(), all: 0, low: 0, spent: 0, edited: 0 },
        people: Spenders { first, all: 2, low: 1, spent: 0, edited: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_people() {
        assert_eq!([0, 999, 1_000, 2_000_000].map(grouped), ["0", "999", "1,000", "2,000,000"]);
        assert_eq!([0, 1, 10_000, 999_999, 1_000_000].map(percent), ["0%", "under 1%", "1%", "99%", "100%"]);
    }

    #[test]
    fn what_is_low_says_so_in_words_and_who_isnt_shown_is_counted() {
        let now = Millis(1_772_355_600_000);
        let page = BudgetsPage::of(&Limits::default(), &sample(now), now, 1);
        let people = &page.groups[2];
        assert_eq!(people.counted, "2 people serve customers: 1 low.");
        assert_eq!((people.rows.len(), people.more.as_deref()), (1, Some("Show the first 2")));
        let hour = people.rows[0].cells[0].1.as_ref().unwrap();
        assert_eq!((hour.share.as_str(), hour.word, hour.spent.as_str()), ("87%", "low", "280"));
        assert!(people.rows[0].cells[1].1.is_none());
        let html = page.render().unwrap();
        for words in ["Ana Diaz", "some free again at", "A person, for: Payment", "no limit", "Nobody who serves"] {
            assert!(html.contains(words), "{words}");
        }
        assert!(!html.contains("Bo Lind"));
    }
}
