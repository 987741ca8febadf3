//! `/security/people`: who works here, what waits for security, and changes of power.

use super::{error_page, for_role, page};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::Role;
use serde::Deserialize;

/// `/security/people`. The page itself holds nothing of anybody's but who looks: what it shows is asked for by its script,
/// and is an entry.
#[derive(Debug, Clone, Template)]
#[template(path = "security-people.html")]
pub(super) struct PeoplePage {
    /// Who looks.
    pub(super) person_name: String,
    /// Their id, `per_…`.
    pub(super) person_id: String,
    /// Whom the list begins with: a part of a name, team or role; empty for everybody.
    pub(super) named: String,
    /// How many tokens of the setting up still count, of people who serve or decide, and were confirmed by nobody.
    pub(super) unconfirmed: usize,
    /// May they change anything?
    pub(super) changes: bool,
    /// Whose subjects logins are; none where no identity provider is set up.
    pub(super) issuer: Option<String>,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

impl PeoplePage {
    /// Roles by their names, as the API says them.
    fn roles() -> impl Iterator<Item = (&'static str, &'static str)> {
        Role::ALL.iter().map(|role| (role.slug(), role.label()))
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    named: String,
}

pub(super) async fn people(
    State(web): State<Web>,
    signed: Result<Signed, Failed>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let scope = match for_role(&web, signed, |web, scope| web.vault.reads_people(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    // Not to know how many there are isn't to know that there are none.
    let unconfirmed = match web.vault.unconfirmed_tokens(scope.tenant()).await {
        Ok(unconfirmed) => unconfirmed,
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let page_of = PeoplePage {
        person_name: scope.name().to_owned(),
        person_id: scope.person().to_string(),
        named: asked.map(|Query(asked)| asked.named).unwrap_or_default(),
        unconfirmed,
        changes: web.vault.changes_power(&scope),
        issuer: crate::api::power_changes::provider(&web, &scope).map(str::to_owned),
        banner: web.config.banner.clone(),
    };
    page(StatusCode::OK, &page_of)
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let officer = PeoplePage {
        person_name: "Ingrid Solberg".to_owned(),
        person_id: format!("per_{}", "1".repeat(32)),
        named: String::new(),
        unconfirmed: 2,
        changes: true,
        issuer: Some("https://id.example.com".to_owned()),
        banner,
    };
    let auditor = PeoplePage { unconfirmed: 0, changes: false, issuer: None, ..officer.clone() };
    Ok(vec![("security-people.html", officer.render()?), ("security-people-auditor.html", auditor.render()?)])
}
