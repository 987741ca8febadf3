//! `/security/glass`: break-glass, for officers, who ask, agree and are shown, and for those who review and watch. What it
//! shows is asked for by its script, and is an entry.

use super::{for_role, page};
use crate::identify::Signed;
use crate::problem::Failed;
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::glass::REVIEW_DAYS;
use domain::{Emergency, FieldKind};

/// `/security/glass`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-glass.html")]
pub(super) struct GlassPage {
    /// Who looks.
    pub(super) person_name: String,
    /// What may be asked for: names and labels; nothing for who only watches.
    pub(super) fields: Vec<(&'static str, &'static str)>,
    /// May they see the other pages of security?
    pub(super) reads_log: bool,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

impl GlassPage {
    fn reasons() -> impl Iterator<Item = (&'static str, &'static str)> {
        Emergency::ALL.iter().map(|reason| (reason.slug(), reason.label()))
    }

    fn days() -> i64 {
        REVIEW_DAYS
    }
}

fn named(fields: impl IntoIterator<Item = FieldKind>) -> Vec<(&'static str, &'static str)> {
    fields.into_iter().map(|field| (field.slug(), field.label())).collect()
}

pub(super) async fn glass(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    match for_role(&web, signed, |web, scope| web.vault.reads_alarms(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let (fields, reads_log) = (named(web.vault.glass_fields(&scope)), web.vault.reads_log(&scope));
            let (person_name, banner) = (scope.name().to_owned(), web.config.banner.clone());
            page(StatusCode::OK, &GlassPage { person_name, fields, reads_log, banner })
        }
    }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let officer = GlassPage {
        person_name: "Ingrid Solberg".to_owned(),
        fields: named([FieldKind::Name, FieldKind::PostalAddress, FieldKind::Phone]),
        reads_log: true,
        banner,
    };
    let board = GlassPage { fields: Vec::new(), reads_log: false, ..officer.clone() };
    Ok(vec![("security-glass.html", officer.render()?), ("security-glass-board.html", board.render()?)])
}
