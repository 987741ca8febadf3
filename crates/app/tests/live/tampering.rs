//! Whoever has the disk edits rows: the running server refuses on them, or `ringfence verify` names them. Each edit is
//! taken back, and then all is well again: what is noticed is the edit, not the test.

use crate::centre::{Centre, Person, bytes_of, invented, literal, receipt, reveal_body};
use crate::http::{Answer, Client};
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use serde_json::json;
use testkit::Kept;

struct World {
    centre: Centre,
    agent: Person,
    other: Person,
    interaction: String,
    customer: String,
}

/// An edit of the database and the table it touches.
struct Edit {
    what: &'static str,
    table: &'static str,
    statement: &'static str,
    /// Does the running server refuse at once? (Whether the log holds is told by `verify`.)
    live: bool,
    /// What `verify` must name, where it is `verify` that notices.
    named: Option<&'static str>,
}

const fn edit(
    table: &'static str,
    what: &'static str,
    statement: &'static str,
    live: bool,
    named: Option<&'static str>,
) -> Edit {
    Edit { what, table, statement, live, named }
}

/// `:agent`, `:other`, `:interaction` and `:customer` stand for ids.
const EDITS: [Edit; 20] = [
    edit("budget", "an allowance refilled", "UPDATE budget SET total = 0", true, Some("budget")),
    edit("budget", "another last entry", "UPDATE budget SET last = zeroblob(16)", true, Some("budget")),
    edit("budget", "allowances forgotten", "DELETE FROM budget", false, Some("budget")),
    edit(
        "interaction",
        "another customer",
        "UPDATE interaction SET customer = (SELECT id FROM customer WHERE id <> interaction.customer LIMIT 1)",
        true,
        Some("interaction"),
    ),
    edit("interaction", "a surer binding", "UPDATE interaction SET binding = 'proven'", true, Some("interaction")),
    edit(
        "interaction",
        "another agent",
        "UPDATE interaction SET person = :other WHERE id = :interaction",
        true,
        Some("interaction"),
    ),
    edit(
        "interaction",
        "a longer life",
        "UPDATE interaction SET active = active + 3600000, started = started + 3600000",
        true,
        Some("interaction"),
    ),
    edit("power", "another version of people and rules", "UPDATE power SET version = version + 1", true, Some("power")),
    edit("power", "a tag of another's", "UPDATE power SET tag = zeroblob(16)", true, Some("power")),
    edit(
        "customer",
        "a customer gone",
        "DELETE FROM customer WHERE id = (SELECT id FROM customer WHERE id <> :customer LIMIT 1)",
        false,
        Some("customer"),
    ),
    edit("person", "a person gone", "DELETE FROM person WHERE id = :other", false, Some("person")),
    edit(
        "person",
        "another role",
        "UPDATE person SET role = 'security_officer' WHERE id = :other",
        false,
        Some("person"),
    ),
    edit(
        "entry",
        "an audit half changed",
        "UPDATE entry SET audit = zeroblob(length(audit)) WHERE id = (SELECT entry FROM placed WHERE place = (SELECT max(place) / 2 FROM placed))",
        false,
        Some("ent_"),
    ),
    edit(
        "entry",
        "a leaf changed",
        "UPDATE entry SET leaf = zeroblob(65) WHERE id = (SELECT entry FROM placed WHERE place = (SELECT max(place) / 2 FROM placed))",
        false,
        Some("ent_"),
    ),
    edit(
        "entry",
        "an entry gone",
        "DELETE FROM entry WHERE id = (SELECT entry FROM placed WHERE place = (SELECT max(place) / 2 FROM placed))",
        false,
        Some("entry"),
    ),
    edit(
        "placed",
        "two entries changed places",
        "UPDATE placed SET place = CASE place WHEN 2 THEN 1000003 WHEN 3 THEN 1000002 END WHERE place IN (2, 3)",
        false,
        Some("ent"),
    ),
    edit(
        "tile",
        "a tile changed",
        "UPDATE tile SET data = zeroblob(length(data)) WHERE level = 0",
        false,
        Some("tile"),
    ),
    edit("log_head", "a shorter log", "UPDATE log_head SET size = size - 1", false, Some("")),
    edit(
        "log_head",
        "a checkpoint of one's own",
        "UPDATE log_head SET checkpoint = replace(checkpoint, char(10), char(10) || '1')",
        false,
        Some("checkpoint"),
    ),
    edit(
        "field",
        "two customers' names changed places",
        "UPDATE field SET sealed = (SELECT other.sealed FROM field other WHERE other.field = field.field \
        AND other.instance = field.instance AND other.customer <> field.customer LIMIT 1) WHERE customer = :customer AND field = 1",
        true,
        None,
    ),
];

