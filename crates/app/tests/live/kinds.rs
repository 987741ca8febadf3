//! Every kind of entry, caused at the real endpoints and commands, and found in the log by asking for it.

use crate::centre::bytes_of;
use crate::centre::{Centre, Person, invented, reveal_body};
use crate::http::Answer;
use crate::http::Client;
use crate::phones::Phones;
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::FieldKind;
use serde_json::json;
use testkit::{Authenticator, Browser};
use vault::Kind;

/// A page's session by token; gives the client that has its cookie.
pub(crate) fn on_page(nobody: &Client, address: &str, token: &str) -> Client {
    let browser = Browser::new();
    let form = nobody.with("origin", &format!("http://{address}")).with("accept", "application/json");
    let form = form.with("content-type", "application/x-www-form-urlencoded");
    let body = format!("token={token}&device={}", browser.shown());
    signed_in(
        &nobody.with("origin", &format!("http://{address}")),
        &browser,
        &form.ask("POST", "/sign-in", body.as_bytes()).unwrap(),
    )
}

/// One officer asks at a browser, and somebody of security at another: the erasure's answer.
pub(crate) fn erased(centre: &Centre, server: &Server, officer: &Person, customer: &str) -> Answer {
    let second = centre.hire("Sigrid Seconds", "security_officer");
    let [first, second] = [officer, &second].map(|person| on_page(&server.client(), server.address(), &person.token));
    let path = format!("/v1/customers/{customer}");
    first.ask("DELETE", &path, b"").unwrap().expect(202);
    second.ask("DELETE", &path, b"").unwrap().expect(200)
}

/// The client with the session that a sign-in's answer began.
pub(crate) fn signed_in(nobody: &Client, browser: &Browser, answer: &Answer) -> Client {
    let answer = answer.clone().expect(200);
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let id = bytes_of(&answer.member("session")).try_into().unwrap();
    let public = URL_SAFE_NO_PAD.decode(answer.member("public")).unwrap();
    nobody.with("cookie", &cookie).bound(browser.agree(&id, &public))
}

pub(crate) fn is_found(security: &Client, kind: Kind) {
    let asked = format!("/v1/disclosures?kind={}", kind.slug());
    until(kind.slug(), PATIENCE, || {
        let found = security.get(&asked).expect(200).json();
        found["items"].as_array().unwrap().iter().any(|item| item["kind"] == kind.slug())
    });
}

