//! Numbers with rules: phones, cards, accounts, postcodes. Each is unique by its `serial` (below the range
//! named), so that a look-up by one of them finds one person.

use super::places::Town;
use crate::chance::Chance;

/// Spreads consecutive serials over `range` without collisions: both factors used here are coprime to it.
fn spread(serial: u64, seed: u64, range: u64) -> u64 {
    const PRIME: u64 = 618_033_989;
    let serial = serial % range;
    let product = u128::from(serial) * u128::from(PRIME) + u128::from(seed % range);
    u64::try_from(product % u128::from(range)).unwrap_or(0)
}

/// A UK mobile number in E.164, unique for serials below 300,000,000. The ranges +44 71 to +44 73 are mobile
/// throughout, so every number made is a valid one.
pub(super) fn phone(serial: u64, seed: u64) -> String {
    format!("+447{}", 100_000_000 + spread(serial, seed, 300_000_000))
}

/// A sixteen-digit card number that passes the Luhn check, under the test prefix 4000 00; unique for serials
/// below 1,000,000,000.
pub(super) fn card(serial: u64, seed: u64) -> String {
    let body = format!("400000{:09}", spread(serial, seed, 1_000_000_000));
    let check = luhn_check_digit(&body);
    format!("{body}{check}")
}

/// The digit that makes `body` pass the Luhn check when appended (ISO/IEC 7812-1, annex B).
pub(super) fn luhn_check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .map(|byte| u32::from(byte.saturating_sub(b'0')))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, 0..=4) => digit * 2,
            (0, _) => digit * 2 - 9,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

/// A UK IBAN (ISO 13616) of an invented bank; unique for serials below 100,000,000.
pub(super) fn iban(serial: u64, seed: u64, chance: &mut Chance) -> String {
    let bank = chance.word(&["ALDR", "FENX", "HRTH", "QUAY"]);
    let sort_code = chance.below(1_000_000);
    let account = format!("{bank}{sort_code:06}{:08}", spread(serial, seed, 100_000_000));
    format!("GB{:02}{account}", iban_check("GB", &account))
}

/// The two check digits of an IBAN: 98 less the remainder by 97 of account, country and 00, letters counted
/// from A = 10 (ISO 7064, MOD 97-10).
pub(super) fn iban_check(country: &str, account: &str) -> u32 {
    let remainder =
        account.chars().chain(country.chars()).chain("00".chars()).filter_map(|character| character.to_digit(36)).fold(
            0,
            |remainder, value| {
                let shifted = if value < 10 { 10 } else { 100 };
                (remainder * shifted + value) % 97
            },
        );
    98 - remainder
}

/// A postcode of the town's area, such as `LS4 2AB`; the last two letters are ones that postcodes use.
pub(super) fn postcode(town: Town, chance: &mut Chance) -> String {
    const LETTERS: &[&str] =
        &["A", "B", "D", "E", "F", "G", "H", "J", "L", "N", "P", "Q", "R", "S", "T", "U", "W", "X", "Y", "Z"];
    let (_, area, districts) = town;
    let district = 1 + chance.below(districts);
    let sector = 1 + chance.below(9);
    let (first, second) = (chance.word(LETTERS), chance.word(LETTERS));
    format!("{area}{district} {sector}{first}{second}")
}

#[cfg(test)]
mod tests {
    use super::{card, iban, iban_check, luhn_check_digit, phone, spread};
    use crate::chance::Chance;
    use std::collections::BTreeSet;

    #[test]
    fn check_digits_match_published_examples() {
        assert_eq!(luhn_check_digit("7992739871"), 3);
        assert_eq!(luhn_check_digit("424242424242424"), 2);
        assert_eq!(iban_check("GB", "WEST12345698765432"), 82);
        assert_eq!(iban_check("DE", "370400440532013000"), 89);
    }

    #[test]
    fn serials_never_collide() {
        for range in [300_000_000, 1_000_000_000, 100_000_000, 90_000_000] {
            let spreads: BTreeSet<u64> = (0..20_000).map(|serial| spread(serial, 99, range)).collect();
            assert_eq!(spreads.len(), 20_000);
            assert!(spreads.iter().all(|&value| value < range));
        }
    }

    #[test]
    fn numbers_are_valid_to_the_libraries_that_check_them() {
        let mut chance = Chance::new(5, 5);
        for serial in 0..5_000 {
            let number = phonenumber::parse(None, phone(serial, 42)).unwrap();
            assert!(phonenumber::is_valid(&number), "a phone number is not valid");
            assert!(iban(serial, 42, &mut chance).parse::<iban::Iban>().is_ok());
            let pan = card(serial, 42);
            assert_eq!(pan.len(), 16);
            assert!(pan.ends_with(&luhn_check_digit(&pan[..15]).to_string()));
        }
    }
}
