//! Three node processes and one allowance that they share: killed or stopped again and again while they disclose.

use crate::centre::{Centre, MANY, Person, acts, reveal_body};
use crate::http::{Answer, Client};
use crate::server::Server;
use crate::wait::clear_of_the_steps_end;
use crate::{Chance, SeedOnFailure, long, seeds, threads};
use serde_json::Value;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testkit::TestDatabase;

const NODES: u64 = 3;
/// What everybody together may do in the hour.
const LIMIT: u64 = 400;
/// After so long a node to which nothing was granted has asked again.
const AGAIN: Duration = Duration::from_secs(7);

struct Field {
    centre: Centre,
    agent: Person,
    nodes: Vec<Mutex<Server>>,
    path: String,
    body: Value,
    /// Values that came out.
    given: AtomicU64,
    over: AtomicBool,
}

impl Field {
    fn new() -> Self {
        let limits = format!("{}\n{}", acts("person", MANY), acts("tenant", LIMIT));
        let centre = Centre::within(|_| TestDatabase::for_nodes(), 20, &limits, 20);
        let agent = centre.hire("Ada", "agent");
        let nodes: Vec<_> = (0..NODES).map(|_| Mutex::new(centre.serve())).collect();
        let client = nodes[0].lock().unwrap().client();
        let (interaction, customer) = centre.call_from(&client, &agent, 1);
        let path = format!("/v1/customers/{customer}/reveals");
        let body = reveal_body(&interaction, "name", "delivery");
        Self { centre, agent, nodes, path, body, given: AtomicU64::new(0), over: AtomicBool::new(false) }
    }

    fn node(&self, number: u64) -> std::sync::MutexGuard<'_, Server> {
        self.nodes[(number % NODES) as usize].lock().unwrap()
    }

    /// One reveal. `None` if the node went away before it had answered.
    fn reveal(&self, client: &Client) -> Option<Answer> {
        let answer = client.bearer(&self.agent.token).try_post(&self.path, &self.body)?;
        self.given.fetch_add(u64::from(answer.status == 200), Ordering::SeqCst);
        if !matches!(answer.status, 200 | 503) {
            let answer = answer.expect(429);
            assert_eq!(answer.slug(), "tenant-allowance-exhausted");
            return Some(answer);
        }
        Some(answer)
    }

    /// Load on all nodes, while this is done to them so often.
    fn during(&self, chance: &mut Chance, times: u64, what: impl Fn(&Self, &mut Server) + Sync) {
        threads(chance, 7, |thread, chance| {
            if thread == 0 {
                for _ in 0..times {
                    std::thread::park_timeout(Duration::from_millis(20 + chance.below(300)));
                    what(self, &mut self.node(chance.next()));
                }
                self.over.store(true, Ordering::SeqCst);
                return;
            }
            while !self.over.load(Ordering::SeqCst) {
                let client = self.node(thread).client();
                self.reveal(&client);
                std::thread::park_timeout(Duration::from_millis(chance.below(30)));
            }
        });
    }

    /// One node gives out what is left; it asks again some seconds after there was nothing.
    fn exhaust(&self) {
        let client = self.node(0).client();
        let mut nothing_since = None;
        loop {
            if self.reveal(&client).unwrap().status != 429 {
                nothing_since = None;
                continue;
            }
            if nothing_since.get_or_insert_with(Instant::now).elapsed() > AGAIN {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// No more than the limit was disclosed, in the log's own words. Says how much wasn't.
    fn holds(self) -> u64 {
        self.nodes.into_iter().for_each(|node| node.into_inner().unwrap().stop());
        let (given, spent) = (self.given.into_inner(), self.centre.points_spent(&self.agent));
        assert!(given <= spent && spent <= LIMIT, "{given} values came out, {spent} were spent, of {LIMIT}");
        self.centre.holds();
        LIMIT - spent
    }
}

#[test]
fn nodes_that_are_killed_never_disclose_more_than_everybodys_allowance() {
    let _beside = crate::beside();
    for seed in seeds(if long() { 10 } else { 1 }) {
        let _says = SeedOnFailure(seed);
        clear_of_the_steps_end();
        let field = Field::new();
        field.during(&mut Chance(seed), 8, |field, node| {
            node.kill();
            *node = field.centre.serve();
        });
        field.exhaust();
        println!("killed: {} were lost", field.holds());
    }
}

#[test]
fn nodes_that_stop_in_order_lose_next_to_nothing() {
    let _beside = crate::beside();
    for seed in seeds(if long() { 10 } else { 1 }) {
        let _says = SeedOnFailure(seed);
        clear_of_the_steps_end();
        let mut field = Field::new();
        field.during(&mut Chance(seed), 6, |field, node| {
            core::mem::replace(node, field.centre.serve()).stop();
        });
        // All but one stop; that one gives out what is left.
        field.nodes.drain(1..).for_each(|node| node.into_inner().unwrap().stop());
        field.exhaust();
        let lost = field.holds();
        println!("stopped: {lost} were lost");
        assert!(lost <= 6, "what a request held that was cut off; {lost} were lost");
    }
}
