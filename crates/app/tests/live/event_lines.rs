//! What a node tells on standard error, as a collector of logs reads it.

use crate::centre::{Centre, reveal_body};
use crate::server::{BINARY, Server};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

#[test]
fn each_event_is_one_json_object_if_asked_for() {
    let centre = Centre::filled(3, 1_000, 20);
    let agent = centre.hire("Ada", "agent");
    let mut command = Command::new("env");
    command.args(["RINGFENCE_LOG_FORMAT=json", BINARY]);
    let server = Server::start_by(command, &centre.data(), &centre.logs(), "debug");
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    let client = server.client().bearer(&agent.token);
    client.post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
    client.post(&path, &json!({"not": "what is expected"})).expect(422);
    server.stop();
    let told = |file: fs::DirEntry| fs::read_to_string(file.path()).unwrap();
    let errors = fs::read_dir(centre.logs()).unwrap().map(Result::unwrap);
    let all: String =
        errors.filter(|file| file.path().extension().is_some_and(|kind| kind == "err")).map(told).collect();
    let events: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(events.len() >= 2, "{all}");
    for event in events {
        for member in ["timestamp", "level", "target"] {
            assert!(event.get(member).is_some(), "{event} has no {member}");
        }
    }
}
