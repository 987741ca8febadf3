//! Who may do what: every role at every endpoint, driven for real, held against a golden file.

use crate::centre::{Centre, Person, ROLES, invented, receipt};
use crate::http::Client;
use crate::phones::Phones;
use crate::server::Server;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// What one of the roles comes with: the agent and the team leader a call of their own, all others the agent's.
#[derive(Clone)]
pub(crate) struct Hand {
    pub(crate) who: &'static str,
    pub(crate) client: Client,
    /// Whose call it is.
    pub(crate) serving: String,
    pub(crate) interaction: String,
    pub(crate) customer: String,
    pub(crate) claiming: String,
    pub(crate) claim: Value,
    pub(crate) receipt: String,
}

pub(crate) struct World {
    hands: Vec<Hand>,
    _server: Server,
    _centre: Centre,
    _phones: Phones,
}

impl World {
    pub(crate) fn new() -> Self {
        let phones = Phones::listen();
        let centre = Centre::new("", &phones.config());
        centre.import_invented(20);
        let people: Vec<Person> = ROLES.iter().map(|role| centre.hire(&format!("A {role}"), role)).collect();
        let colleague = centre.hire("A colleague", "agent");
        let server = centre.serve();
        let nobody = server.client();
        let agent = serving("agent", &centre, &nobody, &people[0], 1);
        let leader = serving("team_leader", &centre, &nobody, &people[1], 2);
        let as_if = |who, client| Hand { who, client, ..agent.clone() };
        let mut hands =
            vec![as_if("nobody", nobody.clone()), as_if("colleague", nobody.bearer(&colleague.token)), leader];
        hands.extend(ROLES.iter().zip(&people).skip(2).map(|(role, person)| as_if(role, nobody.bearer(&person.token))));
        // The agent comes last: what the others try with the agent's call mustn't find it used up.
        hands.push(agent);
        Self { hands, _server: server, _centre: centre, _phones: phones }
    }

    /// Every role, nobody among them, and what it asks with.
    pub(crate) fn who(&self) -> impl Iterator<Item = (&'static str, &Client)> {
        self.hands.iter().map(|hand| (hand.who, &hand.client))
    }
}

fn serving(who: &'static str, centre: &Centre, nobody: &Client, person: &Person, number: u64) -> Hand {
    let client = nobody.bearer(&person.token);
    let (interaction, customer) = centre.call_from(nobody, person, number);
    let claiming = centre.call(nobody, person, None);
    let order = invented(number + 10).orders[0].number.clone();
    let found =
        client.post(&format!("/v1/interactions/{claiming}/searches"), &json!({"order": order})).expect(200).json();
    let claim = json!({"customer": found["hits"][0]["customer"], "claim": found["hits"][0]["claim"]});
    let view =
        client.post(&format!("/v1/customers/{customer}/views"), &json!({"interaction": interaction})).expect(200);
    let receipt_id = view.member("receipt");
    assert!(!receipt(&client, &receipt_id).is_empty());
    Hand { who, client, serving: person.id.clone(), interaction, customer, claiming, claim, receipt: receipt_id }
}

/// A person and a device that aren't there.
const NOBODY: &str = "per_00000000000000000000000000000000";
const NO_DEVICE: &str = "dev_00000000000000000000000000000000";

