//! `/healthz`, `/readyz`, `/metrics`, `/openapi.json`.

use crate::body::ok;
use crate::problem::Failed;
use crate::state::Web;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// The process runs.
///
/// Answers as long as the process can answer at all.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "healthz", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn alive() -> Response {
    ok(&Health { status: "ok" })
}

/// It can serve: the store answers for every tenant.
///
/// Ask this before sending traffic.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "readyz", security(()),
    responses((status = 200, body = Health), (status = 503, body = crate::problem::Problem, content_type = "application/problem+json")))]
pub(crate) async fn ready(State(web): State<Web>) -> Result<Response, Failed> {
    for tenant in web.vault.tenants() {
        web.vault.log_head(tenant.id).await.map_err(|error| web.failed(&error))?;
    }
    Ok(ok(&Health { status: "ok" }))
}

/// How much is done, and how fast.
///
/// Numbers of this node in OpenMetrics text, without anything about anyone; they count from its start.
#[utoipa::path(get, path = "/metrics", tag = "operations", operation_id = "metrics", security(()),
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn metrics(State(web): State<Web>) -> Response {
    let text = crate::metrics::text(&web).await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text).into_response()
}

/// The API's description.
pub(crate) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], crate::openapi()).into_response()
}
