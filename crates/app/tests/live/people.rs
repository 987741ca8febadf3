//! The company's identity provider keeps the list of people: it proposes and it takes away, and nothing it says gives power.

use crate::centre::{Centre, Person};
use crate::http::{Answer, Client};
use crate::machine::Machine;
use crate::server::Server;
use crate::wait::{PATIENCE, found, until};
use serde_json::{Value, json};
use testkit::Authenticator;
use vault::{Algorithm, Kind};

const USERS: &str = "/scim/v2/Users";
const STAFF: &str = "urn:ringfence:params:scim:schemas:extension:staff:2.0:User";

struct World {
    centre: Centre,
    machine: Machine,
    officer: Person,
    /// The officer's passkey.
    key: Authenticator,
    /// An agent of the team Blue.
    eve: Person,
    server: Server,
}

impl World {
    fn new() -> Self {
        let centre = Centre::new("", "");
        let machine = Machine::enrolled(&centre, "directory");
        let officer = centre.hire("Noor Haddad", "security_officer");
        let eve = centre.hire_into("Blue", "Eve", "agent");
        let key = Authenticator::named(Algorithm::Es256, "noor");
        crate::power::enrol(&centre, &officer, &key);
        let server = centre.serve();
        Self { centre, machine, officer, key, eve, server }
    }

    /// The provider, with a token that counts now.
    fn provider(&self) -> Client {
        self.machine.client(&self.server.client(), self.server.address())
    }

    fn security(&self) -> Client {
        self.server.client().bearer(&self.officer.token)
    }

    fn proposals(&self) -> Vec<Value> {
        // Just after power changed a question is refused once.
        let asked = || Some(self.security().get("/v1/proposals")).filter(|answer| answer.status != 409);
        let answer = found("an answer", PATIENCE, asked).expect(200);
        answer.json()["items"].as_array().unwrap().clone()
    }

    /// The officer applies a proposal, and signs that.
    fn apply(&self, proposal: &Value) -> Answer {
        crate::power::make(&self.security(), &self.key, &applied(proposal))
    }

    fn apply_as(&self, proposal: &Value, role: &str) -> Answer {
        let mut wish = applied(proposal);
        wish["role"] = json!(role);
        crate::power::make(&self.security(), &self.key, &wish)
    }

    fn decline(&self, proposal: &Value) -> Answer {
        let path = format!("/v1/proposals/{}", proposal["proposal"].as_str().unwrap());
        self.security().ask("DELETE", &path, b"").unwrap()
    }

    fn propose(&self, body: &Value) -> Value {
        self.provider().post(USERS, body).expect(201).json()
    }

    fn patch(&self, user: &Value, operations: &Value) -> Answer {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        let client = self.provider().with("content-type", "application/scim+json");
        let path = format!("{USERS}/{}", user["id"].as_str().unwrap());
        client.ask("PATCH", &path, body.to_string().as_bytes()).unwrap()
    }

    fn shown(&self, user: &Value) -> Value {
        self.provider().get(&format!("{USERS}/{}", user["id"].as_str().unwrap())).expect(200).json()
    }

    fn staff(&self) -> String {
        self.centre.good(&["person", "list"])
    }
}

fn applied(proposal: &Value) -> Value {
    json!({"change": "apply_proposal", "proposal": proposal["proposal"]})
}

