//! `/security/sessions`: who is signed in, and ending it.

use super::who::Who;
use super::{error_page, for_role, moment, page, watches};
use crate::api::disclosures::names;
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Millis, PersonId};
use serde::Deserialize;
use std::collections::HashMap;
use vault::{SessionLine, Way};

const WHOSE: &str = "Whose";

/// How many sessions are drawn; who isn't among them is found by their name.
const MOST: usize = 200;

/// `/security/sessions`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-sessions.html")]
pub(super) struct SessionsPage {
    /// Who looks.
    pub(super) person_name: String,
    /// Do they see who is signed in?
    pub(super) reads: bool,
    /// Whose are shown.
    pub(super) who: Who,
    /// How many sessions there are in all, in words.
    pub(super) counted: String,
    /// Those shown, by person; who signed in last comes first.
    pub(super) people: Vec<SignedIn>,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

/// One person's sessions.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) person: String,
    pub(super) name: String,
    /// How many of them aren't the one that asks.
    pub(super) others: usize,
    pub(super) sessions: Vec<Session>,
}

/// One session, in words.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) session: String,
    pub(super) begun: String,
    pub(super) seen: String,
    pub(super) ends: String,
    pub(super) way: &'static str,
    pub(super) bound: bool,
    pub(super) current: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    person: String,
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Passkey => "with a passkey",
        Way::Login => "with the company\u{2019}s login",
        Way::Token => "with an access token",
        Way::Chosen => "by choosing a role",
        Way::Bearer | Way::Client => "as a program",
    }
}

impl Session {
    fn of(line: &SessionLine, now: Millis) -> Self {
        Self {
            session: line.id.to_string(),
            begun: moment(line.begun, now),
            seen: moment(line.seen, now),
            ends: moment(line.ends, now),
            way: way(line.way),
            bound: line.bound,
            current: line.current,
        }
    }
}

type Names = HashMap<PersonId, String>;

fn name(names: &Names, person: PersonId) -> String {
    names.get(&person).cloned().unwrap_or_else(|| person.to_string())
}

/// By person, in the order in which they come first.
fn by_person(lines: &[SessionLine], names: &Names, now: Millis) -> Vec<SignedIn> {
    let mut people: Vec<SignedIn> = Vec::new();
    let mut places: HashMap<PersonId, usize> = HashMap::new();
    for line in lines {
        let place = *places.entry(line.person).or_insert(people.len());
        if place == people.len() {
            let (person, name) = (line.person.to_string(), name(names, line.person));
            people.push(SignedIn { person, name, others: 0, sessions: Vec::new() });
        }
        if let Some(signed_in) = people.get_mut(place) {
            signed_in.others += usize::from(!line.current);
            signed_in.sessions.push(Session::of(line, now));
        }
    }
    people
}

impl SessionsPage {
    /// For who watches, and ends nobody's session: they see nobody's.
    fn unread() -> Self {
        Self { reads: false, ..Self::of(&[], &Names::new(), Millis(0), Who::unasked(WHOSE)) }
    }

    fn of(lines: &[SessionLine], names: &Names, now: Millis, who: Who) -> Self {
        let all = who.text.is_empty();
        let wanted: Vec<SessionLine> =
            lines.iter().filter(|line| all || who.person == Some(line.person)).cloned().collect();
        let shown = wanted.get(..MOST).unwrap_or(&wanted);
        let count = wanted.len();
        let sessions = if count == 1 { "session" } else { "sessions" };
        let rest =
            if count > MOST { format!(", the newest {MOST} shown: write whose to see others") } else { String::new() };
        Self {
            person_name: String::new(),
            reads: true,
            who,
            counted: format!("{count} {sessions}{rest}."),
            people: by_person(shown, names, now),
            banner: None,
        }
    }
}

