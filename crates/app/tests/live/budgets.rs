//! Budgets edited beneath a running server: noticed within seconds, nothing is shown until they are put right. And what a
//! team leader sees of a team's, and security of everybody's.

use crate::centre::{Centre, MANY, acts, reveal_body};
use crate::server::Server;
use crate::wait::{PATIENCE, found, until};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::TestDatabase;

/// A mismatch is to be noticed within this long, also where the node that recounts died just before: its lease is three seconds.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_budget_that_is_deleted_or_put_back_stops_the_node_until_it_is_mended() {
    stops(TestDatabase::new, 1);
}

#[test]
fn and_every_other_node() {
    stops(|_| TestDatabase::for_nodes(), 3);
}

fn stops(database: fn(&Path) -> TestDatabase, nodes: usize) {
    let older = |counter: &str| {
        format!(
            "UPDATE budget SET (total, history, last, tag) = (SELECT total, history, last, tag FROM kept \
             WHERE kept.counter = budget.counter) WHERE {counter}"
        )
    };
    // A person's own, and what everybody shares: of that one nodes hold parts, which they spend from memory.
    let edits = ["substr(counter, 1, 1) = x'01'", "substr(counter, 1, 2) = x'0506'"]
        .map(|counter| [format!("DELETE FROM budget WHERE {counter}"), older(counter)])
        .concat();
    // For each edit: one before and one after it was kept, and then one at each node.
    let limits = format!("{}\n{}", acts("person", edits.len() as u64 * (2 + nodes as u64)), acts("tenant", MANY));
    let centre = Centre::within(database, 20, &limits, 20);
    let (agent, officer, board) =
        (centre.hire("Ada", "agent"), centre.hire("Olga", "security_officer"), centre.hire("Bea", "board_member"));
    let mut nodes: Vec<_> = (0..nodes).map(|_| centre.serve()).collect();
    let (interaction, customer) = centre.call_from(&nodes[0].client(), &agent, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal =
        |node: &Server| node.client().bearer(&agent.token).post(&path, &reveal_body(&interaction, "name", "delivery"));
    let alarms_at = |node: &Server, token: &str| {
        let status = node.client().bearer(token).get("/v1/log/status").expect(200).json();
        status["alarms"]
            .as_array()
            .map_or(0, |all| all.iter().filter(|alarm| alarm["kind"] == "spending_disagrees").count())
    };
    for edit in &edits {
        reveal(&nodes[0]).expect(200);
        centre.database().run("DROP TABLE IF EXISTS kept");
        centre.database().run("CREATE TABLE kept AS SELECT * FROM budget");
        // Whoever comes anew after a crash takes a part of their own of what is shared, so that its row has moved since.
        let mut last = nodes.pop().unwrap();
        last.kill();
        nodes.push(centre.serve());
        let last = &nodes[nodes.len() - 1];
        let alarms = |token: &str| alarms_at(last, token);
        reveal(last).expect(200);
        // The entries have their places: so they were read.
        until("no entry waits", PATIENCE, || centre.number("SELECT count(*) FROM pending") == 0);
        assert_eq!((alarms(&officer.token), alarms(&board.token)), (0, 0));
        assert_eq!(centre.database().edit(edit), 1, "{edit}");
        // Where the node that died was the one that recounts, another does it once the lease is over.
        let began = Instant::now();
        for node in &nodes {
            until("the node knows", SOON, || alarms_at(node, &officer.token) == 1);
        }
        println!("noticed by every node within {:?}", began.elapsed());
        for node in &nodes {
            assert_eq!(reveal(node).expect(503).slug(), "spending-disagrees");
        }
        assert_eq!((alarms(&officer.token), alarms(&board.token), alarms(&agent.token)), (1, 1, 0));
        let told = nodes[0].client().bearer(&officer.token).get("/v1/budgets").expect(200).json();
        assert_eq!(told["alarm"]["kind"], "spending_disagrees", "{told}");
        let asked = "/v1/disclosures?kind=spending_disagrees";
        found("its entry", PATIENCE, || {
            let found = nodes[0].client().bearer(&officer.token).get(asked).expect(200).json();
            found["items"].as_array().unwrap().iter().any(|item| item["person"] == agent.id.as_str()).then_some(())
        });
        centre.good(&["mend-budgets"]);
        for node in &nodes {
            until("it goes on", SOON, || reveal(node).status == 200);
        }
    }
    // So many and no more, whatever was deleted meanwhile.
    let answer = reveal(&nodes[nodes.len() - 1]).expect(429);
    assert_eq!((answer.slug().as_str(), answer.member("window").as_str()), ("budget-exhausted", "hour"));
    assert!(!answer.member("free_at").is_empty() && answer.header("retry-after").is_some());
    nodes.into_iter().for_each(Server::stop);
    centre.database().run("DROP TABLE kept");
    centre.holds();
}

#[test]
fn a_leader_sees_the_own_team_and_nobody_elses() {
    let limits = [acts("person", 10), acts("team", 50), acts("tenant", MANY)].join("\n");
    let centre = Centre::within(TestDatabase::new, 20, &limits, 20);
    let leader = centre.hire_into("north", "Lea", "team_leader");
    let ada = centre.hire_into("north", "Ada", "agent");
    let (_, _) = (centre.hire_into("south", "Cy", "agent"), centre.hire_into("north", "Otto", "it_operator"));
    let server = centre.serve();
    let nobody = server.client();
    let (interaction, customer) = centre.call_from(&nobody, &ada, 1);
    let client = nobody.bearer(&ada.token);
    for _ in 0..2 {
        let path = format!("/v1/customers/{customer}/reveals");
        client.post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
    }
    let team = nobody.bearer(&leader.token).get("/v1/team/budgets").expect(200).json();
    assert_eq!((team["team"].as_str(), team["shared_budgets"][0]["by"].as_str()), (Some("north"), Some("team")));
    let members: Vec<_> =
        team["members"].as_array().unwrap().iter().map(|one| (&one["name"], &one["budgets"][0])).collect();
    assert_eq!(members.iter().map(|(name, _)| name.as_str().unwrap()).collect::<Vec<_>>(), ["Ada", "Lea"]);
    let hour = members[0].1;
    let expected = (&json!("hour"), &json!(8), &json!(10), &json!(false));
    assert_eq!((&hour["window"], &hour["left"], &hour["limit"], &hour["low"]), expected);
    assert_eq!(client.get("/v1/team/budgets").expect(403).slug(), "role-not-allowed");
    server.stop();
}

#[test]
fn security_sees_limits_and_who_is_low_on_every_node_and_nobody_else_does() {
    let limits = [acts("person", 5), acts("team", 50), acts("tenant", MANY)].join("\n");
    let centre = Centre::within(|_| TestDatabase::for_nodes(), 20, &limits, 20);
    let (ada, bo) = (centre.hire_into("north", "Ada", "agent"), centre.hire_into("south", "Bo", "agent"));
    let officer = centre.hire("Olga", "security_officer");
    let nodes = [centre.serve(), centre.serve()];
    let nobody = nodes[0].client();
    let (interaction, customer) = centre.call_from(&nobody, &ada, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    for _ in 0..4 {
        let body = reveal_body(&interaction, "name", "delivery");
        nobody.bearer(&ada.token).post(&path, &body).expect(200);
    }
    for node in &nodes {
        let client = node.client().bearer(&officer.token);
        let found = client.get("/v1/budgets?limit=1").expect(200).json();
        let [first] = &found["people"]["items"].as_array().unwrap()[..] else { panic!("{found}") };
        assert_eq!((&first["name"], &first["team"], &first["state"]), (&json!("Ada"), &json!("north"), &json!("low")));
        let hour = &first["budgets"][0];
        assert_eq!((&hour["window"], &hour["left"], &hour["limit"]), (&json!("hour"), &json!(1), &json!(5)));
        assert_eq!((&found["people"]["all"], &found["people"]["low"]), (&json!(2), &json!(1)));
        assert_eq!((&found["teams"]["all"], &found["teams"]["items"].as_array().unwrap().len()), (&json!(2), &1));
        let limit = &found["limits"].as_array().unwrap()[0];
        assert_eq!((&limit["whose"], &limit["hour"], &limit.get("purpose")), (&json!("person"), &json!(5), &None));
        assert!(found["weights"].as_array().unwrap().iter().any(|one| one["act"] == "search_miss"), "{found}");
        assert!(found.get("alarm").is_none() && !found.to_string().contains(&customer), "{found}");
        assert_eq!(client.get("/v1/budgets?limit=201").expect(422).slug(), "unprocessable");
        assert_eq!(client.get("/v1/budgets?limit=many").expect(400).slug(), "invalid-request");
        assert_eq!(node.client().bearer(&bo.token).get("/v1/budgets").expect(403).slug(), "role-not-allowed");
    }
    let log = nobody.bearer(&officer.token);
    found("the entries of both readings", PATIENCE, || {
        let answer = log.get("/v1/disclosures?kind=budgets_read&decision=allowed").expect(200).json();
        (answer["items"].as_array().unwrap().len() == 2).then_some(())
    });
    nodes.into_iter().for_each(Server::stop);
}
