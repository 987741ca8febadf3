//! A second person over HTTP: asked for by a program or a page, answered on a page, by nobody else and once.

use crate::centre::{Centre, Person};
use crate::decisions::add_customer;
use crate::http::{Answer, Client};
use crate::kinds::on_page;
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};

struct World {
    centre: Centre,
    server: Server,
    agent: Person,
    leader: Person,
    interaction: String,
    customer: String,
}

impl World {
    fn new() -> Self {
        let centre = Centre::new("", "");
        add_customer(&centre, 1);
        let agent = centre.hire_into("north", "Ada Agent", "agent");
        let leader = centre.hire_into("south", "Lea Leader", "team_leader");
        let server = centre.serve();
        let (interaction, customer) = centre.call_from(&server.client(), &agent, 1);
        Self { centre, server, agent, leader, interaction, customer }
    }

    fn page(&self, person: &Person) -> Client {
        on_page(&self.server.client(), self.server.address(), &person.token)
    }

    fn program(&self, person: &Person) -> Client {
        self.server.client().bearer(&person.token)
    }

    fn ask(&self, what: &str, purpose: &str) -> Answer {
        let body = json!({"interaction": self.interaction, "field": "bank_account", "instance": 1, "purpose": purpose});
        self.program(&self.agent).post(&format!("/v1/customers/{}/{what}", self.customer), &body)
    }
}

fn answer(client: &Client, approval: &str, said: &str) -> Answer {
    client.post(&format!("/v1/approvals/{approval}/answers"), &json!({"answer": said}))
}

fn listed(client: &Client, side: &str) -> Vec<Value> {
    client.get("/v1/approvals").expect(200).json()[side].as_array().unwrap().clone()
}

#[test]
fn a_program_asks_a_page_answers_and_the_value_is_shown_once() {
    let world = World::new();
    let needed = world.ask("reveals", "payment").expect(403);
    assert_eq!((needed.slug().as_str(), needed.member("cure").as_str()), ("approval-needed", "approval"));
    let page = world.page(&world.leader);
    let approval = world.ask("approvals", "payment").expect(202);
    assert!(!approval.member("receipt").is_empty());
    let approval = approval.member("approval");
    let waiting = listed(&page, "to_answer");
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let one = &waiting[0];
    assert_eq!(
        (&one["approval"], &one["asker"], &one["team"]),
        (&json!(approval), &json!("Ada Agent"), &json!("north"))
    );
    assert_eq!(
        (&one["field"], &one["binding"], &one["call_state"]),
        (&json!("bank_account"), &json!("matched"), &json!("connected"))
    );
    // Nothing in it names the customer or the call.
    let text = one.to_string();
    assert!(!text.contains(&world.customer) && !text.contains(&world.interaction), "{text}");
    assert_eq!(world.ask("reveals", "payment").expect(409).slug(), "not-yet-approved");
    answer(&page, &approval, "yes").expect(204);
    until("the asker sees the yes", PATIENCE, || listed(&world.program(&world.agent), "asked")[0]["state"] == "given");
    assert!(!world.ask("reveals", "payment").expect(200).member("value").is_empty());
    assert_eq!(world.ask("reveals", "payment").expect(403).slug(), "approval-needed");
    assert_eq!(answer(&page, &approval, "yes").expect(410).slug(), "approval-over");
    world.centre.holds();
}

#[test]
fn nobody_else_answers_by_whatever_way() {
    let world = World::new();
    let page = world.page(&world.leader);
    let approval = world.ask("approvals", "payment").expect(202).member("approval");
    let beside = world.centre.hire_into("north", "Noa North", "team_leader");
    assert_eq!(answer(&world.page(&world.agent), &approval, "yes").expect(403).slug(), "role-not-allowed");
    assert_eq!(answer(&world.page(&beside), &approval, "yes").expect(404).slug(), "not-found");
    assert_eq!(answer(&world.program(&world.leader), &approval, "yes").expect(403).slug(), "role-not-allowed");
    assert_eq!(answer(&page.without("origin"), &approval, "yes").expect(403).slug(), "forbidden");
    answer(&page.unbound(), &approval, "yes").expect(401);
    answer(&world.server.client(), &approval, "yes").expect(401);
    for nonsense in
        [json!({}), json!({"answer": "perhaps"}), json!({"answer": "yes", "for": "everybody"}), json!("yes")]
    {
        let said = page.post(&format!("/v1/approvals/{approval}/answers"), &nonsense);
        assert!([400, 422].contains(&said.status), "{nonsense}: {}", said.text());
    }
    answer(&page, "apr_1", "yes").expect(404);
    assert_eq!(world.ask("reveals", "payment").expect(409).slug(), "not-yet-approved");
    answer(&page, &approval, "no").expect(204);
    assert_eq!(world.ask("reveals", "payment").expect(403).slug(), "approval-declined");
    assert_eq!(world.ask("approvals", "payment").expect(403).slug(), "approval-declined");
    world.centre.holds();
}

#[test]
fn who_has_left_or_signed_out_is_not_drawn() {
    let world = World::new();
    let page = world.page(&world.leader);
    page.ask("POST", "/sign-out", b"").unwrap().expect(303);
    assert_eq!(world.ask("approvals", "payment").expect(409).slug(), "nobody-to-approve");
    let second = world.centre.hire_into("south", "Sue South", "team_leader");
    let page = world.page(&second);
    let approval = world.ask("approvals", "payment").expect(202).member("approval");
    world.centre.good(&["person", "left", &second.id]);
    until("who left is out", PATIENCE, || answer(&page, &approval, "yes").status == 401);
    assert_eq!(world.ask("reveals", "payment").expect(409).slug(), "not-yet-approved");
}
