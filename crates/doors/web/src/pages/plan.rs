//! `/plan`: the data plan in force as a timeline of five years, for everybody who is signed in.

use super::{error_page, for_role, home, page};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use ::plan::{Date, Entry, Milestone, Plan, What};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

const YEARS: i16 = 5;

/// `/plan`.
#[derive(Debug, Clone, Template)]
#[template(path = "plan.html")]
struct PlanPage {
    person_name: String,
    home: &'static str,
    notice: String,
    company: String,
    signed: bool,
    version: u64,
    today: String,
    years: Vec<i16>,
    groups: Vec<Group>,
    /// By year.
    marks: Vec<Vec<Mark>>,
    milestones: Vec<MilestoneLine>,
    /// What the rules and limits do otherwise, and how it is mended.
    drift: Vec<(String, &'static str)>,
    banner: Option<String>,
}

/// Rows of one sort.
#[derive(Debug, Clone)]
struct Group {
    title: &'static str,
    rows: Vec<Row>,
}

/// An entry.
#[derive(Debug, Clone)]
struct Row {
    title: String,
    sort: &'static str,
    cells: Vec<Cell>,
    facts: Vec<(&'static str, String)>,
}

/// What a year is for an entry: a bar over its months, of twelve, and words.
#[derive(Debug, Clone)]
struct Cell {
    bar: Option<(usize, usize)>,
    words: String,
}

/// A milestone in its year.
#[derive(Debug, Clone)]
struct Mark {
    month: usize,
    label: String,
}

#[derive(Debug, Clone)]
struct MilestoneLine {
    on: String,
    text: String,
}

pub(super) async fn show(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let scope = match for_role(&web, signed, |_, _| true) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let in_force = match web.vault.plan_of(&scope).await {
        Ok(in_force) => in_force,
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let who = (scope.name().to_owned(), home(scope.role()), web.slug(scope.tenant()));
    let source = (in_force.signed, in_force.version);
    let banner = web.config.banner.clone();
    let drift = match web.vault.drift_in_force(scope.tenant()).await {
        Ok(found) => found.iter().map(|one| (one.says.clone(), one.next)).collect(),
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let shown = PlanPage { drift, ..shown(in_force.planned.plan(), in_force.day, who, source, banner) };
    page(StatusCode::OK, &shown)
}

fn shown(
    plan: &Plan,
    today: Date,
    (person_name, home, tenant): (String, &'static str, String),
    (signed, version): (bool, u64),
    banner: Option<String>,
) -> PlanPage {
    let years: Vec<i16> = (0..YEARS).map(|later| today.year().saturating_add(later)).collect();
    let ahead = |entry: &Entry| entry.dates.starts > today || !plan.is_protected(entry);
    let group = |title, sort, holds: &dyn Fn(&Entry) -> bool| {
        let entries = plan.entries.iter().filter(|entry| holds(entry));
        Group { title, rows: entries.map(|entry| row(plan, entry, sort, &years)).collect() }
    };
    let data = |entry: &Entry| matches!(entry.what, What::Data(_));
    let groups = [
        group("Held today", "held", &|entry| data(entry) && !ahead(entry)),
        group("Made of it", "made", &|entry| !data(entry) && !ahead(entry)),
        group("Looked ahead to", "ahead", &ahead),
    ];
    let in_year = |year: &i16| {
        let marks = plan.milestones.iter().filter(|one| one.on.year() == *year);
        marks.map(|one| Mark { month: month(one.on), label: format!("{}: {}", one.on, one.words.en) }).collect()
    };
    PlanPage {
        person_name,
        home,
        notice: format!("/notice/{tenant}"),
        company: plan.head.company.clone(),
        signed,
        version,
        today: today.to_string(),
        groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
        marks: years.iter().map(in_year).collect(),
        years,
        milestones: plan.milestones.iter().map(line).collect(),
        drift: Vec::new(),
        banner,
    }
}

fn line(one: &Milestone) -> MilestoneLine {
    let text = format!("{}: {}. {}: {}.", one.of, one.words.en, sentence(one.level.slug()), one.source);
    MilestoneLine { on: one.on.to_string(), text }
}

fn row(plan: &Plan, entry: &Entry, sort: &'static str, years: &[i16]) -> Row {
    let list = |texts: Vec<String>| if texts.is_empty() { "nobody".to_owned() } else { texts.join(", ") };
    let protection = entry.protection;
    let waits: Vec<String> = entry
        .needs
        .iter()
        .filter_map(|id| plan.safeguards.get(id))
        .map(|one| {
            format!("{}, {}", one.words.en, if one.in_place { "there".to_owned() } else { format!("by {}", one.ready) })
        })
        .collect();
    let mut facts = vec![
        ("What for", list(entry.purposes.iter().map(|slug| sentence(slug)).collect())),
        ("Ground", sentence(entry.basis.slug())),
        ("Owner", entry.owner.clone()),
        ("Who", list(entry.roles.iter().map(|role| role.label().to_owned()).collect())),
        ("Kept", format!("{} from {}", entry.keep, sentence(entry.after.slug()).to_lowercase())),
        (
            "Protected",
            format!(
                "suite {}, mask {}, binding {}, {} points",
                protection.suite,
                sentence(protection.mask.slug()).to_lowercase(),
                protection.binding.slug(),
                protection.weight
            ),
        ),
    ];
    if !waits.is_empty() {
        facts.push(("Needs first", waits.join("; ")));
    }
    if !entry.sub_processors.is_empty() {
        facts.push(("Given to", list(entry.sub_processors.iter().map(|id| sentence(id)).collect())));
    }
    Row { title: sentence(&entry.id), sort, cells: years.iter().map(|year| cell(entry, *year)).collect(), facts }
}

/// `date_of_birth` as `Date of birth`.
fn sentence(slug: &str) -> String {
    super::ask::sentence(slug)
}

/// The month, from zero on.
fn month(day: Date) -> usize {
    usize::from(day.month().unsigned_abs()).saturating_sub(1)
}

fn cell(entry: &Entry, year: i16) -> Cell {
    let (starts, ends) = (entry.dates.starts, entry.dates.ends);
    if starts.year() > year || ends.year() < year {
        let words = if starts.year() > year { "not yet" } else { "over" };
        return Cell { bar: None, words: words.to_owned() };
    }
    let first = if starts.year() == year { month(starts) } else { 0 };
    let last = if ends.year() == year { month(ends) } else { 11 };
    let words = match (starts.year() == year, ends.year() == year) {
        (true, true) => format!("from {starts} until {ends}"),
        (true, false) => format!("from {starts}"),
        (false, true) => format!("until {ends}"),
        (false, false) => "all year".to_owned(),
    };
    Cell { bar: Some((first, last.saturating_sub(first) + 1)), words }
}

/// The page as samples of it are looked at.
///
/// # Errors
/// If it can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let sample = Plan::parse(::plan::DEFAULT).map_err(|_| askama::Error::Fmt)?;
    let who = ("Ingrid Solberg".to_owned(), "/security", "acme".to_owned());
    let shown = shown(&sample, Date::constant(2026, 11, 27), who, (false, 3), banner);
    let drift = vec![(
        "The rules show name to the role agent for callback; the plan doesn't.".to_owned(),
        "take it out of the rules, or add role and purpose to the plan",
    )];
    let differs = PlanPage { drift, ..shown.clone() };
    Ok(vec![("plan.html", shown.render()?), ("plan-differs.html", differs.render()?)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_a_bar_over_the_months_in_which_something_holds() {
        let plan = Plan::parse(::plan::DEFAULT).unwrap();
        let mut entry = plan.entries[0].clone();
        let mut on = |starts: &str, ends: &str, year| {
            entry.dates = ::plan::Dates { starts: starts.parse().unwrap(), ends: ends.parse().unwrap() };
            let Cell { bar, words } = cell(&entry, year);
            (bar, words)
        };
        assert_eq!(on("2028-03-15", "2030-01-31", 2027), (None, "not yet".to_owned()));
        assert_eq!(on("2028-03-15", "2030-01-31", 2028), (Some((2, 10)), "from 2028-03-15".to_owned()));
        assert_eq!(on("2028-03-15", "2030-01-31", 2029), (Some((0, 12)), "all year".to_owned()));
        assert_eq!(on("2028-03-15", "2030-01-31", 2030), (Some((0, 1)), "until 2030-01-31".to_owned()));
        assert_eq!(on("2028-03-15", "2030-01-31", 2031), (None, "over".to_owned()));
        assert_eq!(on("2028-03-15", "2028-04-01", 2028).0, Some((2, 2)));
    }

    #[test]
    fn what_the_rules_do_otherwise_is_told_and_nothing_where_they_agree() {
        let pages = gallery(None).unwrap();
        assert!(!pages[0].1.contains("differs-title") && pages[1].1.contains("differs-title"));
        assert!(pages[1].1.contains("take it out of the rules"));
    }

    #[test]
    fn the_page_shows_every_entry_and_marks_each_milestone_in_its_year() {
        let (_, html) = gallery(None).unwrap().remove(0);
        let plan = Plan::parse(::plan::DEFAULT).unwrap();
        for entry in &plan.entries {
            assert!(html.contains(&format!(">{}<", sentence(&entry.id))), "{}", entry.id);
        }
        for one in &plan.milestones {
            assert!(html.contains(&one.on.to_string()), "{}", one.id);
        }
        assert_eq!(html.matches("class=\"mark-year\"").count(), 2, "2028 and 2030; the others are later");
    }
}
