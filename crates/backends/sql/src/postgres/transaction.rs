//! Statements and transactions on a lent connection.
//!
//! Statements have no name: a pooler that hands every transaction to another server connection (PgBouncer 1.18 in
//! transaction mode) knows none. Those that don't need each other's answers are sent at once and cost one round trip.

use super::failure::{Failed, explain, surely_undone};
use super::pool::{Lent, Pool};
use super::value::Value;
use futures_util::future::join_all;
use store::StoreError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

/// Rows are read under locks, so each statement must see what was committed before its lock was given. A node that
/// stops in the middle mustn't keep the others waiting: the server ends its transaction.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SET LOCAL idle_in_transaction_session_timeout = '1500ms'; SET LOCAL lock_timeout = '10s'";

/// A statement that changes rows.
pub(super) struct Change<'a> {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value<'a>>,
    /// How many rows it must change; otherwise somebody else was there first.
    pub(super) exactly: Option<usize>,
}

impl<'a> Change<'a> {
    /// A change of as many rows as there are.
    pub(super) fn any(sql: &'static str, values: Vec<Value<'a>>) -> Self {
        Self { sql, values, exactly: None }
    }

    /// A change of exactly so many rows.
    pub(super) fn of(rows: usize, sql: &'static str, values: Vec<Value<'a>>) -> Self {
        Self { sql, values, exactly: Some(rows) }
    }
}

/// A statement and its parameters.
pub(super) type Question<'a> = (&'static str, Vec<Value<'a>>);

fn typed<'v>(values: &'v [Value<'_>]) -> Vec<(&'v (dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as _, value.kind())).collect()
}

pub(super) async fn ask(client: &Client, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
    client.query_typed(sql, &typed(values)).await
}

async fn change(client: &Client, change: &Change<'_>) -> Result<u64, Error> {
    client.execute_typed(change.sql, &typed(&change.values)).await
}

/// An open transaction.
pub(super) struct Transaction<'a>(Lent<'a>);

impl<'a> Transaction<'a> {
    /// Begins one and asks at once.
    pub(super) async fn begin(pool: &'a Pool, questions: &[Question<'_>]) -> Result<(Self, Vec<Vec<Row>>), Failed> {
        let mut lent = pool.lend().await?;
        lent.open = true;
        let client: &Client = &lent;
        let begun = async { client.batch_execute(BEGIN).await.map(|()| Vec::new()) };
        let mut all: Vec<Asked<'_>> = vec![Box::pin(begun)];
        all.extend(questions.iter().map(|(sql, values)| Box::pin(ask(client, sql, values)) as Asked<'_>));
        // Polled in order, so they are sent in order on the one connection.
        let mut answers = join_all(all).await.into_iter();
        answers.next().transpose()?;
        let rows = answers.collect::<Result<Vec<_>, _>>()?;
        Ok((Self(lent), rows))
    }

    /// Makes all changes in order. One that changes another number of rows than it must is a race that was lost.
    pub(super) async fn make(&self, changes: &[Change<'_>]) -> Result<Vec<u64>, Failed> {
        let client: &Client = &self.0;
        let counts = join_all(changes.iter().map(|one| Box::pin(change(client, one)) as Changed<'_>)).await;
        let counts = counts.into_iter().collect::<Result<Vec<_>, _>>()?;
        let lost = |(count, change): (&u64, &Change<'_>)| change.exactly.is_some_and(|rows| rows as u64 != *count);
        if counts.iter().zip(changes).any(lost) {
            return Err(Failed::Raced);
        }
        Ok(counts)
    }

    /// Makes all changes and commits, in one round trip: where a change fails, the server makes the COMMIT a ROLLBACK.
    /// `None`: nobody knows whether it happened.
    pub(super) async fn finish(mut self, changes: &[Change<'_>]) -> Result<Option<()>, Failed> {
        let client: &Client = &self.0;
        let mut all: Vec<Changed<'_>> =
            changes.iter().map(|one| Box::pin(change(client, one)) as Changed<'_>).collect();
        all.push(Box::pin(async { client.batch_execute("COMMIT").await.map(|()| 0) }));
        let mut answers = join_all(all).await;
        let committed = answers.pop().transpose();
        let failed = answers.into_iter().find_map(Result::err);
        match (failed, committed) {
            (failed, Ok(_)) => {
                self.0.open = false;
                failed.map_or(Ok(Some(())), |error| Err(error.into()))
            }
            (None, Err(error)) if surely_undone(&error) => Err(error.into()),
            // Whoever ended the session may have words for it, as a pooler that lost its server has. Without an answer
            // to the COMMIT they say nothing about the transaction.
            (_, Err(_)) => Ok(None),
        }
    }

    /// Commits. `None`: nobody knows whether it happened.
    pub(super) async fn commit(mut self) -> Result<Option<()>, Failed> {
        match self.0.batch_execute("COMMIT").await {
            Ok(()) => {
                self.0.open = false;
                Ok(Some(()))
            }
            Err(error) if surely_undone(&error) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// Takes everything back.
    pub(super) async fn roll_back(mut self) {
        if self.0.batch_execute("ROLLBACK").await.is_ok() {
            self.0.open = false;
        }
    }
}

type Asked<'a> = core::pin::Pin<Box<dyn Future<Output = Result<Vec<Row>, Error>> + Send + 'a>>;
type Changed<'a> = core::pin::Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>>;

impl Pool {
    /// One question, in a transaction of its own.
    pub(super) async fn ask(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let lent = self.lend().await?;
        ask(&lent, sql, values).await.map_err(|error| explain(&error))
    }
}
