//! `/healthz`, `/readyz`, `/metrics`, `/openapi.json`.

use crate::body::ok;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use vault::Unready;

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

/// It can serve every tenant: the store and the key holder answer, people and rights are as they were sealed, and the log goes on.
///
/// Ask this before sending traffic. It is looked at once a second, however often it is asked.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "readyz", security(()),
    responses((status = 200, body = Health), (status = 503, body = crate::problem::Problem, content_type = "application/problem+json")))]
pub(crate) async fn ready(State(web): State<Web>) -> Result<Response, Failed> {
    match web.vault.can_serve().await {
        Ok(()) => Ok(ok(&Health { status: "ok" })),
        Err(unready) => {
            let fault = Fault { retry_after_s: Some(1), ..Fault::UNAVAILABLE };
            Err(web.fault(fault.detail(words(unready))))
        }
    }
}

/// Why not, for whoever runs the machines.
fn words(unready: Unready) -> &'static str {
    match unready {
        Unready::Store => "the store doesn't answer",
        Unready::Sealed => "the key holder is sealed: it waits for its custodians' shares",
        Unready::Unreachable => "the key holder doesn't answer",
        Unready::Settling => "the key holder has just started: it releases keys after two seconds",
        Unready::Power => "people and rights aren't what the key holder sealed",
        Unready::Log => "entries wait for their places in the log",
    }
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
