//! Two client companies on one node: whatever somebody of one asks for by an id of the other's is answered as an id that
//! nobody has, and the other's log says nothing of it.

use crate::authorisation::{Hand, ask, endpoints};
use crate::centre::{Centre, Person, ROLES, TENANT, invented, literal, now};
use crate::decisions::add_customer_to;
use crate::http::{Answer, Client};
use crate::keyholding::Holder;
use crate::kinds::on_page;
use crate::server::Server;
use crate::wait::{PATIENCE, seconds, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;

const OTHER: &str = "globex";
const SECRET: &str = "whsec_Z2xvYmV4Z2xvYmV4Z2xvYmV4Z2xvYmV4Z2xvYmV4Z2w=";
/// What stands in an id that nobody has.
const NONE: &str = "00000000000000000000000000000000";

/// A node with two tenants, and staff in every role of both.
struct World {
    ours: Vec<Person>,
    theirs: Vec<Person>,
    server: Server,
    centre: Centre,
    _holder: Holder,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut holder = Holder::of(folder.path(), &["1", "2"]);
        holder.start();
        let centre = Centre::apart(&holder.socket(), 3);
        let file = centre.data().join("ringfence.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let second = format!(
            "[[tenant]]\nid = 2\nslug = \"{OTHER}\"\norigin = \"log.example.com/{OTHER}\"\n\n\
             [[event_source]]\nname = \"theirs\"\ntenant = \"{OTHER}\"\nsecret = \"{SECRET}\"\n\n[[event_source]]"
        );
        let attempts = "[budgets]\napproval_per_hour = 1000000\n";
        let text = text.replacen("[[event_source]]", &second, 1).replacen("[budgets]\n", attempts, 1);
        std::fs::write(&file, text).unwrap();
        add_customer_to(&centre, OTHER, 9);
        let staff = |tenant: &str| {
            let team = |role: &str| if role == "team_leader" { "south" } else { "north" };
            ROLES.map(|role| centre.hire_at(tenant, team(role), &format!("{tenant} {role}"), role)).to_vec()
        };
        let (ours, theirs) = (staff(TENANT), staff(OTHER));
        let server = centre.serve();
        until("it is ready for both", PATIENCE, || server.client().get("/readyz").status == 200);
        Self { ours, theirs, server, centre, _holder: holder, _folder: folder }
    }

    fn their(&self, role: &str) -> (&Person, Client) {
        let person = &self.theirs[ROLES.iter().position(|other| *other == role).unwrap()];
        (person, self.server.client().bearer(&person.token))
    }

    /// A call to an agent of theirs, and whose it is.
    fn their_call(&self) -> (String, String) {
        let (person, agent) = self.their("agent");
        let data = json!({"interaction": "theirs", "channel": "call", "person": person.id,
            "from": {"phone": invented(9).phone}});
        let event = json!({"type": "interaction.connected", "timestamp": now(), "data": data}).to_string();
        let nobody = self.server.client();
        let told = self.centre.signed(&nobody, SECRET, &self.centre.message(), seconds(), event.as_bytes());
        let interaction = told.expect(202).member("interaction");
        let customer = agent.get(&format!("/v1/interactions/{interaction}")).expect(200).member("customer");
        (interaction, customer)
    }

    /// Something of theirs under every kind of id.
    fn things(&self) -> Things {
        let ((person, agent), (_, officer)) = (self.their("agent"), self.their("security_officer"));
        let (interaction, customer) = self.their_call();
        let of = |what: &str| format!("/v1/customers/{customer}/{what}");
        let called = json!({"interaction": interaction});
        let view = agent.post(&of("views"), &called).expect(200).member("receipt");
        let found =
            agent.post(&format!("/v1/interactions/{interaction}/searches"), &json!({"phone": invented(9).phone}));
        let claim = found.expect(200).json()["hits"][0]["claim"].clone();
        let page = on_page(&self.server.client(), self.server.address(), &self.their("team_leader").0.token);
        let wanted = json!({"interaction": interaction, "field": "bank_account", "instance": 1, "purpose": "payment"});
        let approval = agent.post(&of("approvals"), &wanted).expect(202).member("approval");
        let reason = json!({"interaction": interaction, "reason": "complaint"});
        let case = agent.post(&of("cases"), &reason).expect(201).member("case");
        officer.put(&of("guard"), &json!({"reason": "vulnerable"})).expect(200);
        let session = officer.get("/v1/sessions").expect(200).json()["items"][0]["session"].clone();
        let draft = json!({"change": "add_person", "name": "Nia New", "role": "agent", "team": "north"});
        let draft = officer.post("/v1/power/changes", &draft).expect(201);
        let scim = self.their("integrator").1.with("content-type", "application/scim+json");
        let new = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "otto"}).to_string();
        let proposal = scim.ask("POST", "/scim/v2/Users", new.as_bytes()).unwrap().expect(201).member("id");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let ids = BTreeMap::from([
            ("cus_", vec![customer]),
            ("int_", vec![interaction, case]),
            ("per_", vec![person.id.clone(), proposal]),
            ("apr_", vec![approval]),
            ("ses_", vec![text(&session)]),
            ("ent_", vec![view]),
        ]);
        let change = (draft.member("change"), draft.member("draft"));
        Things { ids, claim: text(&claim), change, _page: page }
    }

    /// Entries of theirs.
    fn told(&self) -> u64 {
        self.centre.number("SELECT count(*) FROM entry WHERE tenant = 2")
    }

    /// Kinds of the newest of them.
    fn newest(&self) -> Vec<String> {
        let (_, officer) = self.their("security_officer");
        let found = officer.get("/v1/disclosures?show=all&limit=6").expect(200).json();
        found["items"].as_array().unwrap().iter().map(|one| one["kind"].to_string()).collect()
    }
}

