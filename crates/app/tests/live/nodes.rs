//! Several nodes on one database, as processes of their own: what holds on one holds across them, and when the one that
//! numbers the log dies or sleeps, another goes on and the sleeper publishes nothing.

use crate::centre::{Centre, Person, invented, now, receipt, reveal_body};
use crate::http::{Answer, Client};
use crate::server::Server;
use crate::wait::{PATIENCE, found, seconds, until};
use serde_json::json;
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How soon another node must number the log after its sequencer died.
const TAKEOVER: Duration = Duration::from_secs(2);

struct Act {
    path: String,
    interaction: String,
    agent: Person,
}

impl Act {
    /// A call from a customer to a person, told to one node.
    fn new(centre: &Centre, node: &Server, agent: &Person, number: u64) -> Self {
        let (interaction, customer) = centre.call_from(&node.client(), agent, number);
        Self { path: format!("/v1/customers/{customer}/reveals"), interaction, agent: agent.clone() }
    }

    fn client(&self, node: &Server) -> Client {
        node.client().bearer(&self.agent.token)
    }

    fn reveal(&self, node: &Server) -> Answer {
        self.client(node).post(&self.path, &reveal_body(&self.interaction, "name", "delivery"))
    }
}

fn signal(node: &Server, name: &str) {
    let told = Command::new("kill").args([name, &node.pid().to_string()]).status().unwrap();
    assert!(told.success());
}

/// Reveals again and again, so that there is always something to number, until told to stop.
fn busy<'a>(threads: &'a std::thread::Scope<'a, '_>, act: &'a Act, node: &'a Server, stop: &'a AtomicBool) {
    threads.spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            act.reveal(node).expect(200);
        }
    });
}

fn size(centre: &Centre) -> u64 {
    centre.number("SELECT coalesce(max(size), 0) FROM log_head")
}

fn fence(centre: &Centre) -> u64 {
    centre.number("SELECT coalesce(max(fence), 0) FROM log_head")
}

#[test]
fn budgets_and_keys_hold_across_nodes() {
    const LIMIT: u64 = 60;
    let centre = Centre::of_nodes(20, LIMIT as u32);
    let agent = centre.hire("Ada", "agent");
    let nodes = [centre.serve(), centre.serve(), centre.serve()];
    let acts: Vec<Act> = (0..6).map(|number| Act::new(&centre, &nodes[0], &agent, number)).collect();
    // One key sent to all nodes at once is one act; the answers after the first are deliveries of it.
    let once = |node: &Server| {
        let client = acts[0].client(node).with("idempotency-key", "the-same");
        client.post(&acts[0].path, &reveal_body(&acts[0].interaction, "name", "delivery"))
    };
    std::thread::scope(|threads| {
        nodes.iter().for_each(|node| drop(threads.spawn(|| once(node).expect(200))));
    });
    assert_eq!(centre.points_spent(&agent), 1);
    let given = AtomicU64::new(1);
    std::thread::scope(|threads| {
        for (number, act) in acts.iter().enumerate() {
            let (node, given) = (&nodes[number % nodes.len()], &given);
            threads.spawn(move || {
                loop {
                    let answer = act.reveal(node);
                    match answer.status {
                        200 => drop(given.fetch_add(1, Ordering::SeqCst)),
                        429 => return,
                        status => panic!("{status}: {}", answer.text()),
                    }
                }
            });
        }
    });
    assert_eq!(given.load(Ordering::SeqCst), LIMIT);
    assert_eq!(centre.points_spent(&agent), LIMIT);
    nodes.into_iter().for_each(Server::stop);
    centre.holds();
}

