//! Transactions on a lent connection. Statements that don't need each other's answers are sent at once and cost one
//! round trip.

use super::disk::{Line, MARK, marked_on};
use super::failure::{Failed, explain, makes_none, surely_undone};
use super::pool::{Lent, Pool, QUESTION, SCAN, TRANSACTION};
use super::session::Session;
use super::value::Value;
use core::fmt::Write;
use futures_util::future::join_all;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use tokio_postgres::{Error, Row};

/// A statement that changes rows.
pub(super) struct Change<'a> {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value<'a>>,
    /// How many rows it must change; otherwise somebody else was there first.
    pub(super) exactly: Option<usize>,
}

impl<'a> Change<'a> {
    /// A change of as many rows as there are.
    pub(super) fn any(sql: &'static str, values: Vec<Value<'a>>) -> Self {
        Self { sql: Cow::Borrowed(sql), values, exactly: None }
    }

    /// Changes of different rows, as one statement: each message costs both sides more than a short statement does.
    /// All of them see the rows as they were before it.
    pub(super) fn joined(all: Vec<Question<'a>>) -> Option<Self> {
        let mut sql = String::new();
        let mut values = Vec::with_capacity(32);
        let last = all.len().checked_sub(1)?;
        for (number, (one, its)) in all.into_iter().enumerate() {
            let shift = values.len();
            values.extend(its);
            match number {
                _ if number == last => sql.push_str(if last == 0 { "" } else { " " }),
                0 => sql.push_str("WITH w0 AS ("),
                _ => sql.push_str(&format!(", w{number} AS (")),
            }
            renumber(one, shift, &mut sql);
            sql.push_str(if number == last { "" } else { ")" });
        }
        Some(Self { sql: Cow::Owned(sql), values, exactly: None })
    }

    /// A change of exactly so many rows.
    pub(super) fn of(rows: usize, sql: &'static str, values: Vec<Value<'a>>) -> Self {
        Self { sql: Cow::Borrowed(sql), values, exactly: Some(rows) }
    }
}

/// A statement whose parameters come after `shift` others.
fn renumber(statement: &str, shift: usize, out: &mut String) {
    let mut parts = statement.split('$');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let number: usize = part[..digits].parse().unwrap_or_default();
        let _ = write!(out, "${}{}", number + shift, &part[digits..]);
    }
}

/// A statement and its parameters.
pub(super) type Question<'a> = (&'static str, Vec<Value<'a>>);

/// An open transaction.
pub(super) struct Transaction<'a> {
    lent: Lent<'a>,
    line: Option<Arc<Line>>,
}

/// When a commit is to be on the server's disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durable {
    /// Before it is told of.
    AtOnce,
    /// Later, where the server can: whoever commits waits for it before telling anybody.
    Later,
}

/// What became of a transaction's COMMIT.
pub(super) enum Taken {
    /// It is durable.
    Durable,
    /// It is, once its line says so.
    Later(Arc<Line>),
    /// Nobody knows whether it happened.
    Unknown,
}

impl Taken {
    /// Waits for the disk. Is it there, as far as anybody knows?
    pub(super) async fn durable(self) -> bool {
        match self {
            Self::Durable => true,
            Self::Later(line) => line.durable().await,
            Self::Unknown => false,
        }
    }
}

