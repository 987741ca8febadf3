//! PostgreSQL's front: the same web stack, a pool of held connections with prepared statements, and one of three ways
//! to decrypt with pgcrypto and write an audit row in one transaction. The value goes out only after the commit.

use super::served::{reveal_answer, serve_on_one_thread};
use crate::Outcome;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use clap::ValueEnum;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};
use tokio_postgres::{Client, NoTls, Statement};

/// How the two acts become one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// BEGIN, SELECT, INSERT, COMMIT, each waiting for the one before: four round trips.
    Transaction,
    /// The same four, sent at once.
    Pipelined,
    /// One statement that inserts and decrypts.
    Statement,
}

impl Shape {
    /// The name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Pipelined => "pipelined",
            Self::Statement => "statement",
        }
    }
}

/// The key that the front holds and hands to pgcrypto with every request, as a deployment without a key server would.
pub(super) const KEY: &[u8; 32] = b"a fixed key for a speed measure!";

const DECRYPT: &str = "SELECT convert_from(decrypt(value, $2, 'aes'), 'UTF8') FROM customer WHERE id = $1";
const AUDIT: &str =
    "INSERT INTO audit (person, interaction, customer, field, purpose) VALUES ($1, $2, $3, $4, $5) RETURNING id";
const BOTH: &str = "WITH entry AS (INSERT INTO audit (person, interaction, customer, field, purpose)
    VALUES ($3, $4, $1, $5, $6) RETURNING id)
    SELECT convert_from(decrypt(value, $2, 'aes'), 'UTF8'), entry.id FROM customer, entry WHERE customer.id = $1";

/// What the request says beside the customer.
#[derive(Deserialize)]
struct Asked {
    interaction: String,
    field: String,
    purpose: String,
}

struct Session {
    client: Client,
    decrypt: Statement,
    audit: Statement,
    both: Statement,
    begin: Statement,
    commit: Statement,
}

struct Pool {
    shape: Shape,
    free: Semaphore,
    sessions: Mutex<Vec<Session>>,
}

/// The server process itself.
///
/// # Errors
/// When the port is taken or the database doesn't answer.
pub(crate) fn serve(port: u16, database: &str, connections: usize, shape: Shape) -> Outcome<()> {
    serve_on_one_thread(port, async || {
        let mut sessions = Vec::with_capacity(connections);
        for _ in 0..connections {
            sessions.push(connect(database).await?);
        }
        let pool = Pool { shape, free: Semaphore::new(connections), sessions: Mutex::new(sessions) };
        Ok(Router::new().route("/v1/customers/{id}/reveals", post(reveal)).with_state(Arc::new(pool)))
    })
}

async fn connect(database: &str) -> Outcome<Session> {
    let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
    tokio::spawn(connection);
    Ok(Session {
        decrypt: client.prepare(DECRYPT).await?,
        audit: client.prepare(AUDIT).await?,
        both: client.prepare(BOTH).await?,
        begin: client.prepare("BEGIN").await?,
        commit: client.prepare("COMMIT").await?,
        client,
    })
}

async fn reveal(
    State(pool): State<Arc<Pool>>,
    Path(customer): Path<i64>,
    Json(asked): Json<Asked>,
) -> Result<Json<Value>, (StatusCode, String)> {
    let failed = |error: &dyn std::fmt::Display| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let _turn = pool.free.acquire().await.map_err(|error| failed(&error))?;
    let session = pool.sessions.lock().await.pop().ok_or_else(|| failed(&"the pool is empty"))?;
    let done = session.disclose(pool.shape, customer, &asked).await;
    pool.sessions.lock().await.push(session);
    let (value, entry) = done.map_err(|error| failed(&error))?;
    Ok(Json(reveal_answer(&value, entry.unsigned_abs())))
}

/// Who asks, in the audit row: the other systems know it from the token.
const PERSON: &str = "per_0123456789abcdef0123456789abcdef";

impl Session {
    async fn disclose(&self, shape: Shape, id: i64, asked: &Asked) -> Result<(String, i64), tokio_postgres::Error> {
        match shape {
            Shape::Transaction => self.one_by_one(id, asked).await,
            Shape::Pipelined => self.all_at_once(id, asked).await,
            Shape::Statement => self.in_one_statement(id, asked).await,
        }
    }

    async fn one_by_one(&self, id: i64, asked: &Asked) -> Result<(String, i64), tokio_postgres::Error> {
        self.client.execute(&self.begin, &[]).await?;
        let value = self.client.query_one(&self.decrypt, &[&id, &KEY.as_slice()]).await?;
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&PERSON, &asked.interaction, &id, &asked.field, &asked.purpose];
        let entry = self.client.query_one(&self.audit, &row).await?;
        self.client.execute(&self.commit, &[]).await?;
        Ok((value.get(0), entry.get(0)))
    }

    async fn all_at_once(&self, id: i64, asked: &Asked) -> Result<(String, i64), tokio_postgres::Error> {
        let key = KEY.as_slice();
        let opened: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&id, &key];
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&PERSON, &asked.interaction, &id, &asked.field, &asked.purpose];
        // Polled in order, so they are queued in order on the one connection.
        let (begun, value, entry, committed) = tokio::join!(
            biased;
            self.client.execute(&self.begin, &[]),
            self.client.query_one(&self.decrypt, &opened),
            self.client.query_one(&self.audit, &row),
            self.client.execute(&self.commit, &[]),
        );
        begun?;
        committed?;
        Ok((value?.get(0), entry?.get(0)))
    }

    async fn in_one_statement(&self, id: i64, asked: &Asked) -> Result<(String, i64), tokio_postgres::Error> {
        let row = self
            .client
            .query_one(&self.both, &[&id, &KEY.as_slice(), &PERSON, &asked.interaction, &asked.field, &asked.purpose])
            .await?;
        Ok((row.get(0), row.get(1)))
    }
}