/// What an endpoint is asked with by a hand; an endpoint without a line here fails the test.
pub(crate) fn ask(endpoint: &str, hand: &Hand) -> (String, Option<Value>) {
    let Hand { interaction, customer, claiming, .. } = hand;
    let on = |what: &str| format!("/v1/customers/{customer}/{what}");
    let glass = |what: &str| format!("/v1/glass/gls_{}/{what}", "0".repeat(32));
    match endpoint {
        "GET /v1/decisions" => {
            (format!("/v1/decisions?person={}&act=reveal&field=phone&purpose=callback", hand.serving), None)
        }
        "GET /v1/rules"
        | "GET /v1/approvals"
        | "GET /v1/glass"
        | "GET /v1/guards"
        | "GET /v1/cases"
        | "GET /v1/privacy/requests"
        | "GET /v1/me"
        | "GET /v1/me/sessions"
        | "GET /v1/sessions"
        | "GET /v1/keyholder"
        | "GET /v1/keyholder/mark"
        | "GET /v1/budgets"
        | "GET /v1/me/passkeys"
        | "GET /v1/enrolments"
        | "GET /v1/log/status"
        | "GET /v1/interactions"
        | "GET /v1/people"
        | "GET /v1/proposals"
        | "GET /v1/power/changes"
        | "GET /v1/power/texts"
        | "GET /v1/devices"
        | "GET /.well-known/oauth-authorization-server"
        | "GET /scim/v2/ServiceProviderConfig"
        | "GET /scim/v2/ResourceTypes"
        | "GET /scim/v2/Schemas"
        | "GET /scim/v2/Users"
        | "GET /v1/team/budgets"
        | "GET /v1/drills"
        | "GET /v1/culture"
        | "GET /v1/desk/message"
        | "GET /v1/packs/state"
        | "GET /v1/trust"
        | "GET /v1/board"
        | "GET /v1/board/messages"
        | "GET /v1/reports"
        | "GET /v1/reports/outside"
        | "GET /v1/reports/mine"
        | "GET /v1/disclosures"
        | "GET /v1/disclosures/export"
        | "GET /v1/blast-radius"
        | "GET /v1/disclosures/stream"
        | "GET /healthz"
        | "GET /readyz"
        | "GET /metrics"
        | "GET /log"
        | "GET /openapi.json" => (endpoint[4..].to_owned(), None),
        "GET /v1/interactions/{id}" => (format!("/v1/interactions/{interaction}"), None),
        "GET /v1/receipts/{id}" => (format!("/v1/receipts/{}", hand.receipt), None),
        "GET /v1/packs/proofs/{id}" => (format!("/v1/packs/proofs/{}", hand.receipt), None),
        "POST /v1/packs" => {
            ("/v1/packs".to_owned(), Some(json!({"nonce": "0".repeat(64), "manifest": "1".repeat(64)})))
        }
        "GET /v1/certificates/{id}" => (format!("/v1/certificates/{}", hand.receipt), None),
        "GET /log/{tenant}/checkpoint" | "GET /log/{tenant}/witnessed" | "GET /log/{tenant}/key" => {
            (endpoint[4..].replace("{tenant}", crate::centre::TENANT), None)
        }
        "GET /log/{tenant}/tile/{path}" => (format!("/log/{}/tile/0/000.p/1", crate::centre::TENANT), None),
        "POST /v1/interactions/{id}/searches" => {
            (format!("/v1/interactions/{interaction}/searches"), Some(json!({"phone": invented(5).phone})))
        }
        "POST /v1/interactions/{id}/claims" => {
            (format!("/v1/interactions/{claiming}/claims"), Some(hand.claim.clone()))
        }
        "POST /v1/interactions/{id}/codes" => (format!("/v1/interactions/{interaction}/codes"), Some(json!({}))),
        "POST /v1/customers/{id}/views" => (on("views"), Some(json!({"interaction": interaction}))),
        "POST /v1/customers/{id}/verifications" => {
            (on("verifications"), Some(json!({"interaction": interaction, "field": "phone", "said": "+442079460999"})))
        }
        "POST /v1/customers/{id}/reveals" => (
            on("reveals"),
            Some(json!({"interaction": interaction, "field": "phone", "instance": 1, "purpose": "callback"})),
        ),
        // Nobody is there who could be the second person: that is said after the yes to asking.
        "POST /v1/customers/{id}/approvals" => (
            on("approvals"),
            Some(json!({"interaction": interaction, "field": "bank_account", "instance": 1, "purpose": "payment"})),
        ),
        "POST /v1/approvals/{id}/answers" => {
            (format!("/v1/approvals/apr_{}/answers", "0".repeat(32)), Some(json!({"answer": "no"})))
        }
        // Of nobody, so that the agent's customer stays as it is for what comes later.
        "PUT /v1/customers/{id}/guard" => {
            (format!("/v1/customers/cus_{}/guard", "0".repeat(32)), Some(json!({"reason": "well_known"})))
        }
        // Nobody there: a hold would keep the others' customer from being erased.
        "PUT /v1/customers/{id}/hold" => {
            (format!("/v1/customers/cus_{}/hold", "0".repeat(32)), Some(json!({"reason": "litigation"})))
        }
        "POST /v1/customers/{id}/limit-ends" => {
            (format!("/v1/customers/cus_{}/limit-ends", "0".repeat(32)), Some(json!({"limit": "restriction"})))
        }
        "DELETE /v1/customers/{id}/hold" => (format!("/v1/customers/cus_{}/hold", "0".repeat(32)), None),
        "DELETE /v1/customers/{id}/guard" => (on("guard"), None),
        "POST /v1/customers/{id}/cases" => {
            (on("cases"), Some(json!({"interaction": interaction, "reason": "returned_mail"})))
        }
        // That the person isn't of the team is said after the yes.
        "POST /v1/cases" => {
            let wanted = json!({"customer": customer, "person": NOBODY, "reason": "returned_mail"});
            ("/v1/cases".to_owned(), Some(wanted))
        }
        "POST /v1/privacy/requests" => ("/v1/privacy/requests".to_owned(), Some(crate::requests::wanted("access", 5))),
        "GET /v1/privacy/requests/{id}" => (format!("/v1/privacy/requests/dsr_{}", "0".repeat(32)), None),
        "POST /v1/privacy/requests/{id}/steps" => {
            (crate::requests::steps_of_none(), Some(json!({"step": "extend", "reason": "complexity"})))
        }
        "DELETE /v1/cases/{id}" => (format!("/v1/cases/int_{}", "0".repeat(32)), None),
        // All of these by a program; on pages: glass.rs.
        "POST /v1/glass" => {
            let wanted = json!({"customer": customer, "field": "phone", "instance": 1, "reason": "life"});
            ("/v1/glass".to_owned(), Some(wanted))
        }
        "POST /v1/glass/{id}/answers" => (glass("answers"), Some(json!({"answer": "no"}))),
        "POST /v1/glass/{id}/reveal" => (
            glass("reveal"),
            Some(
                json!({"assertion": {"credential": "AA", "client_data": "e30", "authenticator_data": "AA", "signature": "AA"}}),
            ),
        ),
        "POST /v1/glass/{id}/review" => (glass("review"), Some(json!({"finding": "justified"}))),
        "POST /v1/customers/{id}/statements" => (on("statements"), Some(json!({}))),
        "GET /log/{tenant}/closes" => (format!("/log/{}/closes", crate::centre::TENANT), None),
        "GET /log/{tenant}/closes/{number}" => (format!("/log/{}/closes/1", crate::centre::TENANT), None),
        "GET /log/{tenant}/closes/{number}/pages/{page}" => {
            (format!("/log/{}/closes/1/pages/0", crate::centre::TENANT), None)
        }
        "POST /v1/customers/{id}/notes" => {
            (on("notes"), Some(json!({"interaction": interaction, "text": "Rang about a lamp."})))
        }
        "GET /scim/v2/ResourceTypes/{id}" => ("/scim/v2/ResourceTypes/User".to_owned(), None),
        "GET /scim/v2/Schemas/{id}" => ("/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User".to_owned(), None),
        "GET /scim/v2/Users/{id}" | "DELETE /scim/v2/Users/{id}" => (format!("/scim/v2/Users/{NOBODY}"), None),
        "PUT /scim/v2/Users/{id}" => (format!("/scim/v2/Users/{NOBODY}"), Some(json!({"userName": "nobody"}))),
        "PATCH /scim/v2/Users/{id}" => (
            format!("/scim/v2/Users/{NOBODY}"),
            Some(json!({"Operations": [{"op": "replace", "path": "active", "value": false}]})),
        ),
        "POST /scim/v2/Users" => ("/scim/v2/Users".to_owned(), Some(json!({"userName": hand.who}))),
        "POST /scim/v2/Users/.search" => ("/scim/v2/Users/.search".to_owned(), Some(json!({}))),
        "POST /oauth2/token" => ("/oauth2/token".to_owned(), Some(json!({}))),
        "DELETE /v1/proposals/{id}" => (format!("/v1/proposals/{NOBODY}"), None),
        "POST /v1/devices/{id}/agreements" => {
            (format!("/v1/devices/{NO_DEVICE}/agreements"), Some(json!({"code": "0000-0000"})))
        }
        "POST /v1/power/changes" => (
            "/v1/power/changes".to_owned(),
            Some(json!({"change": "add_person", "name": "Nia New", "role": "agent", "team": "north"})),
        ),
        "POST /v1/power/changes/{id}/approval" => (
            format!("/v1/power/changes/{}/approval", crate::power::NO_DRAFT.0),
            Some(json!({"draft": crate::power::NO_DRAFT.1})),
        ),
        "POST /v1/power/changes/{id}/trial" => (
            format!("/v1/power/changes/{}/trial", crate::power::NO_DRAFT.0),
            Some(json!({"draft": crate::power::NO_DRAFT.1})),
        ),
        "DELETE /v1/power/changes/{id}" => (format!("/v1/power/changes/{}", crate::power::NO_DRAFT.0), None),
        "GET /v1/board/reports/{number}" => ("/v1/board/reports/1".to_owned(), None),
        "POST /v1/board/messages" | "POST /v1/board/answers" => {
            (endpoint[5..].to_owned(), Some(json!({"text": "Who knows of it?"})))
        }
        // Without a signature it says what is to be signed.
        "PUT /v1/board/key" => {
            let key = vault::BoardSecret::generate().unwrap().public().unwrap().text();
            ("/v1/board/key".to_owned(), Some(json!({"key": key})))
        }
        "POST /v1/drills" => {
            let result = json!({"drill": "reveal-on-hold", "verdict": "held", "where": "scratch"});
            ("/v1/drills".to_owned(), Some(json!({"results": [result]})))
        }
        "POST /v1/people-drills" => ("/v1/people-drills".to_owned(), Some(crate::culture::wanted("caller"))),
        "DELETE /v1/people-drills/{id}" => (format!("/v1/people-drills/pdr_{}", "0".repeat(32)), None),
        "POST /v1/desk/message/answers" => ("/v1/desk/message/answers".to_owned(), Some(json!({"answer": "report"}))),
        "POST /v1/lessons" => ("/v1/lessons".to_owned(), Some(json!({"lesson": "read-back"}))),
        "POST /v1/reports/{id}/steps" => {
            (format!("/v1/reports/rep_{}/steps", "0".repeat(32)), Some(json!({"step": "acknowledge"})))
        }
        "POST /v1/reports/{id}/replies" => {
            (format!("/v1/reports/rep_{}/replies", "0".repeat(32)), Some(json!({"text": "And more."})))
        }
        "GET /v1/reports/{id}/files/{number}" => (format!("/v1/reports/rep_{}/files/0", "0".repeat(32)), None),
        "POST /v1/reports" => {
            ("/v1/reports".to_owned(), Some(json!({"text": "Somebody took a photograph of a screen."})))
        }
        "POST /v1/events" => {
            let data = json!({"interaction": "mine", "channel": "call", "person": format!("per_{}", "0".repeat(32))});
            (
                "/v1/events".to_owned(),
                Some(json!({"type": "interaction.connected", "timestamp": crate::centre::now(), "data": data})),
            )
        }
        "POST /v1/me/passkeys" => {
            ("/v1/me/passkeys".to_owned(), Some(json!({"client_data": "e30", "attestation": "oA", "label": "A key"})))
        }
        "DELETE /v1/enrolments/{id}" => (format!("/v1/enrolments/enr_{}", "0".repeat(32)), None),
        "POST /v1/enrolments/{id}/agreements" => (format!("/v1/enrolments/enr_{}/agreements", "0".repeat(32)), None),
        "POST /v1/enrolments/{id}/approvals" => (
            format!("/v1/enrolments/enr_{}/approvals", "0".repeat(32)),
            Some(json!({"credential": "AA", "client_data": "e30", "authenticator_data": "AA", "signature": "AA"})),
        ),
        "DELETE /v1/me/passkeys/{id}" => (format!("/v1/me/passkeys/pky_{}", "0".repeat(32)), None),
        "DELETE /v1/sessions/{id}" => (format!("/v1/sessions/ses_{}", "0".repeat(32)), None),
        "DELETE /v1/customers/{id}" => (format!("/v1/customers/{customer}"), None),
        _ => panic!("how to ask {endpoint} isn't known: add it to authorisation.rs"),
    }
}

