//! The live stream of disclosures: what ends it, how soon, and that its opening and its end are entries.

use crate::centre::{Centre, Person, reveal_body};
use crate::http::Client;
use crate::kinds::on_page;
use crate::server::Server;
use crate::wait::{PATIENCE, found, until};
use serde_json::Value;
use std::io::Read as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What ended a stream, as its closing's entry says it (docs/log-entries.md).
const LEFT: u64 = 1;
const RIGHTS_CHANGED: u64 = 2;
const SIGNED_OUT: u64 = 3;
const STOPPED: u64 = 4;

/// How soon a stream must end.
const SOON: Duration = Duration::from_secs(1);

/// Somebody who watches.
struct Watcher {
    shown: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

fn open(client: &Client) -> TcpStream {
    let (stream, head) = client.open("/v1/disclosures/stream");
    assert_eq!(head.status, 200, "{}", head.head);
    stream
}

impl Watcher {
    fn of(client: &Client) -> Self {
        let mut stream = open(client);
        let shown: Arc<Mutex<String>> = Arc::default();
        let heard = Arc::clone(&shown);
        let reading = std::thread::spawn(move || {
            let mut some = [0; 4096];
            // The end, or the time limit of the socket: then it didn't end.
            while let Ok(count @ 1..) = stream.read(&mut some) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&some[..count]));
            }
        });
        Self { shown, reading }
    }

    fn saw(&self, entry: &str) -> bool {
        self.shown.lock().unwrap().contains(entry)
    }

    fn ended(self) -> String {
        until("the stream ends", PATIENCE, || self.reading.is_finished());
        self.reading.join().unwrap();
        self.shown.lock().unwrap().clone()
    }
}

/// The entries of a kind that a person caused, newest first.
fn entries(security: &Client, kind: &str, person: &Person) -> Vec<Value> {
    let asked = format!("/v1/disclosures?kind={kind}&person={}", person.id);
    // Just after people changed a question is refused once: it was asked under the old rules.
    let found = found("an answer", PATIENCE, || Some(security.get(&asked)).filter(|answer| answer.status != 409));
    found.expect(200).json()["items"].as_array().unwrap().clone()
}

/// The moment of an entry.
fn moment(entry: &Value) -> SystemTime {
    let at = domain::Millis::parse(entry["at"].as_str().unwrap()).unwrap();
    UNIX_EPOCH + Duration::from_millis(at.0.cast_unsigned())
}

/// Waits for the only closing of a person's stream; it must say why, and have come soon after `since`.
fn closed(security: &Client, person: &Person, why: u64, since: SystemTime) {
    let entry = found("the closing's entry", PATIENCE, || entries(security, "stream_closed", person).pop());
    assert_eq!(entry["detail"], why, "{entry}");
    // An entry's time has milliseconds only.
    let after = moment(&entry).duration_since(since).unwrap_or_default();
    assert!(after <= SOON, "it ended {after:?} later");
    assert_eq!(entries(security, "stream_opened", person).len(), 1);
    assert_eq!(entries(security, "stream_closed", person).len(), 1);
}

#[test]
fn an_idle_stream_ends_within_a_second_of_what_ends_it() {
    let centre = Centre::new("", "");
    let [auditor, leaves, revoked, signs_out, stays] =
        ["Ann", "Lee", "Ray", "Sam", "Sue"].map(|name| centre.hire(name, "security_officer"));
    let server = centre.serve();
    let nobody = server.client();
    let security = nobody.bearer(&auditor.token);

    let stream = open(&nobody.bearer(&leaves.token));
    let since = SystemTime::now();
    drop(stream);
    closed(&security, &leaves, LEFT, since);

    let page = on_page(&nobody, server.address(), &signs_out.token);
    let (watcher, other) = (Watcher::of(&page), Watcher::of(&nobody.bearer(&stays.token)));
    let since = SystemTime::now();
    page.ask("POST", "/sign-out", b"").unwrap().expect(303);
    closed(&security, &signs_out, SIGNED_OUT, since);
    let shown = watcher.ended();
    let report = security.post("/v1/reports", &serde_json::json!({"text": "Is anybody there?"})).expect(201);
    drop(report);
    until("others watch on", PATIENCE, || other.saw("\"report\""));
    assert!(!shown.contains("\"report\""));

    let watcher = Watcher::of(&nobody.bearer(&revoked.token));
    centre.good(&["person", "revoke", &revoked.id]);
    let since = moment(&entries(&security, "token_revoked", &revoked)[0]);
    closed(&security, &revoked, RIGHTS_CHANGED, since);
    watcher.ended();
    // People changed: whoever still may watch connects again.
    other.ended();
    closed(&security, &stays, RIGHTS_CHANGED, since);
    drop(open(&nobody.bearer(&stays.token)));
    assert_eq!(nobody.bearer(&revoked.token).get("/v1/disclosures/stream").status, 401);
    server.stop();
    centre.holds();
}

#[test]
fn a_server_that_stops_ends_each_stream_with_its_entry_before_it_is_gone() {
    let centre = Centre::new("", "");
    let people = ["Ann", "Lee", "Ray"].map(|name| centre.hire(name, "security_officer"));
    let server = centre.serve();
    let watchers = people.each_ref().map(|person| Watcher::of(&server.client().bearer(&person.token)));
    // One who doesn't read holds nobody up.
    let idle = open(&on_page(&server.client(), server.address(), &people[0].token));
    stop_soon(server);
    watchers.into_iter().for_each(|watcher| drop(watcher.ended()));
    drop(idle);

    let server = centre.serve();
    let security = server.client().bearer(&people[0].token);
    for (person, streams) in people.iter().zip([2, 1, 1]) {
        let closed = entries(&security, "stream_closed", person);
        assert_eq!(closed.len(), streams);
        assert!(closed.iter().all(|entry| entry["detail"] == STOPPED), "{closed:?}");
        assert!(
            closed.iter().all(|entry| entry["place"].is_u64()),
            "the last round gave them their places: {closed:?}"
        );
    }
    server.stop();
    centre.holds();
}

fn stop_soon(server: Server) {
    let since = Instant::now();
    server.stop();
    assert!(since.elapsed() < Duration::from_secs(4), "it took {:?}", since.elapsed());
}

#[test]
fn nothing_is_shown_that_came_after_its_officer_was_revoked() {
    let centre = Centre::filled(30, 100_000, 20);
    let (agent, officer) = (centre.hire("Ada", "agent"), centre.hire("Olu", "security_officer"));
    let server = centre.serve();
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 6);
    let client = server.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal = || client.post(&path, &reveal_body(&interaction, "name", "delivery"));

    let watcher = Watcher::of(&server.client().bearer(&officer.token));
    let first = reveal().expect(200).member("receipt");
    until("the officer sees it", PATIENCE, || watcher.saw(&first));

    centre.good(&["person", "revoke", &officer.id]);
    let revoked = Instant::now();
    let mut late = Vec::new();
    until("the stream ends", PATIENCE, || {
        let after = revoked.elapsed() > SOON;
        let answer = reveal();
        if after && answer.status == 200 {
            late.push(answer.member("receipt"));
        }
        std::thread::park_timeout(Duration::from_millis(20));
        watcher.reading.is_finished()
    });
    // What nobody watches goes on.
    late.push(reveal().expect(200).member("receipt"));
    let shown = watcher.ended();
    assert!(late.iter().all(|receipt| !shown.contains(receipt)), "shown to somebody who may not watch any more");
    assert_eq!(server.client().bearer(&officer.token).get("/v1/disclosures/stream").status, 401);
}
