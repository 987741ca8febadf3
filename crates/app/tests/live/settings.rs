//! The file of a node against what two officers agreed to: the node serves by the latter, says so, and offers the former as a proposal.

use crate::centre::{Centre, TENANT, now, reveal_body};
use crate::http::{Answer, Client};
use crate::me::mail_at;
use crate::power::{enrol_all, signed};
use crate::requests::wanted;
use crate::wait::{PATIENCE, seconds, until};
use serde_json::{Value, json};
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use testkit::Authenticator;
use vault::Algorithm;

const SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

/// Another system says that somebody is in touch.
fn told_by_another(centre: &Centre, client: &Client, person: &str) -> Answer {
    let data = json!({"interaction": "call-x", "channel": "call", "person": person});
    let body = json!({"type": "interaction.connected", "timestamp": now(), "data": data}).to_string();
    centre.signed(client, SECRET, &centre.message(), seconds(), body.as_bytes())
}

#[test]
fn a_node_serves_by_what_two_officers_agreed_to_and_offers_what_its_file_says_as_a_proposal() {
    let centre = Centre::filled(5, 1_000, 20);
    let officers = ["Sol Officer", "Sue Officer"].map(|name| centre.hire(name, "security_officer"));
    let (agent, board) = (centre.hire("Ada", "agent"), centre.hire("Bea Board", "board_member"));
    let keys = ["sol", "sue"].map(|name| Authenticator::named(Algorithm::Es256, name));
    enrol_all(&centre, &[(&officers[0], &keys[0]), (&officers[1], &keys[1])]);
    let doctor = || {
        let told = centre.run(&["doctor", "--output", "json"]);
        String::from_utf8_lossy(&told.stdout).into_owned()
    };
    assert!(doctor().contains("the file says what officers agreed to"), "{}", doctor());

    // Whoever runs the node lets values stand longer, and adds a system that says who is in touch.
    let file = centre.data().join("ringfence.toml");
    let before = fs::read_to_string(&file).unwrap();
    let source = format!("[[event_source]]\nname = \"another\"\nsecret = \"{SECRET}\"\n");
    fs::write(&file, format!("{}\n{source}", before.replace("remask_s = 20", "remask_s = 60"))).unwrap();
    assert!(doctor().contains("put the file back, or let two security officers sign what it says"), "{}", doctor());
    let server = centre.serve();
    let nobody = server.client();
    let (interaction, customer) = centre.call_from(&nobody, &agent, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    let remask = || {
        let answer = nobody.bearer(&agent.token).post(&path, &reveal_body(&interaction, "name", "delivery"));
        answer.expect(200).json()["remask_in_s"].clone()
    };
    assert_eq!(remask(), 20);
    let refused = told_by_another(&centre, &nobody, &agent.id).expect(403);
    assert!(refused.member("title").contains("Two officers haven't agreed"), "{}", refused.text());
    assert!(said(&centre).contains("settings of the configuration don't count"), "{}", said(&centre));
    let officer = |which: usize| nobody.bearer(&officers[which].token);
    let watcher = nobody.bearer(&board.token);
    until("the board is told", PATIENCE, || watcher.get("/security").expect(200).text().contains("settings_changed"));
    for page in ["/security/proposals", "/security/change"] {
        let shown = officer(0).get(page).expect(200).text();
        assert!(shown.contains("from 20 to 60") && shown.contains("Add the source of events another."), "{shown}");
    }
    assert!(watcher.get("/security/proposals").expect(200).text().contains("from 20 to 60"));

    // Nobody but two officers makes it count: not the board, not one alone.
    let wish = json!({"change": "set_settings"});
    watcher.post("/v1/power/changes", &wish).expect(403);
    let draft = officer(0).post("/v1/power/changes", &wish).expect(201).json();
    assert_eq!((&draft["signatures"], &draft["widens"]), (&json!(2), &json!(true)), "{draft}");
    assert_eq!(draft["details"].as_array().unwrap().len(), 2, "{draft}");
    let sign = |which: usize, draft: &Value| {
        let path = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
        let assertion = signed(&keys[which], &draft["challenge"]);
        let body = match &draft["draft"] {
            Value::Null => json!({"assertion": assertion}),
            draft => json!({"draft": draft, "assertion": assertion}),
        };
        officer(which).post(&path, &body)
    };
    let half = sign(0, &draft).expect(202).json();
    assert_eq!(remask(), 20);
    sign(1, &half).expect(200);
    assert_eq!(remask(), 60);
    told_by_another(&centre, &nobody, &agent.id).expect(202);
    until("the alarm ends", PATIENCE, || !watcher.get("/security").expect(200).text().contains("settings_changed"));
    let texts = officer(0).get("/v1/power/texts").expect(200).json();
    assert_eq!(texts["items"][0]["what"], "settings");
    server.stop();

    // The old file is the other one now: what was agreed goes on counting.
    fs::write(&file, before).unwrap();
    assert!(doctor().contains(&format!("settings of {TENANT}")), "{}", doctor());
    let server = centre.serve();
    let client = server.client();
    let reveal = client.bearer(&agent.token).post(&path, &reveal_body(&interaction, "name", "delivery"));
    assert_eq!(reveal.expect(200).json()["remask_in_s"], 60);
    server.stop();
    centre.holds();
}

fn said(centre: &Centre) -> String {
    let files = fs::read_dir(centre.logs()).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|kind| kind == "err"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn a_mail_server_that_nobody_agreed_to_is_sent_no_code_of_a_request() {
    let centre = Centre::new("", "");
    centre.import_invented(5);
    let officers = ["Sol Officer", "Sue Officer"].map(|name| centre.hire(name, "security_officer"));
    let (tool, protection) =
        (centre.hire("A privacy tool", "integrator"), centre.hire("Dee Protection", "data_protection_officer"));
    let keys = ["sol", "sue"].map(|name| Authenticator::named(Algorithm::Es256, name));
    enrol_all(&centre, &[(&officers[0], &keys[0]), (&officers[1], &keys[1])]);
    // Whoever runs the node has letters taken to a server of theirs.
    let theirs = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    theirs.set_nonblocking(true).unwrap();
    let file = centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n{}", mail_at(theirs.local_addr().unwrap().port()))).unwrap();
    let server = centre.serve();
    let client = server.client();
    let filed = client.bearer(&tool.token).post("/v1/privacy/requests", &wanted("access", 3)).expect(201);
    let steps = format!("/v1/privacy/requests/{}/steps", filed.member("id"));
    client.bearer(&protection.token).post(&steps, &json!({"step": "send_code"})).expect(503);
    assert_eq!(theirs.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody called on it");
    server.stop();
    centre.holds();
}
