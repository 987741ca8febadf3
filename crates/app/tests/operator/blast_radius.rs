//! `ringfence blast-radius`: from what an agent did to what the authority and the customers are told.

use crate::centre::{Centre, Person, invented, reveal_body};
use crate::server::{BINARY, Server};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

fn measure(centre: &Centre, server: &Server, person: &Person, arguments: &[&str]) -> Output {
    let token = centre.folder().join(format!("{}.token", person.id));
    fs::write(&token, &person.token).unwrap();
    let mut command = Command::new(BINARY);
    command.args(["--output", "json", "blast-radius"]).args(arguments).env("RINGFENCE_TOKEN_FILE", &token);
    command.env("RINGFENCE_ADDR", format!("http://{}", server.address())).env("RINGFENCE_LOG", "error");
    command.output().unwrap()
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn who_an_agent_could_have_told_about_is_written_down_with_drafts_and_without_values() {
    let centre = Centre::filled(20, 1_000, 20);
    let (officer, agent) = (centre.hire("Olu", "security_officer"), centre.hire("Ada", "agent"));
    let server = centre.serve();
    let client = server.client().bearer(&agent.token);
    let mut customers = Vec::new();
    for (number, field, purpose) in [(1, "name", "delivery"), (2, "phone", "callback")] {
        let (interaction, customer) = centre.call_from(&server.client(), &agent, number);
        let path = format!("/v1/customers/{customer}/reveals");
        client.post(&path, &reveal_body(&interaction, field, purpose)).expect(200);
        customers.push(customer);
    }
    crate::wait::until("all entries have their places", crate::wait::PATIENCE, || {
        centre.number("SELECT count(*) FROM pending") == 0
    });

    let to = centre.folder().join("breach");
    let (to_text, person) = (to.to_str().unwrap(), agent.id.as_str());
    let asked = ["--to", to_text, "--person", person, "--aware", "2026-03-01T09:00:00Z"];
    let output = measure(&centre, &server, &officer, &asked);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["customers"], &summary["values"], &summary["damaged"]), (&2.into(), &2.into(), &0.into()));

    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o700);
    let reached = lines(&to.join("customers.jsonl"));
    let mut named: Vec<&str> = reached.iter().map(|line| line["customer"].as_str().unwrap()).collect();
    named.sort_unstable();
    customers.sort_unstable();
    assert_eq!(named, customers);
    for line in &reached {
        for entry in line["entries"].as_array().unwrap() {
            let receipt =
                server.client().bearer(&officer.token).get(&format!("/v1/receipts/{}", entry.as_str().unwrap()));
            receipt.expect(200);
        }
    }
    let letters = lines(&to.join("letters.jsonl"));
    assert_eq!(letters.len(), 2);
    assert!(letters.iter().any(|letter| letter["text"].as_str().unwrap().contains("your phone number")));
    let notification: Value = serde_json::from_slice(&fs::read(to.join("notification.json")).unwrap()).unwrap();
    assert_eq!(
        (&notification["to_be_sent_by"], &notification["language"]),
        (&"2026-03-04T09:00:00.000Z".into(), &"en".into())
    );
    assert_eq!(notification["nature"]["approximate_number_of_data_subjects"], 2);
    for file in fs::read_dir(&to).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        for secret in [invented(1).name, invented(2).phone] {
            assert!(!text.contains(&secret), "{} holds a value", path.display());
        }
    }

    // Nothing is overwritten, nor asked for nothing; and what can't be asked says what to do.
    let again = measure(&centre, &server, &officer, &asked);
    assert_eq!(again.status.code(), Some(1));
    let measures = || {
        crate::wait::until("all entries have their places", crate::wait::PATIENCE, || {
            centre.number("SELECT count(*) FROM pending") == 0
        });
        let found = server.client().bearer(&officer.token).get("/v1/disclosures?kind=breach_measured").expect(200);
        found.json()["items"].as_array().unwrap().len()
    };
    assert_eq!(measures(), 1);
    let unanswered = centre.folder().join("unanswered");
    let other = |person: &Person, more: &[&str]| {
        measure(&centre, &server, person, &[&["--to", unanswered.to_str().unwrap()], more].concat())
    };
    let (early, late) = ("2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z");
    for (person, more, code, named) in [
        (&agent, &[][..], 2, ""),
        (&officer, &["--person", "somebody"][..], 2, "person is an id"),
        (&officer, &["--person", "per_00000000000000000000000000000000"][..], 2, "that person's id"),
        (&officer, &["--device", "dev_00000000000000000000000000000000"][..], 2, "that device"),
        (&officer, &["--shelf", "4000000"][..], 2, "that shelf"),
        (&officer, &["--since", late, "--until", early][..], 1, "--since isn't before --until"),
        (&officer, &["--since", "yesterday"][..], 1, "--since isn't a moment"),
        (&officer, &["--until", "yesterday"][..], 1, "--until isn't a moment"),
        (&officer, &["--aware", "yesterday"][..], 1, "--aware isn't a moment"),
        (&officer, &["--aware", "2999-01-01T00:00:00Z"][..], 1, "--aware is in the future"),
        (&officer, &["--language", "fr"][..], 1, "--language is none"),
    ] {
        let output = other(person, more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && said.contains("; next: "), "{more:?}: {said}");
        assert!(said.contains(named) && said.lines().count() == 1, "{more:?}: {said}");
        assert!(!unanswered.exists(), "{more:?} left something: {said}");
    }
    // The agent, and whoever, whatever and wherever there isn't: these were refused with their entries, and no other was asked.
    assert_eq!(measures(), 1 + 4);
}