/// What is theirs, by the beginnings of its ids.
struct Things {
    ids: BTreeMap<&'static str, Vec<String>>,
    claim: String,
    /// A drafted change of power: its name, and itself.
    change: (String, String),
    /// Who could be a second person is signed in here.
    _page: Client,
}

impl Things {
    /// The same text with their ids in place of those that nobody has; of several, the n-th.
    fn in_place(&self, text: &str, n: usize) -> String {
        let put = |text: String, (kind, ids): (&&str, &Vec<String>)| {
            text.replace(&format!("{kind}{NONE}"), &ids[n % ids.len()])
        };
        let text = self.ids.iter().fold(text.to_owned(), put);
        let (no_name, no_draft) = crate::power::NO_DRAFT;
        text.replace(no_name, &self.change.0).replace(&format!("\"{no_draft}\""), &format!("\"{}\"", self.change.1))
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.ids.values().flatten()
    }
}

/// A hand that asks for what isn't there.
pub(crate) fn empty(who: &'static str, client: &Client, claim: &str) -> Hand {
    let none = |kind: &str| format!("{kind}{NONE}");
    Hand {
        who,
        client: client.clone(),
        serving: none("per_"),
        interaction: none("int_"),
        customer: none("cus_"),
        claiming: none("int_"),
        claim: json!({"customer": none("cus_"), "claim": claim}),
        receipt: none("ent_"),
    }
}

/// Questions whose ids stand elsewhere than in the table's.
fn further() -> Vec<(&'static str, String, Option<Value>)> {
    let (person, customer) = (format!("per_{NONE}"), format!("cus_{NONE}"));
    let get = |path: String| ("GET", path, None);
    let mut all = vec![
        get(format!("/v1/decisions?person={person}&act=view")),
        get(format!("/v1/decisions?person={person}&act=view&interaction=int_{NONE}")),
        get(format!("/v1/disclosures?customer={customer}")),
        get(format!("/v1/disclosures?person={person}")),
        get(format!("/v1/disclosures/export?customer={customer}")),
    ];
    let changes = [
        json!({"change": "set_role", "person": person, "role": "auditor", "team": "north"}),
        json!({"change": "reports_to", "person": person, "manager": null}),
        json!({"change": "left", "person": person}),
        json!({"change": "drop_key", "person": person}),
        json!({"change": "drop_login", "person": person}),
        json!({"change": "drop_token", "person": person}),
        json!({"change": "keep_token", "person": person}),
        json!({"change": "bind_login", "person": person, "issuer": "https://id.example", "subject": "ana"}),
        json!({"change": "apply_proposal", "proposal": person, "role": "agent"}),
        json!({"change": "add_person", "name": "Nia", "role": "agent", "team": "", "reports_to": person}),
    ];
    let report = json!({"text": "Somebody took a photograph of a screen.", "interaction": format!("int_{NONE}")});
    all.push(("POST", "/v1/reports".to_owned(), Some(report)));
    all.extend(changes.map(|change| ("POST", "/v1/power/changes".to_owned(), Some(change))));
    all
}

fn sent(client: &Client, method: &str, path: &str, body: Option<&str>) -> Answer {
    let client = client.with("content-type", "application/json");
    client.ask(method, path, body.unwrap_or_default().as_bytes()).unwrap()
}

