//! Drills: all hold in a centre made for them and on a deployment that serves; what they showed is told, read, and no more
//! believed once somebody edits it. And a drill of which the attack gets through says so.

use crate::centre::{Centre, Person, invented};
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use app::commands::init::write_private;
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

pub(crate) struct World {
    pub(crate) centre: Centre,
    pub(crate) server: Server,
    pub(crate) officer: Person,
}

impl World {
    /// A centre with a kit; in it, `colleague` is the name of whoever plays the colleague.
    pub(crate) fn new(colleague: &str) -> Self {
        let centre = Centre::filled(20, 1_000, 20);
        let officer = centre.hire("Sam", "security_officer");
        let agent = centre.hire("Ada", "agent");
        let other = if colleague == "Ada" { agent.clone() } else { centre.hire(colleague, "agent") };
        let it = centre.hire("Ira", "it_operator");
        let server = centre.serve();
        let folder = centre.folder();
        let mut kit = format!(
            "url = \"http://{}\"\nsecret_file = \"source.secret\"\ndecoys = [\"{}\", \"{}\"]\n",
            server.address(),
            invented(3).phone,
            invented(4).phone
        );
        let secret = |name: &str, text: &str| {
            write_private(&folder.join(name), text.as_bytes()).unwrap();
        };
        secret("source.secret", centre.secret());
        for (part, person) in [("agent", &agent), ("colleague", &other), ("officer", &officer), ("it", &it)] {
            secret(&format!("{part}.token"), &person.token);
            kit.push_str(&format!("[{part}]\nid = \"{}\"\ntoken_file = \"{part}.token\"\n", person.id));
        }
        fs::write(folder.join("kit.toml"), kit).unwrap();
        Self { centre, server, officer }
    }

    fn drill(&self, arguments: &[&str]) -> Output {
        self.centre.run(&[&["drill", "run", "--kit", "kit.toml", "--output", "json"], arguments].concat())
    }

    fn posture(&self) -> Value {
        self.server.client().bearer(&self.officer.token).get("/v1/drills").expect(200).json()
    }
}

