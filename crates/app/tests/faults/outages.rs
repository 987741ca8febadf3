//! The server is restarted, is slow, or has no connection left, under load at three node processes. Each request has a
//! key and is repeated until it is answered: then each was spent once, and each value that left has its entry.

use crate::centre::{Centre, bytes_of, literal};
use crate::cluster::{Cluster, Line, NODES};
use crate::wait::{PATIENCE, clear_of_the_steps_end, found, until};
use crate::{Chance, SeedOnFailure, long, seeds};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::postgres::PostgresServer;

/// An allowance that is never used up.
const PLENTY: u32 = 1_000_000;

/// Load on all nodes, and what came of it.
struct Load<'a> {
    cluster: &'a Cluster,
    line: Line,
    over: AtomicBool,
    receipts: Mutex<Vec<String>>,
    refused: AtomicU64,
}

impl<'a> Load<'a> {
    fn on(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            line: cluster.line(&cluster.centre.hire("Ada", "agent"), 5),
            over: AtomicBool::new(false),
            receipts: Mutex::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// One request, at one node after another until it is answered.
    fn insist(&self, number: u64, key: &str) {
        let mut node = number as usize;
        let answer = found("an answer", PATIENCE, || {
            node += 1;
            let answer = self.line.reveal(&self.cluster.nodes[node % NODES].1, Some(key));
            if answer.is_none() {
                self.refused.fetch_add(1, Ordering::SeqCst);
                std::thread::park_timeout(Duration::from_millis(25));
            }
            answer
        });
        self.receipts.lock().unwrap().push(answer.expect(200).member("receipt"));
    }

    /// Requests without end from so many threads, while this is done to the nodes; and until so many more came through.
    fn during(&self, threads: u64, trouble: impl FnOnce()) {
        std::thread::scope(|scope| {
            for thread in 0..threads {
                scope.spawn(move || {
                    for turn in 0_u64.. {
                        if self.over.load(Ordering::SeqCst) {
                            return;
                        }
                        self.insist(thread, &format!("{thread}-{turn}"));
                    }
                });
            }
            trouble();
            let before = self.answered();
            until("the load goes on", PATIENCE, || self.answered() > before + 20);
            self.over.store(true, Ordering::SeqCst);
        });
    }

    fn answered(&self) -> usize {
        self.receipts.lock().unwrap().len()
    }

    /// Says how many were answered, and how often none was.
    fn each_once(&self, centre: &Centre) -> (usize, u64) {
        let receipts = self.receipts.lock().unwrap();
        for some in receipts.chunks(500) {
            let ids: Vec<String> = some.iter().map(|receipt| literal(&bytes_of(receipt))).collect();
            let entries = centre.number(&format!("SELECT count(*) FROM entry WHERE id IN ({})", ids.join(",")));
            assert_eq!(entries, some.len() as u64, "a value left without its entry");
        }
        assert_eq!(centre.points_spent(&self.line.agent), receipts.len() as u64, "each key was spent once");
        (receipts.len(), self.refused.load(Ordering::SeqCst))
    }
}

#[test]
fn a_restarted_server_loses_nothing_that_was_acknowledged() {
    let _beside = crate::beside();
    let server = Arc::new(PostgresServer::start());
    let cluster = Cluster::start(Some(Arc::clone(&server)), PLENTY, 3);
    clear_of_the_steps_end();
    let seed = seeds(1)[0];
    let _says = SeedOnFailure(seed);
    let mut chance = Chance(seed);
    let load = Load::on(&cluster);
    load.during(6, || {
        for turn in 0..if long() { 40 } else { 4 } {
            let before = load.answered();
            until("the load runs", PATIENCE, || load.answered() > before + 30);
            std::thread::park_timeout(Duration::from_millis(chance.below(100)));
            server.restart(if turn % 2 == 0 { "immediate" } else { "fast" });
        }
    });
    let (answered, refused) = load.each_once(&cluster.centre);
    println!("restarted under load: {answered} answered, {refused} times unavailable");
    assert!(refused > 0, "the restarts didn't hit the load");
    cluster.holds();
}

#[test]
fn without_a_connection_left_nothing_is_done_and_with_one_it_goes_on() {
    let _beside = crate::beside();
    let server = Arc::new(PostgresServer::start_with("-c max_connections=28 -c superuser_reserved_connections=0"));
    // They would like more than there are.
    let cluster = Cluster::start(Some(Arc::clone(&server)), PLENTY, 16);
    clear_of_the_steps_end();
    let load = Load::on(&cluster);
    for (proxy, _) in &cluster.nodes {
        proxy.refuse();
        proxy.cut_all();
        proxy.settle();
    }
    let taken = server.occupy("postgres");
    assert!(taken.len() >= 10, "{}", taken.len());
    cluster.heal();
    for (_, node) in &cluster.nodes {
        for _ in 0..5 {
            assert!(load.line.reveal(node, None).is_none(), "nothing is disclosed");
        }
        let ready = node.client().get("/readyz").expect(503);
        assert!(ready.header("retry-after").is_some());
        node.client().get("/healthz").expect(200);
    }
    drop(taken);
    until("there is a connection again", PATIENCE, || load.line.reveal(&cluster.nodes[0].1, Some("first")).is_some());
    assert_eq!(cluster.centre.points_spent(&load.line.agent), 1, "what was refused wasn't spent");
    load.insist(0, "first");
    // The nodes share a few.
    let mut taken = server.occupy("postgres");
    taken.truncate(taken.len().saturating_sub(4));
    load.during(16, || {});
    drop(taken);
    let (answered, refused) = load.each_once(&cluster.centre);
    println!("with few connections: {answered} answered, {refused} times unavailable");
    for (_, node) in &cluster.nodes {
        until("the node is ready", PATIENCE, || node.client().get("/readyz").status == 200);
    }
    cluster.holds();
}

#[test]
fn a_slow_disk_makes_waiting_or_a_clear_no_and_never_a_loss() {
    let _beside = crate::beside();
    // One connection has 65 places to wait in: more ask at each node at once.
    const CROWD: u64 = 300;
    const FLUSH: Duration = Duration::from_millis(100);
    let server = Arc::new(PostgresServer::on_a_slow_disk(FLUSH));
    let cluster = Cluster::start(Some(Arc::clone(&server)), PLENTY, 1);
    clear_of_the_steps_end();
    let load = Load::on(&cluster);
    std::thread::scope(|scope| {
        for thread in 0..CROWD {
            let load = &load;
            scope.spawn(move || load.insist(thread, &format!("crowd-{thread}")));
        }
    });
    let (answered, refused) = load.each_once(&cluster.centre);
    println!("on a slow disk: {answered} answered, {refused} times told to come again");
    assert_eq!(answered as u64, CROWD);
    assert!(refused > 0, "the crowd was no crowd");
    cluster.holds();
}
