//! A customer without an e-mail address reaches their own page by a code to their own number, over HTTP.

use crate::centre::{Centre, TENANT, now};
use crate::http::Client;
use crate::kinds::{is_found, on_page};
use crate::me::{Own, PAGE};
use crate::phones::Phones;
use serde_json::json;

const RECORD: &str = r#"{"name":"Nora Nomail","phone":"+447700900555","date_of_birth":"1961-08-17"}"#;

fn form(code: &str, said: &str) -> String {
    format!("code={code}&kind=date_of_birth&said={said}")
}

#[test]
fn a_code_that_the_agent_never_sees_lets_the_customer_in_and_nobody_at_work() {
    let phones = Phones::listen();
    let centre = Centre::new("", &phones.config());
    let file = centre.folder().join("nora.json");
    std::fs::write(&file, RECORD).unwrap();
    centre.good(&["customer", "add", "--file", file.to_str().unwrap(), "--tenant", TENANT]);
    let (agent, officer) = (centre.hire("An agent", "agent"), centre.hire("An officer", "security_officer"));
    let server = centre.serve();
    let work = server.client().bearer(&agent.token);
    let interaction = centre.call(&server.client(), &agent, Some(json!({"phone": "+447700900555"})));
    let codes = format!("/v1/interactions/{interaction}/codes");
    let too_weak = work.post(&codes, &json!({"own_page": true})).expect(403);
    assert_eq!(too_weak.slug(), "binding-too-weak");
    work.post(&codes, &json!({"own_page": 1})).expect(422);
    work.post(&codes, &json!({})).expect(202);
    let first = phones.next();
    let entered = json!({"interaction": first["interaction"], "code": first["code"]});
    centre.tell(&server.client(), "interaction.code_entered", &now(), &entered).expect(202);

    let sent = work.post(&codes, &json!({"own_page": true})).expect(202);
    let text = phones.next();
    let code = text["code"].as_str().unwrap();
    assert!(code.len() == 12 && !sent.text().contains(code), "{}", sent.text());
    assert_eq!(text["to"], "+447700900555");
    assert_eq!(text["page"], format!("http://{}{PAGE}/claim", server.address()).as_str());
    // What it is for the telephone's keypad, it isn't.
    let keyed = json!({"interaction": first["interaction"], "code": code});
    centre.tell(&server.client(), "interaction.code_entered", &now(), &keyed).expect(202);

    let mut own = Own::at(&server);
    assert!(own.get().text().contains("/me/acme/en/claim"));
    assert!(own.asking().get(&format!("{PAGE}/claim")).expect(200).text().contains("Date of birth"));
    let wrong = own.post("/claim", &form("123456789012", "1961-08-17")).expect(403).text();
    assert_eq!(
        own.post("/claim", &form(code, "1961-08-18")).expect(403).text(),
        wrong,
        "it isn't told which was wrong"
    );
    own.post("/claim", &form(code, "nonsense")).expect(422);
    own.post("/claim", "code=1").expect(403);
    let foreign = own.asking().without("origin").with("origin", "https://evil.example");
    foreign.ask("POST", &format!("{PAGE}/claim"), form(code, "1961-08-17").as_bytes()).unwrap().expect(403);

    // An agent to whom the customer read it out, at their desk: the browser is signed in for work.
    let desk = on_page(&server.client(), server.address(), &agent.token);
    let at_desk = |desk: &Client| {
        let desk = desk.unbound().with("content-type", "application/x-www-form-urlencoded");
        desk.ask("POST", &format!("{PAGE}/claim"), form(code, "1961-08-17").as_bytes()).unwrap()
    };
    let refused = at_desk(&desk).expect(403).text();
    assert!(refused.contains("signed in for work"), "{refused}");

    own.post("/claim", &form(code, "1961-08-17")).expect(303);
    let page = own.get().expect(200).text();
    assert!(page.contains("had a code for this page sent to your phone number"), "{page}");
    assert!(page.contains("A code by telephone was entered here"), "{page}");
    let mut again = Own::at(&server);
    again.post("/claim", &form(code, "1961-08-17")).expect(403);
    let security = server.client().bearer(&officer.token);
    for kind in [vault::Kind::OwnClaim, vault::Kind::OwnClaimEntered, vault::Kind::OwnSignIn] {
        is_found(&security, kind);
    }
    centre.holds();
}
