//! Payment cards, kept as `PAN` or `PAN|MM/YY`. A security code is never kept.

use zeroize::Zeroizing;

use super::{FieldError, FieldKind, rules::Rules, text::clean_line};

const SECURITY_CODE_WORDS: [&str; 6] = ["cvv", "cvc", "cv2", "cid", "csc", "security"];
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

pub(super) struct Card;

impl Rules for Card {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let line = clean_line(raw).ok_or(UNREADABLE)?;
        let parts = split(&line)?;
        let mut card = pan(parts.pan)?;
        if let Some((month, year)) = parts.expiry {
            card.push('|');
            card.push_str(&expiry(month, year)?);
        }
        Ok(card)
    }

    /// The brand and the last four digits: PCI DSS 3.4.1 lets at most the BIN and the last four be shown.
    fn mask(&self, canonical: &str) -> String {
        let brand = brand_of(pan_of(canonical)).name();
        format!("{brand} •••• •••• •••• {}", last4(canonical))
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        Zeroizing::new(pan_of(canonical).to_owned())
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        self.parse(said).map(|card| self.comparable(&card))
    }
}

/// The last four digits of a kept card.
pub(super) fn last4(canonical: &str) -> &str {
    let pan = pan_of(canonical);
    pan.get(pan.len().saturating_sub(4)..).unwrap_or_default()
}

/// Exactly four digits, as typed into a search.
pub(super) fn said_last4(said: &str) -> Result<&str, FieldError> {
    let digits = said.trim();
    if digits.len() == 4 && is_digits(digits) {
        return Ok(digits);
    }
    Err(refused("the end of a card number has four digits", "type the last four digits"))
}

/// Whether the check digit fits (ISO/IEC 7812-1, annex B).
pub(super) fn is_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether the digits are a number that one of the known brands issues: prefix, length and check digit fit.
pub(super) fn is_known_card(digits: &[u8]) -> bool {
    let brand = Brand::of(digits);
    brand != Brand::Other && brand.has_length(digits.len()) && is_luhn(digits)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brand {
    Visa,
    Mastercard,
    Amex,
    Discover,
    Diners,
    Jcb,
    Unionpay,
    Maestro,
    Other,
}

impl Brand {
    fn of(digits: &[u8]) -> Self {
        let first_four = digits.iter().take(4).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
        match first_four {
            4000..=4999 => Self::Visa,
            2221..=2720 | 5100..=5599 => Self::Mastercard,
            3400..=3499 | 3700..=3799 => Self::Amex,
            6011 | 6440..=6499 | 6500..=6599 => Self::Discover,
            3000..=3059 | 3090..=3099 | 3600..=3699 | 3800..=3999 => Self::Diners,
            3528..=3589 => Self::Jcb,
            6200..=6299 | 8100..=8199 => Self::Unionpay,
            5000..=5099 | 5600..=5899 | 6300..=6399 | 6700..=6799 => Self::Maestro,
            _ => Self::Other,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::Amex => "amex",
            Self::Discover => "discover",
            Self::Diners => "diners",
            Self::Jcb => "jcb",
            Self::Unionpay => "unionpay",
            Self::Maestro => "maestro",
            Self::Other => "other",
        }
    }

    const fn has_length(self, length: usize) -> bool {
        match self {
            Self::Visa => matches!(length, 13 | 16 | 19),
            Self::Mastercard => length == 16,
            Self::Amex => length == 15,
            Self::Diners => length >= 14 && length <= 19,
            Self::Discover | Self::Jcb | Self::Unionpay => length >= 16 && length <= 19,
            Self::Maestro | Self::Other => length >= 12 && length <= 19,
        }
    }
}

struct Parts<'a> {
    pan: &'a str,
    expiry: Option<(&'a str, &'a str)>,
}

/// Number and expiry, written `PAN|MM/YY` or `PAN MM/YY`; anything more could be a security code.
fn split(line: &str) -> Result<Parts<'_>, FieldError> {
    let lower = Zeroizing::new(line.to_ascii_lowercase());
    if SECURITY_CODE_WORDS.iter().any(|word| lower.contains(word)) {
        return Err(SECURITY_CODE);
    }
    let Some((pan, rest)) = line.split_once('|') else { return split_at_slash(line) };
    let rest = rest.trim();
    if rest.is_empty() {
        return Ok(Parts { pan, expiry: None });
    }
    let (month, year) = rest.split_once('/').ok_or(if is_digits(rest) { SECURITY_CODE } else { BAD_EXPIRY })?;
    if year.trim().contains([' ', '|', '/']) {
        return Err(SECURITY_CODE);
    }
    Ok(Parts { pan, expiry: Some((month, year)) })
}

fn split_at_slash(line: &str) -> Result<Parts<'_>, FieldError> {
    let Some((before, year)) = line.split_once('/') else { return Ok(Parts { pan: line, expiry: None }) };
    let (pan, month) = before.trim_end().rsplit_once(' ').ok_or(BAD_EXPIRY)?;
    if year.trim().contains([' ', '/']) {
        return Err(SECURITY_CODE);
    }
    Ok(Parts { pan, expiry: Some((month, year)) })
}

fn pan(text: &str) -> Result<Zeroizing<String>, FieldError> {
    if !text.chars().all(|c| c.is_ascii_digit() || is_separator(c)) {
        return Err(UNREADABLE);
    }
    let mut pan = Zeroizing::new(String::with_capacity(text.len() + 6));
    pan.extend(text.chars().filter(char::is_ascii_digit));
    let digits = values(&pan);
    if has_code_at_end(text, &digits) {
        return Err(SECURITY_CODE);
    }
    if !DIGITS.contains(&digits.len()) || !Brand::of(&digits).has_length(digits.len()) {
        return Err(refused("the number has too few or too many digits", "re-read the number"));
    }
    if !is_luhn(&digits) {
        return Err(refused("the check digit does not fit", "re-read the number"));
    }
    Ok(pan)
}

/// Whether three or four digits stand apart behind what is a whole card number without them.
fn has_code_at_end(text: &str, digits: &[u8]) -> bool {
    let last_group = text.trim_end_matches(is_separator).rsplit(is_separator).next().map_or(0, str::len);
    let before = digits.len().saturating_sub(last_group);
    matches!(last_group, 3 | 4) && before >= 13 && digits.get(..before).is_some_and(is_known_card)
}

/// `MM/YY`, from a month of one or two digits and a year of two or four.
fn expiry(month: &str, year: &str) -> Result<Zeroizing<String>, FieldError> {
    let (month, year) = (month.trim(), year.trim());
    let year = if year.len() == 4 { year.strip_prefix("20").unwrap_or_default() } else { year };
    if year.len() != 2 || !is_digits(year) || month.len() > 2 || !is_digits(month) {
        return Err(BAD_EXPIRY);
    }
    match month.parse::<u8>() {
        Ok(number @ 1..=12) => Ok(Zeroizing::new(format!("{number:02}/{year}"))),
        _ => Err(BAD_EXPIRY),
    }
}

fn brand_of(pan: &str) -> Brand {
    Brand::of(&values(pan))
}

fn values(pan: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(pan.bytes().map(|byte| byte.wrapping_sub(b'0')).collect())
}

fn pan_of(canonical: &str) -> &str {
    canonical.split('|').next().unwrap_or_default()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '\u{2010}'..='\u{2015}')
}

const UNREADABLE: FieldError = refused("this isn't a card number", "type its digits only");
const BAD_EXPIRY: FieldError = refused("the expiry can't be read", "write it as MM/YY");
const SECURITY_CODE: FieldError = refused("a security code is never stored", "leave the code out");

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::Card, problem, next)
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
