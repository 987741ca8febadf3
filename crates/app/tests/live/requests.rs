//! Customers' requests by right, over HTTP with a real mail server: a program files one, data protection makes sure whose it is, two
//! answer it, and the customer alone takes the copy.

use crate::centre::{Centre, Person, invented, now};
use crate::http::Client;
use crate::kinds::{is_found, on_page};
use crate::me::{Own, address, with_mail};
use crate::server::Server;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::MailServer;
use vault::Kind;

const LIST: &str = "/v1/privacy/requests";

/// The steps of a request that isn't there.
pub(crate) fn steps_of_none() -> String {
    format!("{LIST}/dsr_{}/steps", "0".repeat(32))
}

/// A request of an invented customer's, come in today.
pub(crate) fn wanted(right: &str, customer: u64) -> Value {
    json!({"right": right, "came_by": "portal", "received_on": &now()[..10], "find": {"email": address(customer)}})
}

fn days_ago(days: i64) -> String {
    let now = domain::Millis::parse(&now()).unwrap();
    now.plus(-days * 24 * 3_600_000).to_string()[..10].to_owned()
}

struct World {
    centre: Centre,
    server: Server,
    mail: MailServer,
    tool: Person,
    officer: Person,
    second: Person,
    /// Each of the two on a page, in a browser of their own: a program's yes doesn't count.
    pages: [(String, Client); 2],
}

impl World {
    fn new() -> Self {
        let (centre, server, mail) = with_mail();
        let tool = centre.hire("A privacy tool", "integrator");
        let officer = centre.hire("Dee Protection", "data_protection_officer");
        let second = centre.hire("Sam Security", "security_officer");
        let page = |who: &Person| (who.id.clone(), on_page(&server.client(), server.address(), &who.token));
        let pages = [page(&officer), page(&second)];
        Self { centre, server, mail, tool, officer, second, pages }
    }

    fn program(&self, person: &Person) -> Client {
        self.server.client().bearer(&person.token)
    }

    fn file(&self, right: &str, customer: u64) -> String {
        self.program(&self.tool).post(LIST, &wanted(right, customer)).expect(201).member("id")
    }

    fn step(&self, who: &Person, request: &str, step: &Value) -> crate::http::Answer {
        let page = self.pages.iter().find(|(id, _)| *id == who.id).map(|(_, page)| page.clone());
        page.unwrap_or_else(|| self.program(who)).post(&format!("{LIST}/{request}/steps"), step)
    }

    /// A request of which it is shown that it is the customer's.
    fn proven(&self, right: &str, customer: u64) -> String {
        let request = self.file(right, customer);
        self.step(&self.officer, &request, &json!({"step": "send_code"})).expect(200);
        let code = self.code(customer);
        let checked =
            self.step(&self.officer, &request, &json!({"step": "check_code", "code": code})).expect(200).json();
        assert_eq!((&checked["match"], &checked["proven"]), (&json!(true), &json!(true)));
        request
    }

    /// The code in the next letter, which goes to the address on file.
    fn code(&self, customer: u64) -> String {
        let letter = self.mail.next();
        assert_eq!(letter["to"], json!([address(customer)]));
        let text = letter["text"].as_str().unwrap();
        let line = text.lines().find(|line| line.starts_with("The code for it is")).unwrap_or_else(|| panic!("{text}"));
        line.chars().filter(char::is_ascii_digit).collect()
    }

    fn seen(&self, who: &Person, request: &str) -> Value {
        self.program(who).get(&format!("{LIST}/{request}")).expect(200).json()["request"].clone()
    }
}

