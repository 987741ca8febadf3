//! Machine clients: what gets a token, how long it lasts, and that an assertion counts once on all nodes.

use crate::centre::Centre;
use crate::http::Client;
use crate::machine::{Machine, ask_for_token};
use crate::wait::{PATIENCE, found, seconds, until};
use serde_json::{Value, json};
use testkit::Authenticator;
use vault::Algorithm;

const USERS: &str = "/scim/v2/Users";

fn refused(nobody: &Client, assertion: &str) {
    let answer = ask_for_token(nobody, assertion).expect(401);
    assert_eq!(answer.json()["error"], "invalid_client", "{}", answer.text());
}

#[test]
fn a_key_gets_a_token_and_nothing_else_does() {
    let centre = Centre::new("", "");
    let (machine, other) = (Machine::enrolled(&centre, "directory"), Machine::enrolled(&centre, "other"));
    let server = centre.serve();
    let (nobody, address) = (server.client(), server.address().to_owned());
    let described = nobody.get("/.well-known/oauth-authorization-server").expect(200).json();
    assert_eq!(described["issuer"], format!("http://{address}"));
    assert_eq!(described["token_endpoint_auth_methods_supported"], json!(["private_key_jwt"]));

    let good = || machine.claims(&address);
    let with = |name: &str, value: Value| {
        let mut claims = good();
        claims[name] = value;
        machine.sign(&claims)
    };
    let answer = ask_for_token(&nobody, &machine.sign(&good())).expect(200);
    let granted = answer.json();
    assert_eq!((granted["token_type"].as_str(), granted["expires_in"].as_u64()), (Some("Bearer"), Some(300)));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let token = granted["access_token"].as_str().unwrap();
    nobody.bearer(token).get(USERS).expect(200);
    // The issuer as the audience counts too.
    ask_for_token(&nobody, &with("aud", json!(format!("http://{address}")))).expect(200);

    for wrong in [
        with("aud", json!("https://elsewhere.example/oauth2/token")),
        with("exp", json!(seconds() - 61)),
        with("exp", json!(seconds() + 600)),
        with("iat", json!(seconds() + 120)),
        with("jti", Value::Null),
        with("iss", json!(other.id)),
        with("sub", json!("nobody")),
        other.sign(&good()),
        format!("{}x", machine.sign(&good())),
        String::new(),
    ] {
        refused(&nobody, &wrong);
    }
    // Signed by nobody, and by the public key as if it were a secret.
    let claims = machine.sign(&good()).split('.').nth(1).unwrap().to_owned();
    let none = "eyJhbGciOiJub25lIn0";
    refused(&nobody, &format!("{none}.{claims}."));
    // Bent tokens, and a person's bearer token in their place.
    let last = if token.ends_with('A') { "B" } else { "A" };
    for bent in [format!("{}{last}", &token[..token.len() - 1]), format!("rfm_{}", &token[8..]), "rfm_".to_owned()] {
        nobody.bearer(&bent).get(USERS).expect(401);
    }
    // No token is given for another grant, or without an assertion.
    let form = nobody.with("content-type", "application/x-www-form-urlencoded");
    let asked = |body: &str| form.ask("POST", "/oauth2/token", body.as_bytes()).unwrap();
    assert_eq!(
        asked("grant_type=password&username=a&password=b").expect(400).json()["error"],
        "unsupported_grant_type"
    );
    asked("grant_type=client_credentials&client_secret=guess").expect(401);
    asked("grant_type=client_credentials&grant_type=client_credentials").expect(400);
    // A name that others point here is no audience of ours.
    let request = "POST /oauth2/token HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 29\r\n\r\ngrant_type=client_credentials";
    let answer = String::from_utf8(nobody.raw(request.as_bytes()).unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    // It sees nothing else: its role brings people in and takes them away.
    nobody.bearer(token).get("/v1/disclosures").expect(403);
    nobody.bearer(token).get("/v1/proposals").expect(403);
    server.stop();
    centre.holds();
}

#[test]
fn an_assertion_counts_once_and_a_token_until_power_changes_on_all_nodes() {
    let centre = Centre::of_nodes(1, 10);
    let machine = Machine::enrolled(&centre, "directory");
    let nodes = [centre.serve(), centre.serve(), centre.serve()];
    // The nodes answer under one name, as behind a balancer.
    let name = nodes[0].address().to_owned();
    let as_named = |client: Client| {
        let name = name.clone();
        move |assertion: &str| {
            let body = format!(
                "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
            );
            let request = format!(
                "POST /oauth2/token HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let back = client.raw(request.as_bytes()).unwrap();
            crate::http::Answer::parse(&back).unwrap()
        }
    };
    let assertion = machine.sign(&machine.claims(&name));
    let answers: Vec<u16> = std::thread::scope(|threads| {
        let asked = nodes.iter().map(|node| {
            let ask = as_named(node.client());
            let assertion = &assertion;
            threads.spawn(move || ask(assertion).status)
        });
        let asked: Vec<_> = asked.collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let said = || {
        let all = std::fs::read_dir(centre.logs()).unwrap().map(|file| file.unwrap().path());
        all.filter(|file| file.extension().is_some_and(|end| end == "err"))
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect::<String>()
    };
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 2, "{answers:?} {}", said());

    let granted = as_named(nodes[0].client())(&machine.sign(&machine.claims(&name))).expect(200);
    let token = granted.json()["access_token"].as_str().unwrap().to_owned();
    for node in &nodes {
        node.client().bearer(&token).get(USERS).expect(200);
    }
    // Any change of power ends it everywhere; the client asks again.
    centre.hire("Somebody new", "agent");
    for node in &nodes {
        let dead = || node.client().bearer(&token).get(USERS).status == 401;
        until("the token's end", PATIENCE, dead);
    }
    nodes.into_iter().for_each(crate::server::Server::stop);
    centre.holds();
}

#[test]
fn an_officer_changes_a_key_and_a_login_while_serving() {
    let issuer = "https://id.example";
    let centre = Centre::new("", &format!("[[identity_provider]]\nissuer = \"{issuer}\"\nclient_id = \"ringfence\"\n"));
    let (machine, other) = (Machine::enrolled(&centre, "directory"), Machine::enrolled(&centre, "other"));
    let (officer, agent) = (centre.hire("Sol Officer", "security_officer"), centre.hire("Ada", "agent"));
    let key = Authenticator::named(Algorithm::Es256, "sol");
    crate::power::enrol(&centre, &officer, &key);
    let server = centre.serve();
    let (nobody, address) = (server.client(), server.address().to_owned());
    let make = |wish: &Value| crate::power::make(&nobody.bearer(&officer.token), &key, wish);
    let asks = |by: &Machine, as_whom: &Machine| {
        let mut claims = by.claims(&address);
        (claims["iss"], claims["sub"]) = (json!(as_whom.id), json!(as_whom.id));
        ask_for_token(&nobody, &by.sign(&claims)).status
    };
    assert_eq!((asks(&machine, &machine), asks(&other, &machine)), (200, 401));
    // The other's key from now on.
    make(&json!({"change": "add_key", "person": machine.id, "key": other.public})).expect(200);
    assert_eq!((asks(&machine, &machine), asks(&other, &machine)), (401, 200));
    make(&json!({"change": "drop_key", "person": machine.id})).expect(200);
    assert_eq!((asks(&machine, &machine), asks(&other, &machine)), (401, 401));

    let bind = |person: &str| json!({"change": "bind_login", "person": person, "issuer": issuer, "subject": "ada"});
    assert_eq!(make(&bind(&officer.id)).expect(403).slug(), "role-not-allowed");
    make(&bind(&agent.id)).expect(200);
    let logins = || {
        let asked =
            || Some(nobody.bearer(&officer.token).get("/v1/people?named=ada")).filter(|answer| answer.status == 200);
        found("an answer", PATIENCE, asked).json()["items"][0]["logins"].as_u64()
    };
    assert_eq!(logins(), Some(1));
    make(&json!({"change": "drop_login", "person": agent.id})).expect(200);
    assert_eq!(logins(), Some(0));
    server.stop();
    centre.holds();
}
