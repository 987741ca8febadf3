//! A customer from standard input, then shown on masks through a live interaction.

use crate::centre::{Centre, now};
use crate::server::{BINARY, Server};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const RECORD: &str = r#"{"name":"Zerafina Quillfeather","phone":"+442079460555","email":"zq@example.org"}"#;

fn added(centre: &Centre) -> String {
    let mut command = Command::new(BINARY);
    command.args(["customer", "add", "--file", "-", "--output", "json"]).env("RINGFENCE_DATA", centre.data());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(RECORD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["customer"].as_str().unwrap().to_owned()
}

fn show(server: &Server, token: &Path, customer: &str, interaction: &str, format: &str) -> Output {
    Command::new(BINARY)
        .args(["customer", "show", customer, "--interaction", interaction, "--output", format])
        .env("RINGFENCE_ADDR", format!("http://{}", server.address()))
        .env("RINGFENCE_TOKEN_FILE", token)
        .output()
        .unwrap()
}

#[test]
fn is_added_from_standard_input_and_shown_on_masks_while_the_call_lives() {
    let centre = Centre::new("", "");
    let customer = added(&centre);
    let agent = centre.hire("Ana Agent", "agent");
    let token = centre.folder().join("agent.token");
    std::fs::write(&token, &agent.token).unwrap();
    let server = centre.serve();
    let reference =
        json!({"interaction": "the-call", "channel": "call", "person": agent.id, "from": {"phone": "020 7946 0555"}});
    let told = centre.tell(&server.client(), "interaction.connected", &now(), &reference).expect(202);
    let interaction = told.member("interaction");

    let shown = show(&server, &token, &customer, &interaction, "json");
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let view: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let fields: Vec<_> =
        view["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!((view["customer"].as_str(), fields), (Some(customer.as_str()), vec!["name", "phone", "email"]));
    let table = show(&server, &token, &customer, &interaction, "table");
    for said in [&shown.stdout, &table.stdout, &table.stderr] {
        let said = String::from_utf8_lossy(said);
        for value in ["Zerafina", "Quillfeather", "2079460555", "zq@"] {
            assert!(!said.contains(value), "{said}");
        }
    }
    assert!(table.status.success() && String::from_utf8_lossy(&table.stdout).contains("phone"));

    centre.tell(&server.client(), "interaction.ended", &now(), &json!({"interaction": "the-call"})).expect(202);
    let after = show(&server, &token, &customer, &interaction, "json");
    assert_eq!((after.status.code(), after.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&after.stderr).contains("; next: "));
    server.stop();
}