impl World {
    fn new() -> (Self, Server) {
        let centre = Centre::filled(30, 1_000, 20);
        let (agent, other) = (centre.hire("Ada", "agent"), centre.hire("Bo", "agent"));
        let server = centre.serve();
        let (interaction, customer) = centre.call_from(&server.client(), &agent, 6);
        let world = Self { centre, agent, other, interaction, customer };
        assert_eq!(world.reveal(&server.client()).status, 200);
        (world, server)
    }

    fn reveal(&self, client: &Client) -> Answer {
        let path = format!("/v1/customers/{}/reveals", self.customer);
        client.bearer(&self.agent.token).post(&path, &reveal_body(&self.interaction, "name", "delivery"))
    }

    fn statement(&self, edit: &Edit) -> String {
        let blob = |id: &str| format!("x'{}'", id.split_once('_').unwrap().1);
        let ids = [
            (":agent", &self.agent.id),
            (":other", &self.other.id),
            (":interaction", &self.interaction),
            (":customer", &self.customer),
        ];
        ids.iter().fold(edit.statement.to_owned(), |statement, (name, id)| statement.replace(name, &blob(id)))
    }

    /// Edits, and gives what the table was before.
    fn apply(&self, edit: &Edit) -> Kept {
        let database = self.centre.database();
        let before = database.keep(edit.table);
        let changed = database.edit(&self.statement(edit));
        assert!(changed > 0, "{}: nothing was edited", edit.what);
        before
    }
}

#[test]
fn on_an_edited_row_the_running_server_discloses_nothing() {
    let (world, server) = World::new();
    for edit in EDITS.iter().filter(|edit| edit.live) {
        let before = world.apply(edit);
        if edit.table == "power" {
            // Noticed by the thread that looks about each second, if not before.
            until(edit.what, PATIENCE, || world.reveal(&server.client()).slug() == "power-tampered");
        }
        let answer = world.reveal(&server.client());
        assert_eq!(answer.status, 503, "{}: {}", edit.what, answer.text());
        assert!(
            matches!(answer.slug().as_str(), "tampered" | "power-tampered" | "record-damaged")
                || (edit.table == "budget" && answer.slug() == "spending-disagrees"),
            "{}: {}",
            edit.what,
            answer.text()
        );
        assert!(!answer.text().contains(&invented(6).name));
        world.centre.database().put_back(&before);
        let again = || {
            let answer = world.reveal(&server.client());
            // The recount may have looked while it was edited: it tells so until somebody has the counter mended.
            if edit.table == "budget" && answer.slug() == "spending-disagrees" {
                world.centre.good(&["mend-budgets"]);
            }
            answer.status == 200
        };
        until(&format!("{} was taken back", edit.what), PATIENCE, again);
    }
}

#[test]
fn verify_names_what_was_edited_while_nobody_served() {
    let (world, server) = World::new();
    for _ in 0..20 {
        world.reveal(&server.client()).expect(200);
    }
    server.stop();
    world.centre.holds();
    for edit in &EDITS {
        let Some(named) = edit.named else { continue };
        let before = world.apply(edit);
        let output = world.centre.verify();
        let said = String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(2), "{}: {said}", edit.what);
        assert!(said.contains(named), "{}: {named} isn't named in: {said}", edit.what);
        assert!(!said.contains(&invented(6).name));
        println!("{}: {}", edit.what, said.trim());
        world.centre.database().put_back(&before);
        world.centre.holds();
    }
}

/// Rows as they once were, with the tags that belonged to them.
#[test]
fn verify_names_old_rows_that_were_put_back() {
    let (world, server) = World::new();
    let officer = world.centre.hire("Dora", "data_protection_officer");
    let (_, other) = world.centre.call_from(&server.client(), &world.other, 9);
    let database = world.centre.database();
    let tables = [database.states(), "budget", "power", "customer"];
    let old = tables.map(|table| database.keep(table));
    for _ in 0..5 {
        world.reveal(&server.client()).expect(200);
    }
    world.centre.hire("Cy", "agent");
    crate::kinds::erased(&world.centre, &server, &officer, &other);
    receipt(&server.client().bearer(&world.agent.token), &world.reveal(&server.client()).expect(200).member("receipt"));
    server.stop();
    world.centre.holds();
    for (table, old) in tables.iter().zip(&old) {
        let now = database.keep(table);
        database.put_back(old);
        let output = world.centre.verify();
        let said = String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(table), "{table}: {said}");
        println!("an old {table}: {}", said.trim());
        database.put_back(&now);
        world.centre.holds();
    }
    // Served again with an old counter, its numbers repeat; the newer row doesn't hide that.
    database.put_back(&old[0]);
    let server = world.centre.serve();
    for _ in 0..8 {
        world.reveal(&server.client()).expect(200);
    }
    server.stop();
    let output = world.centre.verify();
    let said = String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("two entries of number"), "{said}");
}