#[test]
fn a_copy_is_answered_by_two_and_taken_by_the_customer_alone() {
    let world = World::new();
    let request = world.proven("access", 3);
    let asked = world.step(&world.officer, &request, &json!({"step": "answer"})).expect(202).json();
    assert!(asked["waits_until"].is_string());
    // The same person again is no second one, nor does the program count that filed it.
    world.step(&world.officer, &request, &json!({"step": "answer"})).expect(202);
    assert_eq!(world.step(&world.tool, &request, &json!({"step": "answer"})).expect(403).slug(), "role-not-allowed");
    assert_eq!(world.seen(&world.second, &request)["can"], json!(["agree"]));
    let done = world.step(&world.second, &request, &json!({"step": "answer"})).expect(200).json();
    assert_eq!((&done["state"], &done["told"]), (&json!("answered"), &json!(true)));
    // A second yes answers nothing again.
    assert_eq!(world.step(&world.second, &request, &json!({"step": "answer"})).expect(410).slug(), "request-over");
    let letter = world.mail.next();
    let text = letter["text"].as_str().unwrap();
    assert!(text.contains(&request) && text.contains("The answer is ready") && !text.contains("http"), "{text}");
    assert!(world.mail.is_empty());

    let before = world.seen(&world.officer, &request);
    assert_eq!(before["copy"], Value::Null);
    let mut own = Own::signed_in(&world.server, &world.mail, &address(3));
    let copy = own.post("/copy", "form=json").expect(200);
    let read: Value = copy.json();
    let (values, masked) = (read["values"].as_array().unwrap().len(), read["masked"].as_array().unwrap().len());
    // The program that filed it is told that it was answered, and nothing of what is held.
    let told = world.seen(&world.tool, &request);
    assert_eq!((&told["state"], &told["answer"], &told["copy"]), (&json!("answered"), &Value::Null, &Value::Null));
    for who in [&world.officer, &world.second] {
        let seen = world.seen(who, &request);
        let held = &seen["answer"];
        assert_eq!((&held["values"], &held["as_masks"]), (&json!(values + masked), &json!(masked)));
        assert_eq!(seen["copy"]["size"], json!(copy.text().len()));
        let digest: String = Sha256::digest(copy.text().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(seen["copy"]["sha256"], json!(digest));
        let text = seen.to_string();
        assert!(!text.contains(&address(3)) && !text.contains("cus_"), "{text}");
    }
    // A later copy is another one, and answers nothing.
    own.post("/copy", "form=html").expect(200);
    assert_eq!(world.seen(&world.officer, &request)["copy"]["size"], json!(copy.text().len()));
    let page = own.get().expect(200).text();
    for said in
        ["A request of yours was filed", "tried whether a request is your own", "A request of yours was answered"]
    {
        assert!(page.contains(said), "{said}");
    }
    let security = world.program(&world.second);
    for kind in Kind::ALL.iter().copied().filter(|kind| kind.slug().starts_with("request")) {
        is_found(&security, kind);
    }
    world.centre.holds();
}

#[test]
fn a_restriction_holds_until_two_end_it() {
    let world = World::new();
    let agent = world.centre.hire("An agent", "agent");
    let request = world.proven("restriction", 6);
    let (call, customer) = world.centre.call_from(&world.server.client(), &agent, 6);
    let view = || world.program(&agent).post(&format!("/v1/customers/{customer}/views"), &json!({"interaction": call}));
    view().expect(200);
    world.step(&world.officer, &request, &json!({"step": "answer"})).expect(200);
    let _answered = world.mail.next();
    assert_eq!(view().expect(403).slug(), "use-restricted");
    let own = Own::signed_in(&world.server, &world.mail, &address(6));
    assert!(own.get().expect(200).text().contains("The use of your data is restricted"));
    let ends = format!("/v1/customers/{customer}/limit-ends");
    let end = |who: usize| world.pages[who].1.post(&ends, &json!({"limit": "restriction", "language": "de"}));
    assert_eq!(end(1).expect(403).slug(), "role-not-allowed");
    let asked = end(0).expect(202).json();
    assert_eq!(asked["told"], json!(true));
    assert!(world.mail.next()["text"].as_str().unwrap().contains("binnen sieben Tagen enden"));
    assert_eq!(view().expect(403).slug(), "use-restricted");
    end(1).expect(200);
    view().expect(200);
    let security = world.program(&world.second);
    for kind in [Kind::LimitEndAsked, Kind::LimitEnded] {
        is_found(&security, kind);
    }
    world.centre.holds();
}

#[test]
fn an_erasure_is_done_by_two_and_certified() {
    let world = World::new();
    let request = world.proven("erasure", 4);
    world.step(&world.officer, &request, &json!({"step": "answer"})).expect(202);
    let done = world.step(&world.second, &request, &json!({"step": "answer"})).expect(200).json();
    assert_eq!((&done["state"], &done["told"]), (&json!("answered"), &json!(true)));
    let text = world.mail.next()["text"].as_str().unwrap().to_owned();
    assert!(text.contains("What was held of you is erased") && text.contains(&request), "{text}");
    let certificate = format!("/v1/certificates/{}", done["receipt"].as_str().unwrap());
    let security = world.program(&world.second);
    crate::wait::until("the certificate", crate::wait::PATIENCE, || security.get(&certificate).status == 200);
    assert_eq!(world.seen(&world.officer, &request)["inside"]["told"], json!(true));
    // A new request of theirs finds nobody, and whoever files it isn't told.
    let again = world.file("access", 4);
    assert_eq!(world.seen(&world.tool, &again)["inside"], Value::Null);
    let nobody = world.step(&world.officer, &again, &json!({"step": "send_code"})).expect(409);
    assert_eq!(nobody.slug(), "nobody-found");
    world.step(&world.officer, &again, &json!({"step": "refuse", "reason": "nothing_held"})).expect(200);
    assert_eq!(world.seen(&world.tool, &again)["refused_for"], json!("nothing_held"));
    world.centre.holds();
}

#[test]
fn a_privacy_tool_files_follows_and_takes_back_its_own_and_nothing_else() {
    let world = World::new();
    let tool = world.program(&world.tool);
    let keyed = tool.with("idempotency-key", "portal-1");
    let first = keyed.post(LIST, &wanted("access", 5)).expect(201).json();
    assert_eq!(keyed.post(LIST, &wanted("access", 5)).expect(201).json(), first, "filed once");
    assert_eq!(keyed.post(LIST, &wanted("erasure", 5)).expect(422).slug(), "key-reused");
    // Of somebody who isn't known here the answer is the same.
    let unknown = json!({"right": "access", "came_by": "portal", "received_on": &now()[..10], "find": {"email": "nobody@example.net"}});
    let other = tool.post(LIST, &unknown).expect(201).json();
    assert_eq!(
        other.as_object().unwrap().keys().collect::<Vec<_>>(),
        first.as_object().unwrap().keys().collect::<Vec<_>>()
    );
    let another = world.centre.hire("Another tool", "integrator");
    let id = first["id"].as_str().unwrap();
    let stranger = world.program(&another);
    stranger.get(&format!("{LIST}/{id}")).expect(404);
    stranger.post(&format!("{LIST}/{id}/steps"), &json!({"step": "withdraw"})).expect(404);
    assert_eq!(stranger.get(LIST).expect(200).json()["items"], json!([]));
    for step in [
        json!({"step": "send_code"}),
        json!({"step": "check_code", "code": "12345678"}),
        json!({"step": "check_answer", "field": "phone", "said": invented(5).phone}),
        json!({"step": "extend", "reason": "number"}),
        json!({"step": "answer"}),
        json!({"step": "refuse", "reason": "excessive"}),
    ] {
        assert_eq!(world.step(&world.tool, id, &step).expect(403).slug(), "role-not-allowed", "{step}");
    }
    let listed = tool.get(&format!("{LIST}?limit=1")).expect(200).json();
    assert_eq!((listed["items"].as_array().unwrap().len(), listed["next"].is_string()), (1, true));
    let rest = tool.get(&format!("{LIST}?limit=1&cursor={}", listed["next"].as_str().unwrap())).expect(200).json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    // What it is answered, and reads, is the same whether a customer was found; no letter tells it either.
    let open = |id: &str| {
        let mut seen = world.seen(&world.tool, id);
        for own in ["id", "filed_receipt", "last_receipt"] {
            seen[own] = Value::Null;
        }
        seen
    };
    let other_id = other["id"].as_str().unwrap();
    assert_eq!(world.step(&world.officer, id, &json!({"step": "send_code"})).status, 200);
    assert_eq!(open(id), open(other_id), "whoever was found and written to");
    let _code = world.mail.next();
    let same = |id: &str| {
        let done = world.step(&world.tool, id, &json!({"step": "withdraw"})).expect(200).json();
        let seen = world.seen(&world.tool, id);
        (
            done["told"].clone(),
            done["state"].clone(),
            seen["inside"].clone(),
            seen["can"].clone(),
            seen["state"].clone(),
        )
    };
    assert_eq!(same(id), same(other["id"].as_str().unwrap()));
    assert!(world.mail.is_empty());
    assert_eq!(world.seen(&world.officer, id)["state"], json!("withdrawn"));
    for (wrong, status) in [
        (json!({"right": "revenge", "came_by": "portal", "received_on": &now()[..10]}), 422),
        (json!({"right": "access", "came_by": "portal", "received_on": "2999-01-01"}), 422),
        (json!({"right": "access", "came_by": "portal", "received_on": days_ago(8)}), 422),
        (json!({"right": "access", "came_by": "portal", "received_on": &now()[..10], "note": "x"}), 422),
        (
            json!({"right": "access", "came_by": "portal", "received_on": &now()[..10], "find": {"email": "nonsense"}}),
            422,
        ),
    ] {
        let said = tool.post(LIST, &wrong);
        assert!(said.status == status && !said.text().contains("nonsense"), "{wrong}: {}", said.text());
    }
    world.centre.holds();
}
