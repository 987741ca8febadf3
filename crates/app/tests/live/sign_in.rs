//! Signing in over HTTP, attacked: stolen cookies, replayed and moved signatures, fixed sessions, invitations used twice.

use crate::centre::{Centre, Person};
use crate::http::{Answer, Client};
use crate::kinds::{is_found, on_page, signed_in};
use crate::server::Server;
use crate::wait::{PATIENCE, seconds, until};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::io::Read as _;
use std::time::{Duration, Instant};
use testkit::{Authenticator, Browser, Signature};
use vault::{Assertion, Kind};

struct World {
    server: Server,
    agent: Person,
    leader: Person,
    security: Person,
    centre: Centre,
}

impl World {
    fn new() -> Self {
        let centre = Centre::new("", "");
        let [agent, leader, security] =
            [("An agent", "agent"), ("A leader", "team_leader"), ("An officer", "security_officer")]
                .map(|(name, role)| centre.hire(name, role));
        Self { server: centre.serve(), agent, leader, security, centre }
    }

    /// Under the machine's name, since passkeys are made for names.
    fn nobody(&self) -> Client {
        Client::new(&self.named()).with("origin", &self.origin())
    }

    fn named(&self) -> String {
        self.server.address().replace("127.0.0.1", "localhost")
    }

    fn origin(&self) -> String {
        format!("http://{}", self.named())
    }

    fn page(&self, person: &Person) -> Client {
        on_page(&Client::new(&self.named()), &self.named(), &person.token)
    }

    fn invite(&self, person: &Person) -> String {
        let link = self.centre.good(&["person", "invite", &person.id]);
        link.trim().split_once('#').unwrap().1.to_owned()
    }

    fn challenge(&self) -> Vec<u8> {
        let asked = self.nobody().post("/sign-in/passkey/challenge", &json!({})).expect(200);
        URL_SAFE_NO_PAD.decode(asked.member("challenge")).unwrap()
    }

    fn register(&self, code: &str, authenticator: &Authenticator) -> Answer {
        let invited = self.nobody().post("/ceremony/invitation", &json!({"code": code}));
        if invited.status != 200 {
            return invited;
        }
        let made = authenticator.create(&URL_SAFE_NO_PAD.decode(invited.member("challenge")).unwrap());
        let passkey =
            json!({"client_data": said(&made.client_data), "attestation": said(&made.object), "label": "A key"});
        self.nobody().post("/ceremony/passkey", &json!({"code": code, "passkey": passkey}))
    }

    fn sign_in(&self, assertion: &Assertion, browser: &Browser) -> Answer {
        let form = self.nobody().with("accept", "application/json");
        let form = form.with("content-type", "application/x-www-form-urlencoded");
        form.ask("POST", "/sign-in/passkey", fields(assertion, &browser.shown()).as_bytes()).unwrap()
    }
}

