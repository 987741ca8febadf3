//! Who looked, further back: the entries from one on that the page before named.

use super::told::{Line, line};
use super::{Frame, Place};
use crate::pages::{error_page, page};
use crate::problem::Fault;
use crate::state::Web;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::EntryId;
use vault::{CustomerScope, VaultError};

/// Entries in words: those by staff, and what else happened.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) looks: Vec<Line>,
    pub(super) others: Vec<Line>,
    /// Where the next older ones are.
    pub(super) older: Option<String>,
    /// How many weren't found.
    pub(super) missing: u64,
}

impl Told {
    /// The newest, or those from an entry on.
    pub(super) async fn of(
        web: &Web,
        place: &Place,
        scope: &CustomerScope,
        from: Option<EntryId>,
    ) -> Result<Self, VaultError> {
        let in_force = web.vault.plan_in_force(scope.tenant()).await?;
        let log = web.vault.own_log(scope, from).await?;
        let told = |look| line(look, in_force.planned.plan(), place.language);
        let (looks, others) = log.looks.iter().map(told).partition(|line: &Line| line.by_staff);
        let older = log.older.map(|entry| format!("{}/who/{entry}", place.frame.here));
        Ok(Self { looks, others, older, missing: log.missing })
    }
}

/// `/me/{tenant}/{language}/who/{entry}`
#[derive(Debug, Clone, Template)]
#[template(path = "me-who.html")]
struct Who {
    frame: Frame,
    banner: Option<String>,
    told: Told,
}

pub(super) async fn show(
    State(web): State<Web>,
    Path((slug, tag, entry)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let place = match Place::of(&web, &slug, &tag).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    let Some(from) = EntryId::parse(&entry) else { return error_page(&web, Fault::NOT_FOUND) };
    let scope = match place.customer(&web, &headers).await {
        Ok(scope) => scope,
        Err(error) => return place.failed(&web, &error),
    };
    match Told::of(&web, &place, &scope, Some(from)).await {
        Ok(told) => page(StatusCode::OK, &Who { frame: place.frame, banner: place.banner, told }),
        Err(error) => place.failed(&web, &error),
    }
}
