//! What a team and everybody share, over HTTP: shown before any refusal, and refused as a problem of its own.

use crate::centre::{Centre, Person, acts, reveal_body};
use crate::http::{Answer, Client};
use crate::wait::clear_of_the_steps_end;
use serde_json::Value;
use testkit::TestDatabase;

/// Somebody with a customer on the line.
struct Line {
    client: Client,
    interaction: String,
    path: String,
}

impl Line {
    fn new(centre: &Centre, nobody: &Client, person: &Person, number: u64) -> Self {
        let (interaction, customer) = centre.call_from(nobody, person, number);
        let path = format!("/v1/customers/{customer}/reveals");
        Self { client: nobody.bearer(&person.token), interaction, path }
    }

    fn reveal(&self) -> Answer {
        self.client.post(&self.path, &reveal_body(&self.interaction, "name", "delivery"))
    }

    fn shared(&self, by: &str) -> Option<Value> {
        let me = self.client.get("/v1/me").expect(200).json();
        let all = me["shared_budgets"].as_array().unwrap();
        all.iter().find(|one| one["by"] == by && one["window"] == "hour").cloned()
    }
}

fn is_refused(answer: Answer, slug: &str) {
    let answer = answer.expect(429);
    assert_eq!(answer.slug(), slug);
    assert!(answer.header("retry-after").is_some());
    for part in ["title", "why", "next", "receipt"] {
        assert!(!answer.member(part).is_empty(), "{part}: {}", answer.text());
    }
}

#[test]
fn a_team_and_a_centre_that_read_in_bulk_are_stopped_and_told_why() {
    clear_of_the_steps_end();
    let limits = [("person", 1_000), ("team", 3), ("tenant", 5)].map(|(subject, limit)| acts(subject, limit));
    let centre = Centre::within(TestDatabase::new, 20, &limits.join("\n"), 20);
    let [ada, bo] = ["Ada", "Bo"].map(|name| centre.hire_into("north", name, "agent"));
    let [cy, eve] = [("south", "Cy"), ("", "Eve")].map(|(team, name)| centre.hire_into(team, name, "agent"));
    let server = centre.serve();
    let nobody = server.client();
    let mut number = 0;
    let [ada, bo, cy, eve] = [ada, bo, cy, eve].map(|person| {
        number += 1;
        Line::new(&centre, &nobody, &person, number)
    });
    let team = ada.shared("team").unwrap();
    assert_eq!((team["left"].as_u64(), team["limit"].as_u64()), (Some(3), Some(3)), "shown before any refusal");
    assert_eq!(ada.shared("tenant").unwrap()["limit"], 5);
    assert_eq!(eve.shared("team"), None, "who is in no team shares with none");
    for line in [&ada, &bo, &ada] {
        line.reveal().expect(200);
    }
    is_refused(bo.reveal(), "team-allowance-exhausted");
    assert_eq!(ada.shared("team").unwrap()["left"], 0);
    cy.reveal().expect(200);
    eve.reveal().expect(200);
    is_refused(eve.reveal(), "tenant-allowance-exhausted");
    is_refused(cy.reveal(), "tenant-allowance-exhausted");
    server.stop();
    centre.holds();
}

#[test]
fn an_edited_shared_row_stops_disclosure_and_is_named_by_verify() {
    clear_of_the_steps_end();
    let centre = Centre::within(TestDatabase::new, 20, &acts("tenant", 4), 20);
    let agent = centre.hire("Ada", "agent");
    let server = centre.serve();
    Line::new(&centre, &server.client(), &agent, 1).reveal().expect(200);
    server.stop();
    let rows = centre.database().edit("UPDATE budget SET total = 0 WHERE substr(counter, 1, 2) = x'0506'");
    assert_eq!(rows, 1);
    let server = centre.serve();
    let answer = Line::new(&centre, &server.client(), &agent, 2).reveal().expect(503);
    assert_eq!(answer.slug(), "tampered");
    server.stop();
    let output = centre.verify();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("table budget, row 0506"), "{said}");
}
