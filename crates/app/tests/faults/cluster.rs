//! Three nodes as processes, each on its own way to one PostgreSQL.

use crate::centre::{Centre, Person, invented, reveal_body};
use crate::http::Answer;
use crate::server::{BINARY, Server};
use crate::{Chance, trouble};
use std::fs;
use std::process::Command;
use std::sync::Arc;
use testkit::postgres::PostgresServer;
use testkit::{Proxy, TestDatabase};

/// How many nodes.
pub(crate) const NODES: usize = 3;

/// The centre and its nodes.
pub(crate) struct Cluster {
    pub(crate) centre: Centre,
    pub(crate) nodes: Vec<(Proxy, Server)>,
}

/// A customer on the line with an agent.
pub(crate) struct Line {
    pub(crate) agent: Person,
    pub(crate) interaction: String,
    path: String,
    name: String,
}

impl Cluster {
    /// On the test process's own server, or on one of the test's own.
    pub(crate) fn start(server: Option<Arc<PostgresServer>>, reveals: u32, connections: usize) -> Self {
        let database = server.map_or_else(TestDatabase::for_nodes, TestDatabase::on);
        let centre = Centre::filled_on(|_| database, 20, reveals, 600);
        let config = centre.data().join("ringfence.toml");
        let text = fs::read_to_string(&config).unwrap();
        assert!(text.contains("[store]\n"), "{text}");
        fs::write(&config, text.replace("[store]\n", &format!("[store]\nconnections = {connections}\n"))).unwrap();
        let node = |_| {
            let (server, name) = centre.database().served();
            let proxy = Proxy::before(server);
            let mut command = Command::new(BINARY);
            command.args(["--store", &proxy.address(name)]);
            let node = Server::start_by(command, &centre.data(), &centre.logs(), "warn");
            (proxy, node)
        };
        let nodes = (0..NODES).map(node).collect();
        Self { centre, nodes }
    }

    /// The n-th invented customer calls that agent.
    pub(crate) fn line(&self, agent: &Person, number: u64) -> Line {
        let (interaction, customer) = self.centre.call_from(&self.nodes[0].1.client(), agent, number);
        let agent = agent.clone();
        let path = format!("/v1/customers/{customer}/reveals");
        Line { agent, interaction, path, name: format!("\"value\":\"{}\"", invented(number).name) }
    }

    /// Every node's messages are delayed, or lost with their session, once in so many.
    pub(crate) fn trouble(&self, chance: &mut Chance, one_in: u64) {
        self.nodes.iter().for_each(|(proxy, _)| proxy.rule(trouble(chance.fork(), one_in)));
    }

    /// The trouble is over.
    pub(crate) fn heal(&self) {
        self.nodes.iter().for_each(|(proxy, _)| proxy.heal());
    }

    /// Stops all nodes; the log, the budgets and every row hold.
    pub(crate) fn holds(self) {
        self.heal();
        self.nodes.into_iter().for_each(|(_, node)| node.stop());
        self.centre.holds();
    }
}

impl Line {
    /// The customer on the line.
    pub(crate) fn customer(&self) -> &str {
        self.path.trim_start_matches("/v1/customers/").trim_end_matches("/reveals")
    }

    /// Reveals the name at a node. `None`: unavailable, in a few clear words and without a value.
    pub(crate) fn reveal(&self, node: &Server, key: Option<&str>) -> Option<Answer> {
        let client = node.client().bearer(&self.agent.token);
        let client = key.map_or_else(|| client.clone(), |key| client.with("idempotency-key", key));
        let answer = client.post(&self.path, &reveal_body(&self.interaction, "name", "delivery"));
        assert_eq!(answer.status == 200, answer.text().contains(&self.name), "{}", answer.text());
        heard(answer)
    }
}

/// `None` where the node says that it can't now, as it should.
pub(crate) fn heard(answer: Answer) -> Option<Answer> {
    if answer.status != 503 {
        return Some(answer);
    }
    assert_eq!(answer.slug(), "unavailable", "{}", answer.text());
    assert!(answer.header("retry-after").is_some() && !answer.member("next").is_empty());
    None
}
