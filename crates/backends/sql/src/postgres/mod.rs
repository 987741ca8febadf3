//! PostgreSQL: one database, any number of nodes.
//!
//! A batch is one transaction at READ COMMITTED: the rows it decides on are locked in one order, settled, and written
//! by one statement per table. What isn't there can't be locked; it is inserted, and if somebody else was first, the batch
//! is rolled back and settled again. (SERIALIZABLE would find the same conflicts, and others that are none: reading that
//! a key is unused conflicts there with every other key on the same page of its index.) Whatever holds across nodes is
//! held by the database: nothing is kept between two transactions.

mod address;
mod columns;
mod commit;
mod connect;
mod direct;
mod disk;
mod effects;
mod facts;
mod failure;
mod foreign;
mod keeping;
mod log;
mod lookup;
mod merge;
mod migrate;
mod pool;
mod read;
mod session;
mod tls;
mod transaction;
mod value;
mod write;

use crate::OpenError;
pub use address::Address;
use connect::{Connector, refused};
use log::Watched;
use migrate::{Before, migrate};
use pool::Pool;
use tokio_postgres::Client;

/// The engine for several nodes.
pub struct Postgres {
    pool: Pool,
    watched: Watched,
}

impl Postgres {
    /// Makes the tables in an empty database.
    ///
    /// # Errors
    /// If there is a Ringfence in it already, or the server says no.
    pub async fn create(address: &Address, connections: usize) -> Result<Self, OpenError> {
        Self::start(address, connections, Before::Nothing).await
    }

    /// Opens a database with a Ringfence in it and brings its schema up to date; other nodes may do so at once.
    ///
    /// # Errors
    /// If there is none, it is newer than this program, or the server says no.
    pub async fn open(address: &Address, connections: usize) -> Result<Self, OpenError> {
        Self::start(address, connections, Before::Some).await
    }

    async fn start(address: &Address, connections: usize, before: Before) -> Result<Self, OpenError> {
        let pool = Pool::new(Connector::to(address)?, connections)?;
        let client = pool.connect().await.map_err(refused)?.client;
        durable(&client).await?;
        match migrate(&client, before).await {
            Ok(()) => Ok(Self { pool, watched: Watched::default() }),
            Err(migrate::Failed::Open(error)) => Err(error),
            Err(migrate::Failed::Server(error)) => Err(refused(Some(error))),
        }
    }
}

/// A commit that was told of must be on the disk.
async fn durable(client: &Client) -> Result<(), OpenError> {
    const ASK: &str = "SELECT coalesce(current_setting('synchronous_commit', true) <> 'off', true) \
                       AND coalesce(current_setting('fsync', true) <> 'off', true)";
    let row = client.query_typed_one(ASK, &[]).await.map_err(|error| refused(Some(error)))?;
    match row.try_get(0) {
        Ok(true) => Ok(()),
        _ => Err(OpenError::Server("forgets what it was told (synchronous_commit or fsync is off)")),
    }
}
