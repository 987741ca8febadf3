//! `/log`: the tamper-evident log as C2SP tlog-tiles serves it. Public: it tells nothing about anyone.

use crate::body::ok;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use transparency::TilePath;
use utoipa::ToSchema;
use vault::TenantConfig;

#[derive(Serialize, ToSchema)]
pub(crate) struct Logs {
    logs: Vec<Log>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Log {
    tenant: String,
    /// The name under which it signs.
    origin: String,
}

/// The logs kept here.
///
/// One per tenant; each follows C2SP tlog-tiles under `/log/{tenant}/`.
#[utoipa::path(get, path = "/log", tag = "log", operation_id = "listLogs", security(()), responses((status = 200, body = Logs)))]
pub(crate) async fn logs(State(web): State<Web>) -> Response {
    let logs = web
        .vault
        .tenants()
        .iter()
        .map(|tenant| Log { tenant: tenant.slug.clone(), origin: tenant.origin.clone() })
        .collect();
    ok(&Logs { logs })
}

fn tenant<'w>(web: &'w Web, slug: &str) -> Result<&'w TenantConfig, Failed> {
    web.vault.tenant(slug).ok_or_else(|| web.fault(Fault::NOT_FOUND))
}

fn text(kind: &'static str, cache: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let headers: [(HeaderName, &str); 2] = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)];
    (headers, body.into()).into_response()
}

/// The newest signed checkpoint, with the lines of the witnesses that signed exactly it.
pub(crate) async fn checkpoint(State(web): State<Web>, Path(slug): Path<String>) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let note = web.vault.published_checkpoint(tenant.id).await.map_err(|error| web.failed(&error))?;
    if note.is_empty() {
        return Err(web.fault(Fault::NOT_FOUND));
    }
    Ok(text("text/plain; charset=utf-8", "no-store", note))
}

/// The newest checkpoint that enough witnesses signed.
pub(crate) async fn witnessed(State(web): State<Web>, Path(slug): Path<String>) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let note = web.vault.witnessed_checkpoint(tenant.id).await.map_err(|error| web.failed(&error))?;
    let note = note.ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    Ok(text("text/plain; charset=utf-8", "no-store", note))
}

/// The log's verifier keys, one a line.
pub(crate) async fn key(State(web): State<Web>, Path(slug): Path<String>) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let keys = vault::origin_keys(&web.vault, tenant).map_err(|error| web.failed(&error))?;
    Ok(text("text/plain; charset=utf-8", "no-store", keys.to_string()))
}

/// A tile or entry bundle. Once published it never changes, so it may be kept for good.
pub(crate) async fn tile(
    State(web): State<Web>,
    Path((slug, path)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let path: TilePath = format!("tile/{path}").parse().map_err(|_| web.fault(Fault::NOT_FOUND))?;
    let found = web.vault.log_tile(tenant.id, path).await.map_err(|error| web.failed(&error))?;
    let data = found.ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    Ok(text("application/octet-stream", "public, max-age=31536000, immutable", data))
}
