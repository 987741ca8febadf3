//! People and rights: edited behind everybody's back and noticed by a serving node within seconds; and changed over HTTP by
//! an officer with a passkey, on one node, for all.

use crate::centre::{Centre, Person, reveal_body};
use crate::http::{Answer, Client};
use crate::server::Server;
use crate::wait::{PATIENCE, found, until};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::PersonId;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};
use testkit::Authenticator;
use vault::{Algorithm, Change};

/// The name and bytes of a draft that nobody made.
pub(crate) const NO_DRAFT: (&str, &str) = ("chg_490960b606d067a98b1596c6a362c747", "AAAA");

/// About a second, on a machine that does other things as well.
const SOON: Duration = Duration::from_secs(4);

fn alarms(client: &Client) -> Vec<String> {
    let status = client.get("/v1/log/status").expect(200).json();
    let kinds = status["alarms"].as_array().unwrap().iter();
    kinds.map(|alarm| alarm["kind"].as_str().unwrap().to_owned()).collect()
}

fn said(centre: &Centre) -> String {
    let files = fs::read_dir(centre.logs()).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|kind| kind == "err"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn a_serving_node_notices_within_seconds_and_tells_security_and_the_board() {
    let centre = Centre::filled(5, 1_000, 20);
    let [agent, security, board, it] = [
        ("Ada Agent", "agent"),
        ("Sol Officer", "security_officer"),
        ("Bea Board", "board_member"),
        ("Ivo Operator", "it_operator"),
    ]
    .map(|(name, role)| centre.hire(name, role));
    let server = centre.serve();
    let client = |person: &Person| server.client().bearer(&person.token);
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 1);
    let reveal = || {
        client(&agent)
            .post(&format!("/v1/customers/{customer}/reveals"), &reveal_body(&interaction, "name", "delivery"))
    };
    reveal().expect(200);
    let kept = ["person", "power", "power_row"].map(|table| centre.database().keep(table));
    for edit in [
        "UPDATE person SET role = 'agent' WHERE name = 'Ivo Operator'",
        "DELETE FROM person WHERE name = 'Ivo Operator'",
        "INSERT INTO power_row VALUES (1, 8, x'00112233445566778899aabbccddeeff', x'810a', zeroblob(16))",
        "UPDATE power SET version = version - 1",
    ] {
        assert!(alarms(&client(&security)).is_empty(), "before: {edit}");
        assert_eq!(centre.database().edit(edit), 1, "{edit}");
        let began = Instant::now();
        until("security is told", PATIENCE, || alarms(&client(&security)) == ["power_tampered"]);
        assert!(began.elapsed() < SOON, "{edit}: {:?}", began.elapsed());
        assert_eq!(alarms(&client(&board)), ["power_tampered"], "{edit}");
        for watcher in [&board, &security] {
            let page = client(watcher).get("/security").expect(200).text();
            assert!(page.contains("data-alarm=\"power_tampered\""), "{edit}: {page}");
        }
        let refused = reveal();
        assert_eq!((refused.status, refused.slug().as_str()), (503, "power-tampered"), "{edit}: {}", refused.text());
        assert_ne!(client(&it).get("/v1/log/status").status, 200, "{edit}");
        let doctor = centre.run(&["doctor"]);
        let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
        assert!(told.contains("aren't what the key holder sealed"), "{edit}: {told}");
        let verify = centre.verify();
        assert!(!verify.status.success(), "{edit}");
        kept.iter().for_each(|kept| centre.database().put_back(kept));
        until("it goes on", PATIENCE, || alarms(&client(&security)).is_empty());
        reveal().expect(200);
    }
    until("the log has the entries", PATIENCE, || {
        let lines = client(&security).get("/v1/disclosures?show=all&kind=power_doubted&limit=50").expect(200).json();
        lines["items"].as_array().unwrap().len() >= 4
    });
    let said = said(&centre);
    assert!(said.contains("ALARM: people or rights in the store aren't what the key holder sealed"), "{said}");
    assert!(!said.contains("Ivo") && !said.contains("Ada"), "{said}");
    centre.holds();
}

