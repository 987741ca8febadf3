//! SQL engines of the storage contract: SQLite, embedded, and PostgreSQL, for several nodes.
//!
//! An engine reads the wanted rows under its lock, calls `store::settle`, and writes what it returns. It decides
//! nothing and can't name a plaintext. Schema, questions and the reading of rows are shared; what differs is how a batch is
//! locked and written.

mod migrations;
mod open_error;
mod postgres;
mod rows;
mod slices;
mod sqlite;
mod statements;

pub use open_error::OpenError;
pub use postgres::{Address, Postgres};
pub use sqlite::Sqlite;
