//! Phone numbers, kept in E.164 form.

use phonenumber::country;
use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind, IndexKind, SearchTerm,
    rules::Rules,
    text::{clean_line, length},
};

const MAX_CHARS: usize = 40;

pub(super) struct Phone;

impl Rules for Phone {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        e164(raw)
    }

    fn mask(&self, canonical: &str) -> String {
        let start = canonical.len().saturating_sub(2);
        format!("•••••••• {}", canonical.get(start..).unwrap_or("••"))
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        Zeroizing::new(canonical.to_owned())
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        e164(said)
    }

    fn search_terms(&self, canonical: &str) -> Vec<SearchTerm> {
        vec![SearchTerm::new(IndexKind::Phone, self.comparable(canonical))]
    }
}

/// A phone number as `+` and its digits (ITU-T E.164); without `+` it is read as British.
pub(super) fn e164(raw: &str) -> Result<Zeroizing<String>, FieldError> {
    let line = clean_line(raw).ok_or(UNREADABLE)?;
    if length(&line) > MAX_CHARS || !line.chars().all(is_written_in_numbers) {
        return Err(UNREADABLE);
    }
    let (home, written) = dialled_from(&line);
    let number = phonenumber::parse(home, written.as_str()).map_err(|_| UNREADABLE)?;
    if number.extension().is_some() {
        return Err(refused("extensions aren't kept", "give the number without its extension"));
    }
    // E.164 itself: the library's formatter would look up how the country groups digits.
    let formatted = Zeroizing::new(format!("+{}{}", number.code().value(), number.national()));
    if !number.is_valid() && !is_fictitious(&formatted) {
        return Err(refused("no such number is in use", "re-read the number, with + and country code if not British"));
    }
    if home.is_none() && *written == *formatted {
        // Reading it again would be the very same call.
        return Ok(formatted);
    }
    // A form that reads differently from itself would make two records of one number.
    match phonenumber::parse(None, formatted.as_str()) {
        Ok(again) if again.code().value() == number.code().value() && again.national() == number.national() => {
            Ok(formatted)
        }
        _ => Err(UNREADABLE),
    }
}

/// British numbers that Ofcom keeps free for drama: samples and drills use them, and they reach nobody.
fn is_fictitious(e164: &str) -> bool {
    let reserved = ["+447700900", "+441632960", "+443069990"];
    e164.len() == 13 && reserved.iter().any(|prefix| e164.starts_with(prefix))
}

/// The country whose dialling rules apply, and the number with `+` if it is written with the British `00`.
///
/// A number with its country code is read without a home country: the home's rules would strip the zero that opens
/// Italian numbers.
fn dialled_from(line: &str) -> (Option<country::Id>, Zeroizing<String>) {
    if let Some(rest) = line.strip_prefix("00") {
        return (None, Zeroizing::new(["+", rest.trim_start()].concat()));
    }
    let home = if line.contains('+') { None } else { Some(country::GB) };
    (home, Zeroizing::new(line.to_owned()))
}

fn is_written_in_numbers(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '/' | '\u{2010}'..='\u{2015}')
}

const UNREADABLE: FieldError = refused("this isn't a phone number", "write it as + and digits");

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::Phone, problem, next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_become_e164() {
        for (raw, kept) in [
            ("+44 20 7946 0018", "+442079460018"),
            ("(020) 7946-0018", "+442079460018"),
            ("07700 900142", "+447700900142"),
            ("01632 960001", "+441632960001"),
            ("+1 202-555-0123", "+12025550123"),
            ("+49 30 901820", "+4930901820"),
            ("0039 06 698 1234", "+39066981234"),
            ("00 1 202 555 0123", "+12025550123"),
            ("+44 (0)20 7946 0018", "+442079460018"),
            ("+225 07 08 09 10 11", "+2250708091011"),
            ("+39 06 698 1234", "+39066981234"),
            ("\u{200e}+44 20 7946 0018\u{200f}", "+442079460018"),
        ] {
            assert_eq!(*Phone.parse(raw).unwrap(), kept, "{raw}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        let long = "1".repeat(41);
        for raw in [
            "",
            "+",
            "12",
            "call me",
            "+44 20 7946 0018 ext 3",
            "+44 20 7946 0018;ext=3",
            "+999 1234567",
            "０２０７９４６００１８",
            "+44\u{202e}2079460018",
            "1-800-FLOWERS",
            "07700 90014",
            "+4477009001423",
            long.as_str(),
        ] {
            assert!(Phone.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn masks_show_two_digits() {
        assert_eq!(Phone.mask("+442079460018"), "•••••••• 18");
        assert_eq!(Phone.mask("+12025550123"), "•••••••• 23");
    }

    proptest! {
        #[test]
        fn kept_numbers_read_as_themselves(raw in "[+]?[0-9 ()-]{0,20}") {
            if let Ok(kept) = Phone.parse(&raw) {
                prop_assert_eq!(Phone.parse(&kept), Ok(kept));
            }
        }
    }
}