/// Gives an officer a passkey, as the operator who sets the tenant up.
pub(crate) fn enrol(centre: &Centre, officer: &Person, key: &Authenticator) {
    enrol_all(centre, &[(officer, key)]);
}

/// The same for several officers: after the first, only officers do that.
pub(crate) fn enrol_all(centre: &Centre, officers: &[(&Person, &Authenticator)]) {
    let home = app::home::Home::find(Some(&centre.data()), None, None).unwrap();
    let tenant = home.tenant(None).unwrap();
    let passkey = |(place, (officer, key)): (usize, &(&Person, &Authenticator))| {
        Change::put([place as u8 + 1; 16], &key.passkey(PersonId::parse(&officer.id).unwrap()))
    };
    let passkeys = officers.iter().enumerate().map(passkey).collect();
    let enrolled = app::wire::block_on(async {
        let opened = app::wire::open(&home).await?;
        Ok(opened.vault.set_up_power(&opened.vault.operator(tenant.id), passkeys).await?)
    });
    enrolled.unwrap();
}

/// A centre of nodes whose officer has a passkey.
fn claimed() -> (Centre, Person, Authenticator) {
    let centre = Centre::of_nodes(3, 100);
    let officer = centre.hire("Sol Officer", "security_officer");
    let key = Authenticator::named(Algorithm::Es256, "sol");
    enrol(&centre, &officer, &key);
    (centre, officer, key)
}

pub(crate) fn signed(key: &Authenticator, challenge: &Value) -> Value {
    let challenge = URL_SAFE_NO_PAD.decode(challenge.as_str().unwrap()).unwrap();
    let made = key.assert(&challenge);
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({
        "credential": text(&made.credential),
        "client_data": text(&made.client_data),
        "authenticator_data": text(&made.authenticator_data),
        "signature": text(&made.signature),
    })
}

/// Drafts a change and makes it, signed where it needs that; or what refused it.
pub(crate) fn make(officer: &Client, key: &Authenticator, wish: &Value) -> Answer {
    // Just after power changed a draft is refused once.
    let draft = || Some(officer.post("/v1/power/changes", wish)).filter(|answer| answer.slug() != "power-changed");
    let drafted = found("an answer", PATIENCE, draft);
    if drafted.status != 201 {
        return drafted;
    }
    let draft = drafted.json();
    let mut approval = json!({"draft": draft["draft"]});
    if draft["needs_approval"] == true {
        approval["assertion"] = signed(key, &draft["challenge"]);
    }
    officer.post(&format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap()), &approval)
}

#[test]
fn an_officer_changes_people_on_one_node_and_all_go_by_it_within_a_second() {
    let (centre, officer, key) = claimed();
    let agent_before = centre.run(&["person", "add", "--name", "Mo", "--role", "agent"]);
    let told = String::from_utf8_lossy(&agent_before.stderr).into_owned();
    assert!(told.contains("Only a security officer's approval changes that"), "{told}");
    let nodes = [centre.serve(), centre.serve()];
    let [one, other] = [0, 1].map(|node: usize| nodes[node].client().bearer(&officer.token));
    let change = json!({"change": "add_person", "name": "Mo Novak", "role": "agent", "team": "north"});
    let draft = one.post("/v1/power/changes", &change).expect(201).json();
    assert_eq!(draft["words"], "Add Mo Novak as agent, in team north, reporting to nobody.");
    let approval = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
    let unsigned = one.post(&approval, &json!({"draft": draft["draft"]}));
    assert_eq!((unsigned.status, unsigned.slug().as_str()), (403, "officer-needed"));
    let strange = signed(&Authenticator::named(Algorithm::Es256, "sol"), &draft["challenge"]);
    let refused = one.post(&approval, &json!({"draft": draft["draft"], "assertion": strange}));
    assert_eq!((refused.status, refused.slug().as_str()), (403, "not-approved"));
    let other_name = format!("/v1/power/changes/chg_{}/approval", "0".repeat(32));
    assert_eq!(one.post(&other_name, &json!({"draft": draft["draft"]})).status, 404);
    // Drafted on one node, approved on the other.
    let assertion = signed(&key, &draft["challenge"]);
    let body = json!({"draft": draft["draft"], "assertion": assertion});
    let made = other.post(&approval, &body).expect(200).json();
    let began = Instant::now();
    let known = |client: &Client| {
        let answer = client.get("/v1/people?limit=200");
        if answer.slug() == "power-changed" {
            // What this node knew a moment ago didn't commit any more.
            return false;
        }
        let people = answer.expect(200).json();
        people["items"].as_array().unwrap().iter().any(|person| person["person"] == made["person"])
    };
    until("the first node goes by it", PATIENCE, || known(&one));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert!(known(&other));
    let again = one.post(&approval, &body);
    assert_eq!((again.status, again.slug().as_str()), (409, "power-changed"));
    let left = json!({"change": "left", "person": made["person"]});
    let draft = one.post("/v1/power/changes", &left).expect(201).json();
    assert_eq!(draft["needs_approval"], false);
    let approval = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
    one.post(&approval, &json!({"draft": draft["draft"]})).expect(200);
    drop(nodes);
    centre.holds();
}

