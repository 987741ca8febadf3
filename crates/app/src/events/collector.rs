//! Spans to an OpenTelemetry collector: OTLP over HTTP, set by the standard's environment variables.
//!
//! Only spans whose target is "telemetry" go there, with the attributes that were written down for them: no event, no
//! span of a library's, no thread, file or line.

use super::Layer;
use crate::failure::Failure;
use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::env::var_os;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;

/// From connecting to the answer's end.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long the last spans may take to leave when the program ends.
const LAST: Duration = Duration::from_secs(2);
/// As much of an answer as anybody reads.
const ANSWER: u64 = 64 * 1024;

/// Hands over the last spans when dropped.
pub(super) struct Flush(pub(super) Option<SdkTracerProvider>);

impl Drop for Flush {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            // A collector that is away keeps nobody from ending.
            drop(provider.shutdown_with_timeout(LAST));
        }
    }
}

/// The collector that the environment names, if it names one: spans go nowhere by themselves.
///
/// # Errors
/// If it can't be used.
pub(super) fn reach() -> Result<Option<(Layer, SdkTracerProvider)>, Failure> {
    let named = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    let named = named.iter().any(|name| var_os(name).is_some_and(|value| !value.is_empty()));
    if !named || var_os("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = exporter.with_http_client(Delivery::new()).build().map_err(|_| {
        Failure::here(
            "the collector that OTEL_EXPORTER_OTLP_… names can't be used",
            "set OTEL_EXPORTER_OTLP_ENDPOINT to http://host:4318; spans go by HTTP and protobuf, uncompressed",
        )
    })?;
    let provider = SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("ringfence"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_level(false);
    let ours = Targets::new().with_target("telemetry", LevelFilter::INFO);
    Ok(Some((layer.with_filter(ours).boxed(), provider)))
}

/// What every span is of: the program, by name and version, and what `OTEL_RESOURCE_ATTRIBUTES` adds.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_attribute(version);
    match var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource.build(),
        None => resource.with_service_name("ringfence").build(),
    }
}

/// Posts spans, with the client and the TLS that everything else here uses.
#[derive(Debug)]
struct Delivery {
    agent: ureq::Agent,
    failing: AtomicBool,
}

impl Delivery {
    fn new() -> Self {
        let agent = ureq::Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0);
        let agent = agent.http_status_as_error(false).proxy(None).build();
        Self { agent: agent.into(), failing: AtomicBool::new(false) }
    }

    fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.to_vec()))?;
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }
}

/// Called on the exporter's own thread: it may wait.
#[async_trait]
impl HttpClient for Delivery {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.post(request);
        let failed = !answer.as_ref().is_ok_and(|answer| answer.status().is_success());
        if failed && !self.failing.swap(failed, Ordering::Relaxed) {
            tracing::warn!("the collector doesn't take spans; they are dropped until it does");
        } else if !failed {
            self.failing.store(false, Ordering::Relaxed);
        }
        Ok(answer?)
    }
}