#[test]
fn every_kind_of_entry_is_written_by_what_it_tells_of() {
    let phones = Phones::listen();
    let centre = Centre::new("", &format!("{}\n[closes]\nevery_s = 1\n", phones.config()));
    centre.import_invented(20);
    let (agent, officer) = (centre.hire("An agent", "agent"), centre.hire("An officer", "security_officer"));
    let (guard, gone) = (centre.hire("A guardian", "data_protection_officer"), centre.hire("Gone", "agent"));
    let analyst = centre.hire("An analyst", "security_analyst");
    centre.good(&["person", "list"]);
    centre.good(&["person", "revoke", &gone.id]);
    centre.good(&["person", "left", &gone.id]);
    centre.good(&["shelf", "turn"]);
    crate::power::enrol(&centre, &officer, &Authenticator::new("http://localhost:8480"));
    let server = centre.serve();
    let nobody = server.client();
    let client = nobody.bearer(&agent.token);
    let security = nobody.bearer(&officer.token);

    let (call, customer) = centre.call_from(&nobody, &agent, 1);
    let on = |what: &str| format!("/v1/customers/{customer}/{what}");
    client.post(&on("views"), &json!({"interaction": call})).expect(200);
    let keyed = client.with("idempotency-key", "once");
    for _ in 0..2 {
        keyed.post(&on("reveals"), &reveal_body(&call, "phone", "callback")).expect(200);
    }
    let said = json!({"interaction": call, "field": "phone", "said": "+442079460999"});
    client.post(&on("verifications"), &said).expect(200);
    client.post(&on("notes"), &json!({"interaction": call, "text": "Rang about a lamp."})).expect(201);
    client.post(&format!("/v1/interactions/{call}/codes"), &json!({})).expect(202);
    let reference = client.get(&format!("/v1/interactions/{call}")).expect(200).member("reference");
    let entered = json!({"interaction": reference, "code": "000000"});
    centre.tell(&nobody, "interaction.code_entered", &crate::centre::now(), &entered);
    let free = centre.call(&nobody, &agent, None);
    let order = json!({"order": invented(5).orders[0].number});
    let hits = client.post(&format!("/v1/interactions/{free}/searches"), &order).expect(200).json();
    let claim = json!({"customer": hits["hits"][0]["customer"], "claim": hits["hits"][0]["claim"]});
    client.post(&format!("/v1/interactions/{free}/claims"), &claim);
    let report = client.post("/v1/reports", &json!({"text": "Somebody took a photograph of a screen."})).expect(201);
    let steps = format!("/v1/reports/{}/steps", report.member("report"));
    security.post(&steps, &json!({"step": "acknowledge"})).expect(201);
    client.post(&format!("/v1/reports/{}/replies", report.member("report")), &json!({"text": "Again."})).expect(201);
    security.post(&steps, &json!({"step": "close", "found": "stopped"})).expect(201);
    nobody.bearer(&guard.token).get("/v1/reports/outside").expect(200);
    nobody.bearer(&guard.token).get(&format!("/v1/interactions/{call}")).expect(404);
    let marked = security.put(&on("guard"), &json!({"reason": "own_staff"})).expect(200);
    assert!(marked.member("receipt").starts_with("ent_"));
    let listed = security.get("/v1/guards").expect(200).json();
    assert_eq!(listed["items"], json!([{"customer": customer, "reason": "own_staff"}]));
    // What two must ask, no program asks.
    assert_eq!(security.ask("DELETE", &on("guard"), b"").unwrap().expect(403).slug(), "not-a-second-officer");
    let [at_security, at_analyst, guardian] =
        [&officer, &analyst, &guard].map(|person| on_page(&nobody, server.address(), &person.token));
    at_security.ask("DELETE", &on("guard"), b"").unwrap().expect(202);
    at_analyst.ask("DELETE", &on("guard"), b"").unwrap().expect(200);
    guardian.put(&on("hold"), &json!({"reason": "fraud_evidence"})).expect(202);
    at_security.put(&on("hold"), &json!({"reason": "fraud_evidence"})).expect(200);
    let whole = format!("/v1/customers/{customer}");
    assert_eq!(guardian.ask("DELETE", &whole, b"").unwrap().expect(409).slug(), "legal-hold");
    at_security.ask("DELETE", &on("hold"), b"").unwrap().expect(202);
    guardian.ask("DELETE", &on("hold"), b"").unwrap().expect(200);
    let result = json!({"drill": "reveal-on-hold", "verdict": "held", "where": "scratch"});
    security.post("/v1/drills", &json!({"results": [result]})).expect(201);
    nobody.bearer(&guard.token).get("/v1/culture").expect(403);
    client.post("/v1/lessons", &json!({"lesson": "read-back"})).expect(204);
    let pack = json!({"nonce": "0".repeat(64), "manifest": "1".repeat(64)});
    security.post("/v1/packs", &pack).expect(201);
    drop(security.open("/v1/disclosures/stream"));
    security.get("/v1/reports").expect(200);
    let asked = format!("person={}&device=program&act=reveal&field=phone&purpose=callback", agent.id);
    security.get(&format!("/v1/decisions?{asked}")).expect(200);
    security.get("/v1/disclosures").expect(200);
    security.get("/v1/disclosures/export").expect(200);
    security.get("/v1/blast-radius").expect(200);
    security.post("/v1/power/changes", &json!({"change": "left", "person": guard.id})).expect(201);
    let page = on_page(&nobody, server.address(), &officer.token);
    assert!(page.get("/security").expect(200).text().contains("Ask the whole log"));
    assert!(page.get("/security/guard").expect(200).text().contains("Guard no longer"));
    page.ask("POST", "/sign-out", b"").unwrap().expect(303);
    nobody.bearer(&guard.token).post(&on("statements"), &json!({})).expect(201);
    assert_eq!(
        nobody.bearer(&guard.token).ask("DELETE", &whole, b"").unwrap().expect(403).slug(),
        "not-a-second-officer"
    );
    guardian.ask("DELETE", &whole, b"").unwrap().expect(202);
    let erased = at_security.ask("DELETE", &whole, b"").unwrap().expect(200);
    let certificate = format!("/v1/certificates/{}", erased.member("receipt"));
    until("the certificate", PATIENCE, || security.get(&certificate).status == 200);

    // Those of the list of people have tests of their own (people.rs, machines.rs, vault granting.rs, e2e/provider.test.mjs).
    let people =
        [Kind::DirectoryRead, Kind::PersonProposed, Kind::ProposalDeclined, Kind::DeviceAsked, Kind::DeviceAgreed];
    // And those of signing in (sign_in.rs).
    let sign_in = [
        Kind::SessionEnded,
        Kind::SessionsRead,
        Kind::SessionMisused,
        Kind::Invited,
        Kind::PasskeyOffered,
        Kind::PasskeyAdded,
        Kind::PasskeyDeclined,
        Kind::PasskeyDropped,
    ];
    // And of budgets (budgets.rs; vault spending.rs).
    let budgets = [Kind::TeamRead, Kind::BudgetsRead, Kind::SpendingDisagrees, Kind::BudgetMended, Kind::BudgetCarried];
    // A store older than roots is sealed once: vault `power.rs` makes one.
    let own = [Kind::EntryLost, Kind::AllotmentReturned, Kind::PowerDoubted, Kind::PowerSealed];
    // And of rules, limits, the data plan and settings (governance.rs, settings.rs; vault proposals.rs, planning.rs, settings.rs).
    let governing = [
        Kind::RulesChanged,
        Kind::LimitsChanged,
        Kind::PlanChanged,
        Kind::SettingsChanged,
        Kind::ProposalSigned,
        Kind::ProposalWithdrawn,
        Kind::LogReplayed,
    ];
    // And of suites (vault rewrapping.rs; rewrap.rs).
    let suites = [Kind::SuiteRaised, Kind::FieldsRewrapped, Kind::SuiteRetired];
    // And of the root key's ceremonies (ceremony.rs; vault ceremony.rs).
    let ceremonies = [Kind::CeremonyStep, Kind::CeremonyStepsGone];
    // And of second people (approvals.rs).
    let second = [Kind::ApprovalAsked, Kind::ApprovalGiven, Kind::ApprovalDeclined];
    // And of broken glass (glass.rs).
    let glass = [Kind::GlassAsked, Kind::GlassAgreed, Kind::GlassDeclined, Kind::GlassBroken, Kind::GlassReviewed];
    // Retention begins a minute after the start, and nothing is old enough here (vault retention.rs).
    let retention = [Kind::Expired, Kind::RetentionRun, Kind::ValuesExpiring, Kind::ValuesExpired];
    // And of whom the log is told (outlets.rs; vault outlets.rs).
    let outlets = [Kind::OutletBegun, Kind::AlarmRaised, Kind::AlarmCleared];
    // And of cases (cases.rs).
    let cases = [Kind::CaseOpened, Kind::CaseClosed, Kind::CasesRead];
    // And of customers' requests and what they had limited (requests.rs).
    let of_requests = |kind: &Kind| kind.slug().starts_with("request") || kind.slug().starts_with("limit_end");
    let requests = Kind::ALL.iter().copied().filter(of_requests).collect::<Vec<_>>();
    // And of drills for people (culture.rs).
    let drills = [Kind::PeopleDrillPlanned, Kind::PeopleDrillEnded, Kind::PeopleDrillMet, Kind::PeopleDrillAnswered];
    // And of what is reported to the board (board.rs; vault board.rs).
    let board = Kind::ALL.iter().copied().filter(|kind| kind.slug().starts_with("board_")).collect::<Vec<_>>();
    // And of customers on their own page (me.rs).
    let own_side = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.slug().starts_with("own_") || kind.slug().starts_with("consent_"))
        .collect::<Vec<_>>();
    let later = [
        people.as_slice(),
        &own_side,
        &sign_in,
        &budgets,
        &own,
        &governing,
        &suites,
        &ceremonies,
        &second,
        &glass,
        &retention,
        &outlets,
        &cases,
        &requests,
        &drills,
        &board,
    ]
    .concat();
    for kind in Kind::ALL.iter().copied().filter(|kind| !later.contains(kind)) {
        is_found(&security, kind);
    }
    // Somebody takes an entry out of the database before it has its place.
    let database = centre.database();
    until("an entry that waits is caught", PATIENCE, || {
        security.get("/v1/disclosures").expect(200);
        database.edit("DELETE FROM pending WHERE entry = (SELECT entry FROM pending ORDER BY entry DESC LIMIT 1)") == 1
    });
    is_found(&security, Kind::EntryLost);
    // Somebody takes a person out.
    let people = database.keep("person");
    assert_eq!(database.edit("DELETE FROM person WHERE name = 'Gone'"), 1);
    is_found(&security, Kind::PowerDoubted);
    database.put_back(&people);
    until("people are as they were", PATIENCE, || security.get("/v1/people").status == 200);
    let narrow = format!("/v1/disclosures?person={}&field={}&decision=allowed", agent.id, FieldKind::Phone.slug());
    let found = security.get(&narrow).expect(200).json();
    let items = found["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["kind"] == "redelivery"));
    assert!(items.iter().all(|item| item["person"] == agent.id.as_str() && item["field"] == "phone"));
    let proof = items[0]["receipt_url"].as_str().unwrap();
    assert!(matches!(security.get(proof).status, 200 | 202));
    // A node that stops gives back what it holds.
    server.stop();
    is_found(&centre.serve().client().bearer(&officer.token), Kind::AllotmentReturned);
}

#[test]
fn a_question_that_is_mistyped_is_refused_and_not_answered_more_widely() {
    let centre = Centre::new("", "");
    let officer = centre.hire("An officer", "security_officer");
    let server = centre.serve();
    let security = server.client().bearer(&officer.token);
    for path in ["/v1/disclosures", "/v1/disclosures/export"] {
        security.get(&format!("{path}?persn=secret")).expect(400);
        for wrong in ["person", "customer", "purpose", "field", "from", "to", "decision", "kind", "show"] {
            let answer = security.get(&format!("{path}?{wrong}=secret")).expect(422);
            assert!(answer.text().contains(wrong) && !answer.text().contains("secret"));
        }
    }
    security.get("/v1/disclosures?cursor=secret").expect(422);
    security.get("/v1/disclosures?limit=201").expect(422);
    let asked = security.get("/v1/disclosures?kind=log_read").expect(200).json();
    assert!(asked["items"].as_array().unwrap().is_empty(), "nothing was asked of the log yet: {asked}");
}
