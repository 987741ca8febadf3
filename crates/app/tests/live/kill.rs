//! `kill -9` under load, again and again: a value that left has its entry, budgets equal the log, the log verifies.

use crate::centre::{Centre, Person, bytes_of, invented, literal, receipt, reveal_body};
use crate::http::Client;
use crate::wait::{PATIENCE, until};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const AGENTS: u64 = 4;

/// What one agent's client saw, over all rounds.
#[derive(Default)]
struct Seen {
    /// Receipts of answers that carried a value.
    receipts: Mutex<Vec<String>>,
    /// Values that left and cost something.
    spent: AtomicU64,
    /// Requests that could have cost something.
    asked: AtomicU64,
    /// Requests that died with the server.
    lost: AtomicU64,
}

#[test]
fn what_left_before_a_kill_is_in_the_log_after_it() {
    let rounds = if std::env::var_os("RINGFENCE_LONG").is_some() { 1_000 } else { 25 };
    let centre = Centre::filled(200, 100_000_000, 20);
    let agents: Vec<Person> = (0..AGENTS).map(|n| centre.hire(&format!("Agent {n}"), "agent")).collect();
    let seen: Vec<Arc<Seen>> = agents.iter().map(|_| Arc::default()).collect();
    let mut chance = 0x2545_f491_4f6c_dd1d_u64;
    let mut from = [0; AGENTS as usize];
    let mut server = centre.serve();
    for round in 0..rounds {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        load_and_kill(&centre, &mut server, &agents, &seen, round, chance >> 33);
        centre.holds();
        receipts_have_entries(&centre, &seen, &mut from);
        every_budget_fits(&centre, &agents, &seen);
        server = centre.serve();
        one_receipt_is_served(&server.client(), &agents[0], &seen[0]);
    }
    // What was spent was recounted all the while: crashes never look like a budget that was set back.
    let officer = centre.hire("Olga", "security_officer");
    let status = server.client().bearer(&officer.token).get("/v1/log/status").expect(200).json();
    assert_eq!(status["alarms"], serde_json::json!([]), "{status}");
    server.stop();
    centre.holds();
    // Once more, all: a later crash mustn't have taken an earlier entry.
    let checked = receipts_have_entries(&centre, &seen, &mut [0; AGENTS as usize]);
    let sum = |count: fn(&Seen) -> u64| seen.iter().map(|seen| count(seen)).sum::<u64>();
    let lost = sum(|seen| seen.lost.load(Ordering::SeqCst));
    println!("{rounds} kills; {checked} values left, each with its entry; {lost} requests died with the server");
    assert!(checked > rounds && lost >= rounds, "the kills didn't hit the load: {checked} values, {lost} lost");
}

fn load_and_kill(
    centre: &Centre,
    server: &mut crate::server::Server,
    agents: &[Person],
    seen: &[Arc<Seen>],
    round: u64,
    chance: u64,
) {
    let client = server.client();
    let dead = Arc::new(AtomicBool::new(false));
    let answers = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..AGENTS)
        .map(|n| {
            let (person, number) = (&agents[n as usize], n * 40 + round % 40);
            let (interaction, customer) = centre.call_from(&client, person, number);
            let client = client.bearer(&person.token);
            let (seen, dead, answers) = (Arc::clone(&seen[n as usize]), Arc::clone(&dead), Arc::clone(&answers));
            let name = format!("\"value\":\"{}\"", invented(number).name);
            std::thread::spawn(move || {
                let work =
                    Work { client, path: format!("/v1/customers/{customer}/reveals"), interaction, name, round, n };
                reveal_until_dead(&work, &seen, &dead, &answers);
            })
        })
        .collect();
    let enough = 1 + chance % 150;
    until("the load runs", PATIENCE, || answers.load(Ordering::SeqCst) >= enough);
    std::thread::park_timeout(Duration::from_micros(chance % 5_000));
    server.kill();
    dead.store(true, Ordering::SeqCst);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

struct Work {
    client: Client,
    path: String,
    interaction: String,
    name: String,
    round: u64,
    n: u64,
}

/// A third of the requests have no key; of two with the same key the second is a re-delivery, which costs nothing.
fn reveal_until_dead(work: &Work, seen: &Seen, dead: &AtomicBool, answers: &AtomicU64) {
    let body = reveal_body(&work.interaction, "name", "delivery");
    for turn in 0_u64.. {
        let key = format!("key-{}-{}-{}", work.round, work.n, turn / 3);
        let client = if turn % 3 == 0 { work.client.clone() } else { work.client.with("idempotency-key", &key) };
        let again = turn % 3 == 2;
        if !again {
            seen.asked.fetch_add(1, Ordering::SeqCst);
        }
        let Some(answer) = client.try_post(&work.path, &body) else {
            seen.lost.fetch_add(1, Ordering::SeqCst);
            // The kill comes while this waits, or has come: nobody else ends the server.
            until("the server was killed", PATIENCE, || dead.load(Ordering::SeqCst));
            return;
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains(&work.name));
        seen.receipts.lock().unwrap().push(answer.member("receipt"));
        if !again {
            seen.spent.fetch_add(1, Ordering::SeqCst);
        }
        answers.fetch_add(1, Ordering::SeqCst);
    }
}

/// Every receipt from the `from`-th of each agent's; gives how many there are in all.
fn receipts_have_entries(centre: &Centre, seen: &[Arc<Seen>], from: &mut [usize]) -> u64 {
    for (receipts, from) in seen.iter().map(|seen| seen.receipts.lock().unwrap()).zip(&mut *from) {
        for some in receipts[*from..].chunks(500) {
            let ids: Vec<String> = some.iter().map(|receipt| literal(&bytes_of(receipt))).collect();
            let found = centre.number(&format!("SELECT count(*) FROM entry WHERE id IN ({})", ids.join(",")));
            let distinct = ids.iter().collect::<BTreeSet<_>>().len();
            assert_eq!(found, distinct as u64, "a value left without its entry: {some:?}");
        }
        *from = receipts.len();
    }
    from.iter().sum::<usize>() as u64
}

/// What was spent lies between what left and what was asked for. That it equals the log, `verify` has recounted.
fn every_budget_fits(centre: &Centre, agents: &[Person], seen: &[Arc<Seen>]) {
    for (person, seen) in agents.iter().zip(seen) {
        let used = centre.points_spent(person);
        let (spent, asked) = (seen.spent.load(Ordering::SeqCst), seen.asked.load(Ordering::SeqCst));
        assert!((spent..=asked).contains(&used), "{spent} values left, {asked} were asked for, the budget says {used}");
    }
}

fn one_receipt_is_served(client: &Client, person: &Person, seen: &Seen) {
    let Some(last) = seen.receipts.lock().unwrap().last().cloned() else { return };
    assert!(receipt(&client.bearer(&person.token), &last).starts_with("c2sp.org/tlog-proof@v1"));
}
