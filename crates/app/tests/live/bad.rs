//! Requests that can't be right: each gets a typed problem, and nothing changes.

use crate::centre::{Centre, Person, reveal_body};
use crate::http::{Answer, Client};
use crate::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::TestDatabase;

/// Tables that a refusal may write to: the log itself. Also the counter of a customer's own entries.
const OF_THE_LOG: [&str; 6] = ["entry", "placed", "pending", "tile", "log_head", "lease"];

struct World {
    centre: Centre,
    server: Server,
    agent: Person,
    security: Person,
    interaction: String,
    customer: String,
    elsewhere: String,
}

impl World {
    fn new() -> Self {
        let centre = Centre::filled(20, 40, 20);
        let (agent, other) = (centre.hire("Ada", "agent"), centre.hire("Bo", "agent"));
        let security = centre.hire("Sam", "security_officer");
        let server = centre.serve();
        let (interaction, customer) = centre.call_from(&server.client(), &agent, 3);
        let (elsewhere, _) = centre.call_from(&server.client(), &other, 4);
        Self { centre, server, agent, security, interaction, customer, elsewhere }
    }

    fn client(&self) -> Client {
        self.server.client().bearer(&self.agent.token)
    }

    fn reveals(&self) -> String {
        format!("/v1/customers/{}/reveals", self.customer)
    }

    fn reveal(&self) -> Value {
        reveal_body(&self.interaction, "name", "delivery")
    }
}

/// Everything but the log, row by row.
fn contents(database: &TestDatabase) -> BTreeMap<String, Vec<String>> {
    let mut names = database.tables();
    assert!(names.len() > 15, "{names:?}");
    names.retain(|name| !OF_THE_LOG.contains(&name.as_str()) && name != database.states());
    names.into_iter().map(|name| (name.clone(), database.rows(&name))).collect()
}

/// Runs requests, each with the status and problem it must get; afterwards the database is what it was.
fn refused(world: &World, cases: Vec<(&str, Option<Answer>, u16, &str)>, before: &BTreeMap<String, Vec<String>>) {
    for (what, answer, status, slug) in cases {
        is_problem(what, &answer.unwrap_or_else(|| panic!("{what}: no whole answer")), status, slug);
    }
    let after = contents(world.centre.database());
    for (table, rows) in before {
        assert_eq!(Some(rows), after.get(table), "the table {table} changed");
    }
}