#[test]
fn verify_notices_an_edit_while_the_server_runs() {
    let (world, server) = World::new();
    let before = world.reveal(&server.client()).expect(200).member("receipt");
    receipt(&server.client().bearer(&world.agent.token), &before);
    world.centre.holds();
    let forgotten = EDITS.iter().find(|edit| edit.statement == "DELETE FROM budget").unwrap();
    world.apply(forgotten);
    assert_eq!(world.reveal(&server.client()).status, 200, "a row that is gone grants anew until somebody recounts");
    assert_eq!(world.centre.verify().status.code(), Some(2));
}

#[test]
fn whoever_makes_a_person_somebody_else_in_the_database_gets_nothing() {
    for statement in [
        "UPDATE person SET role = 'security_officer' WHERE id = :agent",
        "UPDATE person SET name = 'Eve' WHERE id = :agent",
    ] {
        let (world, server) = World::new();
        server.stop();
        let edit = edit("person", "a person edited", statement, false, None);
        world.apply(&edit);
        let server = world.centre.serve();
        let client = server.client().bearer(&world.agent.token);
        for path in ["/v1/disclosures", "/v1/me"] {
            let answer = client.get(path);
            assert_eq!(
                (answer.status, answer.slug().as_str()),
                (503, "power-tampered"),
                "{statement} {path}: {}",
                answer.text()
            );
        }
        let answer = world.reveal(&server.client());
        assert_eq!((answer.status, answer.slug().as_str()), (503, "power-tampered"), "{}", answer.text());
    }
}

#[test]
fn a_token_put_into_anothers_row_opens_nothing() {
    let (world, server) = World::new();
    let database = world.centre.database();
    let (agent, other) = (literal(&bytes_of(&world.agent.id)), literal(&bytes_of(&world.other.id)));
    // A token is one person's: taken from the one, then given to the other.
    let kept = "CREATE TABLE taken AS SELECT token FROM person";
    database.run(&format!("{kept} WHERE id = {agent}"));
    assert_eq!(database.edit(&format!("UPDATE person SET token = NULL WHERE id = {agent}")), 1);
    assert_eq!(database.edit(&format!("UPDATE person SET token = (SELECT token FROM taken) WHERE id = {other}")), 1);
    server.stop();
    let server = world.centre.serve();
    let answers = [&world.agent, &world.other].map(|person| server.client().bearer(&person.token).get("/v1/me").status);
    assert!(answers.iter().all(|status| matches!(status, 401 | 503)), "{answers:?}");
}

#[test]
fn an_index_row_that_points_elsewhere_finds_nobody() {
    let (world, server) = World::new();
    let client = server.client().bearer(&world.agent.token);
    let path = format!("/v1/interactions/{}/searches", world.interaction);
    let search = json!({"phone": invented(6).phone});
    let found = client.post(&path, &search).expect(200).json();
    assert_eq!(found["hits"][0]["customer"].as_str(), Some(world.customer.as_str()));
    let database = world.centre.database();
    let elsewhere = "UPDATE blind_index SET customer = (SELECT id FROM customer other WHERE other.id <> blind_index.customer LIMIT 1)";
    let changed = database.edit(&format!("{elsewhere} WHERE customer = {}", literal(&bytes_of(&world.customer))));
    assert!(changed > 0);
    let answer = client.post(&path, &search);
    assert_eq!((answer.status, answer.slug().as_str()), (503, "tampered"), "{}", answer.text());
    let call = world.centre.tell(
        &server.client(),
        "interaction.connected",
        &crate::centre::now(),
        &json!({"interaction": "x", "channel": "call", "person": world.agent.id, "from": search}),
    );
    assert_eq!(call.status, 503, "a caller isn't matched by an edited row: {}", call.text());
}
