//! What is measured of requests, and a node's numbers as OpenMetrics text.
//!
//! Whoever reaches this node may read them, so they say how much is done and how fast, never by whom or on what:
//! requests are told apart by face and outcome only. That somebody reads the log or reports a suspicion doesn't show.

use crate::spans;
use crate::state::Web;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use vault::Vitals;

/// Upper bounds of the buckets, in seconds: a reveal takes about a millisecond, an export seconds.
const BOUNDS: [f64; 12] = [0.000_5, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// How long the store may take for all of the logs' numbers together.
const PATIENCE: Duration = Duration::from_secs(2);

/// Labels whose values are words of this file.
type Words<const N: usize> = [(&'static str, &'static str); N];
/// One label: the tenant's name in addresses.
type Tenant = [(&'static str, String); 1];

/// How long answers took, by face and result.
#[derive(Clone, Debug)]
pub(crate) struct Metrics(Family<Words<2>, Histogram, fn() -> Histogram>);

impl Default for Metrics {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(BOUNDS)))
    }
}

/// Who is served at an address: programs, people, whoever checks the log, whoever runs the node.
fn face(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("v1") => "api",
        Some("log") => "log",
        Some("healthz" | "readyz" | "metrics" | "openapi.json") => "operations",
        _ => "pages",
    }
}

fn result(status: StatusCode) -> &'static str {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "failed",
        status if status.is_client_error() => "refused",
        _ => "done",
    }
}

/// Measures how long each answer took up to its head: when a stream ends is its client's affair.
pub(crate) async fn measure(State(web): State<Web>, request: Request, next: Next) -> Response {
    // Not even that somebody speaks up without a name, nor how long it took.
    if request.uri().path().starts_with("/speak-up") {
        return next.run(request).await;
    }
    let face = face(request.uri().path());
    let begun = Instant::now();
    let response = spans::answered(face, request, next).await;
    let labels = [("face", face), ("result", result(response.status()))];
    web.metrics.0.get_or_create(&labels).observe(begun.elapsed().as_secs_f64());
    response
}

/// All numbers of this node. Where the store doesn't answer in time, what it would say of logs and outlets is left out:
/// the others are wanted then.
pub(crate) async fn text(web: &Web) -> String {
    let mut registry = Registry::with_prefix("ringfence");
    registry.register("build", "The program that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    let Metrics(requests) = web.metrics.clone();
    registry.register_with_unit("request_duration", "From a request's head to its answer's", Unit::Seconds, requests);
    door(&mut registry, web.vault.vitals());
    logs(&mut registry, web).await;
    let mut text = String::with_capacity(8 * 1024);
    // Writing to a String doesn't fail.
    let _ = encode(&mut text, &registry);
    text
}

fn door(registry: &mut Registry, vitals: Vitals) {
    let acts: Family<Words<1>, Counter> = Family::default();
    let Vitals { batches, committed, replayed, refused, failed, waiting } = vitals;
    for (outcome, count) in [("committed", committed), ("replayed", replayed), ("refused", refused), ("failed", failed)]
    {
        acts.get_or_create(&[("outcome", outcome)]).inc_by(count);
    }
    registry.register("acts", "Acts that went through the door; refusals are committed too", acts);
    let transactions = Counter::<u64>::default();
    transactions.inc_by(batches);
    registry.register("transactions", "Transactions in which they were committed, many at a time", transactions);
    let queue = Gauge::<i64>::default();
    queue.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    registry.register("acts_waiting", "Acts that wait for a transaction", queue);
}

async fn logs(registry: &mut Registry, web: &Web) {
    let size: Family<Tenant, Gauge> = Family::default();
    let unwitnessed: Family<Tenant, Gauge> = Family::default();
    let overdue: Family<Tenant, Gauge> = Family::default();
    let stalled: Family<Tenant, Gauge> = Family::default();
    let waiting: Family<Tenant, Gauge> = Family::default();
    let until = Instant::now() + PATIENCE;
    for tenant in web.vault.tenants() {
        let labels = [("tenant", tenant.slug.clone())];
        if let Ok(Ok(head)) = timeout_at(until, web.vault.log_head(tenant.id)).await {
            size.get_or_create(&labels).set(i64::try_from(head.size).unwrap_or(i64::MAX));
        }
        unwitnessed.get_or_create(&labels).set(i64::from(web.vault.witnesses_missing(tenant.id)));
        // An outlet's address is a word of the configuration's: here they are counted only.
        if let Ok(Ok(outlets)) = timeout_at(until, web.vault.outlets(tenant.id)).await {
            let count = outlets.iter().filter(|one| one.is_stalled(web.vault.now())).count();
            stalled.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
            let most = outlets.iter().map(|one| one.waiting).max().unwrap_or(0);
            waiting.get_or_create(&labels).set(i64::try_from(most).unwrap_or(i64::MAX));
        }
        overdue.get_or_create(&labels).set(i64::from(web.vault.requests_overdue(tenant.id)));
    }
    registry.register("log_size", "Entries in the newest signed checkpoint", size);
    registry.register("log_witnesses_missing", "1 while too few witnesses sign", unwitnessed);
    registry.register("outlets_stalled", "Outlets that take nothing, or whose rows were edited", stalled);
    registry.register("outlet_entries_waiting", "Entries that the outlet farthest behind wasn't told", waiting);
    registry.register("requests_overdue", "1 while a customer's request by right wasn't answered in time", overdue);
}