impl<'a> Transaction<'a> {
    /// Begins one and asks at once.
    pub(super) async fn begin(
        pool: &'a Pool,
        durable: Durable,
        questions: &[Question<'_>],
    ) -> Result<(Self, Vec<Vec<Row>>), Failed> {
        let mut lent = pool.lend_here().await?;
        let line = match durable {
            Durable::AtOnce => None,
            Durable::Later => pool.line(lent.server),
        };
        let preparing = lent.prepare(questions.iter().map(|(sql, values)| (*sql, values.as_slice())));
        lent.within(TRANSACTION, preparing).await??;
        lent.open = true;
        let session: &Session = &lent;
        let begun = async { session.begin(line.is_some()).await.map(|()| Vec::new()) };
        let mut all: Vec<Asked<'_>> = vec![Box::pin(begun)];
        all.extend(questions.iter().map(|(sql, values)| Box::pin(session.ask(sql, values)) as Asked<'_>));
        // Polled in order, so they are sent in order on the one connection.
        let mut answers = lent.within(TRANSACTION, join_all(all)).await?.into_iter();
        answers.next().transpose()?;
        let rows = answers.collect::<Result<Vec<_>, _>>()?;
        Ok((Self { lent, line }, rows))
    }

    /// Makes all changes in order. One that changes another number of rows than it must is a race that was lost.
    pub(super) async fn make(&self, changes: &[Change<'_>]) -> Result<Vec<u64>, Failed> {
        let sent = self.lent.within(TRANSACTION, sent(&self.lent, changes)).await??;
        let counts = self.lent.within(TRANSACTION, join_all(sent)).await?;
        let counts = counts.into_iter().collect::<Result<Vec<_>, _>>()?;
        let lost = |(count, change): (&u64, &Change<'_>)| change.exactly.is_some_and(|rows| rows as u64 != *count);
        if counts.iter().zip(changes).any(lost) {
            return Err(Failed::Raced);
        }
        Ok(counts)
    }

    /// Makes all changes and commits, in one round trip: where a change fails, the server makes the COMMIT a ROLLBACK.
    pub(super) async fn finish(mut self, changes: &[Change<'_>]) -> Result<Taken, Failed> {
        let session: &Session = &self.lent;
        let mut all = self.lent.within(TRANSACTION, sent(session, changes)).await??;
        all.push(Box::pin(async { session.end("COMMIT").await.map(|()| 0) }));
        // A COMMIT without an answer is as one whose connection broke.
        let Ok(mut answers) = self.lent.within(TRANSACTION, join_all(all)).await else { return Ok(Taken::Unknown) };
        let committed = answers.pop().transpose();
        let failed = answers.into_iter().find_map(Result::err);
        match (failed, committed) {
            (failed, Ok(_)) => {
                self.lent.open = false;
                let taken = self.line.map_or(Taken::Durable, Taken::Later);
                failed.map_or(Ok(taken), |error| Err(error.into()))
            }
            (None, Err(error)) if surely_undone(&error) => Err(error.into()),
            // Whoever ended the session may have words for it, as a pooler that lost its server has. Without an answer
            // to the COMMIT they say nothing about the transaction.
            (_, Err(_)) => Ok(Taken::Unknown),
        }
    }

    /// Commits what is to be durable at once. `None`: nobody knows whether it happened.
    pub(super) async fn commit(mut self) -> Result<Option<()>, Failed> {
        let committed = self.lent.within(TRANSACTION, self.lent.end("COMMIT")).await;
        match committed {
            Ok(Ok(())) => {
                self.lent.open = false;
                Ok(Some(()))
            }
            Ok(Err(error)) if surely_undone(&error) => Err(error.into()),
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    /// Takes everything back.
    pub(super) async fn roll_back(mut self) {
        let ended = self.lent.within(QUESTION, self.lent.end("ROLLBACK")).await;
        if matches!(ended, Ok(Ok(()))) {
            self.lent.open = false;
        }
    }
}

/// The changes as they will be sent, in order. What isn't prepared yet is, first.
async fn sent<'a>(session: &'a Session, changes: &'a [Change<'_>]) -> Result<Vec<Changed<'a>>, Error> {
    session.prepare(changes.iter().map(|one| (&*one.sql, one.values.as_slice()))).await?;
    Ok(changes.iter().map(|one| Box::pin(session.change(&one.sql, &one.values)) as Changed<'_>).collect())
}

type Asked<'a> = core::pin::Pin<Box<dyn Future<Output = Result<Vec<Row>, Error>> + Send + 'a>>;
type Changed<'a> = core::pin::Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>>;

impl Pool {
    /// Ready once everything that was committed so far is on the server's disk; a server that makes no marks writes each
    /// commit before it tells of it.
    pub(super) async fn durable(&self) -> Result<(), StoreError> {
        let lent = self.lend().await?;
        let marked = lent.within(QUESTION, lent.ask(MARK, &[])).await?;
        let durable = match &marked {
            Ok(rows) => rows.first().and_then(marked_on).is_some(),
            Err(error) => makes_none(error),
        };
        if durable { Ok(()) } else { Err(StoreError::Unavailable) }
    }

    /// One question, in a transaction of its own.
    pub(super) async fn ask(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.ask_within(QUESTION, sql, values).await
    }

    /// One question that reads a whole table.
    pub(super) async fn scan(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.ask_within(SCAN, sql, values).await
    }

    async fn ask_within(
        &self,
        patience: Duration,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let lent = self.lend().await?;
        lent.within(patience, lent.ask(sql, values)).await?.map_err(|error| explain(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::value::int;

    #[test]
    fn joined_changes_keep_their_own_parameters() {
        let one = ("UPDATE a SET b = $2 WHERE c = $1", vec![int(1), int(2)]);
        let other = ("DELETE FROM d WHERE e = $1", vec![int(3)]);
        assert!(Change::joined(Vec::new()).is_none());
        let alone = Change::joined(vec![("DELETE FROM d WHERE e = $1", vec![int(3)])]).unwrap();
        assert_eq!(alone.sql, "DELETE FROM d WHERE e = $1");
        let joined = Change::joined(vec![one, other, ("DELETE FROM f WHERE g = $1", vec![int(4)])]).unwrap();
        assert_eq!(
            joined.sql,
            "WITH w0 AS (UPDATE a SET b = $2 WHERE c = $1), w1 AS (DELETE FROM d WHERE e = $3) \
             DELETE FROM f WHERE g = $4"
        );
        assert_eq!(joined.values.len(), 4);
    }
}
