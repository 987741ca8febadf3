//! Whom the log is told: real receivers, slow, broken and gone ones; nodes that are killed; and whoever edits the database.

use crate::centre::{Centre, Person, reveal_body};
use crate::http::Client;
use crate::power::enrol_all;
use crate::server::Server;
use crate::sink::{Rsyslog, SECRET, Sink, judged};
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use testkit::postgres::PostgresServer;
use testkit::{Authenticator, Authority, TestDatabase};
use vault::Algorithm;

fn webhook(port: u64, events: &str) -> String {
    format!("[[webhook]]\nurl = \"http://127.0.0.1:{port}/in\"\nsecret = \"{SECRET}\"\nevents = [{events}]\n")
}

/// A case that an agent opens and closes again: two events.
fn one_case(centre: &Centre, nobody: &Client, agent: &Person) -> String {
    let (interaction, customer) = centre.call_from(nobody, agent, 1);
    let client = nobody.bearer(&agent.token);
    let wanted = json!({"interaction": interaction, "reason": "refund"});
    let opened = client.post(&format!("/v1/customers/{customer}/cases"), &wanted).expect(201).member("case");
    client.ask("DELETE", &format!("/v1/cases/{opened}"), b"").unwrap().expect(200);
    customer
}

#[test]
fn a_program_is_told_thinly_in_order_and_again_until_it_takes_it() {
    let mut sink = Sink::webhooks();
    let centre = Centre::new("", &webhook(sink.port, "\"case.opened\", \"case.closed\", \"erasure.done\""));
    centre.import_invented(5);
    let agent = centre.hire("Ada", "agent");
    let server = centre.serve();
    let nobody = server.client();
    let customer = one_case(&centre, &nobody, &agent);
    let (opened, closed) = (sink.next(), sink.next());
    assert_eq!([&opened["type"], &closed["type"]], ["case.opened", "case.closed"]);
    assert_eq!(opened["id"], opened["data"]["entry"]);
    assert_eq!(opened["data"]["person"], agent.id.as_str());
    assert_eq!(opened["data"]["customer"], closed["data"]["customer"]);
    let said = opened.to_string() + &closed.to_string();
    assert!(!said.contains(&customer[4..]) && !said.contains(&crate::centre::invented(1).name), "{said}");
    assert!(opened["bytes"].as_u64().unwrap() < 1_000, "{opened}");

    // It is broken for a while: the same event comes again, and what came after it comes after it.
    sink.answer("500");
    one_case(&centre, &nobody, &agent);
    let first = sink.next();
    sink.answer("200");
    let again = sink.next_where(|taken| taken["answered"] == "200");
    assert_eq!((&first["id"], &first["data"]), (&again["id"], &again["data"]));
    let next = sink.next();
    assert!(next["data"]["place"].as_u64() > again["data"]["place"].as_u64(), "{next}");

    // A redirect leads nowhere.
    let elsewhere = Sink::webhooks();
    sink.answer(&format!("redirect http://127.0.0.1:{}/", elsewhere.port));
    one_case(&centre, &nobody, &agent);
    sink.next_where(|taken| taken["answered"].as_str().is_some_and(|how| how.starts_with("redirect")));
    sink.answer("410");
    sink.next_where(|taken| taken["answered"] == "410");
    let officer = centre.hire("Olga", "security_officer");
    let security = nobody.bearer(&officer.token);
    until("security is told that it is gone", PATIENCE, || {
        security.get("/security").expect(200).text().contains("outlet_stalled")
    });
    assert!(security.get("/security/keys").expect(200).text().contains("wants nothing any more"));
    assert!(elsewhere.rest().is_empty() && sink.rest().is_empty());
    server.stop();
    centre.holds();
}

#[test]
fn a_node_that_is_killed_loses_no_event_and_two_nodes_tell_each_once() {
    let mut sink = Sink::webhooks();
    let centre = Centre::of_nodes(5, 1_000);
    let file = centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "\n" + &webhook(sink.port, "\"case.opened\", \"case.closed\"")).unwrap();
    let agent = centre.hire("Ada", "agent");
    let mut one = centre.serve();
    // It takes an event and the node dies before it hears so: the event comes again, under the same id.
    sink.answer("slow");
    one_case(&centre, &one.client(), &agent);
    let cut = sink.next();
    one.kill();
    sink.answer("200");
    let nodes: [Server; 2] = [centre.serve(), centre.serve()];
    let again = sink.next_where(|taken| taken["answered"] == "200");
    assert_eq!((&cut["id"], &cut["data"]), (&again["id"], &again["data"]));
    sink.next();
    // From now on both are up: each event once, in the log's order.
    for round in 0..10 {
        one_case(&centre, &nodes[round % 2].client(), &agent);
    }
    let places: Vec<u64> = (0..20).map(|_| sink.next()["data"]["place"].as_u64().unwrap()).collect();
    assert!(places.is_sorted() && places.iter().collect::<BTreeSet<_>>().len() == 20, "{places:?}");
    let [first, second] = nodes;
    first.stop();
    second.stop();
    assert!(sink.rest().is_empty());
}

