//! What went wrong at the server, and what follows from it.

use crate::rows::Wrong;
use store::StoreError;
use tokio_postgres::error::SqlState;

/// Why a transaction or statement gave nothing.
#[derive(Debug)]
pub(super) enum Failed {
    /// Another transaction was first: a row that was not there is there now, or two waited for each other. Everything
    /// was rolled back; read again and settle again.
    Raced,
    /// For good.
    Store(StoreError),
}

impl From<Wrong> for Failed {
    fn from(_: Wrong) -> Self {
        Self::Store(StoreError::Damaged("a row"))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code().is_some_and(rolled_back) { Self::Raced } else { Self::Store(explain(&error)) }
    }
}

impl Failed {
    /// Where nothing is tried again.
    pub(super) fn for_good(self) -> StoreError {
        match self {
            Self::Raced => StoreError::Unavailable,
            Self::Store(error) => error,
        }
    }
}

/// The server chose this transaction to give way.
fn rolled_back(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

/// Did the transaction certainly not happen, though its COMMIT failed? A server that is stopped or can't be reached
/// leaves that open.
pub(super) fn surely_undone(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("40") || code.code().starts_with("23"))
}

/// The server's own words may hold values of rows; only the kind is told on.
pub(super) fn explain(error: &tokio_postgres::Error) -> StoreError {
    let code = error.code().map(SqlState::code).unwrap_or_default();
    match code {
        // Disk full, an error of the disk, a server that only reads (a standby).
        "53100" | "58030" | "25006" => StoreError::Full,
        "XX001" | "XX002" => StoreError::Damaged("the database's files"),
        // No such table, column or schema.
        "42P01" | "42703" | "3F000" => StoreError::Damaged("the database's tables"),
        _ => StoreError::Unavailable,
    }
}
