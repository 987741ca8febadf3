//! What a file of rows is to the import.

use super::row::Row;
use std::io;
use std::ops::ControlFlow;

/// What is wrong with a row as a whole, and what to do.
pub(super) type Unreadable = (&'static str, &'static str);

/// Sees one row: its number from 1, the bytes read so far, and the row or why it can't be read.
pub(super) type Visit<'a> = dyn FnMut(u64, u64, Result<&dyn Row, Unreadable>) -> ControlFlow<()> + 'a;

/// A file of rows.
pub(super) trait Reading {
    /// Shows every row, in order, until the visitor breaks off.
    ///
    /// # Errors
    /// If the file can't be read on.
    fn each(&mut self, visit: &mut Visit<'_>) -> Result<(), ReadError>;
}

/// Why a file can't be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// Reading failed.
    Io(io::ErrorKind),
    /// Not UTF-8, where that can't be said of one row.
    NotText,
    /// Two columns have the same name.
    NamedTwice,
    /// A row doesn't end.
    RowTooLong,
}

impl ReadError {
    /// What is wrong and what to do.
    #[must_use]
    pub(super) fn words(self) -> (String, &'static str) {
        match self {
            Self::Io(kind) => (kind.to_string(), "check the file"),
            Self::NotText => ("the file isn't UTF-8".to_owned(), "export it as UTF-8"),
            Self::NamedTwice => ("the first line names a column twice".to_owned(), "rename one of them"),
            Self::RowTooLong => ("a row doesn't end within 4 MiB".to_owned(), "look for a quote that isn't closed"),
        }
    }
}
