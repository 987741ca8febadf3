//! Bank accounts, kept as IBAN (ISO 13616) without spaces.

use iban::Iban;
use zeroize::Zeroizing;

use super::{FieldError, FieldKind, rules::Rules, text::clean_line};

/// The longest IBAN that the standard allows.
pub(super) const MAX_IBAN: usize = 34;

pub(super) struct BankAccount;

impl Rules for BankAccount {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let line = clean_line(raw).ok_or(refused("it holds control characters", "type the number again"))?;
        let mut joined = Zeroizing::new(String::with_capacity(line.len()));
        joined.extend(line.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()));
        if !is_iban(&joined) {
            return Err(refused("this isn't a valid IBAN", "re-read it in groups of four"));
        }
        Ok(joined)
    }

    /// The country and the last two characters.
    fn mask(&self, canonical: &str) -> String {
        let country = canonical.get(..2).unwrap_or("••");
        let end = canonical.get(canonical.len().saturating_sub(2)..).unwrap_or("••");
        format!("{country}•• •••• •••• ••{end}")
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        Zeroizing::new(canonical.to_owned())
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        self.parse(said)
    }
}

/// Whether capital letters and digits without spaces are an IBAN: country, length, structure and check digits fit.
pub(super) fn is_iban(joined: &str) -> bool {
    joined.len() <= MAX_IBAN
        && joined.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && joined.parse::<Iban>().is_ok()
}

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::BankAccount, problem, next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: [&str; 4] =
        ["GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947"];

    #[test]
    fn ibans_are_kept_without_spaces() {
        for raw in ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432\n", "GB82-WEST-1234-5698-7654-32"] {
            assert_eq!(*BankAccount.parse(raw).unwrap(), VALID[0]);
        }
        assert!(VALID.iter().all(|iban| BankAccount.parse(iban).is_ok()));
    }

    #[test]
    fn refuses_what_is_no_iban() {
        let long = "GB82".repeat(20);
        for raw in [
            "",
            "GB",
            "GB82",
            "GB83 WEST 1234 5698 7654 32",
            "GB82WEST1234569876543",
            "XX82WEST12345698765432",
            "GB82WEST1234569876543２",
            "ＧＢ82WEST12345698765432",
            "GB82\u{202e}WEST12345698765432",
            long.as_str(),
        ] {
            assert!(BankAccount.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn masks_show_country_and_end() {
        assert_eq!(BankAccount.mask(VALID[0]), "GB•• •••• •••• ••32");
        assert_eq!(BankAccount.mask(VALID[3]), "NO•• •••• •••• ••47");
    }

    /// Digits for a digit, letters for a letter: the changes that the check digits find without exception.
    fn alike(byte: u8) -> std::ops::RangeInclusive<u8> {
        if byte.is_ascii_digit() { b'0'..=b'9' } else { b'A'..=b'Z' }
    }

    fn is_refused(bytes: &[u8]) -> bool {
        BankAccount.parse(std::str::from_utf8(bytes).unwrap()).is_err()
    }

    #[test]
    fn every_single_wrong_character_is_refused() {
        for iban in VALID {
            for (place, right) in iban.bytes().enumerate() {
                for wrong in alike(right).filter(|wrong| *wrong != right) {
                    let mut bytes = iban.as_bytes().to_vec();
                    bytes[place] = wrong;
                    assert!(is_refused(&bytes), "{iban} at {place}");
                }
            }
        }
    }

    #[test]
    fn every_swap_of_unlike_neighbours_is_refused() {
        for iban in VALID {
            for place in 1..iban.len() {
                let mut bytes = iban.as_bytes().to_vec();
                bytes.swap(place - 1, place);
                let changes = bytes[place - 1] != bytes[place];
                if changes && alike(bytes[place]).contains(&bytes[place - 1]) {
                    assert!(is_refused(&bytes), "{iban} at {place}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn spacing_and_case_do_not_matter(which in 0_usize..4, gap in "[ -]{0,2}", every in 1_usize..6) {
            let groups: Vec<&str> = VALID[which].as_bytes().chunks(every).map(|g| std::str::from_utf8(g).unwrap()).collect();
            let kept = BankAccount.parse(&groups.join(&gap).to_lowercase()).unwrap();
            prop_assert_eq!(kept.as_str(), VALID[which]);
        }
    }
}
