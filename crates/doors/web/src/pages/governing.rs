//! `/security/change`: officers change rules and limits. `/security/proposals`: what waits for another officer or for its time.

use super::{for_role, page};
use crate::identify::Signed;
use crate::problem::Failed;
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vault::SignedTexts;

/// `/security/change`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-change.html")]
pub(super) struct ChangePage {
    /// The officer's name.
    pub(super) person_name: String,
    /// All limits, in TOML.
    pub(super) limits: String,
    /// Did officers sign them, or were they sealed?
    pub(super) own_limits: bool,
    /// The files of rules: name and text.
    pub(super) files: Vec<(String, String)>,
    /// Did officers sign them?
    pub(super) own_rules: bool,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

pub(super) async fn change(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, |web, scope| web.vault.changes_power(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let SignedTexts { limits, own_limits, rules, own_rules, .. } = web.vault.texts(&scope);
            let (person_name, banner) = (scope.name().to_owned(), web.config.banner.clone());
            page(StatusCode::OK, &ChangePage { person_name, limits, own_limits, files: rules, own_rules, banner })
        }
    }
}

/// `/security/proposals`. What it shows is asked for by its script, and is an entry.
#[derive(Debug, Clone, Template)]
#[template(path = "security-proposals.html")]
pub(super) struct ProposalsPage {
    /// Who looks.
    pub(super) person_name: String,
    /// May they sign and withdraw?
    pub(super) changes: bool,
    /// May they see the other pages of security?
    pub(super) reads_log: bool,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

pub(super) async fn proposals(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, |web, scope| web.vault.reads_alarms(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let (changes, reads_log) = (web.vault.changes_power(&scope), web.vault.reads_log(&scope));
            let (person_name, banner) = (scope.name().to_owned(), web.config.banner.clone());
            page(StatusCode::OK, &ProposalsPage { person_name, changes, reads_log, banner })
        }
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let sample = ChangePage {
        person_name: "Ingrid Solberg".to_owned(),
        limits: "code_per_hour = 40\n\n[person]\nhour = 320\nday = 1600\ndays_30 = 30000\n".to_owned(),
        own_limits: true,
        files: vec![("1-roles.cedar".to_owned(), "permit (principal, action, resource);".to_owned())],
        own_rules: true,
        banner,
    };
    let proposals = ProposalsPage {
        person_name: sample.person_name.clone(),
        changes: true,
        reads_log: true,
        banner: sample.banner.clone(),
    };
    let board = ProposalsPage { changes: false, reads_log: false, ..proposals.clone() };
    Ok(vec![
        ("security-change.html", sample.render()?),
        ("security-proposals.html", proposals.render()?),
        ("security-proposals-board.html", board.render()?),
    ])
}
