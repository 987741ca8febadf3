//! Signed events open and close interactions; nothing else does.

use crate::centre::{Centre, Person, ROLES, at, invented, now, unsigned};
use crate::http::Client;
use crate::server::Server;
use crate::wait::seconds;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

struct World {
    centre: Centre,
    server: Server,
    agent: Person,
    other: Person,
    security: Person,
}

impl World {
    fn new() -> Self {
        let centre = Centre::filled(20, 40, 20);
        let hire = |name, role| centre.hire(name, role);
        let (agent, other, security) = (hire("Ada", "agent"), hire("Bo", "agent"), hire("Sam", "security_officer"));
        let server = centre.serve();
        Self { centre, server, agent, other, security }
    }

    fn interactions(&self) -> u64 {
        self.centre.number("SELECT count(*) FROM interaction")
    }

    fn connected(&self, reference: &str) -> Vec<u8> {
        self.event(
            "interaction.connected",
            &now(),
            json!({"interaction": reference, "channel": "call", "person": self.agent.id}),
        )
    }

    fn event(&self, kind: &str, at: &str, data: Value) -> Vec<u8> {
        json!({"type": kind, "timestamp": at, "data": data}).to_string().into_bytes()
    }

    fn show(&self, interaction: &str) -> Value {
        let client = self.server.client().bearer(&self.security.token);
        let mut shown = client.get(&format!("/v1/interactions/{interaction}")).expect(200).json();
        let members = shown.as_object_mut().unwrap();
        members.remove("id");
        members.remove("reference");
        shown
    }
}

