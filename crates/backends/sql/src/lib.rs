//! SQL engines of the storage contract. Today: SQLite, embedded.
//!
//! An engine reads the wanted rows under its lock, calls `store::settle`, and writes what it returns. It decides
//! nothing and can't name a plaintext.

mod sqlite;

pub use sqlite::{OpenError, Sqlite};
