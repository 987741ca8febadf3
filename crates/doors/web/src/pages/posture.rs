//! `/security/defences`: what was tried against this deployment, and whether it held.

use super::promises::{self, Promises};
use super::{error_page, for_role, moment, page};
use crate::api::drills::{Standing, StandingLine, standings};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Millis, Role};
use vault::DrillPlace;

/// `/security/defences`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-defences.html")]
struct DefencesPage {
    person_name: String,
    /// Does who looks see the other parts of security?
    watches: bool,
    /// How many hold now, of how many.
    holding: usize,
    of: usize,
    /// When the oldest that holds runs out.
    until: Option<String>,
    edited: usize,
    lines: Vec<Line>,
    promises: Promises,
    banner: Option<String>,
}

/// A defence.
#[derive(Debug, Clone)]
struct Line {
    drill: String,
    tries: String,
    state: &'static str,
    said: &'static str,
    at: Option<String>,
    place: &'static str,
    controls: String,
    entry: Option<String>,
}

pub(super) async fn show(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let may = |web: &Web, scope: &vault::Scope| super::watches(web, scope) || scope.role() == Role::BoardMember;
    let scope = match for_role(&web, signed, may) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let posture = match web.vault.posture(&scope).await {
        Ok(posture) => posture,
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let now = web.vault.now();
    let standings = standings(&web, &posture, now);
    // Whoever tells of drills that this program doesn't have doesn't make it look better.
    let own = || standings.iter().filter(|line| line.known.is_some());
    let holding = own().filter(|line| line.state == Standing::Holds);
    let oldest = holding.clone().filter_map(|line| line.evidence.as_ref()).map(|it| it.expires().0).min();
    let shown = DefencesPage {
        person_name: scope.name().to_owned(),
        watches: super::watches(&web, &scope),
        holding: holding.count(),
        of: own().count(),
        until: oldest.map(|at| moment(Millis(at), now)),
        edited: posture.edited,
        lines: standings.iter().map(|line| Line::of(line, now)).collect(),
        promises: Promises::of(&web.config.promises, &standings, now),
        banner: web.config.banner.clone(),
    };
    page(StatusCode::OK, &shown)
}

impl Line {
    fn of(line: &StandingLine, now: Millis) -> Self {
        let evidence = line.evidence.as_ref();
        Self {
            drill: line.drill.clone(),
            tries: line
                .known
                .as_ref()
                .map_or_else(|| "A drill that this program doesn’t have.".to_owned(), |known| known.tries.clone()),
            state: line.state.slug(),
            said: said(line.state),
            at: evidence.map(|it| moment(it.at, now)),
            place: match evidence.map(|it| it.result.place) {
                Some(DrillPlace::Deployment) => "against this deployment",
                Some(DrillPlace::Scratch) => "in a centre made for it",
                None => "",
            },
            controls: line.known.as_ref().map(|known| known.controls.join(" · ")).unwrap_or_default(),
            entry: evidence.map(|it| it.entry.to_string()),
        }
    }
}

pub(super) fn said(state: Standing) -> &'static str {
    match state {
        Standing::Pierced => "Got through",
        Standing::ProvesNothing => "Couldn’t be tried",
        Standing::Stale => "Too long ago",
        Standing::Never => "Never tried",
        Standing::Holds => "Holds",
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let line = |drill: &str, tries: &str, state: Standing, at: Option<&str>| Line {
        drill: drill.to_owned(),
        tries: tries.to_owned(),
        state: state.slug(),
        said: said(state),
        at: at.map(str::to_owned),
        place: if at.is_some() { "against this deployment" } else { "" },
        controls: "PCI DSS 4.0.1 7.2.2 · GDPR 25(2) · ISO/IEC 27001:2022 A.8.3".to_owned(),
        entry: at.map(|_| "ent_01a20e9e60c27c1ba80a61073b92ee3f".to_owned()),
    };
    let hold = "An agent puts the customer on hold and copies the record meanwhile.";
    let look = "An agent looks a customer’s name up while nobody is on the line.";
    let whole = DefencesPage {
        person_name: "Ingrid Solberg".to_owned(),
        watches: true,
        holding: 2,
        of: 2,
        until: Some("2026-03-05 04:00:11".to_owned()),
        edited: 0,
        lines: vec![
            line("reveal-on-hold", hold, Standing::Holds, Some("04:00:11")),
            line("reveal-without-contact", look, Standing::Holds, Some("04:00:12")),
        ],
        promises: promises::sample(Standing::Holds),
        banner,
    };
    let red = DefencesPage {
        holding: 0,
        until: None,
        edited: 1,
        lines: vec![
            line("reveal-on-hold", hold, Standing::Pierced, Some("04:00:11")),
            line("reveal-without-contact", look, Standing::Stale, Some("2026-02-27 04:00:12")),
        ],
        promises: promises::sample(Standing::Pierced),
        ..whole.clone()
    };
    let never = DefencesPage {
        holding: 0,
        until: None,
        lines: vec![line("reveal-on-hold", hold, Standing::Never, None)],
        promises: promises::sample(Standing::Never),
        of: 1,
        watches: false,
        ..whole.clone()
    };
    Ok(vec![
        ("security-defences.html", whole.render()?),
        ("security-defences-red.html", red.render()?),
        ("security-defences-never.html", never.render()?),
    ])
}