#[test]
fn one_event_told_to_all_nodes_at_the_same_moment_is_one_interaction_and_is_folded_in_once() {
    const CALLS: u64 = 10;
    let centre = Centre::of_nodes(20, 60);
    let agent = centre.hire("Ada", "agent");
    let nodes = [centre.serve(), centre.serve(), centre.serve()];
    let event = |call: u64, kind: &str| {
        let mut data = json!({"interaction": format!("call-{call}")});
        if kind == "interaction.connected" {
            let more = json!({"channel": "call", "person": agent.id, "from": {"phone": invented(1).phone}});
            data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        json!({"type": kind, "timestamp": now(), "data": data}).to_string()
    };
    let tell = |node: &Server, id: &str, body: &str| {
        let answer = centre.signed(&node.client(), centre.secret(), id, seconds(), body.as_bytes());
        answer.expect(202).member("interaction")
    };
    let kinds = ["interaction.connected", "interaction.held"];
    // What a call comes to of which each event is told once.
    kinds.iter().for_each(|kind| drop(tell(&nodes[0], &format!("once {kind}"), &event(0, kind))));
    for call in 1..=CALLS {
        for kind in kinds {
            let (id, body, moment) = (format!("{call} {kind}"), event(call, kind), Barrier::new(nodes.len()));
            let told: Vec<String> = std::thread::scope(|threads| {
                let (tell, id, body, moment) = (&tell, &id, &body, &moment);
                let telling: Vec<_> = nodes
                    .iter()
                    .map(|node| {
                        threads.spawn(move || {
                            moment.wait();
                            tell(node, id, body)
                        })
                    })
                    .collect();
                telling.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert!(told.iter().all(|interaction| *interaction == told[0]), "{told:?}");
        }
    }
    assert_eq!(centre.number("SELECT count(*) FROM interaction"), 1 + CALLS);
    // Each row holds its events: one that was kept twice would make it longer than that of the call told once.
    assert_eq!(centre.number("SELECT count(DISTINCT length(events)) FROM interaction"), 1);
    nodes.into_iter().for_each(Server::stop);
    centre.holds();
}

/// What a newer program's first start does to the schema, in a release that only adds.
const EXPANDED: &str = "\
    ALTER TABLE customer ADD COLUMN later BYTEA; ALTER TABLE entry ADD COLUMN later BIGINT NOT NULL DEFAULT 0; \
    ALTER TABLE interaction ADD COLUMN later TEXT; ALTER TABLE field ADD COLUMN later BYTEA; \
    ALTER TABLE budget ADD COLUMN later BIGINT; CREATE TABLE newer (tenant BIGINT NOT NULL PRIMARY KEY); \
    UPDATE schema_version SET version = version + 1";

#[test]
fn a_newer_schema_that_only_adds_leaves_nodes_serving_and_starting() {
    let centre = Centre::of_nodes(20, 1_000_000);
    let agent = centre.hire("Ada", "agent");
    let first = centre.serve();
    let (act, stop) = (Act::new(&centre, &first, &agent, 0), AtomicBool::new(false));
    let second = std::thread::scope(|threads| {
        busy(threads, &act, &first, &stop);
        let before = size(&centre);
        until("it is busy", PATIENCE, || size(&centre) > before + 50);
        centre.database().run(EXPANDED);
        // One that is older than the schema, as after a newer program was taken back.
        let second = centre.serve();
        let (other, since) = (Act::new(&centre, &second, &agent, 1), size(&centre));
        (0..50).for_each(|_| drop(other.reveal(&second).expect(200)));
        until("the log goes on", PATIENCE, || size(&centre) > since + 100);
        stop.store(true, Ordering::SeqCst);
        second
    });
    first.stop();
    second.stop();
    centre.holds();
    centre.database().run("UPDATE schema_reach SET serves_from = 1000");
    let refused = centre.run(&["serve", "--port", "0"]);
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("newer Ringfence") && said.contains("install the newer version"), "{said}");
}

#[test]
fn when_the_sequencer_dies_another_goes_on_within_two_seconds() {
    let centre = Centre::of_nodes(20, 1_000_000);
    let agent = centre.hire("Ada", "agent");
    let mut slowest = Duration::ZERO;
    let mut first = centre.serve();
    for round in 0..4 {
        let (act, stop) = (Act::new(&centre, &first, &agent, round), AtomicBool::new(false));
        // It has the log, and keeps it as long as there is something to number.
        receipt(&act.client(&first), &act.reveal(&first).expect(200).member("receipt"));
        let second = centre.serve();
        std::thread::scope(|threads| {
            busy(threads, &act, &second, &stop);
            let before = fence(&centre);
            first.kill();
            let died = Instant::now();
            until("another node numbers the log", PATIENCE, || fence(&centre) > before);
            slowest = slowest.max(died.elapsed());
            stop.store(true, Ordering::SeqCst);
        });
        let after = act.reveal(&second).expect(200).member("receipt");
        receipt(&act.client(&second), &after);
        first = second;
    }
    println!("4 sequencers killed; the slowest takeover took {slowest:?}");
    assert!(slowest <= TAKEOVER, "{slowest:?}");
    first.stop();
    centre.holds();
}

#[test]
fn a_node_that_slept_past_its_lease_publishes_nothing() {
    let rounds = if std::env::var_os("RINGFENCE_LONG").is_some() { 200 } else { 8 };
    let centre = Centre::of_nodes(20, 1_000_000);
    let agent = centre.hire("Ada", "agent");
    let nodes = [centre.serve(), centre.serve()];
    let acts = [0, 1].map(|number| Act::new(&centre, &nodes[0], &agent, number));
    let mut chance = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..rounds {
        let (sleeper, awake) = (&nodes[round % 2], &nodes[(round + 1) % 2]);
        let stop = AtomicBool::new(false);
        std::thread::scope(|threads| {
            busy(threads, &acts[0], awake, &stop);
            // Whoever has the lease now: both are tried in turn, at any moment of a publication.
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::park_timeout(Duration::from_micros((chance >> 33) % 30_000));
            signal(sleeper, "-STOP");
            let before = size(&centre);
            found("the other goes on", PATIENCE, || (size(&centre) > before + 50).then_some(()));
            let (slept, newest) = (size(&centre), fence(&centre));
            signal(sleeper, "-CONT");
            // Its answer shows that it is awake.
            until("the sleeper answers", PATIENCE, || {
                sleeper.client().ask("GET", "/readyz", b"").is_some_and(|answer| answer.status == 200)
            });
            found("the log goes on", PATIENCE, || (size(&centre) > slept + 50).then_some(()));
            assert_eq!(fence(&centre), newest, "whoever had the log while the other slept still has it");
            stop.store(true, Ordering::SeqCst);
        });
        assert!(acts[1].reveal(sleeper).expect(200).text().contains(&invented(1).name));
    }
    let taken = fence(&centre);
    println!("{rounds} naps; the log was taken over {} times", taken - 1);
    assert!(taken >= rounds as u64, "those that slept must have had the log");
    nodes.into_iter().for_each(Server::stop);
    centre.holds();
}