/// Work that leaves entries of many classes.
fn worked(centre: &Centre, server: &Server, agent: &Person, officer: &Person) {
    let nobody = server.client();
    let (interaction, customer) = centre.call_from(&nobody, agent, 1);
    let client = nobody.bearer(&agent.token);
    let on = |what: &str| format!("/v1/customers/{customer}/{what}");
    client.post(&on("views"), &json!({"interaction": interaction})).expect(200);
    client.post(&on("reveals"), &reveal_body(&interaction, "phone", "callback")).expect(200);
    client.post(&on("notes"), &json!({"interaction": interaction, "text": "Rang about a lamp."})).expect(201);
    client.get("/v1/disclosures").expect(403);
    nobody.bearer(&officer.token).get("/v1/disclosures").expect(200);
    let drills = json!({"results": [{"drill": "reveal-on-hold", "verdict": "pierced", "where": "deployment"}]});
    nobody.bearer(&officer.token).post("/v1/drills", &drills).expect(201);
}

/// Classes and activities, by the entries' kinds.
fn kinds(events: &[Value]) -> BTreeMap<String, u64> {
    let one = |event: &Value| {
        (event["metadata"]["event_code"].as_str().unwrap().to_owned(), event["type_uid"].as_u64().unwrap())
    };
    events.iter().map(one).collect()
}

fn holds_all(events: &[Value]) -> bool {
    let kinds = kinds(events);
    let wanted = [
        ("reveal", 600_510),
        ("view", 600_501),
        ("log_read", 600_302),
        ("sign_in", 300_201),
        ("drill_told", 200_301),
        ("alarm_raised", 200_401),
    ];
    wanted.iter().all(|(kind, number)| kinds.get(*kind) == Some(number))
}

