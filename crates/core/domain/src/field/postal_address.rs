//! Postal addresses, kept as lines: one or two lines, town, postcode, country code.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind, country,
    rules::{BULLETS, Rules},
    spoken_address,
    text::{clean_line, fold, length},
};

const MAX_PART_CHARS: usize = 100;
const MAX_POSTCODE: usize = 12;
/// What stands for the postcode in countries that have none.
const NO_POSTCODE: &str = "-";

pub(super) struct PostalAddress;

impl Rules for PostalAddress {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let parts = clean_parts(raw.trim())?;
        let (lines, town, postcode, country) = match parts.as_slice() {
            [first, town, postcode, country] => ([first.as_str(), ""], town, postcode, country),
            [first, second, town, postcode, country] => ([first.as_str(), second.as_str()], town, postcode, country),
            _ => return Err(refused("it hasn't four or five parts", "write line|line|town|postcode|country")),
        };
        let country = country::code(country).ok_or(refused("the country is unknown", "write its two-letter code"))?;
        let postcode = tidy_postcode(postcode, country)?;
        if fold(lines[0]).is_empty() || fold(town).is_empty() {
            return Err(refused("the first line or the town is missing", "add what is missing"));
        }
        let mut address = Zeroizing::new(String::with_capacity(raw.len() + 8));
        for part in [lines[0], lines[1], town, &postcode].into_iter().filter(|part| !part.is_empty()) {
            address.push_str(part);
            address.push('\n');
        }
        address.push_str(country);
        Ok(address)
    }

    /// The letters of a British postcode's area, always two places; nothing of other addresses.
    fn mask(&self, canonical: &str) -> String {
        let mut ends = canonical.rsplit('\n');
        let area = match (ends.next(), ends.next()) {
            (Some("GB"), Some(postcode)) => area_letters(postcode),
            _ => String::new(),
        };
        format!("{BULLETS} {area:•<2}•••")
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        let postcode = joined_postcode(canonical);
        let before_town = canonical.rsplitn(4, '\n').nth(3).unwrap_or_default();
        if postcode.is_empty() {
            return postcode;
        }
        postcode_and_house(&postcode, before_town)
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        match self.parse(said) {
            Ok(address) => Ok(self.comparable(&address)),
            Err(_) => spoken_address::comparable(said),
        }
    }
}

/// The postcode of a kept address in capitals without spaces; empty if it has none.
pub(super) fn joined_postcode(canonical: &str) -> Zeroizing<String> {
    join(canonical.rsplit('\n').nth(1).unwrap_or_default())
}

/// A postcode as typed into a search, in capitals without spaces.
pub(super) fn said_postcode(said: &str) -> Result<Zeroizing<String>, FieldError> {
    let line = clean_line(said).ok_or(BAD_POSTCODE)?;
    let joined = join(&line);
    let fits = (3..=MAX_POSTCODE).contains(&joined.len()) && line.chars().all(is_postcode_char);
    if fits { Ok(joined) } else { Err(BAD_POSTCODE) }
}

/// `POSTCODE|house`: the first number in the lines before the town, or all of the first line if there is none.
pub(super) fn postcode_and_house(joined_postcode: &str, before_town: &str) -> Zeroizing<String> {
    let house = house_number(before_town).unwrap_or_else(|| fold(before_town.split('\n').next().unwrap_or_default()));
    let mut both = Zeroizing::new(String::with_capacity(joined_postcode.len() + 1 + house.len()));
    both.push_str(joined_postcode);
    both.push('|');
    both.push_str(&house);
    both
}

/// The digits that open the first word with a number, and a single letter behind them: `12`, `12a`.
pub(super) fn house_number(text: &str) -> Option<Zeroizing<String>> {
    let folded = fold(text);
    let word = folded.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = word.strip_suffix(digits)?;
    let letter = if length(digits) == 1 { digits } else { "" };
    Some(Zeroizing::new([number, letter].concat()))
}

/// Whether capitals and digits without spaces have the form of a British postcode.
pub(super) fn is_british(joined: &str) -> bool {
    let Some((outward, inward)) = joined.len().checked_sub(3).and_then(|at| joined.split_at_checked(at)) else {
        return false;
    };
    let inward_fits = matches!(inward.as_bytes(), [d, a, b] if d.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase());
    let district = outward.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = outward.len() - district.len();
    let district_fits = match district.as_bytes() {
        [d] => d.is_ascii_digit(),
        [d, c] => d.is_ascii_digit() && (c.is_ascii_digit() || c.is_ascii_uppercase()),
        _ => false,
    };
    (inward_fits && (1..=2).contains(&letters) && district_fits) || joined == "GIR0AA"
}

/// Splits at `|`, else at line ends, else at commas; an empty second line is left out.
fn clean_parts(raw: &str) -> Result<Vec<Zeroizing<String>>, FieldError> {
    let separator = ['|', '\n'].into_iter().find(|separator| raw.contains(*separator)).unwrap_or(',');
    let mut parts = Vec::with_capacity(5);
    for (place, raw_part) in raw.split(separator).enumerate() {
        let part = clean_line(raw_part).ok_or(refused("it holds control characters", "type the address again"))?;
        if length(&part) > MAX_PART_CHARS {
            return Err(refused("a line is longer than 100 characters", "shorten the line"));
        }
        if place >= 5 {
            return Err(refused("it has more than five parts", "write line|line|town|postcode|country"));
        }
        if place != 1 || !part.is_empty() {
            parts.push(part);
        }
    }
    Ok(parts)
}

fn tidy_postcode(text: &str, country: &str) -> Result<Zeroizing<String>, FieldError> {
    let joined = join(text);
    if country == "GB" {
        return if is_british(&joined) && text.chars().all(is_postcode_char) {
            Ok(spaced(&joined))
        } else {
            Err(BAD_POSTCODE)
        };
    }
    let fits = text.len() <= MAX_POSTCODE && text.chars().all(is_postcode_char) && !joined.is_empty();
    if fits || text == NO_POSTCODE { Ok(Zeroizing::new(text.to_ascii_uppercase())) } else { Err(BAD_POSTCODE) }
}

fn is_postcode_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '-')
}

/// ASCII letters and digits in capitals; everything else is dropped.
pub(super) fn join(text: &str) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    joined.extend(text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()));
    joined
}

/// A British postcode with its space, three characters from the end.
fn spaced(joined: &str) -> Zeroizing<String> {
    let (outward, inward) = joined.split_at_checked(joined.len().saturating_sub(3)).unwrap_or((joined, ""));
    Zeroizing::new([outward, " ", inward].concat())
}

fn area_letters(postcode: &str) -> String {
    postcode.chars().take(2).take_while(char::is_ascii_uppercase).collect()
}

const BAD_POSTCODE: FieldError = refused("the postcode can't be right", "re-read the postcode");

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::PostalAddress, problem, next)
}

#[cfg(test)]
#[path = "postal_address_tests.rs"]
mod tests;
