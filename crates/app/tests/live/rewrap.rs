//! A store moves to another suite under a running server: no read fails, movers are killed again and again, and an envelope from
//! before that is put back opens nowhere.

use crate::centre::{Centre, Person, bytes_of, invented, literal, reveal_body};
use crate::http::Client;
use crate::power::{enrol_all, signed};
use crate::server::BINARY;
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use testkit::Authenticator;
use vault::Algorithm;

const READERS: u64 = 3;

/// Two officers sign a plan.
fn plan(nobody: &Client, officers: [(&Person, &Authenticator); 2], text: &str) {
    let client = |which: usize| nobody.bearer(&officers[which].0.token);
    let mut draft =
        client(0).post("/v1/power/changes", &json!({"change": "set_plan", "plan": text})).expect(201).json();
    for (which, (_, key)) in officers.iter().enumerate() {
        let path = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
        let mut body = json!({"assertion": signed(key, &draft["challenge"])});
        if !draft["draft"].is_null() {
            body["draft"] = draft["draft"].clone();
        }
        draft = client(which).post(&path, &body).json();
    }
    assert!(draft["receipt"].is_string(), "{draft}");
}

/// Somebody who reads one customer's name until told to stop.
fn reader(
    centre: &Centre,
    nobody: &Client,
    person: &Person,
    number: u64,
    run: &Arc<Run>,
) -> std::thread::JoinHandle<()> {
    let (interaction, customer) = centre.call_from(nobody, person, number);
    let (client, run) = (nobody.bearer(&person.token), Arc::clone(run));
    let (path, name) =
        (format!("/v1/customers/{customer}/reveals"), format!("\"value\":\"{}\"", invented(number).name));
    std::thread::spawn(move || {
        while !run.over.load(Ordering::SeqCst) {
            let answer = client.post(&path, &reveal_body(&interaction, "name", "delivery"));
            assert!(answer.status == 200 && answer.text().contains(&name), "{} {}", answer.status, answer.text());
            run.read.fetch_add(1, Ordering::SeqCst);
        }
    })
}

#[derive(Default)]
struct Run {
    over: AtomicBool,
    read: AtomicU64,
}

/// How many values lie in a suite.
fn of_suite(centre: &Centre, suite: u8) -> u64 {
    centre.number(&format!("SELECT count(*) FROM field WHERE substr(sealed, 1, 3) = {}", literal(&[1, 0, suite])))
}

/// A mover that is killed after so long; says whether it was still at work.
fn killed(centre: &Centre, after: Duration) -> bool {
    let mut command = Command::new(BINARY);
    command.args(["crypto", "rewrap"]).env("RINGFENCE_DATA", centre.data()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut mover = command.spawn().unwrap();
    std::thread::park_timeout(after);
    let working = mover.try_wait().unwrap().is_none();
    drop(mover.kill());
    mover.wait().unwrap();
    working
}

#[test]
fn values_move_while_they_are_read_and_movers_are_killed_and_an_old_envelope_opens_nowhere() {
    let many = std::env::var("RINGFENCE_MANY").ok().and_then(|many| many.parse().ok());
    let customers = many.unwrap_or(if std::env::var_os("RINGFENCE_LONG").is_some() { 100_000 } else { 1_500 });
    let centre = Centre::filled(customers, 100_000_000, 20);
    let officers = ["Sol Officer", "Sue Officer"].map(|name| centre.hire(name, "security_officer"));
    let keys = ["sol", "sue"].map(|name| Authenticator::named(Algorithm::Es256, name));
    let agents: Vec<Person> = (0..READERS).map(|n| centre.hire(&format!("Agent {n}"), "agent")).collect();
    enrol_all(&centre, &[(&officers[0], &keys[0]), (&officers[1], &keys[1])]);
    let server = centre.serve();
    let nobody = server.client();
    let (all, run) = (of_suite(&centre, 1), Arc::<Run>::default());
    assert!(all > 10_000);
    let readers: Vec<_> = (0..READERS).map(|n| reader(&centre, &nobody, &agents[n as usize], n + 1, &run)).collect();
    until("they read", PATIENCE, || run.read.load(Ordering::SeqCst) > 20);

    plan(
        &nobody,
        [(&officers[0], &keys[0]), (&officers[1], &keys[1])],
        &plan::DEFAULT.replace("suite = 1", "suite = 2"),
    );
    let kills = (0..12).filter(|n| killed(&centre, Duration::from_millis(60 + 25 * n))).count();
    let (before, read) = (of_suite(&centre, 1), run.read.load(Ordering::SeqCst));
    let moved: Value = serde_json::from_str(&centre.good(&["crypto", "rewrap", "--output", "json"])).unwrap();
    assert_eq!((moved["moved"].as_u64(), moved["unopened"].as_u64()), (Some(before), Some(0)), "{moved}");
    assert_eq!((moved["seals"].as_u64(), moved["opens"].as_u64()), (Some(2), Some(1)), "{moved}");
    assert_eq!((of_suite(&centre, 1), of_suite(&centre, 2)), (0, all));
    until("they go on reading", PATIENCE, || run.read.load(Ordering::SeqCst) > read + 20);

    let (interaction, customer) = centre.call_from(&nobody, &agents[0], 9);
    let reveal = || {
        let path = format!("/v1/customers/{customer}/reveals");
        nobody.bearer(&agents[0].token).post(&path, &reveal_body(&interaction, "name", "delivery"))
    };
    reveal().expect(200);
    let retired: Value =
        serde_json::from_str(&centre.good(&["crypto", "rewrap", "--retire", "--output", "json"])).unwrap();
    assert_eq!((retired["moved"].as_u64(), retired["opens"].as_u64()), (Some(0), Some(2)), "{retired}");
    until("they go on reading after it", PATIENCE, || run.read.load(Ordering::SeqCst) > read + 60);
    run.over.store(true, Ordering::SeqCst);
    readers.into_iter().for_each(|reader| reader.join().unwrap());

    // An envelope of before (vault `rewrapping.rs` puts a whole one back): its head alone has it refused.
    let id = literal(&bytes_of(&customer));
    let bytes = if centre.database().address().is_some() { "BYTEA" } else { "BLOB" };
    let sealed = format!("CAST(x'010001' || substr(sealed, 4) AS {bytes})");
    let statement = format!("UPDATE field SET sealed = {sealed} WHERE field = 1 AND customer = {id}");
    assert_eq!(centre.database().edit(&statement), 1);
    assert_eq!(reveal().expect(503).slug(), "record-damaged");
    let status = nobody.bearer(&officers[0].token).get("/v1/log/status").expect(200).json();
    assert!(status["alarms"].to_string().contains("suite_put_back"), "{status}");
    println!(
        "{kills} of 12 movers were killed at work; then {before} of {all} values of {customers} customers at {} a second; {} reads, none failed",
        moved["per_second"],
        run.read.load(Ordering::SeqCst)
    );
    assert!(kills > 3, "the kills didn't hit the moving");
    server.stop();
}
