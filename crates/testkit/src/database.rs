//! A test's own database, on the engine under test: `RINGFENCE_TEST_STORE=postgresql` runs a test binary on PostgreSQL,
//! which else runs on SQLite. And a look behind the engine's back.

use crate::postgres::{self, PostgresServer};
use crate::wait::block_on;
use rusqlite::Connection;
use rusqlite::types::Value;
use sql::{Postgres, Sqlite};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::Store;

/// Names the engine under test.
const ENGINE: &str = "RINGFENCE_TEST_STORE";
/// Connections of a store under test: few, so that some wait for others.
const CONNECTIONS: usize = 4;
/// Copies made so far: each has a name of its own.
static KEPT: AtomicU32 = AtomicU32::new(0);

/// One server for all tests of a process; it ends with the process.
fn server() -> Arc<PostgresServer> {
    static SERVER: OnceLock<Arc<PostgresServer>> = OnceLock::new();
    Arc::clone(SERVER.get_or_init(|| Arc::new(PostgresServer::start())))
}

/// A database of one test's own.
#[derive(Clone, Debug)]
pub enum TestDatabase {
    /// A file.
    File(PathBuf),
    /// One on a server, by name.
    Server(Arc<PostgresServer>, String),
}

/// A table's rows, to be put back.
pub enum Kept {
    /// As values.
    Rows(String, Vec<Vec<Value>>),
    /// In a copy of the table, in the same database.
    Copy {
        /// The table.
        table: String,
        /// Its copy.
        copy: String,
    },
}

