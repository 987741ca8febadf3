//! `/log/{tenant}/closes`: the lists that say of each customer, under a label that only they know, how many entries there
//! are about them. Public: they tell nothing about anyone else.

use super::hex;
use super::log::{tenant, text};
use crate::body::ok;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use store::CloseRow;
use utoipa::{IntoParams, ToSchema};

/// How many closes one answer lists.
const MOST: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only closes with smaller numbers: `next` of the answer before.
    #[param(minimum = 1)]
    before: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LogCloses {
    /// Newest first, at most 200.
    closes: Vec<LogClose>,
    /// Where to go on, where there are more.
    next: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LogClose {
    /// Which close, from 1 and without a gap.
    #[schema(minimum = 1)]
    number: u64,
    /// When the counting began.
    #[schema(format = DateTime)]
    at: String,
    /// How many leaves the log had then: each of them is counted.
    covers: u64,
    /// How many rows the list has.
    size: u64,
    /// How many pages, of 4096 rows but for the last.
    pages: u64,
    /// The root over the rows (RFC 6962), in hex.
    root: String,
    /// The close's entry.
    entry: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PlacedClose {
    #[serde(flatten)]
    close: LogClose,
    /// The place of the close's entry in the log; none for a moment.
    place: Option<u64>,
}

impl From<CloseRow> for LogClose {
    fn from(row: CloseRow) -> Self {
        Self {
            number: row.number,
            at: row.at.to_string(),
            covers: row.covers,
            size: row.size,
            pages: transparency::list_pages(row.size),
            root: hex(&row.root),
            entry: row.entry.to_string(),
        }
    }
}

/// The closes of a log.
///
/// What each says is in its entry's leaf too, in clear; that one is what counts.
#[utoipa::path(get, path = "/log/{tenant}/closes", tag = "log", operation_id = "listCloses", security(()),
    params(("tenant" = String, Path, description = "The log's name."), Asked),
    responses((status = 200, body = LogCloses), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Path(slug): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let unreadable = || web.fault(super::paging::unreadable());
    let Query(Asked { before }) = asked.map_err(|_| unreadable())?;
    // Numbers from 1 that fit a database's integer; no other names a close.
    if before.is_some_and(|before| before == 0 || i64::try_from(before).is_err()) {
        return Err(unreadable());
    }
    let closes = web.vault.closes(tenant.id, before, MOST).await.map_err(|error| web.failed(&error))?;
    let next = closes.last().filter(|last| last.number > 1).map(|last| last.number);
    Ok(ok(&LogCloses { closes: closes.into_iter().map(LogClose::from).collect(), next }))
}

/// One close of a log.
///
/// What its leaf says in clear, and where in the log that leaf is.
#[utoipa::path(get, path = "/log/{tenant}/closes/{number}", tag = "log", operation_id = "getClose", security(()),
    params(("tenant" = String, Path, description = "The log's name."), ("number" = u64, Path, minimum = 1, description = "Which close.")),
    responses((status = 200, body = PlacedClose), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(
    State(web): State<Web>,
    Path((slug, number)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let number = parsed(&web, &number)?;
    let (row, place) = web.vault.close(tenant.id, number).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&PlacedClose { close: row.into(), place }))
}

/// A page of a close's list.
///
/// Rows of 64 bytes in rising order: a label, and a digest of the state. Once published it never changes.
#[utoipa::path(get, path = "/log/{tenant}/closes/{number}/pages/{page}", tag = "log", operation_id = "getClosePage", security(()),
    params(("tenant" = String, Path, description = "The log's name."), ("number" = u64, Path, minimum = 1, description = "Which close."),
        ("page" = u64, Path, description = "Which page, from zero.")),
    responses((status = 200, description = "The rows.", content_type = "application/octet-stream"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn page(
    State(web): State<Web>,
    Path((slug, number, page)): Path<(String, String, String)>,
) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let (number, page) = (parsed(&web, &number)?, parsed(&web, &page)?);
    let found = web.vault.close_page(tenant.id, number, page).await.map_err(|error| web.failed(&error))?;
    let data = found.ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    Ok(text("application/octet-stream", "public, max-age=31536000, immutable", data))
}

/// A number in its one spelling; anything else names nothing.
fn parsed(web: &Web, text: &str) -> Result<u64, Failed> {
    let number = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    number.ok_or_else(|| web.fault(Fault::NOT_FOUND))
}
