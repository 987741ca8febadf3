//! The database as whoever has the disk sees it: files that can be read, rows that can be edited.

use crate::Broken;
use crate::stage::OwnDatabase;
use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior, params_from_iter};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an edit may wait for the database's own writer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The embedded engine's file.
pub(crate) struct Disk {
    file: PathBuf,
    unsealed: String,
}

/// What an edit changed; put back when this goes. What the program itself wrote meanwhile stays.
pub(crate) struct Before {
    file: PathBuf,
    table: &'static str,
    were: Vec<Row>,
    are: Vec<Row>,
}

/// A row, as the engine has it.
pub(crate) type Row = Vec<Value>;

impl Disk {
    pub(crate) fn of(database: &OwnDatabase) -> Self {
        Self { file: database.file.clone(), unsealed: database.unsealed.clone() }
    }

    /// One of which nothing is read.
    pub(crate) fn at(file: &Path) -> Self {
        Self { file: file.to_path_buf(), unsealed: String::new() }
    }

    /// What stands in it for everybody to read.
    pub(crate) fn unsealed(&self) -> &str {
        &self.unsealed
    }

    /// Edits rows of a table; `:name` stands for an id such as `int_…`.
    pub(crate) fn edit(&self, table: &'static str, statement: &str, ids: &[(&str, &str)]) -> Result<Before, Broken> {
        let blob = |id: &str| format!("x'{}'", id.split_once('_').map_or("", |(_, hex)| hex));
        let statement = ids.iter().fold(statement.to_owned(), |text, (name, id)| text.replace(name, &blob(id)));
        let (were, are) = self.changed(table, &statement)?;
        Ok(Before { file: self.file.clone(), table, were, are })
    }

    /// Edits rows of a table for good; gives those that changed, as they were and as they are. Some must.
    pub(crate) fn changed(&self, table: &str, statement: &str) -> Result<(Vec<Row>, Vec<Row>), Broken> {
        self.changed_by(table, |it| it.execute(statement, []).map(drop))
    }

    /// The rows of a table of which this is so, as they are kept. There must be some.
    pub(crate) fn kept(&self, table: &str, condition: &str) -> Result<Vec<Row>, Broken> {
        let from = format!("{table} WHERE {condition}");
        let found = open(&self.file).and_then(|it| rows(&it, &from).map_err(|_| Broken::Disk));
        found.and_then(|found| if found.is_empty() { Err(Broken::Disk) } else { Ok(found) })
    }

    /// Puts rows as they once were in the place of those of which this is so; none, to take them out.
    pub(crate) fn replace(&self, table: &'static str, condition: &str, by: &[Row]) -> Result<Before, Broken> {
        let (were, are) = self.changed_by(table, |it| {
            it.execute(&format!("DELETE FROM {table} WHERE {condition}"), [])?;
            by.iter().try_for_each(|row| put(it, table, row))
        })?;
        Ok(Before { file: self.file.clone(), table, were, are })
    }

    fn changed_by(
        &self,
        table: &str,
        edit: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(Vec<Row>, Vec<Row>), Broken> {
        let changed = open(&self.file).and_then(|mut it| edited(&mut it, table, edit).map_err(|_| Broken::Disk));
        changed
            .and_then(|(were, are)| if were.is_empty() && are.is_empty() { Err(Broken::Disk) } else { Ok((were, are)) })
    }

    /// Is this anywhere in the database's files, the write-ahead log among them?
    pub(crate) fn holds(&self, text: &str) -> Result<bool, Broken> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let files = std::fs::read_dir(folder).map_err(|_| Broken::Disk)?;
        for file in files {
            let path = file.map_err(|_| Broken::Disk)?.path();
            // Only what is there to be read counts: sockets and what went meanwhile don't.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Copies an embedded engine's file while it is in use, as a backup does. Says whether it could.
#[must_use]
pub fn copy_database(from: &Path, to: &Path) -> bool {
    let Some(name) = to.to_str() else { return false };
    let copied = open(from).and_then(|it| it.execute("VACUUM INTO ?1", [name]).map_err(|_| Broken::Disk));
    // The engine's own mode, which such a copy doesn't take over.
    let own_mode = |copy: Connection| copy.pragma_update(None, "journal_mode", "WAL").map_err(|_| Broken::Disk);
    copied.and_then(|_| open(to)).and_then(own_mode).is_ok()
}

impl Drop for Before {
    fn drop(&mut self) {
        // If it can't be put back, the next drill finds the database damaged and says so.
        let Ok(mut connection) = open(&self.file) else { return };
        drop(put_back(&mut connection, self));
    }
}

fn open(file: &Path) -> Result<Connection, Broken> {
    let opened = Connection::open(file).and_then(|it| it.busy_timeout(PATIENCE).map(|()| it));
    opened.map_err(|_| Broken::Disk)
}

fn rows(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect())?;
    rows.collect()
}

/// Edits a table; gives the rows that changed, as they were and as they are.
fn edited(
    connection: &mut Connection,
    table: &str,
    edit: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<(Vec<Row>, Vec<Row>)> {
    // Nobody writes between the reads and the edit.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = rows(&transaction, table)?;
    edit(&transaction)?;
    let after = rows(&transaction, table)?;
    transaction.commit()?;
    let without = |some: &[Row], others: &[Row]| some.iter().filter(|row| !others.contains(row)).cloned().collect();
    Ok((without(&before, &after), without(&after, &before)))
}

/// Where there is a row of that key already, that one stands.
fn put(connection: &Connection, table: &str, row: &[Value]) -> rusqlite::Result<()> {
    let places = vec!["?"; row.len()].join(", ");
    let statement = format!("INSERT OR IGNORE INTO {table} VALUES ({places})");
    connection.execute(&statement, params_from_iter(row)).map(drop)
}

fn put_back(connection: &mut Connection, edit: &Before) -> rusqlite::Result<()> {
    let Before { table, were, are, .. } = edit;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let names: Vec<String> = {
        let statement = transaction.prepare(&format!("SELECT * FROM {table}"))?;
        statement.column_names().into_iter().map(|name| format!("{name} IS ?")).collect()
    };
    for row in are {
        transaction.execute(&format!("DELETE FROM {table} WHERE {}", names.join(" AND ")), params_from_iter(row))?;
    }
    // What the program wrote itself meanwhile stands.
    were.iter().try_for_each(|row| put(&transaction, table, row))?;
    transaction.commit()
}
