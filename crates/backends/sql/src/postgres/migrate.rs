//! The schema, brought up to date under the lock of one row: several nodes may start at once.
//!
//! The files are the ones of every engine. Said otherwise here: tables have no ROWID to do without; text compares by its
//! bytes, whatever the database's language; and what serves a single writer's memory isn't made.

use crate::OpenError;
use crate::migrations::{MIGRATIONS, REACH, serves};
use crate::rows::number;
use tokio_postgres::{Client, Error};

const VERSION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (one BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)";
const VERSION_ROW: &str = "INSERT INTO schema_version (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING";
const LOCK: &str = "SELECT version FROM schema_version WHERE one = 1 FOR UPDATE";
const LOOK: &str = "SELECT to_regclass('schema_version') IS NOT NULL AND to_regclass('entry') IS NOT NULL";

/// How tables lie here; said again at each change of the schema. Rows that are updated all the time find room for their
/// next version on their own page, so that no index is touched; dead ones of the queue and of allowances are cleared away
/// by number, not by share; and what is sealed or hashed isn't compressed in vain.
const LAID_OUT: &str = "\
    ALTER TABLE customer SET (fillfactor = 85); \
    ALTER TABLE interaction SET (fillfactor = 85); \
    ALTER TABLE budget SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000); \
    ALTER TABLE pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000); \
    ALTER TABLE tile ALTER data SET STORAGE EXTERNAL; \
    ALTER TABLE entry ALTER audit SET STORAGE EXTERNAL, ALTER customer SET STORAGE EXTERNAL; \
    ALTER TABLE field ALTER sealed SET STORAGE EXTERNAL";

/// What a schema is expected to be before it is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing: a new store is made.
    Nothing,
    /// Some version.
    Some,
}

/// Brings the schema up to this program's version, in one transaction.
pub(super) async fn migrate(client: &Client, before: Before) -> Result<(), Failed> {
    if before == Before::Some && !exists(client).await? {
        return Err(OpenError::Missing.into());
    }
    make_version(client).await?;
    client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?;
    let migrated = under_lock(client, before).await;
    client.batch_execute(if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    migrated
}

async fn exists(client: &Client) -> Result<bool, Error> {
    client.query_typed_one(LOOK, &[]).await?.try_get(0)
}

/// Two nodes that make the table at the same moment get in each other's way inside the server's own catalogue.
async fn make_version(client: &Client) -> Result<(), Error> {
    let first = client.batch_execute(VERSION_TABLE).await;
    if first.is_err() {
        client.batch_execute(VERSION_TABLE).await?;
    }
    client.batch_execute(VERSION_ROW).await
}

async fn under_lock(client: &Client, before: Before) -> Result<(), Failed> {
    let row = client.query_typed_one(LOCK, &[]).await?;
    let had: usize = number::<u32>(&row, 0).map_err(|_| OpenError::Server("holds another schema"))? as usize;
    if before == Before::Nothing && had > 0 {
        return Err(OpenError::Taken.into());
    }
    if had > MIGRATIONS.len() {
        return newer(client, had).await;
    }
    for sql in &MIGRATIONS[had..] {
        client.batch_execute(&spoken_here(sql)).await?;
    }
    if had < MIGRATIONS.len() {
        client.batch_execute(LAID_OUT).await?;
        let set = format!("UPDATE schema_version SET version = {} WHERE one = 1", MIGRATIONS.len());
        client.batch_execute(&set).await?;
    }
    Ok(())
}

/// A newer program was here before this one, which serves beside it if nothing that it needs was taken away.
async fn newer(client: &Client, had: usize) -> Result<(), Failed> {
    let reach = client.query_typed_one(REACH, &[]).await?.try_get(0)?;
    if serves(reach) { Ok(()) } else { Err(OpenError::Newer(had).into()) }
}

/// Why it didn't come to be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Server(#[from] Error),
}

const ONLY: &str = "-- Only in the embedded engine:";
const ALL: &str = "-- In every engine:";

/// A migration in PostgreSQL's words.
fn spoken_here(sql: &str) -> String {
    let mut kept = String::with_capacity(sql.len());
    let mut skipping = false;
    for line in sql.lines() {
        skipping = (skipping || line.starts_with(ONLY)) && !line.starts_with(ALL);
        if !skipping {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept.replace(" WITHOUT ROWID", "").replace(" TEXT", " TEXT COLLATE \"C\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_differ() {
        let sql = "CREATE TABLE a (t TEXT NOT NULL) WITHOUT ROWID;\n-- Only in the embedded engine: why.\nCREATE TABLE b;\n\
                   -- In every engine:\nCREATE TABLE c;\n";
        let said = "CREATE TABLE a (t TEXT COLLATE \"C\" NOT NULL);\n-- In every engine:\nCREATE TABLE c;\n";
        assert_eq!(spoken_here(sql), said);
        for sql in MIGRATIONS {
            assert!(!spoken_here(sql).contains("ROWID") && !spoken_here(sql).contains("recent_state"));
        }
    }
}
