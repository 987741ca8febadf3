//! Casework over HTTP: opened at the desk or by who leads, seen by who answers for it, and closed at once.

use crate::centre::{Centre, Person};
use crate::decisions::add_customer;
use crate::http::Client;
use crate::kinds::{is_found, on_page};
use crate::server::Server;
use serde_json::{Value, json};
use vault::Kind;

struct World {
    centre: Centre,
    server: Server,
    agent: Person,
    leader: Person,
    south: Person,
    officer: Person,
    interaction: String,
    customer: String,
}

impl World {
    fn new() -> Self {
        let centre = Centre::new("", "");
        add_customer(&centre, 1);
        let agent = centre.hire_into("north", "Ada Agent", "agent");
        let leader = centre.hire_into("north", "Lea Leader", "team_leader");
        let south = centre.hire_into("south", "Sue South", "team_leader");
        let officer = centre.hire("An officer", "security_officer");
        let server = centre.serve();
        let (interaction, customer) = centre.call_from(&server.client(), &agent, 1);
        Self { centre, server, agent, leader, south, officer, interaction, customer }
    }

    fn program(&self, person: &Person) -> Client {
        self.server.client().bearer(&person.token)
    }

    fn on(&self, what: &str) -> String {
        format!("/v1/customers/{}/{what}", self.customer)
    }

    fn follow_up(&self) -> Value {
        let wanted = json!({"interaction": self.interaction, "reason": "returned_mail"});
        self.program(&self.agent).post(&self.on("cases"), &wanted).expect(201).json()
    }
}

fn name_in(case: &str) -> Value {
    json!({"interaction": case, "field": "name", "instance": 1, "purpose": "correspondence"})
}

#[test]
fn a_conversation_is_followed_up_and_each_value_takes_two() {
    let world = World::new();
    let agent = world.program(&world.agent);
    let opened = world.follow_up();
    let case = opened["case"].as_str().unwrap();
    assert!(opened["receipt"].as_str().unwrap().starts_with("ent_"));
    assert_eq!(world.follow_up()["receipt"], Value::Null);
    let mine = agent.get(&format!("/v1/interactions/{case}")).expect(200).json();
    assert_eq!(
        (&mine["channel"], &mine["binding"], &mine["case_label"], &mine["customer"]),
        (&json!("case"), &json!("none"), &json!("a returned letter"), &json!(world.customer))
    );
    let record = agent.post(&world.on("views"), &json!({"interaction": case})).expect(200).json();
    let name = record["fields"].as_array().unwrap().iter().find(|field| field["field"] == "name").unwrap();
    assert_eq!((&name["second_person"], &name["can"]), (&json!("always"), &json!(["reveal"])));
    let needed = agent.post(&world.on("reveals"), &name_in(case)).expect(403);
    assert_eq!((needed.slug().as_str(), needed.member("cure").as_str()), ("casework", "approval"));

    let page = on_page(&world.server.client(), world.server.address(), &world.south.token);
    let approval = agent.post(&world.on("approvals"), &name_in(case)).expect(202).member("approval");
    let waiting = page.get("/v1/approvals").expect(200).json();
    let one = &waiting["to_answer"][0];
    assert_eq!((&one["casework"], &one["channel"]), (&json!("a returned letter"), &json!("case")));
    let text = one.to_string();
    assert!(!text.contains(&world.customer) && !text.contains(case), "{text}");
    page.post(&format!("/v1/approvals/{approval}/answers"), &json!({"answer": "yes"})).expect(204);
    assert!(!agent.post(&world.on("reveals"), &name_in(case)).expect(200).member("value").is_empty());
    agent.ask("DELETE", &format!("/v1/cases/{case}"), b"").unwrap().expect(200);
    assert_eq!(agent.post(&world.on("views"), &json!({"interaction": case})).expect(403).slug(), "no-live-interaction");
    world.centre.holds();
}

