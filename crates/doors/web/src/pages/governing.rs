//! `/security/change`: officers change rules, limits and settings. `/security/proposals`: what waits for another officer or for its time.

use super::{error_page, for_role, page};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vault::{FileDiffers, Settings, SettingsDifference, SignedTexts};

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
    /// All settings, in TOML.
    pub(super) settings: String,
    /// How this node's file stands to them.
    pub(super) file: FileDiffers,
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
            let file = match web.vault.own_file_differs(&scope).await {
                Ok(file) => file,
                Err(error) => return error_page(&web, Fault::of(&web, &error)),
            };
            let SignedTexts { limits, own_limits, rules: files, own_rules, settings, .. } = web.vault.texts(&scope);
            let (person_name, banner) = (scope.name().to_owned(), web.config.banner.clone());
            let shown = ChangePage { person_name, limits, own_limits, settings, file, files, own_rules, banner };
            page(StatusCode::OK, &shown)
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
    /// How this node's file stands to the settings that count.
    pub(super) file: FileDiffers,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

pub(super) async fn proposals(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, |web, scope| web.vault.reads_alarms(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let file = match web.vault.own_file_differs(&scope).await {
                Ok(file) => file,
                Err(error) => return error_page(&web, Fault::of(&web, &error)),
            };
            let (changes, reads_log) = (web.vault.changes_power(&scope), web.vault.reads_log(&scope));
            let (person_name, banner) = (scope.name().to_owned(), web.config.banner.clone());
            page(StatusCode::OK, &ProposalsPage { person_name, changes, reads_log, file, banner })
        }
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let sample = ChangePage {
        person_name: "Ingrid Solberg".to_owned(),
        limits: "code_per_hour = 40\n\n[person]\nhour = 320\nday = 1600\ndays_30 = 30000\n".to_owned(),
        own_limits: true,
        settings: Settings::default().toml(),
        file: FileDiffers { agreed: false, differences: Vec::new() },
        files: vec![("1-roles.cedar".to_owned(), "permit (principal, action, resource);".to_owned())],
        own_rules: true,
        banner,
    };
    let proposals = ProposalsPage {
        person_name: sample.person_name.clone(),
        changes: true,
        reads_log: true,
        file: FileDiffers { agreed: true, differences: Vec::new() },
        banner: sample.banner.clone(),
    };
    let differences = [
        (true, "Seconds until a value that is shown is masked again (remask_s): from 20 to 60."),
        (false, "Drop the source of events tickets."),
    ];
    let differences = differences.map(|(widens, says)| SettingsDifference { widens, says: says.to_owned() }).to_vec();
    let file = FileDiffers { agreed: true, differences };
    let board = ProposalsPage { changes: false, reads_log: false, file: file.clone(), ..proposals.clone() };
    let other = ProposalsPage { file: file.clone(), ..proposals.clone() };
    let change_other = ChangePage { file, ..sample.clone() };
    Ok(vec![
        ("security-change.html", sample.render()?),
        ("security-change-other-file.html", change_other.render()?),
        ("security-proposals.html", proposals.render()?),
        ("security-proposals-other-file.html", other.render()?),
        ("security-proposals-board.html", board.render()?),
    ])
}
