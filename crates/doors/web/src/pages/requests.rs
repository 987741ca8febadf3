//! `/security/requests`: what customers ask for by right, for data protection and for who agrees to answers. The page holds nothing of
//! anybody's: what it shows is asked for by its script, and is an entry.

use super::{for_role, page, watches};
use crate::identify::Signed;
use crate::problem::Failed;
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{CameBy, Right, UseLimit};

/// The page.
#[derive(Debug, Clone, Template)]
#[template(path = "security-requests.html")]
struct RequestsPage {
    person_name: String,
    /// Does who looks see the other parts of security?
    watches: bool,
    /// Do they handle requests?
    handles: bool,
    /// Do they agree to answers?
    agrees: bool,
    today: String,
    banner: Option<String>,
}

impl RequestsPage {
    fn rights() -> impl Iterator<Item = (&'static str, &'static str)> {
        Right::ALL.iter().map(|right| (right.slug(), right.label()))
    }

    fn limits() -> impl Iterator<Item = (&'static str, &'static str)> {
        UseLimit::ALL.iter().map(|limit| (limit.slug(), limit.label()))
    }

    fn ways() -> impl Iterator<Item = (&'static str, &'static str)> {
        CameBy::ALL.iter().map(|way| (way.slug(), way.label()))
    }
}

pub(super) async fn show(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, |web, scope| web.vault.sees_requests(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let requests = RequestsPage {
                person_name: scope.name().to_owned(),
                watches: watches(&web, &scope),
                handles: web.vault.handles_requests(&scope),
                agrees: web.vault.agrees_to_answers(&scope),
                today: web.vault.now().to_string().chars().take(10).collect(),
                banner: web.config.banner.clone(),
            };
            page(StatusCode::OK, &requests)
        }
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let today = "2026-11-28".to_owned();
    let handles = RequestsPage {
        person_name: "Claire Moreau".to_owned(),
        watches: false,
        handles: true,
        agrees: true,
        today,
        banner,
    };
    let agrees =
        RequestsPage { person_name: "Ingrid Solberg".to_owned(), watches: true, handles: false, ..handles.clone() };
    Ok(vec![("security-requests.html", handles.render()?), ("security-requests-officer.html", agrees.render()?)])
}