/// An answer without what is of its own moment: its date, and the names of requests, entries and drafts.
fn shape(answer: &Answer) -> String {
    let lines = answer.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    let whole = format!("{}\n{}", lines.collect::<Vec<_>>().join("\n"), answer.text());
    let mut out = String::new();
    let mut rest = whole.as_str();
    while let Some(at) = rest.find('_') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits >= 16 {
            rest = &rest[digits..];
        }
    }
    out + rest
}

/// A question, with ids that nobody has.
struct Asked {
    method: String,
    path: String,
    body: Option<String>,
}

impl Asked {
    /// Every question there is. A stream doesn't end; what it brings is what the list brings.
    fn all(hand: &Hand) -> Vec<Self> {
        let of = |endpoint: &String| {
            let (path, body) = ask(endpoint, hand);
            let method = endpoint.split_once(' ').unwrap().0.to_owned();
            Self { method, path, body: body.map(|body| body.to_string()) }
        };
        let more = further().into_iter().map(|(method, path, body)| Self {
            method: method.to_owned(),
            path,
            body: body.map(|body| body.to_string()),
        });
        endpoints().iter().filter(|endpoint| *endpoint != "GET /v1/disclosures/stream").map(of).chain(more).collect()
    }

    /// The same by the ids of theirs, unless it has no id.
    fn of_theirs(&self, things: &Things, n: usize) -> Option<Self> {
        let path = things.in_place(&self.path, n);
        let body = self.body.as_ref().map(|body| things.in_place(body, n));
        let same = path == self.path && body == self.body;
        (!same).then(|| Self { method: self.method.clone(), path, body })
    }

    fn answer(&self, client: &Client) -> Answer {
        sent(client, &self.method, &self.path, self.body.as_deref())
    }
}

/// What has no id in it brings none of theirs.
fn tells_of_none(client: &Client, things: &Things, who: &str, asked: &Asked) {
    if asked.of_theirs(things, 0).is_none() {
        let told = asked.answer(client).text().to_owned();
        for id in things.all() {
            assert!(!told.contains(id.as_str()), "{who} reads {id} in {} {}", asked.method, asked.path);
        }
    }
}

/// Asks for what nobody has, then the same by the ids of theirs.
fn is_nobodys(client: &Client, things: &Things, who: &str, asked: &Asked) {
    let theirs: Vec<Asked> = (0..2).filter_map(|n| asked.of_theirs(things, n)).collect();
    if theirs.is_empty() {
        return;
    }
    let nobodys = shape(&asked.answer(client));
    for theirs in theirs {
        let (method, path, body) = (&theirs.method, &theirs.path, &theirs.body);
        assert_eq!(shape(&theirs.answer(client)), nobodys, "{who}: {method} {path} {body:?}");
    }
}

#[test]
fn what_is_another_tenants_is_nobodys() {
    let world = World::new();
    let things = world.things();
    let before = world.told();
    // First what is read without an id: later, our own log says which ids of theirs our own people typed.
    for check in [tells_of_none, is_nobodys] {
        for (who, person) in ROLES.into_iter().zip(&world.ours) {
            let client = world.server.client().bearer(&person.token);
            let hand = empty(who, &client, &things.claim);
            for asked in Asked::all(&hand) {
                check(&client, &things, who, &asked);
            }
        }
    }
    let after = world.told();
    assert_eq!(after, before, "their log says something of it: {:?}", world.newest());
    let (_, agent) = world.their("agent");
    agent.get(&format!("/v1/interactions/{}", things.ids["int_"][0])).expect(200);
    world.their("security_officer").1.get("/v1/sessions").expect(200);
    let left = literal(&crate::centre::bytes_of(&things.ids["cus_"][0]));
    assert_eq!(world.centre.number(&format!("SELECT count(*) FROM customer WHERE id = {left}")), 1);
}

/// Each is known by its own keys: an event of one company's never says anything to the other.
#[test]
fn an_event_source_speaks_for_its_own_tenant_alone() {
    let world = World::new();
    let nobody = world.server.client();
    let data = json!({"interaction": "one", "channel": "call", "person": world.ours[0].id});
    let event = json!({"type": "interaction.connected", "timestamp": now(), "data": data}).to_string();
    let forged = world.centre.signed(&nobody, SECRET, &world.centre.message(), seconds(), event.as_bytes());
    assert_ne!(forged.status, 202, "{}", forged.text());
    let agent = nobody.bearer(&world.ours[0].token);
    assert_eq!(agent.get("/v1/interactions").expect(200).json()["items"], json!([]));
}