fn is_problem(what: &str, answer: &Answer, status: u16, slug: &str) {
    assert_eq!((answer.status, answer.slug().as_str()), (status, slug), "{what}: {}\n{}", answer.head, answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    let json = answer.json();
    assert_eq!(json["status"], status, "{what}");
    for member in ["title", "detail", "why", "next"] {
        assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: no {member}");
    }
    assert!(json["request_id"].as_str().is_some_and(|id| id.starts_with("req_") && id.len() == 28), "{what}");
}

#[test]
fn bodies_that_cannot_be_used() {
    let world = World::new();
    world.client().post(&world.reveals(), &world.reveal()).expect(200);
    let before = contents(world.centre.database());
    let (client, path) = (world.client(), world.reveals());
    let json = client.with("content-type", "application/json");
    let send = |body: &[u8]| json.ask("POST", &path, body);
    let with = |member: &str, value: Value| {
        let mut body = world.reveal();
        body[member] = value;
        send(body.to_string().as_bytes())
    };
    let good = world.reveal().to_string();
    let large = format!("{{\"interaction\":\"{}\"}}", "x".repeat(70_000));
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let claimed = format!("POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n", world.agent.token)
        + "content-type: application/json\r\ncontent-length: 99999999999\r\nconnection: close\r\n\r\n{";
    let claimed = client.raw(claimed.as_bytes());
    refused(
        &world,
        vec![
            ("no body", send(b""), 400, "invalid-request"),
            ("cut JSON", send(&good.as_bytes()[..good.len() - 3]), 400, "invalid-request"),
            ("two documents", send(format!("{good}{good}").as_bytes()), 400, "invalid-request"),
            ("bytes that are no text", send(b"{\"interaction\":\"\xff\xfe\"}"), 400, "invalid-request"),
            ("NUL bytes", send(&[0; 100]), 400, "invalid-request"),
            ("deeper than any reader goes", send(deep.as_bytes()), 422, "unprocessable"),
            ("a list", send(b"[]"), 422, "unprocessable"),
            ("a member twice", send(good.replace('{', "{\"instance\":1,").as_bytes()), 422, "unprocessable"),
            ("an unknown member", with("reason", json!("because")), 422, "unprocessable"),
            ("a member of another type", with("instance", json!("1")), 422, "unprocessable"),
            ("a negative number", with("instance", json!(-1)), 422, "unprocessable"),
            ("a number too large", with("instance", json!(4_294_967_296_u64)), 422, "unprocessable"),
            ("an unknown field", with("field", json!("password")), 422, "unprocessable"),
            ("an unknown purpose", with("purpose", json!("curiosity")), 422, "unprocessable"),
            ("an id that is none", with("interaction", json!("int_'; DROP TABLE entry; --")), 422, "unprocessable"),
            ("too large", send(large.as_bytes()), 413, "payload-too-large"),
            ("a length that nobody will send", claimed.as_deref().and_then(Answer::parse), 413, "payload-too-large"),
            ("no content type", client.ask("POST", &path, good.as_bytes()), 415, "unsupported-media-type"),
            (
                "a form",
                client.with("content-type", "application/x-www-form-urlencoded").ask("POST", &path, b"a=b"),
                415,
                "unsupported-media-type",
            ),
            (
                "almost JSON",
                client.with("content-type", "application/jsonp").ask("POST", &path, good.as_bytes()),
                415,
                "unsupported-media-type",
            ),
            (
                "an empty key",
                json.with("idempotency-key", "").ask("POST", &path, good.as_bytes()),
                400,
                "invalid-request",
            ),
            (
                "a long key",
                json.with("idempotency-key", &"k".repeat(256)).ask("POST", &path, good.as_bytes()),
                400,
                "invalid-request",
            ),
        ],
        &before,
    );
}

#[test]
fn who_and_where_cannot_be_guessed() {
    let world = World::new();
    world.client().post(&world.reveals(), &world.reveal()).expect(200);
    let page = session(&world);
    let before = contents(world.centre.database());
    let nobody = world.server.client();
    let client = world.client();
    let body = world.reveal();
    let unknown = "0".repeat(32);
    let post = |client: &Client, path: &str| client.try_post(path, &body);
    let get = |path: &str| client.ask("GET", path, b"");
    let elsewhere = reveal_body(&world.elsewhere, "name", "delivery");
    let address = world.server.address().to_owned();
    let from_page = |origin: &str| page.without("origin").with("origin", origin).try_post(&world.reveals(), &body);
    let security = world.server.client().bearer(&world.security.token);
    refused(
        &world,
        vec![
            ("nobody", post(&nobody, &world.reveals()), 401, "unauthenticated"),
            (
                "an unknown token",
                post(&nobody.bearer(&format!("rft_{unknown}")), &world.reveals()),
                401,
                "unauthenticated",
            ),
            (
                "a token that is text of another kind",
                post(&nobody.bearer("' OR 1=1 --"), &world.reveals()),
                401,
                "unauthenticated",
            ),
            (
                "another scheme",
                post(&nobody.with("authorization", &format!("Basic {}", world.agent.token)), &world.reveals()),
                401,
                "unauthenticated",
            ),
            (
                "a made-up cookie",
                post(&page.without("cookie").with("cookie", "rf_session=00"), &world.reveals()),
                401,
                "unauthenticated",
            ),
            ("a cookie without an origin", post(&page.without("origin"), &world.reveals()), 403, "forbidden"),
            ("a cookie from elsewhere", from_page("https://evil.example"), 403, "forbidden"),
            ("a cookie from a lookalike", from_page(&format!("http://{address}.evil.example")), 403, "forbidden"),
            ("a cookie from nowhere", from_page("null"), 403, "forbidden"),
            ("another's interaction", client.try_post(&world.reveals(), &elsewhere), 403, "no-live-interaction"),
            (
                "an unknown customer",
                post(&client, &format!("/v1/customers/cus_{unknown}/reveals")),
                403,
                "wrong-customer",
            ),
            ("a role that doesn't serve", post(&security, &world.reveals()), 403, "role-not-allowed"),
            ("an id of another kind", post(&client, &world.reveals().replace("cus_", "int_")), 404, "not-found"),
            (
                "an id in capitals",
                post(&client, &format!("/v1/customers/cus_{}/reveals", "A".repeat(32))),
                404,
                "not-found",
            ),
            ("an unknown interaction", get(&format!("/v1/interactions/int_{unknown}")), 404, "not-found"),
            ("another's interaction, shown", get(&format!("/v1/interactions/{}", world.elsewhere)), 404, "not-found"),
            ("an unknown receipt", get(&format!("/v1/receipts/ent_{unknown}")), 404, "not-found"),
            ("an unknown tenant", get("/log/nobody/checkpoint"), 404, "not-found"),
            ("a tile that isn't", get("/log/acme/tile/9/999"), 404, "not-found"),
        ],
        &before,
    );
    page.post(&world.reveals(), &body).expect(200);
}

/// A page's session, by pasting the token.
fn session(world: &World) -> Client {
    crate::kinds::on_page(&world.server.client(), world.server.address(), &world.agent.token)
}

#[test]
fn addresses_and_methods_that_are_not() {
    let world = World::new();
    world.client().post(&world.reveals(), &world.reveal()).expect(200);
    let before = contents(world.centre.database());
    let client = world.client();
    let mut cases = Vec::new();
    for path in [
        "/v1",
        "/v1/",
        "/v1/me/",
        "//v1/me",
        "/v1/../v1/me",
        "/v1/customers/..%2f..%2fetc%2fpasswd/views",
        "/v1/interactions/%00",
        "/v1/interactions/%ff%fe",
        "/v1/interactions/%c0%ae%c0%ae",
        "/v1/receipts/%",
        "/v1/receipts/..;/me",
        "/.git/config",
        "/ringfence.db",
        "/log/acme/tile/../../../key",
        "/log/acme/tile/%2e%2e%2f%2e%2e",
        "/log/%ff/key",
        "/log/acme/tile/0/%ff",
        "/static/../ringfence.toml",
    ] {
        cases.push((
            path,
            client.ask(if path.ends_with("views") { "POST" } else { "GET" }, path, b""),
            404,
            "not-found",
        ));
    }
    for path in ["/v1/interactions?limit=0", "/v1/interactions?state=dead", "/v1/interactions?cursor=zz"] {
        cases.push((path, client.ask("GET", path, b""), 422, "unprocessable"));
    }
    cases.push((
        "/v1/interactions?limit=x",
        client.ask("GET", "/v1/interactions?limit=x", b""),
        400,
        "invalid-request",
    ));
    refused(&world, cases, &before);
    let described: Value = serde_json::from_str(&web::openapi()).unwrap();
    for (path, methods) in described["paths"].as_object().unwrap() {
        let path = path.replace("{id}", &format!("int_{}", "0".repeat(32)));
        for method in ["PUT", "PATCH", "TRACE", "BREW", "DELETE", "POST", "GET"] {
            if methods.get(method.to_ascii_lowercase()).is_some() {
                continue;
            }
            let answer = client.ask(method, &path, b"").unwrap();
            if path.starts_with("/scim/") {
                // In SCIM's own shape (RFC 7644, 3.12).
                assert_eq!(
                    (answer.status, &answer.json()["status"]),
                    (405, &serde_json::json!("405")),
                    "{method} {path}"
                );
                continue;
            }
            is_problem(&format!("{method} {path}"), &answer, 405, "method-not-allowed");
            let allowed =
                answer.header("allow").unwrap_or_else(|| panic!("{method} {path}: no Allow")).to_ascii_lowercase();
            assert!(
                methods.as_object().unwrap().keys().all(|known| allowed.contains(known)),
                "{method} {path}: {allowed}"
            );
        }
    }
    refused(&world, Vec::new(), &before);
}

/// Pages answer in HTML, and repeat nothing.
#[test]
fn a_form_that_cannot_be_used_gets_a_page() {
    let world = World::new();
    let (kind, origin) = ("application/x-www-form-urlencoded", format!("http://{}", world.server.address()));
    let long = format!("token={}", "z".repeat(3_000_000));
    let cases: [(&str, &str, &str, &[u8], u16); 7] = [
        ("no origin", "", kind, b"token=canary", 403),
        ("another origin", "http://evil.example", kind, b"token=canary", 403),
        ("no form", &origin, "text/plain", b"token=canary", 400),
        ("another member", &origin, kind, b"name=canary", 400),
        ("bytes that are no text", &origin, kind, b"token=canary%ff%fe", 401),
        ("a long token", &origin, kind, long.as_bytes(), 400),
        ("an unknown token", &origin, kind, b"token=canary", 401),
    ];
    for (what, origin, kind, body, status) in cases {
        let answer = world
            .server
            .client()
            .with("origin", origin)
            .with("content-type", kind)
            .ask("POST", "/sign-in", body)
            .unwrap();
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert!(
            answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
            "{what}: {}",
            answer.head
        );
        assert!(answer.header("set-cookie").is_none() && !answer.text().contains("canary"), "{what}");
    }
}

/// What isn't HTTP at all is the protocol's affair: an error without a word of what was sent, and the line is closed.
#[test]
fn garbage_on_the_line_is_answered_by_closing_it() {
    let world = World::new();
    world.client().post(&world.reveals(), &world.reveal()).expect(200);
    let before = contents(world.centre.database());
    let client = world.client();
    let huge = client.with("x-huge", &"h".repeat(1_000_000)).request("GET", "/v1/me", b"");
    let many =
        (0..5_000).fold(client.clone(), |client, n| client.with(&format!("x-{n}"), "y")).request("GET", "/v1/me", b"");
    let good = client.request("GET", "/healthz", b"");
    let smuggled = {
        let text = String::from_utf8(client.with("transfer-encoding", "chunked").request("POST", "/v1/reports", b"x"))
            .unwrap();
        text.replace("\r\n\r\nx", "\r\n\r\n0\r\n\r\n").into_bytes()
    };
    let cases: [(&str, Vec<u8>); 8] = [
        ("a huge header", huge),
        ("many headers", many),
        ("a long address", client.request("GET", &format!("/{}", "a".repeat(100_000)), b"")),
        ("noise", (0..=255).cycle().take(5_000).collect()),
        ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 canary-of-noise".to_vec()),
        ("HTTP of the future", b"GET /v1/me HTTP/9.9\r\n\r\n".to_vec()),
        (
            "two lengths",
            b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd".to_vec(),
        ),
        ("a chunked length", smuggled),
    ];
    for (what, bytes) in cases {
        let back = client.raw(&bytes).unwrap_or_default();
        if let Some(answer) = Answer::parse(&back) {
            assert!((400..600).contains(&answer.status), "{what}: {}", answer.head);
        }
        assert!(!back.windows(6).any(|six| six == b"canary"), "{what}: what was sent came back");
        client.get("/healthz").expect(200);
    }
    let keep = String::from_utf8(good.clone()).unwrap().replace("connection: close\r\n", "").into_bytes();
    let piped = client.raw(&[keep.as_slice(), &keep, b"\x00\x01garbage\r\n\r\n", &good].concat()).unwrap();
    let answers = piped.windows(12).filter(|start| start.starts_with(b"HTTP/1.1 200")).count();
    assert_eq!(answers, 2, "two good requests, then garbage, then nothing: {}", String::from_utf8_lossy(&piped));
    refused(&world, Vec::new(), &before);
    world.server.stop();
    world.centre.holds();
}
