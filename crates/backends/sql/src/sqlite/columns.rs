//! SQLite's rows, as the shared readers see them.

use crate::rows::{Columns, Wrong};
use rusqlite::types::Type;
use rusqlite::{Error, Row};
use std::borrow::Cow;

impl Columns for Row<'_> {
    fn int(&self, column: usize) -> Result<Option<i64>, Wrong> {
        self.get_ref(column).ok().and_then(|value| value.as_i64_or_null().ok()).ok_or(Wrong(column))
    }

    fn blob(&self, column: usize) -> Result<Option<&[u8]>, Wrong> {
        self.get_ref(column).ok().and_then(|value| value.as_blob_or_null().ok()).ok_or(Wrong(column))
    }

    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Wrong> {
        let text = self.get_ref(column).ok().and_then(|value| value.as_str_or_null().ok()).ok_or(Wrong(column))?;
        Ok(text.map(Cow::Borrowed))
    }
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        Self::FromSqlConversionFailure(wrong.0, Type::Null, wrong.into())
    }
}
