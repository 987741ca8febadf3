//! A span for each request, for whoever listens to spans ("telemetry"). Nobody does unless the program is built for it.
//!
//! A span leaves the machine, and holds what a number of `/metrics` may hold, plus the route's template where its use
//! tells only that the centre works. The address itself, and what a client made up, are in none.

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};

/// The routes of the desk's work and of the machine's. Whatever isn't here goes by its face: a trace doesn't show that
/// security reads the log, that somebody reports a suspicion, or that a customer asked to be forgotten.
const NAMED: [&str; 14] = [
    "/v1/me",
    "/v1/interactions",
    "/v1/interactions/{id}",
    "/v1/interactions/{id}/searches",
    "/v1/interactions/{id}/claims",
    "/v1/interactions/{id}/codes",
    "/v1/customers/{id}/views",
    "/v1/customers/{id}/verifications",
    "/v1/customers/{id}/reveals",
    "/v1/customers/{id}/notes",
    "/v1/events",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// Answers a request within its span.
pub(crate) async fn answered(face: &'static str, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let span = span(face, NAMED.into_iter().find(|named| *named == route), request.method());
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

fn span(face: &'static str, route: Option<&'static str>, method: &Method) -> Span {
    // A face other than a named route's says what was asked for too, by its method.
    let method = route.map(|_| known(method));
    info_span!(
        target: "telemetry",
        parent: None,
        "request",
        otel.name = [method, Some(route.unwrap_or(face))].into_iter().flatten().collect::<Vec<_>>().join(" "),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    )
}

/// A method's name; a made-up one is none of ours.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}
