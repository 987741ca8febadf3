//! `ringfence verify RECEIPT`, with a receipt and keys as a server gave them.

use crate::centre::{Centre, TENANT, receipt, reveal_body};
use std::fs;
use std::path::PathBuf;

/// Writes the keys that a centre serves to a file.
fn keys_of(centre: &Centre) -> PathBuf {
    let server = centre.serve();
    let path = centre.folder().join("log.keys");
    fs::write(&path, server.client().get(&format!("/log/{TENANT}/key")).expect(200).body).unwrap();
    server.stop();
    path
}

/// A receipt of a reveal in a centre.
fn revealed(centre: &Centre) -> String {
    let agent = centre.hire("Ana Agent", "agent");
    let server = centre.serve();
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 1);
    let client = server.client().bearer(&agent.token);
    let body = reveal_body(&interaction, "name", "delivery");
    let entry = client.post(&format!("/v1/customers/{customer}/reveals"), &body).expect(200).member("receipt");
    let text = receipt(&client, &entry);
    server.stop();
    text
}

#[test]
fn a_receipt_holds_under_its_own_keys_and_as_it_was_served_only() {
    let centre = Centre::filled(3, 100, 20);
    let text = revealed(&centre);
    let keys = keys_of(&centre);
    let file = centre.folder().join("the.receipt");
    let verify = |receipt: &str, more: &[&str]| {
        fs::write(&file, receipt).unwrap();
        let arguments = [&["verify", file.to_str().unwrap()], more].concat();
        let output = centre.run(&arguments);
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let own = ["--key", keys.to_str().unwrap()];
    let (code, said) = verify(&text, &own);
    assert!(code == Some(0) && said.starts_with("holds: place "), "{code:?} {said}");

    for at in (0..text.len()).step_by(41).chain([text.len() - 1]) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let edited = String::from_utf8(bytes).unwrap_or_default();
        let (code, said) = verify(&edited, &own);
        assert!(code == Some(2) && said.contains("; next: "), "byte {at} of {}: {code:?} {said}", text.len());
    }

    let stranger = Centre::new("", "");
    let foreign = keys_of(&stranger);
    assert_eq!(verify(&text, &["--key", foreign.to_str().unwrap()]).0, Some(2), "another log's keys");
    assert_eq!(verify(&text, &["--key", "no-such.keys"]).0, Some(1), "a file that isn't there");
    assert_eq!(verify(&text, &[]).0, Some(1), "no keys at all");
}
