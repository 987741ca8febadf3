//! SIGTERM under load: whoever has asked is answered, nothing leaves without its entry, and the process ends in time; the
//! log's sequencer leaves its place to another node at once.

use crate::centre::{Centre, Person, bytes_of, invented, literal, receipt, reveal_body};
use crate::http::{Answer, Client};
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const AGENTS: u64 = 8;
/// Requests get three seconds, the process one more.
const END: Duration = Duration::from_secs(5);
/// A third of what a lease lasts that isn't given back.
const TAKEOVER: Duration = Duration::from_millis(500);

/// What the load saw.
#[derive(Default)]
struct Seen {
    receipts: Mutex<Vec<String>>,
    busy: AtomicU64,
    /// When requests had been written to which no answer came.
    unanswered: Mutex<Vec<Instant>>,
}

struct Load {
    person: Person,
    path: String,
    interaction: String,
    name: String,
}

impl Load {
    fn new(centre: &Centre, node: &Server, person: &Person, number: u64) -> Self {
        let (interaction, customer) = centre.call_from(&node.client(), person, number);
        let name = format!("\"value\":\"{}\"", invented(number).name);
        Self { person: person.clone(), path: format!("/v1/customers/{customer}/reveals"), interaction, name }
    }

    /// Reveals until the node takes no more.
    fn run(&self, address: &str, seen: &Seen) {
        let client = Client::new(address).bearer(&self.person.token).with("content-type", "application/json");
        let body = reveal_body(&self.interaction, "name", "delivery").to_string();
        let request = client.request("POST", &self.path, body.as_bytes());
        loop {
            let Ok(mut stream) = TcpStream::connect(address) else { return };
            if stream.write_all(&request).is_err() {
                return;
            }
            let written = Instant::now();
            let mut back = Vec::new();
            // Cut off or closed: what came counts.
            drop(stream.read_to_end(&mut back));
            let Some(answer) = Answer::parse(&back) else {
                seen.unanswered.lock().unwrap().push(written);
                return;
            };
            match answer.status {
                200 => {
                    assert!(answer.text().contains(&self.name));
                    seen.receipts.lock().unwrap().push(answer.member("receipt"));
                }
                503 => drop(seen.busy.fetch_add(1, Ordering::SeqCst)),
                status => panic!("{status}: {}", answer.text()),
            }
        }
    }
}

/// Stops a node under load; says how long it took.
fn stop_under_load(centre: &Centre, node: Server, agent: &Person) -> Duration {
    let loads: Vec<Load> = (0..AGENTS).map(|number| Load::new(centre, &node, agent, number)).collect();
    let (seen, address) = (Seen::default(), node.address().to_owned());
    let (signalled, took) = std::thread::scope(|threads| {
        for load in &loads {
            threads.spawn(|| load.run(&address, &seen));
        }
        until("the load runs", PATIENCE, || seen.receipts.lock().unwrap().len() > 200);
        let signalled = Instant::now();
        node.stop();
        (signalled, signalled.elapsed())
    });
    let unanswered = seen.unanswered.lock().unwrap();
    assert!(unanswered.iter().all(|written| *written > signalled), "a request from before the signal got no answer");
    let receipts = seen.receipts.lock().unwrap();
    let ids: Vec<String> = receipts.iter().map(|receipt| literal(&bytes_of(receipt))).collect();
    let found: u64 = ids
        .chunks(500)
        .map(|ids| centre.number(&format!("SELECT count(*) FROM entry WHERE id IN ({})", ids.join(","))))
        .sum();
    assert_eq!(found, ids.len() as u64, "a value left without its entry");
    // Who got no answer may have been served; nobody else spent anything.
    let spent = centre.points_spent(agent);
    assert!((found..=found + unanswered.len() as u64).contains(&spent), "{found} values left, {spent} were spent");
    let busy = seen.busy.load(Ordering::SeqCst);
    println!(
        "{found} values left, {busy} were told to wait, {} connected too late; it took {took:?}",
        unanswered.len()
    );
    took
}

#[test]
fn a_node_that_is_stopped_answers_who_has_asked_and_ends_in_time() {
    let centre = Centre::filled(20, 1_000_000, 20);
    let agent = centre.hire("Ada", "agent");
    let took = stop_under_load(&centre, centre.serve(), &agent);
    assert!(took < END, "{took:?}");
    centre.holds();
    centre.serve().stop();
}

#[test]
fn a_stopped_sequencer_leaves_its_place_to_another_node_at_once() {
    let centre = Centre::of_nodes(20, 1_000_000);
    let (agent, other) = (centre.hire("Ada", "agent"), centre.hire("Bea", "agent"));
    let first = centre.serve();
    // It has the log before there is another one.
    let held = Load::new(&centre, &first, &other, 9);
    let client = first.client().bearer(&other.token);
    let reveal =
        |client: &Client| client.post(&held.path, &reveal_body(&held.interaction, "name", "delivery")).expect(200);
    receipt(&client, &reveal(&client).member("receipt"));
    let second = centre.serve();
    let fence = || centre.number("SELECT coalesce(max(fence), 0) FROM log_head");
    let before = fence();
    let took = stop_under_load(&centre, first, &agent);
    let ended = Instant::now();
    let client = second.client().bearer(&other.token);
    receipt(&client, &reveal(&client).member("receipt"));
    let waited = ended.elapsed();
    println!("another node numbered the log {waited:?} after the first had ended");
    assert!(fence() > before && took < END && waited < TAKEOVER, "{took:?}, {waited:?}");
    second.stop();
    centre.holds();
}
