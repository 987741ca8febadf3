//! Finds card and account numbers inside free text, where they must not be kept.

use zeroize::Zeroizing;

use super::{
    bank_account::{MAX_IBAN, is_iban},
    card::{is_known_card, is_luhn},
    letters::{digit_value, narrow},
    text::is_invisible,
};

const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
const MIN_IBAN: usize = 15;

/// Whether the text holds what may be a card number or an IBAN, however it is spaced.
pub(super) fn holds_account_number(text: &str) -> bool {
    holds_card_number(text) || holds_iban(text)
}

/// Looks through each run of digits. A run goes on over spaces, dashes and dots, and ends at anything else.
fn holds_card_number(text: &str) -> bool {
    let mut run = Zeroizing::new(Vec::<u8>::with_capacity(text.len()));
    let mut gaps = Vec::with_capacity(text.len());
    let mut after_gap = true;
    for c in visible(text) {
        match digit_value(c) {
            Some(value) => {
                run.push(value);
                gaps.push(after_gap);
                after_gap = false;
            }
            None if is_gap(c) => after_gap = true,
            None => {
                if run_holds_card(&run, &gaps) {
                    return true;
                }
                run.clear();
                gaps.clear();
                after_gap = true;
            }
        }
    }
    run_holds_card(&run, &gaps)
}

/// A run counts as card number if all of it, or one of its groups, has a fitting check digit; or if some of its
/// neighbouring groups, or part of one group, are a number that a known brand issues. (Any part with a fitting check
/// digit would refuse most notes that hold a date and a phone number.)
fn run_holds_card(run: &[u8], gaps: &[bool]) -> bool {
    let is_start = |place: usize| gaps.get(place).copied().unwrap_or(true);
    may_be_card(run)
        || (0..run.len()).any(|start| {
            CARD_DIGITS.filter(|length| start + length <= run.len()).any(|length| {
                let end = start + length;
                let Some(part) = run.get(start..end) else { return false };
                let within_group = (start + 1..end).all(|place| !is_start(place));
                let whole_groups = is_start(start) && is_start(end);
                (within_group && whole_groups && is_luhn(part))
                    || ((within_group || whole_groups) && is_known_card(part))
            })
        })
}

fn may_be_card(digits: &[u8]) -> bool {
    CARD_DIGITS.contains(&digits.len()) && is_luhn(digits)
}

/// Looks at every place where two letters and two digits stand, in text without its spaces and dashes.
fn holds_iban(text: &str) -> bool {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    for c in visible(text).filter(|c| !is_gap(*c)) {
        // Any other character stays as a wall that no IBAN crosses.
        joined.push(if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '|' });
    }
    let bytes = joined.as_bytes();
    let mut starts = bytes.windows(4).enumerate().filter(|(_, four)| opens_iban(four)).map(|(start, _)| start);
    starts.any(|start| (MIN_IBAN..=MAX_IBAN).any(|length| joined.get(start..start + length).is_some_and(is_iban)))
}

fn opens_iban(four: &[u8]) -> bool {
    matches!(four, [a, b, c, d] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit())
}

/// The characters that can be seen, full-width ones made ordinary.
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|c| !is_invisible(*c) && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}'))
        .map(narrow)
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '_' | '·' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn card_numbers_are_found() {
        for text in [
            "card 4111111111111111 please",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111.",
            "x4111.1111.1111.1111x",
            "paid on 2026-11-02 with 4111 1111 1111 1111 12/30",
            "4111\u{200b}1111\u{200d}11111111",
            "４１１１ 1111 1111 1111",
            "٤١١١١١١١١١١١١١١١",
            "4111\n1111\n1111\n1111",
            "41111111111111111230",
            "3782 822463 10005",
            "order 9999 9999 9999 9995",
        ] {
            assert!(holds_account_number(text), "{text}");
        }
    }

    #[test]
    fn ibans_are_found() {
        for text in [
            "GB82 WEST 1234 5698 7654 32",
            "pay to gb82west12345698765432 today",
            "my iban:DE89-3704-0044-0532-0130-00!",
            "ＧＢ82 WEST 1234 5698 7654 32",
            "GB82\u{200d}WEST12345698765432",
        ] {
            assert!(holds_account_number(text), "{text}");
        }
    }

    #[test]
    fn ordinary_numbers_are_left() {
        for text in [
            "",
            "call 020 7946 0018 on 2026-11-02 at 14.30",
            "4111 1111 1111 1112",
            "4111a1111b1111c1111",
            "GB83 WEST 1234 5698 7654 32",
            "order RF-1042-417, 3 lamps at 19.99",
            "room 12",
        ] {
            assert!(!holds_account_number(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched(text in any::<String>()) {
            let _ = holds_account_number(&text);
        }

        #[test]
        fn a_card_is_found_behind_any_words(before in "[a-z ,!é]{0,40}", gap in "[ .-]{0,2}", after in "[a-z ,!é]{0,40}") {
            let card = ["4242", "4242", "4242", "4242"].join(&gap);
            let text = format!("{before}{card}{after}");
            prop_assert!(holds_account_number(&text));
        }
    }
}
