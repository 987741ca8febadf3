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
        if gave_way(&error) || was_second(&error) { Self::Raced } else { Self::Store(explain(&error)) }
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
fn gave_way(error: &tokio_postgres::Error) -> bool {
    let ways = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    error.code().is_some_and(|code| ways.contains(code))
}

/// The tables whose rows a batch decides on: one that wasn't there when it was read may be there when it is inserted.
const DECIDED_ON: [&str; 8] = ["power", "interaction", "code", "budget", "request", "field", "placed", "admission"];

/// Somebody else inserted the row first.
fn was_second(error: &tokio_postgres::Error) -> bool {
    let told = error.as_db_error().filter(|told| *told.code() == SqlState::UNIQUE_VIOLATION);
    told.and_then(|told| told.table()).is_some_and(|table| DECIDED_ON.contains(&table))
}

/// Did the transaction certainly not happen, though its COMMIT failed? A server that is stopped or can't be reached
/// leaves that open.
pub(super) fn surely_undone(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("40") || code.code().starts_with("23"))
}

/// Has this server no such function, or not for us?
pub(super) fn makes_none(error: &tokio_postgres::Error) -> bool {
    let never = [SqlState::UNDEFINED_FUNCTION, SqlState::INSUFFICIENT_PRIVILEGE, SqlState::FEATURE_NOT_SUPPORTED];
    error.code().is_some_and(|code| never.contains(code))
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
