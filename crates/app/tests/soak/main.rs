//! A real server at seven tenths of what it can do, for half an hour with `RINGFENCE_LONG` and for twenty seconds without:
//! nothing fails, nothing piles up, memory and open files stay, and the slowest answers don't get slower.
//!
//! A binary of its own: cargo runs it alone, and what other tests take of the machine would be measured as well.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests: a step that fails must stop the test there, and real processes live in real time"
)]

#[path = "../live/centre.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod centre;
#[path = "../live/http.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod http;
#[path = "../live/server.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod server;
#[path = "../live/wait.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod wait;

mod agent;
mod load;
mod neighbour;
mod windows;

use agent::Agent;
use centre::{Centre, MANY, Person, acts};
use load::Pace;
use server::Server;
use std::sync::Arc;
use std::time::Duration;
use testkit::TestDatabase;
use testkit::postgres::PostgresServer;
use wait::until;
use windows::{Window, judge, observe, print};

/// PostgreSQL's settings as docs/operations.md advises, at this machine's size.
const SIZED: &str = "-c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=15min -c autovacuum_naptime=10s \
    -c wal_compression=lz4";
const CUSTOMERS: u64 = 4_000;
/// Each has a connection: as many requests are on their way at most.
const AGENTS: u64 = 16;
/// Calls that each agent has open at any time.
const CALLS: u64 = 100;
/// Of what the server can do.
const LOAD: f64 = 0.7;
/// After the last answer, entries that wait for their place must be gone.
const SETTLED: Duration = Duration::from_secs(10);
/// A machine that others use has less capacity at one time than at another, and then seven tenths of what was measured may
/// be more than there is. A leak is there in every run, so the short form, which is over in seconds, is tried again.
const SHORT_RUNS: usize = 3;

/// How long the load lasts, in its short form or its long one; `RINGFENCE_SOAK_S` says another number of seconds.
fn lasts() -> Duration {
    let long = std::env::var_os("RINGFENCE_LONG").is_some();
    let given = std::env::var("RINGFENCE_SOAK_S").ok().map(|seconds| seconds.parse().unwrap());
    Duration::from_secs(given.unwrap_or(if long { 1_800 } else { 20 }))
}

#[test]
fn memory_and_the_slowest_answers_stay_as_they_are() {
    // Nobody's allowance may end: an hour's is more than a run can spend.
    let budgets = format!("{}\n{}", acts("person", MANY), acts("tenant", MANY));
    let sized = || Arc::new(PostgresServer::start_with(SIZED));
    let centre = Centre::within(|folder| TestDatabase::or_on(folder, sized), CUSTOMERS, &budgets, 20);
    let people: Vec<Person> = (0..AGENTS).map(|n| centre.hire(&format!("Agent {n}"), "agent")).collect();
    let server = centre.serve();
    let mut agents: Vec<Agent> = people.iter().zip(0..).map(|(p, n)| Agent::new(&centre, &server, p, n)).collect();
    load::each(&mut agents, Agent::fill);

    let runs = if lasts() < Duration::from_secs(60) { SHORT_RUNS } else { 1 };
    let mut verdict = Ok(());
    for _ in 0..runs {
        verdict = judge(&soak(&centre, &server, &mut agents, lasts()));
        if verdict.is_ok() {
            break;
        }
    }
    verdict.unwrap();
    everything_is_in_the_log(&centre, &people, &agents);
    server.stop();
    centre.holds();
}

/// One run: the capacity, then the load.
fn soak(centre: &Centre, server: &Server, agents: &mut [Agent], lasts: Duration) -> Vec<Window> {
    let capacity = load::capacity(agents, (lasts / 5).min(Duration::from_secs(20)));
    let pace = Pace::new(capacity * LOAD, lasts);
    let seen = load::paced(agents, pace, || observe(centre, server));
    let open = AGENTS * CALLS;
    print(&format!("{capacity:.0} requests a second at most; paced at {:.0}, {open} calls open", pace.per_s()), &seen);
    seen
}

/// Each value that left has its entry, each entry its place.
fn everything_is_in_the_log(centre: &Centre, people: &[Person], agents: &[Agent]) {
    let waiting = || centre.number("SELECT count(*) FROM pending");
    until("no entry waits for its place", SETTLED, || waiting() == 0);
    let (entries, places) =
        (centre.number("SELECT count(*) FROM entry"), centre.number("SELECT max(size) FROM log_head"));
    assert_eq!(entries, places, "entries without a place");
    // What was spent equals the log, as `verify` recounts; here: what left equals what was spent.
    for (person, agent) in people.iter().zip(agents) {
        assert_eq!(centre.points_spent(person), agent.told(), "something left without its entry");
    }
}