fn outcome(endpoint: &str, hand: &Hand) -> String {
    let (path, body) = ask(endpoint, hand);
    let answer = match (endpoint, body) {
        ("GET /v1/disclosures/stream", _) => hand.client.open(&path).1,
        (_, Some(body)) => {
            let client = hand.client.with("content-type", "application/json");
            client.ask(endpoint.split(' ').next().unwrap(), &path, body.to_string().as_bytes()).unwrap()
        }
        (_, None) => hand.client.ask(endpoint.split(' ').next().unwrap(), &path, b"").unwrap(),
    };
    format!("{} {}", answer.status, answer.slug()).trim_end().to_owned()
}

/// Every described endpoint; erasing comes last.
pub(crate) fn endpoints() -> Vec<String> {
    let described: Value = serde_json::from_str(&web::openapi()).unwrap();
    let of = |(path, methods): (&String, &Value)| {
        let known =
            ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| methods.get(method).is_some());
        known.map(|method| format!("{} {path}", method.to_ascii_uppercase())).collect::<Vec<_>>()
    };
    let mut all: Vec<String> = described["paths"].as_object().unwrap().iter().flat_map(of).collect();
    all.sort_by_key(|endpoint| {
        (
            endpoint.starts_with("DELETE"),
            endpoint.split_once(' ').map(|(method, path)| (path.to_owned(), method.to_owned())),
        )
    });
    all
}