fn results(output: &Output) -> Vec<Value> {
    let parsed = serde_json::from_slice::<Vec<Value>>(&output.stdout);
    parsed.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn all_held(output: &Output) -> usize {
    let results = results(output);
    for result in &results {
        assert_eq!(result["verdict"], "held", "{result}");
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    results.len()
}

#[test]
fn all_hold_in_a_centre_made_for_them() {
    let centre = Centre::new("", "");
    let list = results(&centre.run(&["drill", "list", "--output", "json"]));
    let controls =
        |sort| list.iter().filter(|one| one["control"].as_str().is_some_and(|text| text.starts_with(sort))).count();
    assert!(controls("off: ") >= 2 && controls("off: ") + controls("lacks ") == list.len());
    let listed = list.len();
    let output = centre.run(&["drill", "run", "--all", "--output", "json"]);
    assert_eq!(all_held(&output), listed);
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains("+44"), "no decoy's value is told");
    let unknown = centre.run(&["drill", "run", "reveal-everything"]);
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn what_the_attacked_centre_notices_is_no_error_of_whoever_runs_drills() {
    let ran = |more: &[&str]| {
        let mut command = std::process::Command::new(crate::server::BINARY);
        command.args(["drill", "run", "disk-reopens-a-call", "disk-makes-an-officer"]).args(more);
        let output = command.env_remove("RINGFENCE_LOG").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(ran(&[]), "");
    assert!(ran(&["--verbose"]).contains("ERROR"));
}

#[test]
fn what_they_show_of_a_deployment_is_told_and_an_edited_result_counts_for_nothing() {
    let world = World::new("Bo");
    let posture = world.posture();
    let many = posture["items"].as_array().unwrap().len();
    assert!(posture["items"].as_array().unwrap().iter().all(|item| item["state"] == "never"), "{posture}");

    assert_eq!(all_held(&world.drill(&["--all", "--tell"])), many);
    let posture = world.posture();
    for item in posture["items"].as_array().unwrap() {
        assert_eq!(item["state"], "holds", "{item}");
        assert!(
            item["receipt"].as_str().unwrap().starts_with("ent_") && !item["controls"].as_array().unwrap().is_empty()
        );
    }
    let elsewhere = |item: &&Value| item["where"] == "scratch";
    let edits = posture["items"].as_array().unwrap().iter().filter(elsewhere).count();
    assert!((1..many / 2).contains(&edits), "only those that edit the database are tried elsewhere: {edits} of {many}");
    let live = world.server.client().bearer(&world.officer.token).get("/v1/interactions?state=live&limit=100");
    assert_eq!(live.expect(200).json()["items"], json!([]), "no call is left behind");

    let asks_with = |more: &[&str]| {
        let mut command = std::process::Command::new(crate::server::BINARY);
        command.args(["posture"]).args(more).env("RINGFENCE_ADDR", format!("http://{}", world.server.address()));
        command.env("RINGFENCE_TOKEN_FILE", world.centre.folder().join("officer.token")).output().unwrap()
    };
    let asks = || asks_with(&[]);
    assert!(asks().status.success());
    let promised: Value = serde_json::from_slice(&asks_with(&["--promises", "--output", "json"]).stdout).unwrap();
    let counts = &promised["counts"];
    assert!(counts["drill_does_not_hold"] == 0 && counts["held_by_drill"].as_u64() > Some(20), "{counts}");
    for drill in promised["promises"].as_array().unwrap().iter().flat_map(|row| row["drills"].as_array().unwrap()) {
        assert!(drill["receipt"].as_str().is_some_and(|entry| entry.starts_with("ent_")), "{drill}");
    }

    // Somebody with the database writes that one drill is newer than it is.
    let database = world.centre.database();
    let before = database.keep("admission");
    assert_eq!(database.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 31 AND id = (SELECT id FROM admission WHERE kind = 31 ORDER BY id LIMIT 1)"), 1);
    let posture = world.posture();
    assert_eq!(posture["edited"], 1, "{posture}");
    let said = asks();
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("1 results were edited"), "{said:?}");
    let alarm = || {
        let status = world.server.client().bearer(&world.officer.token).get("/v1/log/status").expect(200).json();
        status["alarms"].as_array().unwrap().iter().any(|alarm| alarm["kind"] == "defence_pierced")
    };
    until("security is told", PATIENCE, alarm);
    database.put_back(&before);
    until("and it is over", PATIENCE, || !alarm());
}

#[test]
fn an_attack_that_gets_through_is_told_as_such() {
    // The colleague is the agent: what must be refused to the one is the other's right.
    let world = World::new("Ada");
    let output = world.drill(&["reveal-in-a-colleagues-call", "reveal-on-hold", "--tell"]);
    assert_eq!(output.status.code(), Some(2));
    let verdicts: Vec<_> = results(&output).iter().map(|one| one["verdict"].as_str().unwrap().to_owned()).collect();
    assert_eq!(verdicts, ["pierced", "held"]);
    let items = world.posture()["items"].clone();
    assert_eq!(
        (items[0]["drill"].as_str(), items[0]["state"].as_str()),
        (Some("reveal-in-a-colleagues-call"), Some("pierced"))
    );
    let status = world.server.client().bearer(&world.officer.token).get("/v1/log/status").expect(200).json();
    assert!(status["alarms"].as_array().unwrap().iter().any(|alarm| alarm["kind"] == "defence_pierced"), "{status}");
}

#[test]
fn a_deployment_that_does_not_answer_proves_nothing() {
    let World { centre, server, .. } = World::new("Bo");
    server.stop();
    let output = centre.run(&["drill", "run", "--kit", "kit.toml", "--output", "json", "reveal-on-hold"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(results(&output)[0]["verdict"], "proves_nothing");
}
