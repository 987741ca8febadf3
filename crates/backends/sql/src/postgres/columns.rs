//! PostgreSQL's rows, as the shared readers see them, and the one thing its text can't hold.

use crate::rows::{Columns, Wrong};
use std::borrow::Cow;
use tokio_postgres::Row;

impl Columns for Row {
    fn int(&self, column: usize) -> Result<Option<i64>, Wrong> {
        self.try_get(column).map_err(|_| Wrong(column))
    }

    fn blob(&self, column: usize) -> Result<Option<&[u8]>, Wrong> {
        self.try_get(column).map_err(|_| Wrong(column))
    }

    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Wrong> {
        let text: Option<&str> = self.try_get(column).map_err(|_| Wrong(column))?;
        Ok(text.map(unescaped))
    }
}

/// A noncharacter of Unicode, which text that means something never holds.
const ESCAPE: char = '\u{ffff}';

/// PostgreSQL's text can't hold the character NUL; one that a source of events sends mustn't fail a whole batch.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(ESCAPE, "\u{ffff}1").replace('\0', "\u{ffff}0"))
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\u{ffff}0", "\0").replace("\u{ffff}1", "\u{ffff}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back_and_none_holds_a_nul_meanwhile() {
        for text in ["", "plain", "a\0b", "\0", "\u{ffff}", "\u{ffff}0", "\u{ffff}\0", "\0\u{ffff}1\u{ffff}0"] {
            let held = escaped(text);
            assert!(!held.contains('\0'));
            assert_eq!(unescaped(&held), text);
        }
    }
}
