//! `/log`: the tamper-evident log as C2SP tlog-tiles serves it. Public: it tells nothing about anyone.

use crate::body::ok;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::io::Write as _;
use transparency::{Level, TilePath};
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

pub(crate) fn tenant<'w>(web: &'w Web, slug: &str) -> Result<&'w TenantConfig, Failed> {
    web.vault.tenant(slug).ok_or_else(|| web.fault(Fault::NOT_FOUND))
}

pub(crate) fn text(kind: &'static str, cache: &'static str, body: impl Into<axum::body::Body>) -> Response {
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
    Ok(text("text/plain; charset=utf-8", "no-cache", note))
}

/// The newest checkpoint that enough witnesses signed.
pub(crate) async fn witnessed(State(web): State<Web>, Path(slug): Path<String>) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let note = web.vault.witnessed_checkpoint(tenant.id).await.map_err(|error| web.failed(&error))?;
    let note = note.ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    Ok(text("text/plain; charset=utf-8", "no-cache", note))
}

/// The log's verifier keys, one a line.
pub(crate) async fn key(State(web): State<Web>, Path(slug): Path<String>) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let keys = vault::origin_keys(&web.vault, tenant).map_err(|error| web.failed(&error))?;
    Ok(text("text/plain; charset=utf-8", "no-cache", keys.to_string()))
}

/// A tile or entry bundle. Once published it never changes, so it may be kept for good.
pub(crate) async fn tile(
    State(web): State<Web>,
    Path((slug, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let tenant = tenant(&web, &slug)?;
    let path: TilePath = format!("tile/{path}").parse().map_err(|_| web.fault(Fault::NOT_FOUND))?;
    let found = web.vault.log_tile(tenant.id, path).await.map_err(|error| web.failed(&error))?;
    let data = found.ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    let packed = if path.level() == Level::Entries && takes_gzip(&headers) { gzip(&data) } else { None };
    let is_packed = packed.is_some();
    let mut response = text("application/octet-stream", "public, max-age=31536000, immutable", packed.unwrap_or(data));
    if path.level() == Level::Entries {
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if is_packed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Whether the caller says that it reads gzip. tlog-tiles would let bundles be sent so unasked; not every tool copes.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let wanted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    wanted.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0));
        coding.eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The compressed bytes where they are fewer.
fn gzip(data: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).ok()?;
    encoder.finish().ok().filter(|packed| packed.len() < data.len())
}

#[cfg(test)]
mod tests {
    use super::{gzip, takes_gzip};
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let takes = |value| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            takes_gzip(&headers)
        };
        assert!(takes("gzip") && takes("identity, GZIP;q=0.5") && takes("br,gzip"));
        assert!(!takes("identity") && !takes("gzip;q=0") && !takes("gzip; q=0.000") && !takes("") && !takes("xgzip"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_grows_is_sent_as_it_is() {
        assert!(gzip(&[0; 200]).is_some());
        assert!(gzip(b"ab").is_none());
    }
}