#[test]
fn security_collects_events_of_the_schema_by_https_and_in_a_file() {
    let authority = Authority::new();
    let own = authority.server("localhost");
    let (certificate, key) = (own.certificate.to_str().unwrap(), own.key.to_str().unwrap());
    let sink = Sink::start(&["--ocsf", "--tls", certificate, key]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    fs::write(folder.path().join("token"), "a-token-of-the-collectors\n").unwrap();
    let collectors = format!(
        "[[collector]]\nurl = \"https://localhost:{}/in\"\nprivate = true\nca_file = \"{}\"\ntoken_file = \"{}\"\n\
         [[collector]]\nfile = \"{}\"\n[[collector]]\nurl = \"https://localhost:{}/in\"\nca_file = \"{}\"\n",
        sink.port,
        authority.certificate().display(),
        folder.path().join("token").display(),
        file.display(),
        sink.port,
        authority.certificate().display(),
    );
    let centre = Centre::new("", &collectors);
    centre.import_invented(5);
    let (agent, officer) = (centre.hire("Ada Agent", "agent"), centre.hire("Olga Officer", "security_officer"));
    let server = centre.serve();
    worked(&centre, &server, &agent, &officer);
    let mut events = Vec::new();
    until("the collector has all kinds", PATIENCE, || {
        let taken = sink.next();
        assert_eq!(taken["token"], "Bearer a-token-of-the-collectors", "the third one isn't allowed to come here");
        events.push(taken["event"].clone());
        holds_all(&events)
    });
    let places: Vec<u64> = events.iter().map(|event| event["metadata"]["sequence"].as_u64().unwrap()).collect();
    assert_eq!(places, (0..events.len() as u64).collect::<Vec<_>>(), "all of the log, in its order");
    let written = || -> Vec<Value> {
        let text = fs::read_to_string(&file).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    until("the file has them too", PATIENCE, || holds_all(&written()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    server.stop();
    let (problems, count) = judged(&file);
    assert!(problems.is_empty() && count >= events.len() as u64, "{problems:?}");
    // Nobody's data, no name of staff, no secret; and each outlet knows a customer by another name.
    let text = fs::read_to_string(&file).unwrap() + &Value::from(events.clone()).to_string();
    let customer = crate::centre::invented(1);
    for never in [&customer.name, &customer.phone, "Ada Agent", "lamp", "a-token-of", "whsec_"] {
        assert!(!text.contains(never), "{never}");
    }
    let handle = |events: &[Value]| {
        let reveal = events.iter().find(|event| event["metadata"]["event_code"] == "reveal").unwrap().clone();
        reveal["table"]["uid"].as_str().unwrap().to_owned()
    };
    assert_ne!(handle(&events), handle(&written()));
    let said: String =
        fs::read_dir(centre.logs()).unwrap().map(|one| fs::read_to_string(one.unwrap().path()).unwrap()).collect();
    assert!(said.contains("an outlet doesn't take what it is told") && !said.contains("a-token-of"), "{said}");
    centre.holds();
}

#[test]
fn a_syslog_collector_that_was_away_gets_everything() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let own = authority.server("localhost");
    let folder = tempfile::tempdir().unwrap();
    let mut collector = Rsyslog::new(folder.path(), &authority.certificate(), (&own.certificate, &own.key));
    let configured = |ca: &Authority| {
        let ca = ca.certificate();
        format!("[[collector]]\nsyslog = \"localhost:{}\"\nca_file = \"{}\"\n", collector.port, ca.display())
    };
    let (right, wrong) = (configured(&authority), configured(&stranger));
    let centre = Centre::new("", &wrong);
    centre.import_invented(5);
    let (agent, officer) = (centre.hire("Ada Agent", "agent"), centre.hire("Olga Officer", "security_officer"));
    let server = centre.serve();
    worked(&centre, &server, &agent, &officer);
    collector.start();
    until("it is tried and not believed", PATIENCE, || {
        let page = server.client().bearer(&officer.token).get("/security/keys").expect(200).text();
        page.contains("takes nothing")
    });
    assert!(collector.events().is_empty(), "somebody else vouches for it");
    server.stop();
    let file = centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(&wrong, &right)).unwrap();
    let server = centre.serve();
    until("it has all kinds", PATIENCE, || holds_all(&collector.events()));
    server.stop();
    let (problems, _) = judged(&collector.taken);
    assert!(problems.is_empty(), "{problems:?}");
    let places: Vec<u64> =
        collector.events().iter().map(|event| event["metadata"]["sequence"].as_u64().unwrap()).collect();
    assert_eq!(places.iter().copied().collect::<BTreeSet<_>>(), (0..=*places.iter().max().unwrap()).collect());
}

#[test]
fn whoever_edits_how_far_somebody_was_told_hides_nothing_and_is_noticed() {
    let sink = Sink::webhooks();
    let centre = Centre::new("", &webhook(sink.port, "\"case.opened\", \"case.closed\""));
    centre.import_invented(5);
    let (agent, officer) = (centre.hire("Ada", "agent"), centre.hire("Olga", "security_officer"));
    let server = centre.serve();
    let nobody = server.client();
    one_case(&centre, &nobody, &agent);
    let first = sink.next()["id"].clone();
    sink.next();
    let security = nobody.bearer(&officer.token);
    let begun = || {
        let found = security.get("/v1/disclosures?kind=outlet_begun").expect(200).json();
        found["items"].as_array().unwrap().len()
    };
    assert_eq!(begun(), 1);
    // The row is taken out: it begins again, which is an entry.
    until("the row is taken out", PATIENCE, || centre.database().edit("DELETE FROM admission WHERE kind = 47") == 1);
    assert_eq!(sink.next()["id"], first);
    sink.next();
    until("an entry tells that it began again", PATIENCE, || begun() == 2);
    assert!(!security.get("/security").expect(200).text().contains("outlet_stalled"));
    // It is set where nothing is told any more: that is no row of a node's.
    let far = "UPDATE admission SET body = CAST(x'00000000000f4240' || substr(body, 9) AS BLOB) WHERE kind = 47";
    let far = if centre.database().address().is_some() {
        far.replace("CAST(x'00000000000f4240'", "('\\x00000000000f4240'::bytea").replace(" AS BLOB)", ")")
    } else {
        far.to_owned()
    };
    until("the row is edited", PATIENCE, || centre.database().edit(&far) == 1);
    assert_eq!(sink.next()["id"], first);
    until("security is told", PATIENCE, || security.get("/security").expect(200).text().contains("outlet_stalled"));
    let told = security.get("/v1/disclosures?kind=alarm_raised").expect(200).json();
    assert!(!told["items"].as_array().unwrap().is_empty());
    server.stop();
    centre.holds();
}

#[test]
fn whom_officers_did_not_agree_to_is_told_nothing() {
    let (agreed, other) = (Sink::webhooks(), Sink::webhooks());
    let events = "\"case.opened\", \"case.closed\"";
    let centre = Centre::new("", &webhook(agreed.port, events));
    centre.import_invented(5);
    let officers = ["Sol Officer", "Sue Officer"].map(|name| centre.hire(name, "security_officer"));
    let agent = centre.hire("Ada", "agent");
    let keys = ["sol", "sue"].map(|name| Authenticator::named(Algorithm::Es256, name));
    enrol_all(&centre, &[(&officers[0], &keys[0]), (&officers[1], &keys[1])]);
    // Whoever runs the node adds another one, and has the first told of more.
    let file = centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + &webhook(other.port, events)).unwrap();
    let server = centre.serve();
    let nobody = server.client();
    one_case(&centre, &nobody, &agent);
    agreed.next_of("case.closed");
    let page = nobody.bearer(&officers[0].token).get("/security/proposals").expect(200).text();
    let added = format!("Add the outlet webhook http://127.0.0.1:{}/in for case.closed case.opened.", other.port);
    assert!(page.contains(&added), "{page}");
    server.stop();
    assert!(other.rest().is_empty());
}

#[test]
fn a_webhook_is_tried_before_anything_hangs_on_it() {
    let mut sink = Sink::webhooks();
    let centre = Centre::new("", &webhook(sink.port, "\"case.opened\""));
    let said = centre.good(&["webhook", "test"]);
    assert!(said.contains("taken") && !said.contains(SECRET), "{said}");
    assert_eq!(sink.next()["type"], "ringfence.test");
    sink.answer("403");
    let output = centre.run(&["webhook", "test"]);
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("it refuses") && !said.contains(SECRET), "{said}");
}

