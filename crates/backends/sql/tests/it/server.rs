//! PostgreSQL, and PostgreSQL behind PgBouncer in transaction mode.

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
