//! What leaves for an OpenTelemetry collector: the spans of a reveal, and nothing that tells of anybody.

use crate::centre::{Centre, TENANT, invented, receipt, reveal_body};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, until};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// What a client could put into an address, a method or a header.
const CANARY: &str = "canary7f3a";

/// A collector that keeps what it is sent.
struct Collector {
    address: String,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                keep.lock().unwrap().push(take(stream.unwrap()));
            }
        });
        Self { address, received }
    }

    /// All that came, as protobuf, and read.
    fn all(&self) -> (Vec<Vec<u8>>, Vec<ExportTraceServiceRequest>) {
        let raw = self.received.lock().unwrap().clone();
        let read = raw.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap()).collect();
        (raw, read)
    }

    fn spans(&self) -> Vec<Span> {
        let scopes =
            self.all().1.into_iter().flat_map(|request| request.resource_spans).flat_map(|one| one.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

/// One request's body; the answer is an empty message.
fn take(stream: TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.to_ascii_lowercase());
    }
    assert!(lines[0].starts_with("post /v1/traces "), "{lines:?}");
    assert!(lines.contains(&"content-type: application/x-protobuf\r\n".to_owned()), "{lines:?}");
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.trim().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    reader.get_mut().write_all(answer).unwrap();
    body
}

fn serve(centre: &Centre, endpoint: &str) -> Server {
    let mut command = Command::new(BINARY);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "50");
    command.env_remove("OTEL_SERVICE_NAME").env_remove("OTEL_RESOURCE_ATTRIBUTES");
    Server::start_by(command, &centre.data(), &centre.logs(), "warn")
}

fn text(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{}: {other:?}", attribute.key),
    }
}

fn attribute<'a>(span: &'a Span, key: &str) -> Option<&'a KeyValue> {
    span.attributes.iter().find(|attribute| attribute.key == key)
}

fn is_number(text: &str) -> bool {
    text.parse::<u32>().is_ok()
}

/// The routes that this test's acts may show.
const ROUTES: [&str; 5] = ["/v1/me", "/v1/interactions/{id}", "/v1/customers/{id}/reveals", "/v1/events", "/healthz"];

/// Every key that may be there, with what its value may be.
fn allowed(key: &str, value: &str) -> bool {
    match key {
        "http.request.method" => ["GET", "POST", "DELETE", "HEAD", "OPTIONS", "_OTHER"].contains(&value),
        "http.route" => ROUTES.contains(&value),
        "http.response.status_code" => is_number(value) && value.len() == 3,
        "ringfence.transaction.acts" | "ringfence.publication.entries" => is_number(value),
        "service.name" | "telemetry.sdk.name" => ["ringfence", "opentelemetry"].contains(&value),
        "telemetry.sdk.language" => value == "rust",
        "service.version" | "telemetry.sdk.version" => value.chars().all(|sign| sign.is_ascii_digit() || sign == '.'),
        _ => false,
    }
}

