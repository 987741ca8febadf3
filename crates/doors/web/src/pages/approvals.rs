//! `/approvals`: what was put to somebody as a second person. The page itself holds nothing: its script asks.

use super::{for_role, home, page};
use crate::identify::Signed;
use crate::problem::Failed;
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// `/approvals`.
#[derive(Debug, Clone, Template)]
#[template(path = "approvals.html")]
pub(super) struct ApprovalsPage {
    /// Who answers.
    pub(super) person_name: String,
    /// Their own page …
    pub(super) home: &'static str,
    /// … and what it is called.
    pub(super) home_label: &'static str,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

pub(super) async fn approvals(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, |web, scope| web.vault.answers_approvals(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let home = home(scope.role());
            page(
                StatusCode::OK,
                &ApprovalsPage {
                    person_name: scope.name().to_owned(),
                    home,
                    home_label: if home == "/desk" { "Desk" } else { "Security" },
                    banner: web.config.banner.clone(),
                },
            )
        }
    }
}

/// The page as samples of it are looked at.
///
/// # Errors
/// If it can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let sample = ApprovalsPage { person_name: "Lea Leader".to_owned(), home: "/desk", home_label: "Desk", banner };
    Ok(vec![("approvals.html", sample.render()?)])
}
