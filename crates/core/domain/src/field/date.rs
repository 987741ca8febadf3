//! Civil dates as people write them.

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::text::{clean_line, fold};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTHS_WHOLE: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads exactly `YYYY-MM-DD`, in ASCII digits.
pub(super) fn strict(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let digits_fit = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    if !digits_fit {
        return None;
    }
    from_parts(text.get(..4)?, text.get(5..7)?, text.get(8..)?)
}

/// Reads a date that somebody says: `1980-11-02`, `2 Nov 1980`, `November 2nd, 1980`, `02/11/1980` (day first).
///
/// The year has four digits, so that no century is guessed.
pub(super) fn said(text: &str) -> Option<Date> {
    let line = clean_line(text)?;
    let folded = fold(&line);
    let mut words = folded.split(' ').filter(|word| !matches!(*word, "of" | "the"));
    let parts = [words.next()?, words.next()?, words.next()?];
    if words.next().is_some() {
        return None;
    }
    let [first, second, third] = parts;
    if is_year(first) {
        return from_parts(first, second, third);
    }
    if month_number(first).is_some() {
        return from_parts(third, first, without_ordinal(second));
    }
    from_parts(third, second, without_ordinal(first))
}

/// The date as `YYYY-MM-DD`.
pub(super) fn iso(date: Date) -> Zeroizing<String> {
    Zeroizing::new(date.to_string())
}

fn from_parts(year: &str, month: &str, day: &str) -> Option<Date> {
    if !is_year(year) {
        return None;
    }
    let month = month_number(month).or_else(|| small_number(month))?;
    Date::new(year.parse().ok()?, month, small_number(day)?).ok()
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number of one or two digits.
fn small_number(word: &str) -> Option<i8> {
    let fits = (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| word.parse().ok()).flatten()
}

fn month_number(word: &str) -> Option<i8> {
    let short = if word == "sept" { "sep" } else { word };
    let place = MONTHS.iter().position(|month| *month == short);
    let place = place.or_else(|| MONTHS_WHOLE.iter().position(|month| *month == word))?;
    i8::try_from(place + 1).ok()
}

/// `2nd` as `2`; other words as they are.
fn without_ordinal(word: &str) -> &str {
    ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_day_is_read_from_many_spellings() {
        for text in [
            "1980-11-02",
            "2 Nov 1980",
            "02/11/1980",
            "2.11.1980",
            "2 11 1980",
            "November 2, 1980",
            "2nd of November 1980",
            "the 2nd nov 1980",
            "1980/11/2",
            "٢/١١/١٩٨٠",
        ] {
            assert_eq!(said(text).map(|date| date.to_string()).as_deref(), Some("1980-11-02"), "{text}");
        }
        assert_eq!(said("1 sept 2001"), strict("2001-09-01"));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "1980",
            "2 Nov",
            "2 Nov 80",
            "31/02/1980",
            "30 Feb 1980",
            "13/13/1980",
            "1980-11-02T00:00",
            "a b c",
            "0/1/1980",
            "2 Nov 1980 x",
            "２ Nov\n1980",
        ] {
            assert_eq!(said(text), None, "{text:?}");
        }
    }

    #[test]
    fn strict_takes_one_spelling_only() {
        for text in ["1980-1-02", "1980-11-2x", "80-11-02", "1980/11/02", " 1980-11-02", "1980-11-0é", "+980-11-02"] {
            assert_eq!(strict(text), None, "{text:?}");
        }
        assert!(strict("2000-02-29").is_some());
        assert!(strict("1900-02-29").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = said(&text);
            prop_assert!(strict(&text).is_none_or(|date| *iso(date) == text));
        }
    }
}
