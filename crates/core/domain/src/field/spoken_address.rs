//! Reads postcode and house number from what a caller says of an address.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind,
    postal_address::{house_number, is_british, join, postcode_and_house},
};

const SEPARATORS: [char; 3] = [',', '|', '\n'];

/// `POSTCODE|house` from words such as `12 High Street, Leeds LS1 4AB` or `12, 10115 Berlin`.
pub(super) fn comparable(said: &str) -> Result<Zeroizing<String>, FieldError> {
    let found = british(said).or_else(|| elsewhere(said)).ok_or(MISSING)?;
    let house = [found.before, found.after]
        .into_iter()
        .find(|text| house_number(text).is_some())
        .or_else(|| [found.before, found.after].into_iter().find_map(first_part))
        .ok_or(MISSING)?;
    let house = first_part_with_number(house);
    Ok(postcode_and_house(&found.postcode, house))
}

/// A postcode and the words around it.
struct Found<'a> {
    postcode: Zeroizing<String>,
    before: &'a str,
    after: &'a str,
}

/// The last word, or two neighbouring words, that have the form of a British postcode.
fn british(said: &str) -> Option<Found<'_>> {
    let words = words_with_places(said);
    let found_at = |first: usize, last: usize| {
        let (start, _) = words.get(first)?;
        let (last_start, last_word) = words.get(last)?;
        let end = last_start + last_word.len();
        let postcode = join(said.get(*start..end)?);
        is_british(&postcode).then_some(())?;
        Some(Found { postcode, before: said.get(..*start)?, after: said.get(end..)? })
    };
    (0..words.len()).rev().find_map(|last| found_at(last, last).or_else(|| found_at(last.checked_sub(1)?, last)))
}

/// The last part that has a number, where parts are separated; else the last word that has one.
fn elsewhere(said: &str) -> Option<Found<'_>> {
    let words = words_with_places(said);
    let last = words.iter().rposition(|(_, word)| has_digit(word))?;
    let last_place = words.get(last)?.0;
    let part_start = said.get(..last_place)?.rfind(SEPARATORS).map_or(last_place, |at| at + 1);
    let first = words.iter().position(|(place, word)| *place >= part_start && has_digit(word))?;
    let (start, word) = *words.get(first)?;
    let second = words.get(first + 1).filter(|(place, next)| {
        is_second_half(next) && !said.get(start..*place).is_some_and(|between| between.contains(SEPARATORS))
    });
    let end = second.map_or(start + word.len(), |(place, next)| place + next.len());
    let postcode = join(said.get(start..end)?);
    (postcode.len() >= 3).then_some(Found { postcode, before: said.get(..start)?, after: "" })
}

/// Whether a word completes a postcode of two words: `AB` of `1012 AB`, `0B1` of `K1A 0B1`, `00` of `110 00`.
fn is_second_half(word: &str) -> bool {
    let letters = word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters || (word.len() <= 3 && has_digit(word))
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// The words between white space and separators, with the byte at which each starts.
fn words_with_places(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = 0;
    for word in text.split(|c: char| c.is_whitespace() || SEPARATORS.contains(&c)) {
        if !word.is_empty() {
            words.push((start, word));
        }
        let end = start + word.len();
        let separator = text.get(end..).and_then(|rest| rest.chars().next());
        start = end + separator.map_or(0, char::len_utf8);
    }
    words
}

/// The first separated part with a letter or digit.
fn first_part(text: &str) -> Option<&str> {
    text.split(SEPARATORS).find(|part| part.chars().any(char::is_alphanumeric))
}

/// The first separated part that holds a house number, else the text up to its first separator.
fn first_part_with_number(text: &str) -> &str {
    text.split(SEPARATORS).find(|part| house_number(part).is_some()).or_else(|| first_part(text)).unwrap_or(text)
}

const MISSING: FieldError = FieldError::new(
    FieldKind::PostalAddress,
    "postcode and house number weren't both said",
    "ask for the house number and the postcode",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcode_and_house_are_found() {
        for (said, found) in [
            ("12, LS1 4AB", "LS14AB|12"),
            ("12 high street leeds ls14ab", "LS14AB|12"),
            ("LS1 4AB 12", "LS14AB|12"),
            ("Rose Cottage, LS1 4AB", "LS14AB|rose cottage"),
            ("Rose Cottage, Mill Lane, Leeds LS1 4AB", "LS14AB|rose cottage"),
            ("LS1 4AB, Rose Cottage", "LS14AB|rose cottage"),
            ("12, 10115", "10115|12"),
            ("12 10115", "10115|12"),
            ("Unter den Linden 12, 10115 Berlin", "10115|12"),
            ("Unter den Linden 12, 10115, Berlin", "10115|12"),
            ("12, 1012 AB Amsterdam", "1012AB|12"),
            ("24 Sussex Drive, Ottawa, K1A 0B1", "K1A0B1|24"),
            ("1600 Main Street, Springfield, IL 62704", "62704|1600"),
        ] {
            assert_eq!(*comparable(said).unwrap(), found, "{said}");
        }
    }

    #[test]
    fn half_an_answer_is_refused() {
        for said in ["", "LS1 4AB", "12", "10115", "Rose Cottage", ",,|", "é", "\u{202e}"] {
            assert!(comparable(said).is_err(), "{said:?}");
        }
    }
}
