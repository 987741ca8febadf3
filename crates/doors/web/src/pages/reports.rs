//! `/security/reports`: what was reported, for who handles that in security, and for who does so outside it. The page holds nothing of
//! anybody's: what it shows is asked for by its script, and is an entry.

use super::{for_role, page, watches};
use crate::identify::Signed;
use crate::problem::Failed;
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// The page.
#[derive(Debug, Clone, Template)]
#[template(path = "security-reports.html")]
struct ReportsPage {
    person_name: String,
    /// Does who looks see the other parts of security?
    watches: bool,
    /// Do they handle reports outside security?
    outside: bool,
    acknowledge: i64,
    answer: i64,
    law_acknowledge: i64,
    law_answer: i64,
    banner: Option<String>,
}

impl ReportsPage {
    fn of(person_name: String, (watches, outside): (bool, bool), banner: Option<String>) -> Self {
        Self {
            person_name,
            watches,
            outside,
            acknowledge: vault::ACKNOWLEDGE_DAYS,
            answer: vault::ANSWER_DAYS,
            law_acknowledge: vault::LAW_ACKNOWLEDGE_DAYS,
            law_answer: vault::LAW_ANSWER_DAYS,
            banner,
        }
    }
}

pub(super) async fn show(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, |web, scope| web.vault.handles_reports(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let sides = (watches(&web, &scope), web.vault.handles_reports_outside(&scope));
            page(StatusCode::OK, &ReportsPage::of(scope.name().to_owned(), sides, web.config.banner.clone()))
        }
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let security = ReportsPage::of("Ingrid Solberg".to_owned(), (true, false), banner.clone());
    let outside = ReportsPage::of("Claire Moreau".to_owned(), (false, true), banner);
    Ok(vec![("security-reports.html", security.render()?), ("security-reports-outside.html", outside.render()?)])
}