#[test]
fn what_the_provider_says_is_a_proposal_until_security_agrees() {
    let world = World::new();
    let ada = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", STAFF], "userName": "ada@acme.example",
        "displayName": "Ada Novak", "active": true, "externalId": "subject-1", "roles": [{"value": "security_officer"}],
        STAFF: {"role": "agent", "team": "Blue"}});
    let made = world.propose(&ada);
    assert_eq!((made["active"].as_bool(), made["userType"].as_str()), (Some(false), Some("proposed")), "{made}");
    assert!(!world.staff().contains("Ada Novak"), "a proposal made a person");
    // The same name again is somebody else's, whatever its case.
    let again = world.provider().post(USERS, &json!({"userName": "ADA@acme.example"})).expect(409).json();
    assert_eq!((again["status"].as_str(), again["scimType"].as_str()), (Some("409"), Some("uniqueness")));

    let waiting = world.proposals();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        waiting[0]["says"],
        json!(["Let “Ada Novak” (“ada@acme.example”) in, with the role Agent, in the team “Blue”."])
    );
    // Nobody else decides: not the provider, not IT, not a leader.
    let path = format!("/v1/proposals/{}", waiting[0]["proposal"].as_str().unwrap());
    world.provider().ask("DELETE", &path, b"").unwrap().expect(403);
    world.provider().post("/v1/power/changes", &applied(&waiting[0])).expect(403);
    // Nor the officer without a signature.
    let draft = world.security().post("/v1/power/changes", &applied(&waiting[0])).expect(201).json();
    assert_eq!(draft["words"], waiting[0]["says"][0]);
    let approval = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
    let unsigned = world.security().post(&approval, &json!({"draft": draft["draft"]}));
    assert_eq!((unsigned.status, unsigned.slug().as_str()), (403, "officer-needed"));

    world.apply(&waiting[0]).expect(200);
    assert!(world.staff().contains("Ada Novak"));
    let applied = world.shown(&made);
    assert_eq!((applied["active"].as_bool(), applied["userType"].as_str()), (Some(true), Some("staff")), "{applied}");
    assert!(world.proposals().is_empty());

    // A new role and team are wishes; the person stays what they are until security agrees, or for good.
    let told =
        world.patch(&made, &json!([{"op": "replace", "path": format!("{STAFF}:role"), "value": "security_officer"}]));
    assert_eq!(told.expect(200).json()["userType"], "proposed");
    assert!(!world.staff().contains("security_officer  Ada Novak"));
    let waiting = world.proposals();
    assert_eq!(waiting[0]["says"], json!(["Change the role of “Ada Novak” from Agent to Security officer."]));
    world.decline(&waiting[0]).expect(204);
    assert_eq!(world.shown(&made)[STAFF]["role"], "agent");
    assert!(world.proposals().is_empty());

    // Who isn't named a role gets none by themselves.
    let bare = world.propose(&json!({"userName": "ben"}));
    let waiting = world.proposals();
    assert_eq!(world.apply(&waiting[0]).expect(422).slug(), "role-missing");
    world.apply_as(&waiting[0], "agent").expect(200);
    assert_eq!(world.shown(&bare)["userType"], "staff");
    // A role whose power must not meet with one that a person of that name has isn't given.
    world.propose(&json!({"userName": "ada2", "displayName": " ada  NOVAK ", STAFF: {"role": "it_operator"}}));
    let waiting = world.proposals();
    assert_eq!(world.apply(&waiting[0]).expect(403).slug(), "forbidden-pair");
    for kind in [Kind::DirectoryRead, Kind::PersonProposed, Kind::ProposalDeclined] {
        crate::kinds::is_found(&world.security(), kind);
    }
    world.server.stop();
    world.centre.holds();
}

#[test]
fn that_somebody_left_counts_at_once_and_is_never_taken_back() {
    let world = World::new();
    let eve = &world.eve;
    let client = world.server.client().bearer(&eve.token);
    until("she is here", PATIENCE, || client.get("/v1/me").status == 200);
    let found = world.provider().get(&format!("{USERS}?filter=displayName%20eq%20%22eve%22")).expect(200).json();
    assert_eq!(found["totalResults"], 1, "{found}");
    let user = &found["Resources"][0];
    assert_eq!(user["id"], eve.id);

    // With an old version nothing happens.
    let conditional = world.provider().with("if-match", "W/\"000000000000000000000000\"");
    let path = format!("{USERS}/{}", eve.id);
    conditional.ask("DELETE", &path, b"").unwrap().expect(412);
    client.get("/v1/me").expect(200);

    let off = world.patch(user, &json!([{"op": "Replace", "path": "active", "value": "False"}])).expect(200).json();
    assert_eq!((off["active"].as_bool(), off["userType"].as_str()), (Some(false), Some("left")));
    until("she is gone", PATIENCE, || client.get("/v1/me").status == 401);

    // Back again is a wish, and a new person if it is granted: the old one's token opens nothing.
    let on = world.patch(user, &json!([{"op": "replace", "path": "active", "value": true}])).expect(200).json();
    assert_eq!((on["active"].as_bool(), on["userType"].as_str()), (Some(true), Some("proposed")));
    client.get("/v1/me").expect(401);
    let waiting = world.proposals();
    assert!(waiting[0]["says"][0].as_str().unwrap().contains("back in as a new person"), "{}", waiting[0]);
    world.apply(&waiting[0]).expect(200);
    client.get("/v1/me").expect(401);
    assert_eq!(world.shown(user)["userType"], "staff");

    let delete = world.provider().ask("DELETE", &path, b"").unwrap();
    delete.expect(204);
    let gone = world.provider().get(&path).expect(404);
    assert_eq!(gone.json()["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    world.server.stop();
    world.centre.holds();
}