#[test]
fn the_spans_of_a_reveal_arrive_and_tell_of_nobody() {
    let collector = Collector::start();
    let centre = Centre::filled(20, 100, 20);
    let (agent, officer) = (centre.hire("Ada", "agent"), centre.hire("Olga", "security_officer"));
    let node = serve(&centre, &collector.address);
    let (interaction, customer) = centre.call_from(&node.client(), &agent, 1);
    let client = node.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let revealed = client.post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
    assert!(revealed.text().contains(&invented(1).name));
    let entry = revealed.member("receipt");
    receipt(&client, &entry);
    // What isn't to be seen: that security reads, and whatever a client makes up.
    node.client().bearer(&officer.token).ask("GET", "/v1/disclosures?show=all", b"").unwrap();
    node.client().bearer(&officer.token).ask("GET", "/v1/reports", b"").unwrap();
    client.ask("GET", &format!("/{CANARY}?q={CANARY}"), b"").unwrap();
    client.ask("POST", &format!("/v1/customers/{CANARY}/reveals"), CANARY.as_bytes()).unwrap();
    client.ask("CANARY7F3A", "/v1/me", b"").unwrap();
    let traced = client.with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    traced.with("baggage", &format!("who={CANARY}")).ask("GET", "/v1/me", b"").unwrap();
    let names = || collector.spans().into_iter().map(|span| span.name).collect::<Vec<_>>();
    until("a publication arrives", PATIENCE, || names().contains(&"publication".to_owned()));
    // The last ones are handed over at the end.
    node.stop();

    let spans = collector.spans();
    let reveal = spans.iter().find(|span| {
        span.name == "POST /v1/customers/{id}/reveals"
            && attribute(span, "http.response.status_code").map(text).as_deref() == Some("200")
    });
    let reveal = reveal.unwrap_or_else(|| panic!("no span of the reveal: {:?}", names()));
    assert_eq!(reveal.kind(), opentelemetry_proto::tonic::trace::v1::span::SpanKind::Server);
    assert!(reveal.end_time_unix_nano > reveal.start_time_unix_nano);
    for (name, count) in
        [("transaction", "ringfence.transaction.acts"), ("publication", "ringfence.publication.entries")]
    {
        let counts = spans.iter().filter(|span| span.name == name).filter_map(|span| attribute(span, count)).map(text);
        assert!(counts.max().is_some_and(|most| most.parse::<u32>().unwrap() > 0), "{name}");
    }
    let faces = ["api", "log", "pages", "operations", "transaction", "publication"];
    let (raw, requests) = collector.all();
    for span in &spans {
        let named = span
            .name
            .split_once(' ')
            .is_some_and(|(method, route)| allowed("http.request.method", method) && allowed("http.route", route));
        assert!(named || faces.contains(&&*span.name), "{}", span.name);
        assert!(span.events.is_empty() && span.links.is_empty() && span.trace_state.is_empty(), "{span:?}");
        assert!(span.parent_span_id.is_empty() && span.trace_id[..2] != [0x0a, 0xf7], "{span:?}");
        assert!(span.status.as_ref().is_none_or(|status| status.message.is_empty()), "{span:?}");
    }
    let resources = requests.iter().flat_map(|request| &request.resource_spans).filter_map(|one| one.resource.as_ref());
    let attributes = resources.flat_map(|one| &one.attributes).chain(spans.iter().flat_map(|span| &span.attributes));
    for attribute in attributes {
        assert!(allowed(&attribute.key, &text(attribute)), "{attribute:?}");
    }
    let name = invented(1).name;
    let secret = [&*name, &*customer, &*interaction, &*entry, &*agent.id, &*agent.token, CANARY, TENANT];
    let watched = ["disclosures", "reports", "Ada"];
    for word in secret.iter().chain(&watched) {
        let word = word.to_ascii_lowercase();
        let found = raw.iter().any(|body| String::from_utf8_lossy(body).to_ascii_lowercase().contains(&word));
        assert!(!found, "{word} has left");
    }
}

#[test]
fn a_collector_that_is_away_keeps_nobody_waiting() {
    let centre = Centre::filled(5, 100, 20);
    let agent = centre.hire("Ada", "agent");
    // A port that nobody listens on any more.
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let node = serve(&centre, &format!("http://{gone}"));
    let (interaction, customer) = centre.call_from(&node.client(), &agent, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    let client = node.client().bearer(&agent.token);
    client.post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
    node.stop();
    let told = std::fs::read_dir(centre.logs()).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()));
    let told: String = told.map(Result::unwrap).collect();
    assert_eq!(told.matches("the collector doesn't take spans").count(), 1, "{told}");
}

#[test]
fn a_collector_that_cant_be_one_is_refused() {
    let mut doctor = Command::new(BINARY);
    doctor.args(["doctor", "--data", "/nowhere"]).env("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address");
    let said = String::from_utf8(doctor.output().unwrap().stderr).unwrap();
    assert!(said.contains("set OTEL_EXPORTER_OTLP_ENDPOINT to"), "{said}");
}