impl TestDatabase {
    /// A new, empty one on the engine under test; a file goes to `folder`.
    ///
    /// # Panics
    /// If the engine's name isn't one, or the server doesn't come up.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self::or_on(folder, server)
    }

    /// The same, on a server that is made for it if the engine under test has one.
    ///
    /// # Panics
    /// If the engine's name isn't one, or the server refuses.
    #[must_use]
    pub fn or_on(folder: &Path, server: impl FnOnce() -> Arc<PostgresServer>) -> Self {
        match std::env::var(ENGINE).as_deref() {
            Err(_) | Ok("sqlite") => Self::File(Sqlite::file(folder)),
            Ok("postgresql") => Self::on(server()),
            Ok(other) => panic!("{ENGINE}={other} names no engine"),
        }
    }

    /// A new, empty one that several nodes can serve, whatever the engine under test.
    #[must_use]
    pub fn for_nodes() -> Self {
        Self::on(server())
    }

    /// A new, empty one on that server.
    ///
    /// # Panics
    /// If the server refuses.
    #[must_use]
    pub fn on(server: Arc<PostgresServer>) -> Self {
        let name = server.database();
        Self::Server(server, name)
    }

    /// Its server and its name there.
    ///
    /// # Panics
    /// If it is a file.
    #[must_use]
    pub fn served(&self) -> (&PostgresServer, &str) {
        match self {
            Self::File(file) => panic!("{} is a file", file.display()),
            Self::Server(server, name) => (server, name),
        }
    }

    /// What `--store` takes, where it isn't the data directory's own file.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        match self {
            Self::File(_) => None,
            Self::Server(server, name) => Some(server.address(name)),
        }
    }

    /// A new store in it.
    ///
    /// # Panics
    /// If it can't be made.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::File(file) => Arc::new(Sqlite::create(file.parent().unwrap()).unwrap()),
            Self::Server(server, name) => {
                let address = postgres::address(&server.address(name));
                Arc::new(block_on(Postgres::create(&address, CONNECTIONS)).unwrap())
            }
        }
    }

    /// The table in which customers' states in the log lie after they changed.
    #[must_use]
    pub fn states(&self) -> &'static str {
        match self {
            Self::File(_) => "recent_state",
            Self::Server(..) => "customer",
        }
    }

    fn file(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        connection
    }

    /// Changes rows behind everybody's back, in SQLite's words. Says how many.
    ///
    /// # Panics
    /// If the engine refuses.
    pub fn edit(&self, statement: &str) -> usize {
        match self {
            Self::File(path) => Self::file(path).execute(statement, []).unwrap(),
            Self::Server(server, name) => postgres::edit(server, name, statement),
        }
    }

    /// Runs a statement that changes no rows.
    ///
    /// # Panics
    /// If the engine refuses.
    pub fn run(&self, statement: &str) {
        match self {
            Self::File(path) => Self::file(path).execute_batch(statement).unwrap(),
            Self::Server(server, name) => drop(server.sql(name, &postgres::in_its_words(statement)).unwrap()),
        }
    }

    /// From now on no entry can be written, as on a full disk; or it can again.
    ///
    /// # Panics
    /// If the engine refuses.
    pub fn refuse_entries(&self, refuse: bool) {
        self.run(match (self, refuse) {
            (Self::File(_), true) => {
                "CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'full'); END"
            }
            (Self::File(_), false) => "DROP TRIGGER full",
            (Self::Server(..), true) => "ALTER TABLE entry ADD CONSTRAINT full_disk CHECK (false) NOT VALID",
            (Self::Server(..), false) => "ALTER TABLE entry DROP CONSTRAINT full_disk",
        });
    }

    /// The one number that a question, in SQLite's words, asks for.
    ///
    /// # Panics
    /// If it isn't one.
    #[must_use]
    pub fn number(&self, question: &str) -> i64 {
        match self {
            Self::File(path) => Self::file(path).query_row(question, [], |row| row.get(0)).unwrap(),
            Self::Server(server, name) => {
                server.sql(name, &postgres::in_its_words(question)).unwrap().trim().parse().unwrap()
            }
        }
    }

    /// The tables' names, in order.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn tables(&self) -> Vec<String> {
        match self {
            Self::File(path) => {
                let connection = Self::file(path);
                let names =
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_reach' ORDER BY name";
                let mut statement = connection.prepare(names).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Self::Server(server, name) => postgres::tables(server, name),
        }
    }

    /// The tables of which some row holds these bytes in some column.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn tables_holding(&self, needle: &[u8]) -> Vec<String> {
        match self {
            Self::File(path) => {
                let connection = Self::file(path);
                let holds = |table: &String| values(&connection, table).iter().flatten().any(|cell| has(cell, needle));
                self.tables().into_iter().filter(holds).collect()
            }
            Self::Server(server, name) => postgres::tables_holding(server, name, needle),
        }
    }

    /// A table's rows as text, sorted.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn rows(&self, table: &str) -> Vec<String> {
        let mut rows: Vec<String> = match self {
            Self::File(path) => values(&Self::file(path), table).iter().map(|row| format!("{row:?}")).collect(),
            Self::Server(server, name) => {
                let rows = server.sql(name, &format!("SELECT one::text FROM {table} AS one")).unwrap();
                rows.lines().map(str::to_owned).collect()
            }
        };
        rows.sort_unstable();
        rows
    }

    /// Remembers a table's rows.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn keep(&self, table: &str) -> Kept {
        match self {
            Self::File(path) => Kept::Rows(table.to_owned(), values(&Self::file(path), table)),
            Self::Server(server, name) => {
                let copy = format!("kept.{table}_{}", KEPT.fetch_add(1, Ordering::Relaxed));
                let make = format!("CREATE SCHEMA IF NOT EXISTS kept; CREATE TABLE {copy} AS TABLE {table}");
                server.sql(name, &make).unwrap();
                Kept::Copy { table: table.to_owned(), copy }
            }
        }
    }

    /// Puts a table's rows back, in one transaction.
    ///
    /// # Panics
    /// If the engine refuses.
    pub fn put_back(&self, kept: &Kept) {
        match (self, kept) {
            (Self::File(path), Kept::Rows(table, rows)) => put_rows(&mut Self::file(path), table, rows),
            (Self::Server(server, name), Kept::Copy { table, copy }) => {
                let put = format!("BEGIN; DELETE FROM {table}; INSERT INTO {table} TABLE {copy}; COMMIT");
                server.sql(name, &put).unwrap();
            }
            _ => panic!("kept from another engine"),
        }
    }
}

fn values(connection: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut all = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = all.column_count();
    let rows = all.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).unwrap();
    rows.map(Result::unwrap).collect()
}

fn has(cell: &Value, needle: &[u8]) -> bool {
    let bytes = match cell {
        Value::Text(text) => text.as_bytes(),
        Value::Blob(bytes) => bytes,
        _ => return false,
    };
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn put_rows(connection: &mut Connection, table: &str, rows: &[Vec<Value>]) {
    let transaction = connection.transaction().unwrap();
    transaction.execute(&format!("DELETE FROM {table}"), []).unwrap();
    for row in rows {
        let places: Vec<String> = (1..=row.len()).map(|at| format!("?{at}")).collect();
        let sql = format!("INSERT INTO {table} VALUES ({})", places.join(","));
        transaction.execute(&sql, rusqlite::params_from_iter(row)).unwrap();
    }
    transaction.commit().unwrap();
}
