//! A partner pack: built of drills for the buyer's nonce against a deployment that serves, checked without it, and refused once anything of it
//! is another.

use crate::centre::{Centre, TENANT};
use crate::drills::World;
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

const NONCE: &str = "3f9a5c17e2b8d604";

fn verify(centre: &Centre, file: &str, more: &[&str]) -> Output {
    centre.run(&[&["pack", "verify", file, "--output", "json"], more].concat())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn result<'a>(lines: &'a [Value], checked: &str) -> &'a str {
    let line = lines.iter().find(|line| line["checked"] == checked);
    line.unwrap_or_else(|| panic!("{checked}"))["result"].as_str().unwrap()
}

#[test]
fn a_buyer_checks_a_pack_without_the_deployment() {
    let World { centre, server, officer } = World::new("Bo");
    let key = server.client().get(&format!("/log/{TENANT}/key")).expect(200).text();
    fs::write(centre.folder().join("log.key"), &key).unwrap();
    let short = centre.run(&["pack", "build", "--nonce", "short", "--kit", "kit.toml"]);
    assert_eq!(short.status.code(), Some(1), "{}", said(&short));
    let told =
        centre.good(&["pack", "build", "--nonce", NONCE, "--kit", "kit.toml", "--out", "p.zip", "--output", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["held"], told["drills"], "{told}");
    assert!(told["answers"].as_u64().unwrap() >= 30 && told["in_place"].as_u64().unwrap() > 15, "{told}");
    let again = centre.run(&["pack", "build", "--nonce", NONCE, "--kit", "kit.toml", "--out", "p.zip"]);
    assert_eq!(again.status.code(), Some(1), "what is there already isn't overwritten");

    let security = server.client().bearer(&officer.token);
    let found = security.get("/v1/disclosures?kind=pack_built").expect(200).json();
    assert_eq!(found["items"][0]["id"], told["entry"], "{found}");
    let tried = security.get("/v1/disclosures?kind=drill_told&limit=200").expect(200).json();
    let marks: Vec<&Value> = tried["items"].as_array().unwrap().iter().map(|item| &item["pack"]["nonce"]).collect();
    assert!(marks.iter().all(|mark| **mark == found["items"][0]["pack"]["nonce"]) && !marks.is_empty(), "{tried}");
    server.stop();

    let good = verify(&centre, "p.zip", &["--nonce", NONCE, "--key", "log.key"]);
    assert!(good.status.success(), "{}", said(&good));
    let lines: Vec<Value> = serde_json::from_slice(&good.stdout).unwrap();
    assert!(lines.iter().all(|line| line["result"] != "fail"), "{lines:?}");
    for (checked, expected) in [
        ("key", "pass"),
        ("seal", "pass"),
        ("witnesses", "open"),
        ("index.html", "pass"),
        ("answers.json", "pass"),
        ("oscal/component-definition.json", "pass"),
        ("oscal/assessment-results.json", "pass"),
        ("sbom.json", "pass"),
        ("cbom.json", "pass"),
        ("log/checkpoint.txt", "pass"),
        ("notice.txt", "pass"),
        ("drill reveal-without-contact", "pass"),
        ("drill disk-makes-an-officer", "pass"),
        ("answer card-notes", "pass"),
        ("answer without-contact", "pass"),
        // The keys are with the program here, and nobody of these has a passkey.
        ("answer keys-where", "open"),
        ("answer two-officers", "open"),
        ("answer recordings", "open"),
    ] {
        assert_eq!(result(&lines, checked), expected, "{checked}");
    }
    let unpinned = verify(&centre, "p.zip", &["--nonce", NONCE]);
    let lines: Vec<Value> = serde_json::from_slice(&unpinned.stdout).unwrap();
    assert_eq!((unpinned.status.success(), result(&lines, "key")), (true, "open"));

    let replayed = verify(&centre, "p.zip", &["--nonce", "another-nonce-of-theirs"]);
    assert_eq!(replayed.status.code(), Some(2));
    assert!(said(&replayed).contains("another nonce") && said(&replayed).contains("next:"), "{}", said(&replayed));
    let other = Centre::new("", "");
    let other = other.serve().client().get(&format!("/log/{TENANT}/key")).expect(200).text();
    fs::write(centre.folder().join("other.key"), other).unwrap();
    let foreign = verify(&centre, "p.zip", &["--nonce", NONCE, "--key", "other.key"]);
    assert_eq!(foreign.status.code(), Some(2), "{}", said(&foreign));

    let file = fs::read(centre.folder().join("p.zip")).unwrap();
    for at in (0..file.len()).step_by(file.len() / 40) {
        let mut edited = file.clone();
        edited[at] ^= 1;
        fs::write(centre.folder().join("edited.zip"), edited).unwrap();
        let refused = verify(&centre, "edited.zip", &["--nonce", NONCE, "--key", "log.key"]);
        assert_eq!(refused.status.code(), Some(2), "byte {at}: {}", said(&refused));
    }
}

#[test]
fn only_security_has_packs_built() {
    let World { centre, server, .. } = World::new("Bo");
    let it = fs::read_to_string(centre.folder().join("it.token")).unwrap();
    let it = server.client().bearer(it.trim());
    let pack = json!({"nonce": "0".repeat(64), "manifest": "1".repeat(64)});
    assert_eq!(it.post("/v1/packs", &pack).expect(403).slug(), "role-not-allowed");
    assert_eq!(it.get("/v1/packs/state").expect(403).slug(), "role-not-allowed");
    let nowhere = format!("/v1/packs/proofs/ent_{}", "0".repeat(32));
    assert_eq!(it.get(&nowhere).expect(403).slug(), "role-not-allowed");
    let officer = fs::read_to_string(centre.folder().join("officer.token")).unwrap();
    let security = server.client().bearer(officer.trim());
    security.get(&nowhere).expect(404);
    for bad in ["", "0", &"0".repeat(63), &"G".repeat(64), &"A".repeat(64)] {
        security.post("/v1/packs", &json!({"nonce": bad, "manifest": "1".repeat(64)})).expect(422);
    }
}
