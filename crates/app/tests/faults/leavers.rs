//! Somebody leaves: the identity provider says so to one node, and within a second nothing of theirs works on any, on a server's
//! database with three nodes and on the embedded one. Every time is measured from before the provider asks.

use crate::centre::{Centre, Person, reveal_body};
use crate::cluster::{Cluster, NODES};
use crate::http::{Answer, Client};
use crate::machine::Machine;
use crate::page::Page;
use crate::server::Server;
use crate::wait::{PATIENCE, found, until};
use serde_json::json;
use std::io::Read as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::{Act, Side};

/// How soon everything must be over.
const SOON: Duration = Duration::from_secs(1);
/// For how long the reveal in flight is held before its transaction begins.
const HELD: Duration = Duration::from_millis(700);

/// What somebody still tries, and where.
struct Try<'a> {
    what: String,
    ask: Box<dyn Fn() -> Answer + Send + Sync + 'a>,
}

/// When each attempt was refused first, and that it stayed so.
fn watch(tries: &[Try<'_>], leave: impl FnOnce()) -> Vec<(String, Duration)> {
    for one in tries {
        (one.ask)().expect(200);
    }
    let (left, began) = (AtomicBool::new(false), Instant::now());
    std::thread::scope(|threads| {
        let watched = tries.iter().map(|one| {
            let left = &left;
            threads.spawn(move || {
                let mut refused = None;
                // On until the provider has its answer and two refusals in a row were seen.
                loop {
                    let answer = (one.ask)();
                    match answer.status {
                        200 => refused = None,
                        401 | 403 | 409 => {
                            let first = *refused.get_or_insert(began.elapsed());
                            if left.load(Ordering::SeqCst) && began.elapsed() > first + SOON / 4 {
                                return (one.what.clone(), first);
                            }
                        }
                        503 => {}
                        status => panic!("{}: {status} {}", one.what, answer.text()),
                    }
                    assert!(began.elapsed() < PATIENCE, "{} still works", one.what);
                }
            })
        });
        let watched: Vec<_> = watched.collect();
        leave();
        left.store(true, Ordering::SeqCst);
        watched.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Three leave, one after the other, and each of them is out so soon.
fn each_is_soon_out(mut leaving: impl FnMut(u32) -> Vec<(String, Duration)>) {
    for turn in 1..=3 {
        for (what, time) in leaving(turn) {
            println!("{:>5} ms  {what}", time.as_millis());
            assert!(time <= SOON, "{what} worked for {time:?}");
        }
    }
}

/// The provider says that somebody left, to this node.
fn leave(machine: &Machine, node: &Server, who: &Person) -> impl FnOnce() + use<> {
    // The token is asked for before the clock runs: it isn't part of the leaving.
    let client = machine.client(&node.client(), node.address());
    let path = format!("/scim/v2/Users/{}", who.id);
    move || drop(client.ask("DELETE", &path, b"").unwrap().expect(204))
}

/// What an agent does on a node, on a call of theirs.
fn serving<'a>(name: &str, node: &'a Server, who: &Person, call: &(String, String)) -> Vec<Try<'a>> {
    let client = node.client().bearer(&who.token);
    let page = Page::open(&node.client(), node.address(), &who.token);
    let (interaction, customer) = call.clone();
    let one = |what: &str, ask: Box<dyn Fn() -> Answer + Send + Sync>| Try { what: format!("{name}: {what}"), ask };
    let (a, b, c, d) = (client.clone(), client.clone(), client.clone(), client);
    let (views, shown) = (format!("/v1/customers/{customer}/views"), format!("/v1/interactions/{interaction}"));
    let (reveals, viewing, revealing) = (
        format!("/v1/customers/{customer}/reveals"),
        json!({"interaction": interaction}),
        reveal_body(&interaction, "name", "delivery"),
    );
    vec![
        one("page session", Box::new(move || page.get("/v1/me"))),
        one("token, and what is left of allowances", Box::new(move || a.get("/v1/me"))),
        one("live interaction", Box::new(move || b.get(&shown))),
        one("view, from the node's allotment", Box::new(move || c.post(&views, &viewing))),
        one("reveal", Box::new(move || d.post(&reveals, &revealing))),
    ]
}

/// Streams of the log that end.
fn ended(mut stream: TcpStream, began: Instant) -> Duration {
    let mut some = [0; 4096];
    while let Ok(1..) = stream.read(&mut some) {}
    began.elapsed()
}

/// A stream of the log, once the node knows its person.
fn watching(client: &Client) -> Option<TcpStream> {
    let (stream, head) = client.open("/v1/disclosures/stream");
    (head.status == 200).then_some(stream)
}

#[test]
fn a_leaver_is_out_on_every_node_within_a_second() {
    let _alone = crate::alone();
    let cluster = Cluster::start(None, 1_000_000, 6);
    let machine = Machine::enrolled(&cluster.centre, "directory");
    let nodes: Vec<&Server> = cluster.nodes.iter().map(|(_, node)| node).collect();

    // An agent, in the middle of things.
    each_is_soon_out(|turn| {
        let agent = cluster.centre.hire(&format!("Ada {turn}"), "agent");
        let line = cluster.line(&agent, turn.into());
        for node in &nodes {
            found("a reveal", PATIENCE, || line.reveal(node, None).filter(|it| it.status == 200));
        }
        let call = (line.interaction.clone(), line.customer().to_owned());
        let named = nodes.iter().enumerate();
        let tries: Vec<Try<'_>> =
            named.flat_map(|(at, node)| serving(&format!("node {at}"), node, &agent, &call)).collect();
        let times = watch(&tries, leave(&machine, nodes[0], &agent));
        let spent = cluster.centre.points_spent(&agent);
        for one in &tries {
            assert_eq!((one.ask)().status, 401, "{}", one.what);
        }
        assert_eq!(cluster.centre.points_spent(&agent), spent, "a leaver spent something");
        times
    });

    // Somebody who watches, with a stream open on each node.
    each_is_soon_out(|turn| {
        let analyst = cluster.centre.hire(&format!("Sol {turn}"), "security_analyst");
        let open = |node: &&Server| found("a stream", PATIENCE, || watching(&node.client().bearer(&analyst.token)));
        let streams: Vec<TcpStream> = nodes.iter().map(open).collect();
        let leaves = leave(&machine, nodes[0], &analyst);
        let began = Instant::now();
        std::thread::scope(|threads| {
            let ends = streams.into_iter().map(|stream| threads.spawn(move || ended(stream, began)));
            let ends: Vec<_> = ends.collect();
            leaves();
            let named = ends.into_iter().enumerate();
            named.map(|(at, end)| (format!("node {at}: open stream"), end.join().unwrap())).collect()
        })
    });
    cluster.holds();
}

#[test]
fn a_reveal_in_flight_on_another_node_is_refused() {
    let _alone = crate::alone();
    let cluster = Cluster::start(None, 1_000_000, 6);
    let machine = Machine::enrolled(&cluster.centre, "directory");
    let (proxy, node) = &cluster.nodes[NODES - 1];
    each_is_soon_out(|turn| {
        let agent = cluster.centre.hire(&format!("Ada {turn}"), "agent");
        let line = cluster.line(&agent, turn.into());
        found("a reveal", PATIENCE, || line.reveal(node, None).filter(|it| it.status == 200));
        let leaves = leave(&machine, &cluster.nodes[0].1, &agent);
        // Transactions of that node begin late: the reveal is under way and hasn't committed when its person leaves.
        let caught = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&caught);
        line.reveal(node, None);
        proxy.rule(move |message| {
            let begins = message.from == Side::Client && message.kind == b'Q' && message.body.starts_with(b"BEGIN");
            if begins {
                seen.store(true, Ordering::SeqCst);
            }
            if begins { Act::Wait(HELD) } else { Act::Pass }
        });
        let (answer, time) = std::thread::scope(|threads| {
            let reveal = threads.spawn(|| line.reveal(node, None).expect("an answer"));
            until("the reveal is under way", PATIENCE, || caught.load(Ordering::SeqCst));
            let began = Instant::now();
            leaves();
            (reveal.join().unwrap(), began.elapsed())
        });
        proxy.rule(|_| Act::Pass);
        assert!([401, 409].contains(&answer.status), "{}", answer.text());
        vec![(format!("node {}: reveal in flight, held {HELD:?} before it could commit", NODES - 1), time)]
    });
    cluster.holds();
}

#[test]
fn on_the_embedded_engine_too() {
    let _alone = crate::alone();
    let centre = Centre::embedded(20, 1_000_000);
    let machine = Machine::enrolled(&centre, "directory");
    let node = centre.serve();
    each_is_soon_out(|turn| {
        let agent = centre.hire(&format!("Ada {turn}"), "agent");
        let call = centre.call_from(&node.client(), &agent, turn.into());
        let tries = serving("embedded", &node, &agent, &call);
        watch(&tries, leave(&machine, &node, &agent))
    });
    each_is_soon_out(|turn| {
        let analyst = centre.hire(&format!("Sol {turn}"), "security_analyst");
        let watcher = node.client().bearer(&analyst.token);
        let stream = found("a stream", PATIENCE, || watching(&watcher));
        let leaves = leave(&machine, &node, &analyst);
        let began = Instant::now();
        let time = std::thread::scope(|threads| {
            let end = threads.spawn(move || ended(stream, began));
            leaves();
            end.join().unwrap()
        });
        assert_eq!(watcher.open("/v1/disclosures/stream").1.status, 401);
        vec![("embedded: open stream".to_owned(), time)]
    });
    node.stop();
    centre.holds();
}