fn said(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn fields(assertion: &Assertion, device: &str) -> String {
    format!(
        "credential={}&client_data={}&authenticator_data={}&signature={}&handle=&device={device}",
        said(&assertion.credential),
        said(&assertion.client_data),
        said(&assertion.authenticator_data),
        said(&assertion.signature)
    )
}

/// A request under a signature of the test's own choice.
fn under(client: &Client, signature: &Signature, method: &str, path: &str, body: &[u8]) -> Answer {
    let with = |client: Client, (name, value): (&str, String)| client.with(name, &value);
    signature.headers().into_iter().fold(client.unbound(), with).ask(method, path, body).unwrap()
}

const REPORT: &[u8] = br#"{"text": "Somebody took a photograph of a screen."}"#;

#[test]
fn a_stolen_cookie_opens_nothing() {
    let world = World::new();
    let page = world.page(&world.agent);
    page.get("/v1/me").expect(200);
    assert_eq!(page.unbound().get("/v1/me").expect(401).slug(), "not-this-device");
    assert_eq!(page.unbound().get("/desk").status, 401, "a page that asks the browser for its key");
    assert!(page.unbound().get("/desk").text().contains("/assets/resume.js"));
    let thief = world.page(&world.security);
    let with_own_key = page.bound(thief.browser().unwrap());
    assert_eq!(with_own_key.get("/v1/me").expect(401).slug(), "not-this-device");
    let post = with_own_key.with("content-type", "application/json").ask("POST", "/v1/reports", REPORT).unwrap();
    assert_eq!(post.expect(401).slug(), "not-this-device");
    let officer = world.server.client().bearer(&world.security.token);
    let misuse = || officer.get("/v1/disclosures?kind=session_misused").expect(200).json();
    until("security hears of it", PATIENCE, || misuse()["items"].as_array().unwrap().len() == 1);
    page.get("/v1/me").expect(200);
}

#[test]
fn a_signature_fits_one_request_once() {
    let world = World::new();
    let page = world.page(&world.agent).with("content-type", "application/json");
    let browser = page.browser().unwrap();
    let signature = browser.sign("POST", "/v1/reports", Some(REPORT), seconds());
    let send = |method: &str, path: &str, body: &[u8]| under(&page, &signature, method, path, body);
    assert_eq!(send("POST", "/v1/reports", br#"{"text": "Something else."}"#).status, 400, "another body");
    let signature = browser.sign("POST", "/v1/reports", Some(REPORT), seconds());
    let send = |method: &str, path: &str, body: &[u8]| under(&page, &signature, method, path, body);
    for (method, path) in
        [("POST", "/v1/reports?a=b"), ("POST", "/v1/events"), ("DELETE", "/v1/reports"), ("PUT", "/v1/reports")]
    {
        let answer = send(method, path, REPORT);
        assert!(matches!(answer.status, 401 | 405), "{method} {path}: {}", answer.status);
    }
    send("POST", "/v1/reports", REPORT).expect(201);
    assert_eq!(send("POST", "/v1/reports", REPORT).expect(409).slug(), "request-replayed");
    let old = browser.sign("POST", "/v1/reports", Some(REPORT), seconds() - 60);
    assert_eq!(under(&page, &old, "POST", "/v1/reports", REPORT).expect(401).slug(), "signature-late");
    let ahead = browser.sign("GET", "/v1/me", None, seconds() + 60);
    assert_eq!(under(&page, &ahead, "GET", "/v1/me", b"").expect(401).slug(), "signature-late");
    let unsigned_body = browser.sign("POST", "/v1/reports", None, seconds());
    assert_eq!(under(&page, &unsigned_body, "POST", "/v1/reports", REPORT).expect(401).slug(), "not-this-device");
}

#[test]
fn nobody_is_given_a_session_that_another_browser_knows() {
    let world = World::new();
    let (attacker, victim) = (world.page(&world.security), world.page(&world.agent));
    // The attacker's cookie in the victim's browser: the victim's key doesn't fit it, so nothing is done in either name.
    let fixed = attacker.bound(victim.browser().unwrap());
    assert_eq!(fixed.get("/v1/me").expect(401).slug(), "not-this-device");
    // A cookie that was there before a sign-in is replaced by it.
    let again =
        on_page(&Client::new(&world.named()).with("cookie", "rf_session=made-up"), &world.named(), &world.agent.token);
    again.without("cookie").get("/v1/me").expect(401);
    // Without a browser's key there is no session at all.
    let form = world.nobody().with("content-type", "application/x-www-form-urlencoded");
    let body = format!("token={}", world.agent.token);
    let bare = form.ask("POST", "/sign-in", body.as_bytes()).unwrap();
    assert_eq!((bare.status, bare.header("set-cookie")), (401, None));
    for device in ["", "AAAA", &said(&[4; 65])] {
        let body = format!("token={}&device={device}", world.agent.token);
        let answer = form.with("accept", "application/json").ask("POST", "/sign-in", body.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.header("set-cookie")), (401, None), "{device}");
    }
}

#[test]
fn a_foreign_page_signs_nobody_in_and_out() {
    let world = World::new();
    let page = world.page(&world.agent);
    for origin in ["https://evil.example", "null", &format!("{}.evil.example", world.origin())] {
        let foreign = page.without("origin").with("origin", origin);
        assert_eq!(foreign.ask("POST", "/sign-out", b"").unwrap().status, 403, "{origin}");
        let challenge =
            world.nobody().without("origin").with("origin", origin).post("/sign-in/passkey/challenge", &json!({}));
        assert_eq!(challenge.status, 403, "{origin}");
    }
    page.get("/v1/me").expect(200);
    assert_eq!(page.ask("POST", "/sign-out", b"").unwrap().status, 303);
    page.get("/v1/me").expect(401);
}

#[test]
fn an_invitation_makes_one_passkey_and_its_answers_count_once() {
    let world = World::new();
    let code = world.invite(&world.security);
    let mut authenticator = Authenticator::new(&world.origin());
    assert_eq!(world.register(&code, &authenticator).expect(200).json(), json!({"waiting": false}));
    assert_eq!(world.register(&code, &Authenticator::new(&world.origin())).expect(410).slug(), "invitation-over");
    assert_eq!(world.register("made-up", &authenticator).expect(410).slug(), "invitation-over");
    let assertion = authenticator.get(&world.challenge());
    let browser = Browser::new();
    let answer = world.sign_in(&assertion, &browser);
    let page = signed_in(&world.nobody(), &browser, &answer);
    assert_eq!(page.get("/v1/me").expect(200).member("name"), "An officer");
    assert_eq!(world.sign_in(&assertion, &Browser::new()).expect(403).slug(), "passkey-copied");
    let stranger = Authenticator::new(&world.origin()).get(&world.challenge());
    assert_eq!(world.sign_in(&stranger, &browser).expect(401).slug(), "no-such-passkey");
    authenticator.origin = "https://evil.example".to_owned();
    let phished = authenticator.get(&world.challenge());
    assert_eq!(world.sign_in(&phished, &browser).expect(403).slug(), "passkey-refused");
    // From here on the machine's operator gives nobody anything.
    let refused = world.centre.run(&["person", "add", "--name", "A friend", "--role", "security_officer"]);
    assert!(!refused.status.success());
    let numbers = world.server.client().with("origin", &format!("http://{}", world.server.address()));
    let nameless = numbers.post("/sign-in/passkey/challenge", &json!({}));
    assert_eq!(nameless.expect(409).slug(), "passkeys-need-a-name");
}

#[test]
fn security_ends_a_session_and_its_stream_within_a_second() {
    let world = World::new();
    let page = world.page(&world.security);
    let (mut stream, head) = page.open("/v1/disclosures/stream");
    assert_eq!(head.status, 200);
    let officer = world.server.client().bearer(&world.security.token);
    let listed: Value = officer.get("/v1/sessions").expect(200).json();
    let [session] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((session["bound"].as_bool(), session["way"].as_str()), (Some(true), Some("token")));
    let id = session["session"].as_str().unwrap();
    let began = Instant::now();
    officer.ask("DELETE", &format!("/v1/sessions/{id}"), b"").unwrap().expect(200);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    page.get("/v1/me").expect(401);
    assert_eq!(page.get("/security").status, 303);
    is_found(&officer, Kind::SessionEnded);
    is_found(&officer, Kind::SessionsRead);
}

/// Registers a passkey and signs in with it.
fn with_passkey(world: &World, person: &Person) -> (Authenticator, Answer) {
    let authenticator = Authenticator::new(&world.origin());
    let answer = world.register(&world.invite(person), &authenticator);
    (authenticator, answer)
}

#[test]
fn an_officer_lets_a_passkey_count_and_its_owner_takes_it_back() {
    let world = World::new();
    let (mut officer, _) = with_passkey(&world, &world.security);
    let (mut agent, waits) = with_passkey(&world, &world.agent);
    let waits = waits.expect(200).json();
    assert_eq!(waits["waiting"], true);
    let early = agent.get(&world.challenge());
    assert_eq!(world.sign_in(&early, &Browser::new()).expect(401).slug(), "no-such-passkey");
    let security = world.server.client().bearer(&world.security.token);
    let list = security.get("/v1/enrolments").expect(200).json();
    assert_eq!(list["items"][0]["name"], "An agent");
    assert!(waits["check"].is_string() && list["items"][0]["check"] == waits["check"], "{waits} {list}");
    // Another one, put in its place: its words are others, and it is declined.
    let (mut other, waits) = with_passkey(&world, &world.agent);
    let own = waits.expect(200).member("check");
    let items = security.get("/v1/enrolments").expect(200).json()["items"].clone();
    let of_other = items.as_array().unwrap().iter().find(|item| item["check"] == own.as_str()).unwrap();
    let path = format!("/v1/enrolments/{}", of_other["enrolment"].as_str().unwrap());
    security.ask("DELETE", &path, b"").unwrap().expect(204);
    security.ask("DELETE", &path, b"").unwrap().expect(404);
    let declined = other.get(&world.challenge());
    assert_eq!(world.sign_in(&declined, &Browser::new()).expect(401).slug(), "no-such-passkey");
    let list = security.get("/v1/enrolments").expect(200).json();
    let at = format!("/v1/enrolments/{}", list["items"][0]["enrolment"].as_str().unwrap());
    // The team leader first; nobody else is one.
    let leader = world.server.client().bearer(&world.leader.token);
    assert_eq!(security.post(&format!("{at}/agreements"), &json!({})).expect(403).slug(), "role-not-allowed");
    leader.post(&format!("{at}/agreements"), &json!({})).expect(204);
    let list = security.get("/v1/enrolments").expect(200).json();
    let item = &list["items"][0];
    assert_eq!(item["agreed_by"], "A leader");
    let challenge = URL_SAFE_NO_PAD.decode(item["challenge"].as_str().unwrap()).unwrap();
    let approve = |by: &mut Authenticator| {
        let Assertion { credential, client_data, authenticator_data, signature } = by.get(&challenge);
        let body = json!({"credential": said(&credential), "client_data": said(&client_data),
            "authenticator_data": said(&authenticator_data), "signature": said(&signature)});
        security.post(&format!("/v1/enrolments/{}/approvals", item["enrolment"].as_str().unwrap()), &body)
    };
    assert_eq!(approve(&mut agent).expect(403).slug(), "not-approved");
    approve(&mut officer).expect(200);
    let (browser, assertion) = (Browser::new(), agent.get(&world.challenge()));
    let page = signed_in(&world.nobody(), &browser, &world.sign_in(&assertion, &browser));
    let own = page.get("/v1/me/passkeys").expect(200).json();
    let id = own["items"][0]["passkey"].as_str().unwrap();
    page.ask("DELETE", &format!("/v1/me/passkeys/{id}"), b"").unwrap().expect(200);
    page.get("/v1/me").expect(401);
    for kind in [Kind::Invited, Kind::PasskeyOffered, Kind::PasskeyAdded, Kind::PasskeyDeclined, Kind::PasskeyDropped] {
        is_found(&security, kind);
    }
}
