//! A connection, and how statements are sent on it.
//!
//! Behind a pooler that hands every transaction to another server process (PgBouncer in transaction mode) a statement's
//! name means nothing, or something else: there statements have none. A connection to one server process for good prepares
//! each statement once, which saves most of what the server spends on short ones.

use super::connect::Connected;
use super::direct::server_process;
use super::value::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::task::AbortHandle;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row, Statement};

/// What holds for the rest of a transaction. A node that stops in the middle mustn't keep the others waiting: the server
/// ends its transaction. Every statement finds its rows by key; but a new table has no statistics yet, and a planner that
/// takes it for small would read all of it each time, for as long as it isn't told better.
const TRANSACTION: [&str; 6] = [
    "idle_in_transaction_session_timeout = '1500ms'",
    "lock_timeout = '10s'",
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_bitmapscan = off",
];
/// Where statements are prepared once: one plan for any number of keys. Only in transactions: a page of a list is found by
/// the index that fits what was asked for.
const GENERIC: &str = "plan_cache_mode = force_generic_plan";
/// Rows are read under locks, so each statement must see what was committed before its lock was given.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// Its COMMIT doesn't wait for the disk.
const LATER: &str = "SET LOCAL synchronous_commit = off";

/// One server, from its start to its end: when it was started, in microseconds since 1970. (One that crashes and comes
/// back by itself keeps it; its connections end.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Server(pub(super) i64);

/// A connection.
pub(super) struct Session {
    client: Client,
    driven: AbortHandle,
    given_up: AtomicBool,
    /// What begins a transaction.
    begin: String,
    /// Where the connection leads, if it leads to one server process for good.
    pub(super) server: Option<Server>,
    /// Statements by their words, where they can be prepared.
    prepared: Option<Mutex<HashMap<String, Statement>>>,
}

impl Session {
    /// Looks whether the connection leads to one server process for good. One that is for transactions only need be told
    /// once what holds in them.
    pub(super) async fn on(connected: Connected, only_transactions: bool) -> Result<Self, Error> {
        let Connected { client, driven } = connected;
        let given_up = AtomicBool::new(false);
        let backend: i32 = client.query_typed_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?;
        if server_process(&client.cancel_token()).await != Some(backend) {
            let begin = TRANSACTION.iter().fold(BEGIN.to_owned(), |all, one| format!("{all}; SET LOCAL {one}"));
            return Ok(Self { client, driven, given_up, begin, server: None, prepared: None });
        }
        let generic = only_transactions.then_some(GENERIC);
        let settings: String = TRANSACTION.into_iter().chain(generic).map(|one| format!("SET {one};")).collect();
        client.batch_execute(&settings).await?;
        let begin = if only_transactions { BEGIN.to_owned() } else { format!("{BEGIN}; SET LOCAL {GENERIC}") };
        let server = started(&client).await.map(Server);
        Ok(Self { client, driven, given_up, begin, server, prepared: Some(Mutex::default()) })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.given_up.load(Ordering::SeqCst) || self.client.is_closed()
    }

    /// Closes it without waiting for what wasn't answered: dropped, it would stay open until the server does.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::SeqCst);
        self.driven.abort();
    }

    /// Begins a transaction; `later` says that its COMMIT isn't to wait for the disk.
    pub(super) async fn begin(&self, later: bool) -> Result<(), Error> {
        if !later {
            return self.client.batch_execute(&self.begin).await;
        }
        self.client.batch_execute(&format!("{}; {LATER}", self.begin)).await
    }

    /// One of the words that end a transaction.
    pub(super) async fn end(&self, word: &str) -> Result<(), Error> {
        self.client.batch_execute(word).await
    }

    /// Prepares what wasn't yet, all at once. Inside a transaction it would be one more round trip under locks.
    pub(super) async fn prepare<'v>(
        &self,
        statements: impl Iterator<Item = (&'v str, &'v [Value<'v>])>,
    ) -> Result<(), Error> {
        let Some(prepared) = &self.prepared else { return Ok(()) };
        let missing: Vec<_> = {
            let known = prepared.lock().unwrap_or_else(PoisonError::into_inner);
            statements.filter(|(sql, _)| !known.contains_key(*sql)).collect()
        };
        let preparing = missing.iter().map(|(sql, values)| async move {
            let kinds: Vec<Type> = values.iter().map(Value::kind).collect();
            Ok(((*sql).to_owned(), self.client.prepare_typed(sql, &kinds).await?))
        });
        let new = futures_util::future::try_join_all(preparing).await?;
        prepared.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
        Ok(())
    }

    fn known(&self, sql: &str) -> Option<Statement> {
        self.prepared.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned()
    }

    pub(super) async fn ask(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        match self.known(sql) {
            Some(statement) => self.client.query(&statement, &bare(values)).await,
            None => self.client.query_typed(sql, &typed(values)).await,
        }
    }

    pub(super) async fn change(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        match self.known(sql) {
            Some(statement) => self.client.execute(&statement, &bare(values)).await,
            None => self.client.execute_typed(sql, &typed(values)).await,
        }
    }
}

/// When the server was started. `None`: it doesn't say, so it isn't quite PostgreSQL.
async fn started(client: &Client) -> Option<i64> {
    const STARTED: &str = "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::BIGINT";
    client.query_typed_one(STARTED, &[]).await.ok()?.try_get(0).ok()
}

fn bare<'v>(values: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

fn typed<'v>(values: &'v [Value<'_>]) -> Vec<(&'v (dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as _, value.kind())).collect()
}
