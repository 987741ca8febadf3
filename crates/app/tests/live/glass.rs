//! Break-glass over HTTP: asked, agreed, shown and reviewed on pages, with passkeys; the board is told at once.

use crate::centre::{Centre, Person};
use crate::decisions::add_customer;
use crate::http::{Answer, Client};
use crate::kinds::{is_found, on_page};
use crate::power::{enrol_all, signed};
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use testkit::Authenticator;
use vault::{Algorithm, Kind};

struct World {
    _centre: Centre,
    server: Server,
    officers: [Person; 2],
    keys: [Authenticator; 2],
    board: Person,
    customer: String,
}

impl World {
    fn new() -> Self {
        let centre = Centre::new("", "");
        add_customer(&centre, 1);
        let agent = centre.hire("Ada Agent", "agent");
        let officers = ["Ina First", "Ben Second"].map(|name| centre.hire(name, "security_officer"));
        let board = centre.hire("Bo Board", "board_member");
        let keys = ["ina", "ben"].map(|name| Authenticator::named(Algorithm::Es256, name));
        enrol_all(&centre, &[(&officers[0], &keys[0]), (&officers[1], &keys[1])]);
        let server = centre.serve();
        let (_, customer) = centre.call_from(&server.client(), &agent, 1);
        Self { _centre: centre, server, officers, keys, board, customer }
    }

    fn page(&self, person: &Person) -> Client {
        on_page(&self.server.client(), self.server.address(), &person.token)
    }

    fn wanted(&self, field: &str) -> Value {
        json!({"customer": self.customer, "field": field, "instance": 1, "reason": "authority", "note": "Ambulance 7 rang."})
    }
}

/// The request as this one sees it.
fn line(client: &Client, glass: &str) -> Value {
    let all = client.get("/v1/glass").expect(200).json();
    all["items"].as_array().unwrap().iter().find(|item| item["glass"] == glass).unwrap().clone()
}

fn act(client: &Client, glass: &str, what: &str, body: &Value) -> Answer {
    client.post(&format!("/v1/glass/{glass}/{what}"), body)
}

#[test]
fn two_officers_on_pages_see_one_value_once_and_the_board_is_told_and_reviews() {
    let world = World::new();
    let [ina, ben] = [0, 1].map(|which: usize| world.page(&world.officers[which]));
    let board = world.page(&world.board);
    for page in [&ina, &board] {
        page.get("/security/glass").expect(200);
    }
    assert_eq!(ina.post("/v1/glass", &world.wanted("card")).expect(403).slug(), "role-not-allowed");
    assert_eq!(board.post("/v1/glass", &world.wanted("phone")).expect(403).slug(), "role-not-allowed");
    ina.post("/v1/glass", &json!({"customer": world.customer, "field": "phone", "instance": 1, "reason": "boredom"}))
        .expect(422);
    let long = "x".repeat(1_001);
    ina.post(
        "/v1/glass",
        &json!({"customer": world.customer, "field": "phone", "instance": 1, "reason": "life", "note": long}),
    )
    .expect(422);
    let asked = ina.post("/v1/glass", &world.wanted("postal_address")).expect(201);
    assert_eq!(asked.json()["other_officers"], 1);
    let glass = asked.member("glass");

    // Nothing is shown to one alone.
    let early = json!({"assertion": signed(&world.keys[0], &json!("AAAA"))});
    assert_eq!(act(&ina, &glass, "reveal", &early).expect(409).slug(), "not-yet-agreed");
    let own = json!({"answer": "yes", "assertion": signed(&world.keys[0], &line(&ben, &glass)["challenge"])});
    assert_eq!(act(&ina, &glass, "answers", &own).expect(403).slug(), "not-a-second-officer");
    assert_eq!(act(&ben, &glass, "answers", &json!({"answer": "yes"})).expect(403).slug(), "glass-unsigned");
    let yes = json!({"answer": "yes", "assertion": signed(&world.keys[1], &line(&ben, &glass)["challenge"])});
    act(&ben, &glass, "answers", &yes).expect(200);
    assert_eq!(act(&ben, &glass, "answers", &yes).expect(410).slug(), "glass-over");

    let signed_now = json!({"assertion": signed(&world.keys[0], &line(&ina, &glass)["challenge"])});
    assert_eq!(act(&ben, &glass, "reveal", &signed_now).expect(404).slug(), "not-found");
    let shown = act(&ina, &glass, "reveal", &signed_now).expect(200);
    assert!(shown.member("value").contains("High St"), "{}", shown.text());
    assert!(board.get("/security").expect(200).text().contains("data-alarm=\"glass_broken\""), "told at once");
    assert_eq!(act(&ina, &glass, "reveal", &signed_now).expect(410).slug(), "glass-over");

    let told = line(&board, &glass);
    assert_eq!((&told["state"], &told["step"], &told["customer"]), (&json!("broken"), &json!("review"), &Value::Null));
    assert_eq!(
        (&told["asker"], &told["second"], &told["note"]),
        (&json!("Ina First"), &json!("Ben Second"), &json!("Ambulance 7 rang."))
    );
    let finding = json!({"finding": "justified"});
    assert_eq!(act(&ben, &glass, "review", &finding).expect(403).slug(), "not-a-reviewer");
    act(&board, &glass, "review", &finding).expect(200);
    assert_eq!(act(&board, &glass, "review", &finding).expect(409).slug(), "nothing-to-review");
    until("nothing waits", PATIENCE, || !board.get("/security").expect(200).text().contains("glass_broken"));

    let second = ina.post("/v1/glass", &world.wanted("phone")).expect(201).member("glass");
    act(&ben, &second, "answers", &json!({"answer": "no"})).expect(200);
    assert_eq!(line(&ina, &second)["state"], "declined");
    let security = world.server.client().bearer(&world.officers[0].token);
    for kind in [Kind::GlassAsked, Kind::GlassAgreed, Kind::GlassDeclined, Kind::GlassBroken, Kind::GlassReviewed] {
        is_found(&security, kind);
    }
}
