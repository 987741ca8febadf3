//! A customer's sealed copy: nothing of it can be read where it lies, and nothing of it stays in the node.

use crate::centre::{Centre, invented};
use crate::me::{Own, PAGE, address, mail_at, with_mail};
use crate::scan::Scanner;
use crate::server::BINARY;
use crate::wait::{PATIENCE, until};
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::time::Duration;
use testkit::MailServer;

/// The passphrase that the page shows once.
fn passphrase(page: &str) -> &str {
    page.split_once("<p class=\"mono secret\">").unwrap().1.split('<').next().unwrap()
}

#[test]
fn a_sealed_copy_is_useless_where_it_lies_and_leaves_nothing_in_the_node() {
    let (centre, server, mail) = with_mail();
    let mut own = Own::signed_in(&server, &mail, &address(4));
    // What the browser never typed: the address would stand in its own requests.
    let (street, born) = (invented(4).postal_address, invented(4).date_of_birth);
    let lines: Vec<&str> = street.split('|').collect();
    let scanner = Scanner::new(&[("street", lines[0]), ("born", &born)]);
    let open = own.post("/copy", "form=json").expect(200);
    assert!(!scanner.look("", &open.body).is_empty(), "the plain copy has it: {}", open.text());

    let (html, json) = ("form=html", "form=json");
    let shown = own.post("/sealed", html).expect(200);
    assert!(shown.header("cache-control").is_some_and(|kept| kept == "no-store"));
    let page = shown.text();
    let first = passphrase(&page);
    let other = own.post("/sealed", html).expect(200).text();
    assert!(first.len() == 29 && passphrase(&other) != first, "another each time: {first}");
    let sealed = own.post("/copy", &format!("{html}&passphrase={first}")).expect(200);
    assert_eq!(sealed.header("content-disposition"), Some("attachment; filename=\"my-data-sealed.html\""));
    let text = sealed.text();
    assert!(text.contains("default-src 'none'") && !text.contains("http://") && !text.contains("https://"), "{text}");
    assert_eq!(text.matches("<script").count(), 2);
    let jwe = own.post("/copy", &format!("{json}&passphrase={first}")).expect(200);
    assert_eq!(jwe.header("content-disposition"), Some("attachment; filename=\"my-data.jwe\""));
    assert_eq!(jwe.text().split('.').count(), 5);
    for body in [&sealed.body, &jwe.body] {
        assert_eq!(scanner.look("", body), Vec::new());
        let letters = String::from_utf8_lossy(body);
        assert!(!letters.contains(first), "the passphrase isn't beside what it opens");
    }

    for (form, status) in [
        (format!("{html}&passphrase=123456"), 422),
        (format!("{html}&passphrase="), 422),
        (format!("form=pdf&passphrase={first}"), 422),
    ] {
        own.post("/copy", &form).expect(status);
    }
    own.post("/sealed", "form=pdf").expect(422);
    let foreign = own.asking().without("origin").with("origin", "https://evil.example");
    foreign.ask("POST", &format!("{PAGE}/sealed"), html.as_bytes()).unwrap().expect(403);
    // Nobody without a session gets so far; and six in an hour are all.
    let mut nobody = Own::at(&server);
    nobody.post("/sealed", html).expect(303);
    nobody.post("/copy", &format!("{html}&passphrase={first}")).expect(303);
    for _ in 0..3 {
        own.post("/copy", &format!("{json}&passphrase={first}")).expect(200);
    }
    own.post("/copy", &format!("{json}&passphrase={first}")).expect(429);

    until("nothing of it is in memory", Duration::from_secs(10), || {
        let (finds, bytes) = scanner.look_in_process(server.pid());
        assert!(bytes > 1_000_000, "{bytes} bytes were read");
        finds.is_empty()
    });
    centre.holds();
}

#[test]
fn a_copy_that_was_taken_is_a_whole_record_to_the_measure_of_a_breach() {
    let mail = MailServer::start();
    let centre = Centre::new("", &mail_at(mail.port));
    centre.import_invented(20);
    let officer = centre.hire("An officer", "security_officer");
    let server = centre.serve();
    let mut own = Own::signed_in(&server, &mail, &address(4));
    let copy = own.post("/copy", "form=json").expect(200).json();
    let mut copied: Vec<&str> =
        copy["values"].as_array().unwrap().iter().map(|value| value["field"].as_str().unwrap()).collect();
    copied.sort_unstable();
    copied.dedup();
    until("all entries have their places", PATIENCE, || centre.number("SELECT count(*) FROM pending") == 0);

    let (token, to) = (centre.folder().join("officer.token"), centre.folder().join("breach"));
    fs::write(&token, &officer.token).unwrap();
    let mut command = Command::new(BINARY);
    command.args(["--output", "json", "blast-radius", "--since", "2020-01-01T00:00:00Z", "--to"]).arg(&to);
    command.env("RINGFENCE_TOKEN_FILE", &token).env("RINGFENCE_ADDR", format!("http://{}", server.address()));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["customers"], &summary["values"]), (&1.into(), &copied.len().into()));
    let read = |name: &str| fs::read_to_string(to.join(name)).unwrap();
    let reached: Value = serde_json::from_str(&read("customers.jsonl")).unwrap();
    let mut shown: Vec<&str> =
        reached["shown"].as_array().unwrap().iter().map(|field| field.as_str().unwrap()).collect();
    shown.sort_unstable();
    assert_eq!(shown, copied);
    let letter = read("letters.jsonl");
    assert!(letter.contains("your name") && letter.contains("your postal address"), "{letter}");
    assert!(!read("notification.txt").contains("None that is known"), "{}", read("notification.txt"));
}
