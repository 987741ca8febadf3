//! Speaking up over HTTP: without a script, a cookie or a name; what is sent, and that it was sent, stands nowhere in clear.

use crate::centre::{Centre, TENANT};
use crate::http::{Answer, Client};
use crate::kinds::is_found;
use crate::wait::{PATIENCE, found};
use serde_json::json;
use std::fs;
use vault::Kind;

const AGENT: &str = "Canary-Browser/7.1";
const ADDRESS: &str = "203.0.113.77";
const TEXT: &str = "The canary sings in the night shift.";

/// A form as a browser sends it.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in parts {
        body.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

fn send(browser: &Client, parts: &[(&str, &[u8])]) -> Answer {
    let path = format!("/speak-up/{TENANT}/en");
    browser.with("content-type", "multipart/form-data; boundary=b").ask("POST", &path, &form(parts)).unwrap()
}

fn coded(browser: &Client, what: &str, form: &str) -> Answer {
    let path = format!("/speak-up/{TENANT}/en/{what}");
    browser.with("content-type", "application/x-www-form-urlencoded").ask("POST", &path, form.as_bytes()).unwrap()
}

#[test]
fn who_speaks_up_without_a_name_leaves_nothing_by_which_they_are_found() {
    let centre = Centre::new("", "");
    let officer = centre.hire("Sam Security", "security_officer");
    let guardian = centre.hire("Petra Privacy", "data_protection_officer");
    let agent = centre.hire("Ada Agent", "agent");
    let server = centre.serve();
    let browser = server.client().with("user-agent", AGENT).with("x-forwarded-for", ADDRESS);
    let start = browser.get("/speak-up").expect(303);
    assert_eq!(start.header("location"), Some(format!("/speak-up/{TENANT}/en").as_str()));
    let page = browser.get(&format!("/speak-up/{TENANT}/de")).expect(200);
    assert!(page.text().contains("Was ist geschehen?") && !page.text().contains("<script"));
    for (name, value) in [("referrer-policy", "no-referrer"), ("cache-control", "no-store")] {
        assert_eq!(page.header(name), Some(value));
    }
    // The box is there some seconds after the centre began to serve.
    let sent = found("a receipt", PATIENCE, || {
        let sent = send(&browser, &[("text", TEXT.as_bytes()), ("file", b"")]);
        (sent.status != 503).then_some(sent)
    });
    let text = sent.expect(201);
    assert_eq!(text.header("set-cookie"), None);
    let text = text.text();
    let code = text.split_once("id=\"code\"><strong>").unwrap().1.split('<').next().unwrap().to_owned();
    let followed = coded(&browser, "follow", &format!("code={}", code.to_lowercase())).expect(200).text();
    assert!(followed.contains(TEXT) && !followed.contains("Get the proof"), "{followed}");
    let more = coded(&browser, "more", &format!("code={code}&text=Twice+a+week.")).expect(200).text();
    assert!(more.contains("Twice a week."));
    coded(&browser, "proof", &format!("code={code}")).expect(409);
    coded(&browser, "follow", "code=nothing").expect(422);
    send(&browser, &[("text", b"  ")]).expect(422);
    send(&browser, &[("text", b"x"), ("file", b"%PDF-1.7")]).expect(422);
    browser
        .with("content-type", "text/plain")
        .ask("POST", &format!("/speak-up/{TENANT}/en"), b"x")
        .unwrap()
        .expect(400);

    // Of another site's page nothing is taken; of our own, browsers say no origin.
    let elsewhere = browser.with("origin", "https://elsewhere.example");
    let hidden = browser.with("origin", "null").with("sec-fetch-site", "cross-site");
    for other in [&elsewhere, &hidden] {
        let told = send(other, &[("text", b"x")]).expect(403).text();
        assert!(told.contains("did not come from this page"));
        for what in ["follow", "more", "proof"] {
            coded(other, what, &format!("code={code}&text=x")).expect(403);
        }
    }
    for own in [browser.with("origin", "null"), browser.with("origin", "null").with("sec-fetch-site", "same-origin")] {
        coded(&own, "follow", &format!("code={code}")).expect(200);
    }

    // With a name, about security: no entry, and nothing for security to see.
    let of = |person: &crate::centre::Person| server.client().bearer(&person.token);
    let told =
        of(&agent).post("/v1/reports", &json!({"text": "The officer sells.", "about_security": true})).expect(201);
    assert!(told.json()["receipt"].is_null());
    assert_eq!(of(&agent).get("/v1/reports/mine").expect(200).json()["items"][0]["text"], "The officer sells.");
    assert_eq!(of(&officer).get("/v1/reports").expect(200).json()["items"], json!([]));
    of(&officer).get("/v1/reports/outside").expect(403);
    of(&guardian).get("/v1/reports").expect(403);
    of(&guardian).get("/v1/reports/outside").expect(200);
    is_found(&of(&officer), Kind::ReportsTaken);
    let log = of(&officer).get("/v1/disclosures?show=all&kind=report").expect(200).json();
    assert_eq!(log["items"], json!([]), "{log}");
    let metrics = server.client().get("/metrics").expect(200).text();
    assert!(!metrics.contains("speak"));
    server.stop();

    for canary in [AGENT, ADDRESS, TEXT, "Twice a week", code.as_str(), &code.replace('-', ""), "The officer sells"] {
        assert!(centre.database().tables_holding(canary.as_bytes()).is_empty(), "{canary}");
    }
    for file in fs::read_dir(centre.logs()).unwrap() {
        let logs = fs::read(file.unwrap().path()).unwrap();
        let logs = String::from_utf8_lossy(&logs);
        assert!(!logs.contains("speak-up/") && !logs.contains(AGENT) && !logs.contains(ADDRESS), "{logs}");
    }
    centre.holds();
}

#[test]
fn who_may_not_go_on_with_a_report_is_refused_with_an_entry_whatever_they_sent() {
    let centre = Centre::new("", "");
    let officer = centre.hire("Sam Security", "security_officer");
    let agent = centre.hire("Ada Agent", "agent");
    let server = centre.serve();
    let of = |person: &crate::centre::Person| server.client().bearer(&person.token);
    let report = of(&agent).post("/v1/reports", &json!({"text": "x"})).expect(201).json()["report"].clone();
    let steps = format!("/v1/reports/{}/steps", report.as_str().unwrap());
    let sender = of(&agent);
    for answer in [
        sender.post(&steps, &json!({"step": "say"})),
        sender.post(&steps, &json!({"step": "leap"})),
        sender.put("/v1/board/key", &json!({"key": "rfboard1:x"})),
    ] {
        let answer = answer.expect(403).json();
        assert!(answer["receipt"].is_string(), "{answer}");
    }
    of(&officer).post(&steps, &json!({"step": "say"})).expect(422);
    of(&officer).post(&steps, &json!({"step": "acknowledge"})).expect(201);
    // A full box says when to come again.
    let full = found("the end of what is taken in", PATIENCE, || {
        let told = of(&agent).post("/v1/reports", &json!({"text": "x", "about_security": true}));
        (told.status != 201 && told.status != 503).then_some(told)
    });
    assert_eq!(full.expect(429).header("retry-after"), Some("180"));
}
