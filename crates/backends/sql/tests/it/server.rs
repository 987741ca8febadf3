//! PostgreSQL, and PostgreSQL behind PgBouncer in transaction mode.

use crate::lost::{NOW, Open, TENANT, spending};
use futures_util::future::join_all;
use sql::Postgres;
use std::sync::Arc;
use store::Store;
use store::conformance::{Mount, run_all};
use testkit::block_on;
use testkit::postgres::{self, PostgresServer, address};

/// Few, so that cases with many threads wait for them.
const CONNECTIONS: usize = 4;

/// A store under test, and the look behind its back.
pub(crate) struct Mounted {
    server: Arc<PostgresServer>,
    database: String,
    store: Arc<Postgres>,
}

impl Mounted {
    pub(crate) fn new(server: &Arc<PostgresServer>, database: &str, store: Postgres) -> Self {
        Self { server: Arc::clone(server), database: database.to_owned(), store: Arc::new(store) }
    }
}

impl Mount for Mounted {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    fn tables(&self) -> Vec<String> {
        postgres::tables(&self.server, &self.database)
    }

    fn tables_holding(&self, needle: &[u8]) -> Vec<String> {
        postgres::tables_holding(&self.server, &self.database, needle)
    }

    fn edit(&self, statement: &str) -> usize {
        postgres::edit(&self.server, &self.database, statement)
    }

    fn foreign_code(&self) -> &'static [[&'static str; 2]] {
        &[
            [
                "CREATE TRIGGER swallow BEFORE UPDATE ON budget FOR EACH ROW \
                 EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                "DROP TRIGGER swallow ON budget",
            ],
            ["CREATE RULE swallow AS ON UPDATE TO admission DO INSTEAD NOTHING", "DROP RULE swallow ON admission"],
            ["ALTER TABLE code ENABLE ROW LEVEL SECURITY", "ALTER TABLE code DISABLE ROW LEVEL SECURITY"],
        ]
    }

    fn define(&self, statement: &str) {
        self.server.sql(&self.database, statement).unwrap();
    }

    fn states(&self) -> &'static str {
        "customer"
    }
}

#[test]
fn postgresql_keeps_the_contract() {
    let server = Arc::new(PostgresServer::start());
    let database = server.database();
    run_all(|| {
        server.empty(&database);
        let store = block_on(Postgres::create(&address(&server.address(&database)), CONNECTIONS)).unwrap();
        Box::new(Mounted::new(&server, &database, store))
    });
}

#[test]
fn postgresql_behind_a_pooler_keeps_the_contract() {
    let server = Arc::new(PostgresServer::start());
    let (bouncer, database) = (server.bouncer(), server.database());
    run_all(|| {
        server.empty(&database);
        let store = block_on(Postgres::create(&address(&bouncer.address(&database)), CONNECTIONS)).unwrap();
        Box::new(Mounted::new(&server, &database, store))
    });
}

/// How the server says that it runs a statement with a name.
const NAMED: &str = "execute s";
const UNNAMED: &str = "execute <unnamed>";

/// What the server noted while a store that was made at this address committed a batch.
fn heard(server: &PostgresServer, database: &str, at: &str) -> String {
    server.empty(database);
    let before = server.log().len();
    block_on(async {
        let store = Postgres::create(&address(at), 1).await.unwrap();
        store.commit(NOW, vec![spending(1, 1)], &Open).await.unwrap();
    });
    server.log().split_off(before)
}

#[test]
fn statements_have_names_only_where_nobody_stands_between() {
    let server = PostgresServer::start_with("-c log_statement=all");
    let (bouncer, database) = (server.bouncer(), server.database());
    let direct = heard(&server, &database, &server.address(&database));
    assert!(direct.contains(NAMED) && direct.contains("INSERT INTO entry"), "{direct}");
    let pooled = heard(&server, &database, &bouncer.address(&database));
    assert!(!pooled.contains(NAMED) && pooled.contains(UNNAMED), "{pooled}");
}

/// A batch, and then far more questions at once than there are connections.
async fn crowded(store: &Postgres, round: u8) {
    store.commit(NOW, vec![spending(round, 100)], &Open).await.unwrap();
    for head in join_all((0..CONNECTIONS * 10).map(|_| store.head(TENANT))).await {
        head.unwrap();
    }
}

/// A connection that has to be made anew costs as much as some hundred statements.
#[test]
fn a_crowd_of_questions_leaves_the_connection_of_transactions_alone() {
    let server = PostgresServer::start_with("-c log_connections=on");
    let database = server.database();
    server.empty(&database);
    block_on(async {
        let store = Postgres::create(&address(&server.address(&database)), CONNECTIONS).await.unwrap();
        crowded(&store, 1).await;
        let before = server.log().len();
        for round in 2..12 {
            crowded(&store, round).await;
        }
        let made = server.log()[before..].matches("connection authorized").count();
        assert_eq!(made, 0, "connections were made anew: {}", &server.log()[before..]);
    });
}
