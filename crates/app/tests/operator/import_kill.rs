//! `kill -9` in the middle of an import: run again, it ends with every customer once, and each can be found.

use crate::centre::{Centre, invented, repository};
use crate::server::BINARY;
use crate::wait::{PATIENCE, until};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CUSTOMERS: u64 = 24_000;
/// The seed of `centre::invented`.
const SEED: u64 = 11;

fn import(centre: &Centre, file: &Path) -> Command {
    let mut command = Command::new(BINARY);
    let errors = centre.folder().join("import-errors.jsonl");
    command.arg("import").arg(file).arg("--map").arg(repository().join("examples/maps/generated.toml"));
    command.arg("--errors").arg(errors).args(["--output", "json"]).env("RINGFENCE_DATA", centre.data());
    command
}

fn count(centre: &Centre, what: &str) -> u64 {
    centre.number(&format!("SELECT count(*) FROM {what}"))
}

/// Kills an import once so many customers are in. Was it still running?
fn kill_at(centre: &Centre, child: &mut Child, customers: u64) -> bool {
    until("the import goes on", PATIENCE, || {
        count(centre, "customer") >= customers || child.try_wait().unwrap().is_some()
    });
    let running = child.try_wait().unwrap().is_none();
    drop(child.kill());
    child.wait().unwrap();
    running
}

#[test]
fn a_killed_import_run_again_has_everyone_once() {
    let centre = Centre::new("", "");
    let agent = centre.hire("Ana Agent", "agent");
    let file = centre.folder().join("many.csv");
    simulation::export::write_csv(&file, CUSTOMERS, SEED, 3).unwrap();
    let mut hits = 0;
    // In the first batches, in the middle, and while the index is being built.
    for at in [1, CUSTOMERS / 3, CUSTOMERS / 2, CUSTOMERS] {
        let mut child = import(&centre, &file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        hits += u32::from(kill_at(&centre, &mut child, at));
        assert_eq!(
            count(&centre, "customer WHERE id NOT IN (SELECT customer FROM field WHERE field = 1)"),
            0,
            "a half row"
        );
    }
    assert!(hits >= 3, "only {hits} kills hit a running import");

    let output = import(&centre, &file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((told["rows"].as_u64(), told["refused"].as_u64()), (Some(CUSTOMERS), Some(0)), "{told}");
    assert_eq!(told["in"].as_u64().unwrap() + told["already"].as_u64().unwrap(), CUSTOMERS, "{told}");
    assert_eq!(count(&centre, "customer"), CUSTOMERS);
    assert_eq!(count(&centre, "staged_index"), 0, "index rows were left behind");
    // Names, phones and e-mail addresses: one of each per customer, whichever run brought them in.
    for field in [1, 3, 4] {
        assert_eq!(count(&centre, &format!("field WHERE field = {field}")), CUSTOMERS);
    }
    assert_eq!(centre.number("SELECT count(DISTINCT customer) FROM blind_index WHERE kind = 1"), CUSTOMERS);
    assert_eq!(centre.number("SELECT count(DISTINCT mac) FROM blind_index WHERE kind = 2"), CUSTOMERS);
    everyone_is_found(&centre, &agent);
    centre.holds();
}

/// A caller is matched only if exactly one customer has the number.
fn everyone_is_found(centre: &Centre, agent: &crate::centre::Person) {
    let server = centre.serve();
    for number in (0..CUSTOMERS).step_by(997).chain([999, 1_000, CUSTOMERS - 1]) {
        let (interaction, customer) = centre.call_from(&server.client(), agent, number);
        let query = serde_json::json!({"email": invented(number).email});
        let client = server.client().bearer(&agent.token);
        let found = client.post(&format!("/v1/interactions/{interaction}/searches"), &query).expect(200).json();
        let hits: Vec<_> =
            found["hits"].as_array().unwrap().iter().map(|hit| hit["customer"].as_str().unwrap()).collect();
        assert_eq!(hits, [customer.as_str()], "customer {number}");
    }
    server.stop();
}
