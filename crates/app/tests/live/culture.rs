//! Drills for people, over HTTP: planned by security, met at a desk, and shown of groups only.

use crate::centre::{Centre, Person, at};
use crate::http::Client;
use crate::kinds::is_found;
use crate::wait::{PATIENCE, found, seconds};
use serde_json::{Value, json};
use vault::Kind;

/// A drill for everybody, within the next hour.
pub(crate) fn wanted(kind: &str) -> Value {
    let now = seconds();
    json!({"kind": kind, "share_percent": 100, "from": at(now), "until": at(now + 3_600)})
}

/// One that comes to desks within a minute.
fn soon(kind: &str) -> Value {
    let now = seconds();
    json!({"kind": kind, "teams": ["Harbour"], "share_percent": 100, "from": at(now - 3_600), "until": at(now + 60)})
}

fn lying(client: &Client) -> Option<Value> {
    let answer = client.get("/v1/desk/message").expect(200).json();
    assert_eq!(answer["debrief"], Value::Null);
    Some(answer["message"].clone()).filter(|message| !message.is_null())
}

#[test]
fn a_drill_comes_to_a_desk_and_is_answered_kindly_and_nobody_else_learns_how() {
    let centre = Centre::new("", "");
    let officer = centre.hire("Sam", "security_officer");
    let it = centre.hire("Ira", "it_operator");
    let agents: Vec<Person> = (0..8).map(|n| centre.hire_into("Harbour", &format!("Ada {n}"), "agent")).collect();
    let server = centre.serve();
    let of = |person: &Person| server.client().bearer(&person.token);
    let (security, it) = (of(&officer), of(&it));
    let refused = it.post("/v1/people-drills", &soon("caller")).expect(403);
    assert_eq!(refused.slug(), "role-not-allowed");
    assert!(refused.json()["why"].as_str().unwrap().contains("warn a friend"), "a refusal says why it matters");
    for bad in [
        json!({"kind": "phish", "share_percent": 100, "from": at(0), "until": at(9)}),
        json!({"kind": "caller", "share_percent": 0, "from": at(seconds()), "until": at(seconds() + 4_000)}),
        json!({"kind": "caller", "share_percent": 50, "from": at(seconds()), "until": at(seconds() + 60)}),
        json!({"kind": "caller", "share_percent": 50, "from": "soon", "until": at(seconds() + 60)}),
    ] {
        security.post("/v1/people-drills", &bad).expect(422);
    }
    let few = json!({"kind": "caller", "share_percent": 50, "from": at(seconds()), "until": at(seconds() + 4_000)});
    assert_eq!(security.post("/v1/people-drills", &few).expect(422).slug(), "too-few-people");
    let planned = security.post("/v1/people-drills", &soon("caller")).expect(201).json();
    assert_eq!(planned["drawn"], 8);
    // Whom it reaches first, chance says.
    let (agent, message) = found("something on a desk", PATIENCE, || {
        agents.iter().find_map(|agent| Some((of(agent), lying(&of(agent))?)))
    });
    assert_eq!(message["title"], "Chat");
    assert!(!message.to_string().contains("+44 7700 900712"), "the lure shows nothing before it is taken");
    agent.post("/v1/desk/message/answers", &json!({"answer": "maybe"})).expect(422);
    let told = agent.post("/v1/desk/message/answers", &json!({"answer": "yes"})).expect(200).json();
    assert_eq!((&told["reaction"], &told["shown"]), (&json!("fell"), &json!("+44 7700 900712")));
    assert!(told["said"].as_str().unwrap().contains("It can happen to anyone"));
    let again = agent.post("/v1/desk/message/answers", &json!({"answer": "report"})).expect(404);
    assert_eq!(again.slug(), "not-found");
    let (other, _) = found("something on another desk", PATIENCE, || {
        agents.iter().find_map(|agent| Some((of(agent), lying(&of(agent))?)))
    });
    let told = other.post("/v1/desk/message/answers", &json!({"answer": "report"})).expect(200).json();
    assert!(told["said"].as_str().unwrap().starts_with("Thank you"));
    assert_eq!(told["shown"], Value::Null);
    let culture = security.get("/v1/culture").expect(200).json();
    assert_eq!((&culture["running"][0]["drill"], &culture["closed"]), (&planned["drill"], &json!([])));
    assert!(!agents.iter().any(|agent| culture.to_string().contains(&agent.id)), "nobody is named");
    it.get("/v1/culture").expect(403);
    // The entries say that it was a drill, and neither who nor what they did.
    let log = security.get("/v1/disclosures?kind=people_drill_answered&show=all").expect(200).json();
    let entries = log["items"].as_array().unwrap();
    assert_eq!(entries.iter().filter(|entry| entry["decision"] == "allowed").count(), 2, "{log}");
    assert!(entries.iter().all(|entry| entry["person"].is_null() && entry["person_id"].is_null()), "{log}");
    let call_off = format!("/v1/people-drills/{}", planned["drill"].as_str().unwrap());
    security.ask("DELETE", &call_off, b"").unwrap().expect(200);
    assert!(agents.iter().all(|agent| lying(&of(agent)).is_none()), "what is called off comes to no desk");
    for kind in ["planned", "met", "answered", "ended"] {
        let slug = format!("people_drill_{kind}");
        is_found(&security, Kind::from_slug(&slug).unwrap());
    }
    let lesson = json!({"lesson": "read-back"});
    agent.post("/v1/lessons", &lesson).expect(204);
    agent.post("/v1/lessons", &json!({"lesson": "nothing"})).expect(422);
    assert_eq!(
        security.get("/v1/culture").expect(200).json()["lessons"],
        json!([{"teams": ["Harbour"], "people": 8, "lessons": 0}]),
        "today isn't counted yet"
    );
    centre.holds();
}
