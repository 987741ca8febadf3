//! The live stream of disclosures.

use crate::centre::{Centre, reveal_body};
use crate::wait::{PATIENCE, until};
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A version of people and rules is believed for a quarter of a second; on a busy machine a little more.
const BELIEVED: Duration = Duration::from_secs(1);

#[test]
fn ends_when_its_officer_is_revoked_and_shows_nothing_that_came_after() {
    let centre = Centre::filled(30, 100_000, 20);
    let (agent, officer) = (centre.hire("Ada", "agent"), centre.hire("Olu", "security_officer"));
    let server = centre.serve();
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 6);
    let client = server.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal = || client.post(&path, &reveal_body(&interaction, "name", "delivery"));

    let (mut stream, head) = server.client().bearer(&officer.token).open("/v1/disclosures/stream");
    assert_eq!(head.status, 200);
    let shown: Arc<Mutex<String>> = Arc::default();
    let heard = Arc::clone(&shown);
    let reading = std::thread::spawn(move || {
        let mut some = [0; 4096];
        // The end, or the time limit of the socket: then it didn't end.
        while let Ok(count @ 1..) = stream.read(&mut some) {
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&some[..count]));
        }
    });
    let first = reveal().expect(200).member("receipt");
    until("the officer sees it", PATIENCE, || shown.lock().unwrap().contains(&first));

    centre.good(&["person", "revoke", &officer.id]);
    let revoked = Instant::now();
    let mut late = Vec::new();
    until("the stream ends", PATIENCE, || {
        let after = revoked.elapsed() > BELIEVED;
        let answer = reveal();
        if after && answer.status == 200 {
            late.push(answer.member("receipt"));
        }
        std::thread::park_timeout(Duration::from_millis(20));
        reading.is_finished()
    });
    reading.join().unwrap();
    // What nobody watches goes on.
    late.push(reveal().expect(200).member("receipt"));
    let shown = shown.lock().unwrap();
    assert!(late.iter().all(|receipt| !shown.contains(receipt)), "shown to somebody who may not watch any more");
    assert_eq!(server.client().bearer(&officer.token).get("/v1/disclosures/stream").status, 401);
}
