//! SQLite: one data directory, one file, one writer at a time.
//!
//! WAL; a commit that was told of is on the disk ([`durable`]). Group commit comes from the caller, who hands over all
//! intents that gathered meanwhile. Reads use connections of their own and see what was committed, if need be a
//! moment before it is durable; whatever discloses goes through a commit.

mod checkpointing;
mod closes;
mod columns;
mod commit;
mod durable;
mod folding;
mod heads;
mod keeping;
mod log;
mod merge;
mod read;
mod recent;
mod writer;

use crate::OpenError;
use crate::migrations::{MIGRATIONS, REACH, serves};
use checkpointing::Checkpointing;
use durable::Durability;
use heads::Heads;
use recent::Recent;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Fut, StoreError};
use writer::Writer;

/// How many reads run side by side.
const READERS: usize = 2;
/// Statements kept prepared, per connection: more than there are.
const STATEMENTS: usize = 96;
/// Another process (an import, a command) may hold the write lock for a while.
const BUSY: Duration = Duration::from_secs(20);

/// The embedded engine.
pub struct Sqlite {
    writer: Arc<Writer>,
    recent: Mutex<Recent>,
    durability: Durability,
    heads: Heads,
    checkpointing: Checkpointing,
    readers: [Mutex<Connection>; READERS],
    path: PathBuf,
}

impl Sqlite {
    /// Makes a new database file in `dir`.
    ///
    /// # Errors
    /// If the file can't be made.
    pub fn create(dir: &Path) -> Result<Self, OpenError> {
        let path = Self::file(dir);
        Connection::open(&path)?.pragma_update(None, "journal_mode", "WAL")?;
        Self::open(dir)
    }

    /// Opens the database file in `dir` and brings its schema up to date.
    ///
    /// # Errors
    /// If there is none, it is newer than this program, or it can't be opened.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let path = Self::file(dir);
        if !path.exists() {
            return Err(OpenError::Missing);
        }
        let mut writer = connect(&path, false)?;
        migrate(&mut writer)?;
        let readers = [Mutex::new(connect(&path, true)?), Mutex::new(connect(&path, true)?)];
        let durability = Durability::of(&path)?;
        let writer = Arc::new(Writer::new(writer));
        let checkpointing = Checkpointing::start(&path, Arc::clone(&writer))?;
        Ok(Self { writer, recent: Mutex::default(), durability, heads: Heads::default(), checkpointing, readers, path })
    }

    /// The database's file in a data directory.
    #[must_use]
    pub fn file(dir: &Path) -> PathBuf {
        dir.join("ringfence.db")
    }

    /// The file this engine works on.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock()
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        free.unwrap_or_else(|| self.readers[0].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A read, done now: point reads take microseconds, so the future is ready when it is made.
    fn reading<'a, T: Send + 'a>(&'a self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Fut<'a, T> {
        let result = read(&self.reader());
        Box::pin(core::future::ready(result.map_err(|error| explain(&error))))
    }

    /// A read of what is written all the time. A connection forgets its cached pages whenever another one commits, so
    /// the writer's own is the only one that still has them.
    fn reading_as_writer<'a, T: Send + 'a>(
        &'a self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Fut<'a, T> {
        let result = read(&self.writer());
        Box::pin(core::future::ready(result.map_err(|error| explain(&error))))
    }

    /// A write: done now, durable once the future is ready.
    fn writing<'a, T: Send + 'a>(&'a self, write: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Fut<'a, T> {
        let written = self.write(write);
        Box::pin(async move {
            let (result, number) = written?;
            self.durability.reach(number).map_err(|_| StoreError::Full)?;
            Ok(result)
        })
    }

    fn write<T>(&self, write: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<(T, u64), StoreError> {
        let mut writer = self.writer();
        let result = write(&mut writer).map_err(|error| explain(&error))?;
        let number = self.durability.written();
        drop(writer);
        self.checkpointing.committed();
        Ok((result, number))
    }
}

fn connect(path: &Path, read_only: bool) -> rusqlite::Result<Connection> {
    let access = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if !read_only {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // What is erased is overwritten, in the database file and (by `wal_checkpoint(TRUNCATE)`) in its log.
        connection.pragma_update(None, "secure_delete", "ON")?;
    }
    connection.pragma_update(None, "cache_size", -65_536)?;
    // Pages of the database file are read where they lie instead of being copied; those of its log still are.
    connection.pragma_update(None, "mmap_size", 1_i64 << 36)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let had: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let had = had as usize;
    if had > MIGRATIONS.len() {
        let reach = connection.query_row(REACH, [], |row| row.get(0))?;
        return if serves(reach) { Ok(()) } else { Err(OpenError::Newer(had)) };
    }
    for (at, sql) in MIGRATIONS.iter().enumerate().skip(had) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", u32::try_from(at + 1).unwrap_or(u32::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}

/// SQLite's own words may hold parts of statements, never values of rows; still only the kind is told on.
fn explain(error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{
        DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, ReadOnly, SystemIoFailure,
    };
    match error.sqlite_error_code() {
        Some(DiskFull | SystemIoFailure | ReadOnly) => StoreError::Full,
        Some(DatabaseBusy | DatabaseLocked) => StoreError::Unavailable,
        Some(DatabaseCorrupt | NotADatabase) => StoreError::Damaged("the database file"),
        _ => match error {
            rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..) => {
                StoreError::Damaged("a row")
            }
            _ => StoreError::Unavailable,
        },
    }
}
