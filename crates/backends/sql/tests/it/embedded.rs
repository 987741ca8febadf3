//! SQLite.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sql::Sqlite;
use std::sync::Arc;
use store::Store;
use store::conformance::{Mount, run_all};
use tempfile::TempDir;

struct Mounted {
    store: Arc<Sqlite>,
    _directory: TempDir,
}

impl Mounted {
    fn boxed() -> Box<dyn Mount> {
        let directory = tempfile::tempdir().unwrap();
        Box::new(Self { store: Arc::new(Sqlite::create(directory.path()).unwrap()), _directory: directory })
    }

    fn behind(&self) -> Connection {
        Connection::open(self.store.path()).unwrap()
    }
}

impl Mount for Mounted {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    fn tables(&self) -> Vec<String> {
        let connection = self.behind();
        let mut names = connection
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_reach' ORDER BY name")
            .unwrap();
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn tables_holding(&self, needle: &[u8]) -> Vec<String> {
        let connection = self.behind();
        self.tables().into_iter().filter(|table| holds(&connection, table, needle)).collect()
    }

    fn edit(&self, statement: &str) -> usize {
        self.behind().execute(statement, []).unwrap()
    }

    fn foreign_code(&self) -> &'static [[&'static str; 2]] {
        const SWALLOW: &str = "CREATE TRIGGER swallow AFTER UPDATE ON code BEGIN \
            UPDATE code SET wrong = old.wrong WHERE tenant = old.tenant AND interaction = old.interaction; END";
        &[[SWALLOW, "DROP TRIGGER swallow"]]
    }

    fn define(&self, statement: &str) {
        self.behind().execute_batch(statement).unwrap();
    }

    fn states(&self) -> &'static str {
        "recent_state"
    }
}

fn holds(connection: &Connection, table: &str, needle: &[u8]) -> bool {
    let mut all = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = all.column_count();
    let mut rows = all.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            if let ValueRef::Blob(bytes) | ValueRef::Text(bytes) = row.get_ref(column).unwrap()
                && bytes.windows(needle.len()).any(|window| window == needle)
            {
                return true;
            }
        }
    }
    false
}

#[test]
fn sqlite_keeps_the_contract() {
    run_all(Mounted::boxed);
}