#[test]
fn who_leads_opens_one_for_their_own_people_and_security_closes_it() {
    let world = World::new();
    let leader = world.program(&world.leader);
    let wanted = |person: &Person| json!({"customer": world.customer, "person": person.id, "reason": "refund"});
    let opened = leader.post("/v1/cases", &wanted(&world.agent)).expect(201).member("case");
    leader.post("/v1/cases", &wanted(&world.leader)).expect(404);
    world.program(&world.south).post("/v1/cases", &wanted(&world.agent)).expect(404);
    let refused = world.program(&world.agent).post("/v1/cases", &wanted(&world.agent)).expect(403);
    assert_eq!(refused.slug(), "role-not-allowed");
    for wrong in [
        json!({"customer": world.customer, "person": world.agent.id, "reason": "curiosity"}),
        json!({"customer": world.customer, "person": world.agent.id}),
        json!({"customer": world.customer, "person": world.agent.id, "reason": "refund", "hours": 48}),
    ] {
        let said = leader.post("/v1/cases", &wrong);
        assert!([400, 422].contains(&said.status), "{wrong}: {}", said.text());
    }
    let seen = |who: &Person| world.program(who).get("/v1/cases").expect(200).json()["items"].clone();
    let one = &seen(&world.leader)[0];
    assert_eq!((&one["case"], &one["name"], &one["reason"]), (&json!(opened), &json!("Ada Agent"), &json!("refund")));
    assert!(!one.to_string().contains(&world.customer));
    assert_eq!((seen(&world.south), &seen(&world.officer)[0]["case"]), (json!([]), &json!(opened)));
    let security = world.program(&world.officer);
    security.ask("DELETE", &format!("/v1/cases/{opened}"), b"").unwrap().expect(200);
    assert_eq!(seen(&world.leader), json!([]));
    for kind in [Kind::CaseOpened, Kind::CaseClosed, Kind::CasesRead] {
        is_found(&security, kind);
    }
    world.centre.holds();
}

#[test]
fn a_request_to_open_one_that_comes_again_opens_no_second_case() {
    let world = World::new();
    let leader = world.program(&world.leader);
    let wanted = |reason: &str| json!({"customer": world.customer, "person": world.agent.id, "reason": reason});
    let keyed = |who: &Client, key: &str, body: &Value| who.with("idempotency-key", key).post("/v1/cases", body);
    let first = keyed(&leader, "letter-1", &wanted("refund")).expect(201).json();
    assert_eq!(keyed(&leader, "letter-1", &wanted("refund")).expect(201).json(), first, "case, end and receipt");
    let open = || leader.get("/v1/cases").expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!(open(), 1);
    // What the key stood for can't be exchanged, nor does it stand for anybody else's request.
    assert_eq!(keyed(&leader, "letter-1", &wanted("complaint")).expect(422).slug(), "key-reused");
    keyed(&world.program(&world.south), "letter-1", &wanted("refund")).expect(404);
    keyed(&leader, "", &wanted("refund")).expect(400);
    assert_eq!(open(), 1);
    assert_ne!(keyed(&leader, "letter-2", &wanted("refund")).expect(201).json()["case"], first["case"]);
    // Closed is closed, also for who asks again.
    let case = format!("/v1/cases/{}", first["case"].as_str().unwrap());
    leader.ask("DELETE", &case, b"").unwrap().expect(200);
    assert_eq!(keyed(&leader, "letter-1", &wanted("refund")).expect(201).json(), first);
    assert_eq!(open(), 1);
    world.centre.holds();
}

#[test]
fn no_event_opens_a_case() {
    let world = World::new();
    let nobody = world.server.client();
    let call = json!({"interaction": "c-1", "channel": "case", "person": world.agent.id});
    let said = world.centre.tell(&nobody, "interaction.connected", &crate::centre::now(), &call);
    assert_eq!(said.status, 422, "{}", said.text());
}