#[test]
fn the_published_vector_holds_both_ways() {
    let secret = format!("whsec_{}", STANDARD.encode("0123456789abcdef0123456789abcdef"));
    let body = br#"{"type":"reveal.denied"}"#;
    let expected = "v1,6YkWo40oqoHP9aopa43B/h6ULs2BNySmwZhWVJD0QXk=";
    assert_eq!(Webhook::new(&secret).unwrap().sign("msg_1", 1_700_000_000, body).unwrap(), expected);
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef0123456789abcdef");
    let tag = hmac::sign(&key, br#"msg_1.1700000000.{"type":"reveal.denied"}"#);
    assert_eq!(format!("v1,{}", STANDARD.encode(tag)), expected);
}

#[test]
fn only_a_fresh_message_with_its_own_signature_is_heard() {
    let world = World::new();
    let (client, now) = (world.server.client(), seconds());
    let before = world.interactions();
    let body = world.connected("call-1");
    let own = world.centre.secret();
    let sign = |secret: &str, id: &str, at: i64, body: &[u8]| Webhook::new(secret).unwrap().sign(id, at, body).unwrap();
    let wrong = format!("whsec_{}", STANDARD.encode([7; 32]));
    let good = sign(own, "msg_a", now, &body);
    let bent = String::from_utf8(body.clone()).unwrap().replace("call-1", "call-2").into_bytes();
    let cases: [(&str, &str, i64, String, &[u8]); 9] = [
        ("another secret", "msg_a", now, sign(&wrong, "msg_a", now, &body), &body),
        ("another body", "msg_a", now, good.clone(), &bent),
        ("another id", "msg_b", now, good.clone(), &body),
        ("another time", "msg_a", now + 1, good.clone(), &body),
        ("another version", "msg_a", now, good.replace("v1,", "v2,"), &body),
        ("no signature", "msg_a", now, String::new(), &body),
        ("a cut signature", "msg_a", now, good[..good.len() - 4].to_owned(), &body),
        ("too old", "msg_a", now - 330, sign(own, "msg_a", now - 330, &body), &body),
        ("too new", "msg_a", now + 330, sign(own, "msg_a", now + 330, &body), &body),
    ];
    for (what, id, at, signature, body) in cases {
        let answer = unsigned(&client, id, at, &signature, body);
        assert_eq!((answer.status, answer.slug().as_str()), (401, "unauthenticated"), "{what}: {}", answer.text());
    }
    assert_eq!(world.interactions(), before, "none of them opened an interaction");
    for (id, at) in [("msg_a", now - 270), ("msg_b", now + 270)] {
        unsigned(&client, id, at, &sign(own, id, at, &body), &body).expect(202);
    }
    let several = format!("v1,AAAA {}", sign(own, "msg_c", now, &body));
    unsigned(&client, "msg_c", now, &several, &body).expect(202);
    assert_eq!(world.interactions(), before + 1, "the same reference is the same interaction");
}

#[test]
fn a_message_that_says_something_impossible_changes_nothing() {
    let world = World::new();
    let client = world.server.client();
    let integrator = world.centre.hire("Intake", "integrator");
    let before = world.interactions();
    let person = |id: &str| json!({"interaction": "x", "channel": "call", "person": id});
    let ours = person(&world.agent.id);
    let (kind, nobody) = ("interaction.connected", format!("per_{}", "0".repeat(32)));
    let cases: [(&str, &str, String, Value, u16); 11] = [
        ("an unknown type", "interaction.opened", now(), ours.clone(), 422),
        ("a role that doesn't serve", kind, now(), person(&integrator.id), 403),
        ("security", kind, now(), person(&world.security.id), 403),
        ("an unknown person", kind, now(), person(&nobody), 404),
        ("no person", kind, now(), json!({"interaction": "x", "channel": "call"}), 422),
        ("no channel", kind, now(), json!({"interaction": "x", "person": world.agent.id}), 422),
        (
            "an unknown member",
            kind,
            now(),
            json!({"interaction": "x", "channel": "call", "person": world.agent.id, "binding": "proven"}),
            422,
        ),
        ("no reference", kind, now(), json!({"interaction": "", "channel": "call", "person": world.agent.id}), 422),
        (
            "a long reference",
            kind,
            now(),
            json!({"interaction": "x".repeat(129), "channel": "call", "person": world.agent.id}),
            422,
        ),
        ("from the future", kind, at(seconds() + 400), ours.clone(), 422),
        ("no time", kind, "yesterday".to_owned(), ours, 422),
    ];
    for (what, kind, at, data, status) in cases {
        let answer = world.centre.tell(&client, kind, &at, &data);
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert!(!answer.slug().is_empty() && !answer.member("request_id").is_empty(), "{what}");
    }
    assert_eq!(world.interactions(), before);
}

#[test]
fn every_order_and_repetition_of_the_events_of_a_call_ends_in_the_same_state() {
    let world = World::new();
    let (client, t) = (world.server.client(), seconds() - 60);
    let from = json!({"phone": invented(4).phone});
    let steps = [
        ("interaction.connected", json!({"channel": "call", "person": world.agent.id, "from": from})),
        ("interaction.held", json!({})),
        ("interaction.transferred", json!({"person": world.other.id})),
        ("interaction.resumed", json!({})),
        ("interaction.ended", json!({})),
    ];
    for length in 1..=steps.len() {
        let orders = permutations(length);
        let states: Vec<Value> =
            orders.iter().map(|order| world.show(&play(&world, &client, &steps, order, t, length))).collect();
        for (order, state) in orders.iter().zip(&states) {
            assert_eq!(state, &states[0], "the order {order:?} ends elsewhere than {:?}", orders[0]);
        }
        let phase = ["connected", "held", "connected", "connected", "ended"][length - 1];
        assert_eq!((states[0]["state"].as_str(), states[0]["binding"].as_str()), (Some(phase), Some("matched")));
        let handler = if length < 3 { &world.agent } else { &world.other };
        assert_eq!(states[0]["person"].as_str(), Some(handler.id.as_str()));
    }
    world.server.stop();
    world.centre.holds();
}

/// Delivers the events in this order, each a second time one step later; gives the interaction.
fn play(world: &World, client: &Client, steps: &[(&str, Value)], order: &[usize], t: i64, length: usize) -> String {
    let reference = format!("call-{length}-{order:?}");
    let mut interaction = String::new();
    let mut deliveries: Vec<usize> = Vec::new();
    for (at, step) in order.iter().enumerate() {
        deliveries.push(*step);
        deliveries.extend(at.checked_sub(1).map(|before| order[before]));
    }
    for step in deliveries {
        let (kind, data) = &steps[step];
        let mut data = data.clone();
        data["interaction"] = json!(reference);
        let body = world.event(kind, &at(t + step as i64), data);
        let id = format!("{reference}/{step}");
        let told = world.centre.signed(client, world.centre.secret(), &id, seconds(), &body).expect(202);
        interaction = told.member("interaction");
    }
    interaction
}

/// All orders of `0..length`.
fn permutations(length: usize) -> Vec<Vec<usize>> {
    let Some(last) = length.checked_sub(1) else { return vec![Vec::new()] };
    let insert = |order: Vec<usize>| {
        (0..=order.len()).rev().map(move |at| {
            let mut longer = order.clone();
            longer.insert(at, last);
            longer
        })
    };
    permutations(last).into_iter().flat_map(insert).collect()
}

#[test]
fn no_member_of_staff_opens_an_interaction_by_any_method_of_any_address() {
    let world = World::new();
    let before = world.interactions();
    let described: Value = serde_json::from_str(&web::openapi()).unwrap();
    let made_up = "0".repeat(32);
    let body = world.connected("mine");
    for role in ROLES {
        let person = world.centre.hire(&format!("A {role}"), role);
        let client = world.server.client().bearer(&person.token).with("content-type", "application/json");
        for path in described["paths"].as_object().unwrap().keys().filter(|path| !path.ends_with("/stream")) {
            for method in ["POST", "PUT", "PATCH", "DELETE", "GET"] {
                for prefix in ["int_", "cus_"] {
                    let path = path.replace("{id}", &format!("{prefix}{made_up}")).replace("{tenant}", "acme");
                    let answer = client.ask(method, &path, &body).unwrap();
                    // SCIM asks its questions by POST as well (RFC 7644, 3.4.3).
                    let question = method == "GET" || path.ends_with("/.search");
                    let opened = answer.status < 300 && !question;
                    assert!(!opened, "{role} {method} {path}: {}", answer.text());
                }
            }
        }
        for method in ["POST", "PUT", "PATCH"] {
            for path in ["/v1/interactions", &format!("/v1/interactions/int_{made_up}"), "/v1/interactions/call-1"] {
                assert_eq!(client.ask(method, path, &body).unwrap().slug(), "method-not-allowed", "{method} {path}");
            }
        }
    }
    assert_eq!(world.interactions(), before);
}

#[test]
fn a_signed_event_alone_opens_nothing_sensitive() {
    // Whoever holds the telephony's secret, such as IT, says that a customer is on the line with an agent who is in on it.
    let world = World::new();
    let nobody = world.server.client();
    let agent = nobody.bearer(&world.agent.token);
    let (interaction, customer) = world.centre.call_from(&nobody, &world.agent, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal = |field: &str, purpose: &str| {
        let body = json!({"interaction": interaction, "field": field, "instance": 1, "purpose": purpose});
        agent.post(&path, &body)
    };
    let sensitive =
        [("date_of_birth", "verification", "binding-too-weak"), ("bank_account", "payment", "approval-needed")];
    for (field, purpose, why) in sensitive {
        assert_eq!(reveal(field, purpose).expect(403).slug(), why, "{field}");
    }
    // A second person who isn't there can't be asked, and a program is none.
    let asked = json!({"interaction": interaction, "field": "bank_account", "instance": 1, "purpose": "payment"});
    let asked = agent.post(&format!("/v1/customers/{customer}/approvals"), &asked);
    assert_eq!(asked.expect(409).slug(), "nobody-to-approve");
    // Nor does saying more of it help: what is proven is proven by the customer's code, and each guess of it is counted.
    let reference = agent.get(&format!("/v1/interactions/{interaction}")).expect(200).member("reference");
    let guess = |number: u32| {
        let data = json!({"interaction": reference, "code": format!("{number:06}")});
        let body = world.event("interaction.code_entered", &now(), data);
        world.centre.signed(&nobody, world.centre.secret(), &format!("guess-{number}"), seconds(), &body)
    };
    (0..6).for_each(|number| drop(guess(number)));
    for (field, purpose, why) in sensitive {
        assert_eq!(reveal(field, purpose).expect(403).slug(), why, "{field}");
    }

    // A forged event opens no interaction at all, and one that is sent again opens no second one and changes nothing.
    let before = world.interactions();
    let connected = world.connected("forged");
    let forged = format!("whsec_{}", STANDARD.encode([7; 32]));
    world.centre.signed(&nobody, &forged, "forged", seconds(), &connected).expect(401);
    world.centre.signed(&nobody, world.centre.secret(), "late", seconds() - 600, &connected).expect(401);
    assert_eq!(world.interactions(), before);
    let first = world.centre.signed(&nobody, world.centre.secret(), "again", seconds(), &connected).expect(202);
    let id = first.member("interaction");
    let ended = world.event("interaction.ended", &now(), json!({"interaction": "forged"}));
    world.centre.signed(&nobody, world.centre.secret(), "ended", seconds(), &ended).expect(202);
    let over = world.show(&id);
    let again = world.centre.signed(&nobody, world.centre.secret(), "again", seconds(), &connected).expect(202);
    assert_eq!(
        (again.member("interaction"), world.show(&id)),
        (id, over),
        "a message that was sent again did something"
    );
    world.server.stop();
    world.centre.holds();
}