/// Who is signed in on a page, whoever signed in last first.
pub(super) async fn sessions(
    State(web): State<Web>,
    signed: Result<Signed, Failed>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let scope = match for_role(&web, signed, watches) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let page_for = |whole: SessionsPage| SessionsPage {
        person_name: scope.name().to_owned(),
        banner: web.config.banner.clone(),
        ..whole
    };
    if !web.vault.reads_sessions(&scope) {
        return page(StatusCode::OK, &page_for(SessionsPage::unread()));
    }
    let Ok(Query(Asked { person })) = asked else { return error_page(&web, Fault::UNPROCESSABLE) };
    let who = match Who::find(&web, &scope, WHOSE, &person).await {
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
        Ok(who) => who,
    };
    let status = if who.problem().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    match web.vault.sessions(&scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok(lines) => {
            let names = names(&web.vault, &scope).await.into_iter().collect();
            page(status, &page_for(SessionsPage::of(&lines, &names, web.vault.now(), who)))
        }
    }
}

const SAMPLE_NOW: Millis = Millis(1_772_355_600_000);

fn sample(number: u8, person: u8, current: bool) -> SessionLine {
    SessionLine {
        id: vault::SessionId([number; 16]),
        person: PersonId([person; 16]),
        begun: SAMPLE_NOW.plus(-3_600_000),
        seen: SAMPLE_NOW.plus(-60_000),
        ends: SAMPLE_NOW.plus(11 * 3_600_000),
        way: if current { Way::Passkey } else { Way::Login },
        bound: number != 3,
        current,
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let names = [(1, "Ingrid Solberg"), (2, "Ana Diaz")].map(|(id, name)| (PersonId([id; 16]), name.to_owned()));
    let names = names.into_iter().collect();
    let lines = [sample(1, 1, true), sample(2, 2, false), sample(3, 2, false)];
    let page_of = |lines: &[SessionLine]| SessionsPage {
        person_name: "Ingrid Solberg".to_owned(),
        banner: banner.clone(),
        ..SessionsPage::of(lines, &names, SAMPLE_NOW, Who::unasked(WHOSE))
    };
    let unknown = SessionsPage { who: Who::of(WHOSE, "Zoe", &[]), ..page_of(&[]) };
    let auditor =
        SessionsPage { person_name: "Ines Auditor".to_owned(), banner: banner.clone(), ..SessionsPage::unread() };
    Ok(vec![
        ("security-sessions.html", page_of(&lines).render()?),
        ("security-sessions-none.html", page_of(&[]).render()?),
        ("security-sessions-unknown.html", unknown.render()?),
        ("security-sessions-auditor.html", auditor.render()?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_told_by_person_and_ones_own_isnt_ended_here() {
        let lines = [sample(1, 1, true), sample(2, 2, false), sample(4, 1, false), sample(3, 2, false)];
        let page = SessionsPage::of(&lines, &Names::new(), SAMPLE_NOW, Who::unasked(WHOSE));
        let counts: Vec<_> = page.people.iter().map(|one| (one.sessions.len(), one.others)).collect();
        assert_eq!((counts, page.counted.as_str()), (vec![(2, 1), (2, 2)], "4 sessions."));
        let html = page.render().unwrap();
        assert_eq!(html.matches("data-end=").count(), 3);
        assert_eq!((html.matches("data-end-all").count(), html.matches("Works in any browser").count()), (1, 1));
    }

    #[test]
    fn of_many_the_newest_are_drawn_and_anybodys_can_be_chosen() {
        let lines: Vec<_> = (0..=250).map(|number| sample(number, number, false)).collect();
        let all = SessionsPage::of(&lines, &Names::new(), SAMPLE_NOW, Who::unasked(WHOSE));
        assert_eq!(all.people.len(), MOST);
        assert!(!all.render().unwrap().contains("<option"), "the page holds nobody but those shown");
        assert!(all.counted.starts_with("251 sessions, the newest 200 shown"));
        let whose = Who { text: "somebody".to_owned(), person: Some(PersonId([250; 16])), ..Who::unasked(WHOSE) };
        let one = SessionsPage::of(&lines, &Names::new(), SAMPLE_NOW, whose);
        assert_eq!((one.people.len(), one.counted.as_str()), (1, "1 session."));
        let nobody = SessionsPage::of(&lines, &Names::new(), SAMPLE_NOW, Who::of(WHOSE, "Zoe", &[]));
        assert!(nobody.people.is_empty() && nobody.render().unwrap().contains("Nobody here has that name"));
    }
}
