//! Notes: free text of a few lines. Card and account numbers are refused.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind,
    hidden_numbers::holds_account_number,
    rules::Rules,
    text::{clean_lines, fold, length},
};

const MAX_CHARS: usize = 2000;

pub(super) struct Note;

impl Rules for Note {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let text = clean_lines(raw).ok_or(refused("it holds control characters", "type the note again"))?;
        if text.is_empty() {
            return Err(refused("it is empty", "write the note"));
        }
        if length(&text) > MAX_CHARS {
            return Err(refused("it is longer than 2000 characters", "shorten the note"));
        }
        if holds_account_number(&text) {
            return Err(refused("notes never carry card or account numbers", "leave the number out"));
        }
        Ok(text)
    }

    fn mask(&self, _canonical: &str) -> String {
        "••••••••".to_owned()
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        fold(canonical)
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        Ok(fold(said))
    }
}

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::Note, problem, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_keep_their_lines() {
        assert_eq!(*Note.parse(" called twice \r\n\r\nwants a refund\n").unwrap(), "called twice\n\nwants a refund");
        assert_eq!(Note.parse(&"é".repeat(2000)).unwrap().chars().count(), 2000);
    }

    #[test]
    fn refuses_what_is_no_note() {
        let long = "é".repeat(2001);
        for raw in ["", " \n ", "a\0b", "\u{202e}abc", long.as_str()] {
            assert!(Note.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn numbers_that_can_be_spent_are_refused() {
        for raw in ["pay 4111-1111-1111-1111", "pay 4111\n1111\n1111\n1111", "to GB82 WEST 1234 5698 7654 32"] {
            let error = Note.parse(raw).unwrap_err();
            assert_eq!(error.problem(), "notes never carry card or account numbers");
        }
    }

    #[test]
    fn masks_show_nothing() {
        assert_eq!(Note.mask("a"), Note.mask("a long note\nof two lines"));
    }
}