#[test]
fn what_can_be_no_change_is_told_so() {
    let (centre, officer, _) = claimed();
    let server: Server = centre.serve();
    let client = server.client().bearer(&officer.token);
    let id = &officer.id;
    for (body, status) in [
        (json!({"change": "promote", "person": id}), 422),
        (json!({"change": "left"}), 422),
        (json!({"change": "left", "person": id, "why": "x"}), 422),
        (json!({"change": "left", "person": "per_1"}), 422),
        (json!({"change": "add_person", "name": " ", "role": "agent"}), 422),
        (json!({"change": "add_person", "name": "x".repeat(101), "role": "agent"}), 422),
        (json!({"change": "add_person", "name": "a\nb", "role": "agent"}), 422),
        (json!({"change": "add_person", "name": "Mo", "role": "emperor"}), 422),
        (json!({"change": "set_role", "person": format!("per_{}", "0".repeat(32)), "role": "agent"}), 404),
        (json!({"change": "reports_to", "person": id, "manager": id}), 404),
        (json!({"change": "add_key", "person": id, "key": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}), 422),
        (json!({"change": "add_key", "person": id, "key": "a key"}), 422),
        (json!({"change": "add_key", "person": id, "key": {"kty": "oct", "k": "AA"}}), 422),
        (json!({"change": "drop_key", "person": id}), 404),
        (json!({"change": "bind_login", "person": id, "issuer": "https://id.example", "subject": ""}), 422),
        (json!({"change": "bind_login", "person": id, "issuer": "https://id.example", "subject": "\u{e9}"}), 422),
        (json!({"change": "bind_login", "person": id, "issuer": "https://id.example", "subject": "s"}), 404),
        (json!({"change": "drop_login", "person": id}), 404),
        (json!({"change": "drop_token", "person": format!("per_{}", "0".repeat(32))}), 404),
        (json!({"change": "keep_token", "person": format!("per_{}", "0".repeat(32))}), 404),
        (json!({"change": "apply_proposal", "proposal": "per_1"}), 422),
        (json!({"change": "apply_proposal", "proposal": id}), 404),
        (json!({"change": "enrol_device", "device": id, "code": "0000-0000"}), 422),
        (json!({"change": "enrol_device", "device": format!("dev_{}", "0".repeat(32)), "code": "0000-0000"}), 404),
    ] {
        let answer = client.post("/v1/power/changes", &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    let bad = client.post(&format!("/v1/power/changes/{}/approval", NO_DRAFT.0), &json!({"draft": "*"}));
    assert_eq!(bad.status, 422);
    let gone = client.post(&format!("/v1/power/changes/{}/approval", NO_DRAFT.0), &json!({"draft": NO_DRAFT.1}));
    assert_eq!((gone.status, gone.slug().as_str()), (410, "change-gone"));
}