#[test]
fn every_role_at_every_endpoint_is_as_written_down() {
    let world = World::new();
    let mut table = String::from(
        "Who may do what, as the real endpoints answer. \"colleague\" is another agent who tries it on the agent's own call; roles that\n\
         serve nobody try it on the agent's call too. Made by: RINGFENCE_BLESS=1 cargo test --release -p ringfence --test live every_role\n",
    );
    for endpoint in endpoints() {
        writeln!(table, "\n{endpoint}").unwrap();
        for hand in &world.hands {
            writeln!(table, "    {:<24} {}", hand.who, outcome(&endpoint, hand)).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/authorisation.txt");
    crate::golden::hold(&path, &table);
}

#[test]
fn every_described_endpoint_is_in_the_table() {
    let golden =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/authorisation.txt")).unwrap();
    let rows: Vec<&str> = golden.lines().collect();
    let all = endpoints();
    assert!(all.len() >= 19, "{all:?}");
    for endpoint in all {
        let at =
            rows.iter().position(|row| *row == endpoint).unwrap_or_else(|| panic!("{endpoint} isn't in the table"));
        let hands: Vec<&str> = rows[at + 1..]
            .iter()
            .take_while(|row| row.starts_with("    "))
            .filter_map(|row| row.split_whitespace().next())
            .collect();
        for role in ROLES.iter().chain(&["nobody", "colleague"]) {
            assert!(hands.contains(role), "{endpoint} lacks {role}");
        }
    }
}
