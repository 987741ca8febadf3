//! Just enough of a Ringfence to play against: answers in the documented shapes, refuses what has no live
//! interaction, and records every request.

use super::phones::read_request;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

pub(super) const EVENT_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
pub(super) const COURIER_SECRET: &str = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
pub(super) const CODE: &str = "483920";

/// One request, as it came in.
#[derive(Clone)]
pub(super) struct Recorded {
    pub(super) line: String,
    pub(super) token: String,
    pub(super) webhook_id: String,
    pub(super) signed: bool,
    pub(super) body: Value,
    pub(super) status: u16,
}

impl Recorded {
    pub(super) fn is_event(&self, kind: &str) -> bool {
        self.body["type"] == format!("interaction.{kind}")
    }

    pub(super) fn reference(&self) -> &str {
        self.body["data"]["interaction"].as_str().unwrap_or_default()
    }

    pub(super) fn time(&self) -> jiff::Timestamp {
        self.body["timestamp"].as_str().unwrap().parse().unwrap()
    }
}

/// The double; it serves until the test's process ends.
pub(super) struct Double {
    pub(super) address: SocketAddr,
    recorded: Arc<Mutex<Vec<Recorded>>>,
}

impl Double {
    /// Serves; sends codes to `courier`, and one unasked when a customer of the hosted person is connected.
    pub(super) fn serve(courier: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let recorded = Arc::new(Mutex::new(Vec::new()));
        let records = Arc::clone(&recorded);
        std::thread::spawn(move || {
            let mut centre = Centre { courier, live: BTreeMap::new(), held: BTreeSet::new() };
            for stream in listener.incoming() {
                handle(&stream.unwrap(), &mut centre, &records);
            }
        });
        Self { address, recorded }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) fn requests(&self) -> Vec<Recorded> {
        self.recorded.lock().unwrap().clone()
    }

    pub(super) fn events(&self) -> Vec<Recorded> {
        self.requests().into_iter().filter(|request| request.line.starts_with("POST /v1/events ")).collect()
    }
}

struct Centre {
    courier: String,
    /// Interaction id by reference, while it isn't over.
    live: BTreeMap<String, String>,
    /// Ids of interactions whose customer waits.
    held: BTreeSet<String>,
}

fn handle(stream: &TcpStream, centre: &mut Centre, records: &Mutex<Vec<Recorded>>) {
    let (line, headers, raw) = read_request(stream).unwrap();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = serde_json::from_slice(&raw).unwrap_or(Value::Null);
    let webhook_id = header("webhook-id");
    let signed = header("webhook-timestamp").parse().is_ok_and(|seconds| {
        let expected = Webhook::new(EVENT_SECRET).unwrap().sign(&webhook_id, seconds, &raw).unwrap();
        expected == header("webhook-signature")
    });
    let (status, answer) = centre.answer(&line, &body);
    let token = header("authorization").trim_start_matches("Bearer ").to_owned();
    records.lock().unwrap().push(Recorded { line, token, webhook_id, signed, body, status });
    let answer = answer.to_string();
    let mut out = stream;
    let length = answer.len();
    write!(out, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}").unwrap();
}

impl Centre {
    fn answer(&mut self, line: &str, body: &Value) -> (u16, Value) {
        let path: Vec<&str> = line.split(' ').nth(1).unwrap().trim_start_matches("/v1/").split('/').collect();
        match path[..] {
            ["events"] => self.event(body),
            ["interactions", id] => (200, json!({"id": id, "customer": customer_of(id)})),
            ["interactions", id, "searches"] => {
                (200, json!({"hits": [{"customer": customer_of(id), "claim": "clm_1"}]}))
            }
            ["interactions", id, "claims"] => (200, json!({"id": id, "customer": customer_of(id)})),
            ["interactions", id, "codes"] => {
                let reference = self.live.iter().find(|(_, live)| *live == id).unwrap().0.clone();
                self.send_code(&reference);
                (202, json!({"sent": true}))
            }
            ["customers", _, action] => self.about_customer(action, body),
            _ => (404, json!({})),
        }
    }

    fn event(&mut self, body: &Value) -> (u16, Value) {
        let reference = body["data"]["interaction"].as_str().unwrap().to_owned();
        let id = format!("int_{reference}");
        match body["type"].as_str().unwrap() {
            "interaction.connected" => {
                self.live.insert(reference.clone(), id.clone());
                if reference.contains("-h") {
                    self.send_code(&reference);
                }
            }
            "interaction.held" => self.held.insert(id.clone()).then_some(()).unwrap(),
            "interaction.resumed" => self.held.remove(&id).then_some(()).unwrap(),
            "interaction.ended" => drop(self.live.remove(&reference).unwrap()),
            _ => {}
        }
        (202, json!({"interaction": id}))
    }

    fn about_customer(&self, action: &str, body: &Value) -> (u16, Value) {
        let live = self.live.values().any(|id| body["interaction"] == **id);
        match (action, live) {
            (_, false) => (403, json!({"type": "https://ringfence.dev/problems/no-live-interaction"})),
            ("views", true) => {
                (200, json!({"fields": [{"field": "order", "instance": 7}, {"field": "name", "instance": 1}]}))
            }
            ("reveals", true) if self.must_not_show(body) => (403, json!({})),
            ("notes", true) => (201, json!({"instance": 1})),
            (_, true) => (200, json!({})),
        }
    }

    fn must_not_show(&self, reveal: &Value) -> bool {
        let (field, purpose) = (&reveal["field"], &reveal["purpose"]);
        let held = self.held.iter().any(|id| reveal["interaction"] == **id);
        held || field == "card" || (field == "postal_address" && purpose == "payment")
    }

    fn send_code(&self, reference: &str) {
        let data = json!({"interaction": reference, "code": CODE, "to": "+447400000001"});
        let body = json!({"type": "code.deliver", "timestamp": "2026-01-01T00:00:00Z", "data": data}).to_string();
        assert_eq!(post_signed(&self.courier, COURIER_SECRET, &body), 204);
    }
}

fn customer_of(interaction: &str) -> String {
    interaction.replace("int_", "cus_")
}

/// Posts a Standard Webhook that is signed now; returns the status.
#[expect(clippy::disallowed_methods, reason = "the verifying library compares with the machine's clock")]
pub(super) fn post_signed(url: &str, secret: &str, body: &str) -> u16 {
    let seconds = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signature = Webhook::new(secret).unwrap().sign("msg_1", seconds.try_into().unwrap(), body.as_bytes()).unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent
        .post(url)
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", seconds.to_string())
        .header("webhook-signature", signature);
    request.send(body).unwrap().status().as_u16()
}
