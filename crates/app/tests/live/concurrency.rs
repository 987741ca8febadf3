//! Many at once: an allowance lets out exactly what it allows, and a key stands for one request.

use crate::centre::{Centre, invented, reveal_body};
use crate::http::{Answer, Client};
use crate::wait::{PATIENCE, clear_of_the_steps_end, found};
use serde_json::Value;

/// The same request from many threads at once, `each` times per thread; gives all answers.
fn at_once(client: &Client, threads: usize, each: usize, path: &str, body: &Value) -> Vec<Answer> {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let run = || {
            barrier.wait();
            (0..each).map(|_| client.post(path, body)).collect::<Vec<_>>()
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn sixteen_threads_get_exactly_the_allowance() {
    const LIMIT: u32 = 23;
    let centre = Centre::filled(20, LIMIT, 20);
    let agent = centre.hire("Ada", "agent");
    let server = centre.serve();
    clear_of_the_steps_end();
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 3);
    let client = server.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let answers = at_once(&client, 16, 4, &path, &reveal_body(&interaction, "name", "delivery"));
    let name = invented(3).name;
    let with_value = answers.iter().filter(|answer| answer.text().contains(&name)).count();
    assert_eq!(with_value, LIMIT as usize, "so many values left");
    for answer in answers.iter().filter(|answer| !answer.text().contains(&name)) {
        assert_eq!((answer.status, answer.slug().as_str()), (429, "budget-exhausted"), "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
    }
    assert_eq!(centre.points_spent(&agent), u64::from(LIMIT));
    server.stop();
    centre.holds();
}

#[test]
fn one_key_from_eight_threads_is_spent_once_and_over_after_its_countdown() {
    let centre = Centre::filled(20, 40, 3);
    let agent = centre.hire("Ada", "agent");
    let server = centre.serve();
    clear_of_the_steps_end();
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 3);
    let client = server.client().bearer(&agent.token);
    let keyed = client.with("idempotency-key", "one-key");
    let path = format!("/v1/customers/{customer}/reveals");
    let body = reveal_body(&interaction, "name", "delivery");
    let answers = at_once(&keyed, 8, 1, &path, &body);
    let mut receipts: Vec<String> = answers.into_iter().map(|answer| answer.expect(200).member("receipt")).collect();
    receipts.sort();
    receipts.dedup();
    assert_eq!(receipts.len(), 8, "each delivery has an entry of its own");
    assert_eq!(centre.points_spent(&agent), 1, "one was spent");

    let other = keyed.post(&path, &reveal_body(&interaction, "order", "delivery")).expect(422);
    assert_eq!(other.slug(), "key-reused");
    let over = found("the countdown is over", PATIENCE, || {
        let answer = keyed.post(&path, &body);
        (answer.status != 200).then_some(answer)
    });
    assert_eq!((over.status, over.slug().as_str()), (410, "redelivery-over"), "{}", over.text());
    client.post(&path, &body).expect(200);
    assert_eq!(centre.points_spent(&agent), 2, "without the key it is a new request");
    server.stop();
    centre.holds();
}