/// When one is due is vault `digests.rs`'s, how it is sent carriers'.
#[test]
fn a_digest_waits_for_its_hour_and_is_shown_to_who_watches() {
    let mail = testkit::MailServer::start();
    let centre = Centre::new("", "");
    let officer = centre.hire("Olga Officer", "security_officer");
    let file = centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&file).unwrap();
    let digest = format!(
        "[mail]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"Ringfence <no-reply@ringfence.example>\"\n\
         [[digest]]\nto = \"olga@example.com\"\nperson = \"{}\"\nzone = \"Europe/Berlin\"\nlanguage = \"de\"\n",
        mail.port, officer.id
    );
    fs::write(&file, text + "\n" + &digest).unwrap();
    let server = centre.serve();
    let security = server.client().bearer(&officer.token);
    until("its turn has begun", PATIENCE, || centre.number("SELECT count(*) FROM admission WHERE kind = 47") == 1);
    let page = security.get("/security/keys").expect(200).text();
    assert!(
        page.contains("digest to olga@example.com for ") && page.contains("each day at 7 in Europe/Berlin"),
        "{page}"
    );
    server.stop();
    assert!(mail.is_empty(), "none is due yet");
    centre.holds();
}

#[test]
fn a_database_that_is_restarted_while_events_wait_loses_none() {
    let mut sink = Sink::webhooks();
    let server = Arc::new(PostgresServer::start());
    let centre = Centre::filled_on(|_| TestDatabase::on(Arc::clone(&server)), 5, 1_000, 20);
    let file = centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "\n" + &webhook(sink.port, "\"case.opened\", \"case.closed\"")).unwrap();
    let agent = centre.hire("Ada", "agent");
    let node = centre.serve();
    sink.answer("500");
    for _ in 0..3 {
        one_case(&centre, &node.client(), &agent);
    }
    sink.next();
    server.restart("immediate");
    sink.answer("200");
    let mut places = BTreeSet::new();
    until("all six events come", PATIENCE, || {
        let taken = sink.next();
        if taken["answered"] == "200" {
            places.insert(taken["data"]["place"].as_u64().unwrap());
        }
        places.len() == 6
    });
    node.stop();
    centre.holds();
}
