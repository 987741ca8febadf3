//! Security asks what somebody could do, and the answer is what then happens.

use crate::centre::{Centre, EVEN, MANY, Person, acts, invented, reveal_body};
use crate::http::Client;
use crate::phones::Phones;
use serde_json::json;

fn could(officer: &Client, query: &str) -> serde_json::Value {
    officer.get(&format!("/v1/decisions?{query}")).expect(200).json()
}

#[test]
fn what_is_answered_is_what_happens() {
    let phones = Phones::listen();
    let centre = Centre::new("", &phones.config());
    centre.import_invented(20);
    let (ada, sam) = (centre.hire("Ada", "agent"), centre.hire("Sam", "security_officer"));
    let other = centre.hire("Bo", "agent");
    let server = centre.serve();
    let nobody = server.client();
    let (agent, officer) = (nobody.bearer(&ada.token), nobody.bearer(&sam.token));
    let about = |rest: &str| format!("person={}&device=program&{rest}", ada.id);
    let reveal = |field: &str, purpose: &str| about(&format!("act=reveal&field={field}&purpose={purpose}"));

    // No call yet.
    let before = could(&officer, &reveal("phone", "callback"));
    assert_eq!((&before["decision"], &before["reason"]), (&json!("no"), &json!("no-live-interaction")));
    assert_eq!(before["rule"], "live-interaction-needed");

    // A search claimed it: enough for a name, not for a phone number; a card never.
    let claimed = centre.call(&nobody, &ada, None);
    let order = invented(3).orders[0].number.clone();
    let found =
        agent.post(&format!("/v1/interactions/{claimed}/searches"), &json!({"order": order})).expect(200).json();
    let (customer, claim) = (found["hits"][0]["customer"].clone(), found["hits"][0]["claim"].clone());
    agent
        .post(&format!("/v1/interactions/{claimed}/claims"), &json!({"customer": customer, "claim": claim}))
        .expect(200);
    let path = format!("/v1/customers/{}/reveals", customer.as_str().unwrap());
    for (field, purpose) in [("name", "delivery"), ("phone", "callback"), ("card", "payment"), ("name", "payment")] {
        let answer = could(&officer, &reveal(field, purpose));
        let tried =
            agent.post(&path, &json!({"interaction": claimed, "field": field, "instance": 1, "purpose": purpose}));
        let expected = if tried.status == 200 { json!("yes") } else { json!("no") };
        assert_eq!(answer["decision"], expected, "{field} for {purpose}: {} {}", tried.status, answer);
        if tried.status != 200 {
            assert_eq!(answer["reason"], tried.slug(), "{field} for {purpose}");
            assert!(answer["why"].is_string() && answer["next"].is_string(), "{answer}");
        }
        assert_eq!(answer["facts"]["binding"], "claimed");
        assert_eq!(answer["facts"]["channel"], "call");
    }
    let left = could(&officer, &reveal("name", "delivery"))["facts"]["left"].as_u64().unwrap();
    let own = agent.get("/v1/me").expect(200).json();
    let counts = |budget: &&serde_json::Value| {
        budget["kind"] == "information" && (budget["purpose"].is_null() || budget["purpose"] == "delivery")
    };
    let least =
        own["budgets"].as_array().unwrap().iter().filter(counts).filter_map(|budget| budget["left"].as_u64()).min();
    assert_eq!(Some(left), least, "the officer sees what the agent sees");

    // Somebody else's call is nobody's ground.
    let foreign = could(&officer, &format!("person={}&act=view&interaction={claimed}", other.id));
    assert_eq!(foreign["reason"], "no-live-interaction");

    // Each question is an entry; nothing of it is a disclosure.
    let log = officer.get("/v1/disclosures?kind=decision_asked").expect(200).json();
    assert!(log["items"].as_array().unwrap().len() >= 6, "{log}");
    assert!(log["items"].as_array().unwrap().iter().all(|line| line["shown"] == "all"));
}

#[test]
fn a_question_that_cannot_be_asked_says_what_it_lacks() {
    let centre = Centre::new("", "");
    let (ada, sam) = (centre.hire("Ada", "agent"), centre.hire("Sam", "security_officer"));
    let server = centre.serve();
    let officer = server.client().bearer(&sam.token);
    for (query, status) in [
        ("", 400),
        ("act=view", 400),
        ("person=per_00000000000000000000000000000000&act=view", 404),
        ("person=x&act=view", 404),
        (&format!("person={}&act=fly", ada.id), 422),
        (&format!("person={}&act=reveal&field=phone", ada.id), 422),
        (&format!("person={}&act=reveal&field=shoe&purpose=delivery", ada.id), 422),
        (&format!("person={}&act=view&device=toaster", ada.id), 422),
        (&format!("person={}&act=view&interaction=int_1", ada.id), 422),
        (&format!("person={}&act=view&colour=red", ada.id), 400),
    ] {
        let answer = officer.get(&format!("/v1/decisions?{query}"));
        assert_eq!(answer.status, status, "{query}");
    }
    let rules = officer.get("/v1/rules").expect(200).json();
    let rules = rules["rules"].as_array().unwrap();
    assert!(rules.len() > 20 && rules.iter().all(|rule| !rule["says"].as_str().unwrap().is_empty()));
}

/// What others spent of what is shared stands against it as well, told before it is tried.
#[test]
fn what_a_team_or_everybody_has_spent_is_told() {
    for (shared, refusal) in [("team", "team-allowance-exhausted"), ("tenant", "tenant-allowance-exhausted")] {
        let other = if shared == "team" { "tenant" } else { "team" };
        let limits = [acts("person", MANY), acts(shared, 1), acts(other, MANY)].join("\n");
        let centre = Centre::new("", &format!("[budgets]\n{EVEN}\n{limits}\n"));
        centre.import_invented(2);
        let [ada, bo] = ["Ada", "Bo"].map(|name| centre.hire_into("north", name, "agent"));
        let (cy, sam) = (centre.hire_into("south", "Cy", "agent"), centre.hire("Sam", "security_officer"));
        let server = centre.serve();
        let (nobody, officer) = (server.client(), server.client().bearer(&sam.token));
        let calls = [&ada, &bo, &cy].map(|person| (person, centre.call_from(&nobody, person, 1)));
        let asked = |person: &Person| {
            could(&officer, &format!("person={}&device=program&act=reveal&field=name&purpose=delivery", person.id))
        };
        let tried = |person: &Person, (interaction, customer): &(String, String)| {
            let body = reveal_body(interaction, "name", "delivery");
            nobody.bearer(&person.token).post(&format!("/v1/customers/{customer}/reveals"), &body)
        };
        for (person, _) in &calls {
            assert_eq!(asked(person)["decision"], "yes", "{shared}");
        }
        tried(&ada, &calls[0].1).expect(200);
        for (person, call) in &calls {
            let (answer, done) = (asked(person), tried(person, call));
            let spared = shared == "team" && person.id == cy.id;
            let expected = if spared { ("yes", 200) } else { ("no", 429) };
            assert_eq!((answer["decision"].as_str().unwrap(), done.status), expected, "{shared}: {answer}");
            if !spared {
                assert_eq!((answer["reason"].as_str(), done.slug().as_str()), (Some(refusal), refusal));
            }
        }
    }
}
