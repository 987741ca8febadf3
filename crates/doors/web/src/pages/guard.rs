//! `/security/guard`: marking customers as guarded, and who is; each look at the list is an entry.

use super::{for_role, page, watches};
use crate::identify::Signed;
use crate::problem::Failed;
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::Guard;

/// The form.
#[derive(Debug, Clone, Template)]
#[template(path = "security-guard.html")]
pub(super) struct GuardPage {
    /// Who looks.
    pub(super) person_name: String,
    /// May they mark anybody?
    pub(super) guards: bool,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

impl GuardPage {
    fn reasons() -> impl Iterator<Item = (&'static str, &'static str)> {
        Guard::ALL.iter().map(|guard| (guard.slug(), guard.label()))
    }
}

pub(super) async fn guard(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, watches) {
        Err(response) => *response,
        Ok(scope) => {
            let person_name = scope.name().to_owned();
            let page_of =
                GuardPage { person_name, guards: web.vault.guards(&scope), banner: web.config.banner.clone() };
            page(StatusCode::OK, &page_of)
        }
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let officer = GuardPage { person_name: "Ingrid Solberg".to_owned(), guards: true, banner };
    let auditor = GuardPage { guards: false, ..officer.clone() };
    Ok(vec![("security-guard.html", officer.render()?), ("security-guard-auditor.html", auditor.render()?)])
}
