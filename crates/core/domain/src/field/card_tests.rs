use proptest::prelude::*;

use super::*;

const VISA: &str = "4111111111111111";

#[test]
fn numbers_are_kept_without_spaces() {
    for (raw, kept) in [
        ("4111 1111 1111 1111", VISA),
        ("4111-1111-1111-1111 ", VISA),
        ("4111111111111111|1/2030", "4111111111111111|01/30"),
        ("4111111111111111 12/30", "4111111111111111|12/30"),
        ("4111 1111 1111 1111 | 12 / 30", "4111111111111111|12/30"),
        ("4111111111111111|", VISA),
        ("3782 822463 10005", "378282246310005"),
        ("\u{feff}4111\u{a0}1111\u{a0}1111\u{a0}1111", VISA),
    ] {
        assert_eq!(*Card.parse(raw).unwrap(), kept, "{raw}");
    }
}

#[test]
fn refuses_what_is_no_card() {
    let long = "0".repeat(20);
    for raw in [
        "",
        "4111111111111112",
        "41111111111",
        "4111",
        "４１１１111111111111",
        "4111x1111x1111x1111",
        "4111111111111111|13/30",
        "4111111111111111|00/30",
        "4111111111111111|12/1999",
        "4111111111111111|ab/cd",
        "4111111111111111|é",
        "/",
        "|",
        "4111\u{202e}111111111111",
        long.as_str(),
    ] {
        assert!(Card.parse(raw).is_err(), "{raw:?}");
    }
}

#[test]
fn security_codes_are_refused_as_such() {
    for raw in [
        "4111111111111111|12/30|123",
        "4111111111111111|12/30|",
        "4111111111111111|12/30 123",
        "4111111111111111 12/30 123",
        "4111111111111111|123",
        "4111111111111111|1234",
        "4111 1111 1111 1111 123",
        "3782 822463 10005 1234",
        "4111111111111111 CVV 123",
        "4111111111111111 cvc:123",
        "CID 1234",
    ] {
        assert_eq!(Card.parse(raw), Err(SECURITY_CODE), "{raw}");
    }
}

#[test]
fn errors_read_as_sentences() {
    let error = Card.parse("4111111111111112").unwrap_err();
    assert_eq!(error.to_string(), "card: the check digit does not fit; re-read the number");
}

#[test]
fn masks_show_brand_and_last_four() {
    for (pan, brand) in [
        ("4111111111111111", "visa"),
        ("4222222222222", "visa"),
        ("5555555555554444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("378282246310005", "amex"),
        ("6011111111111117", "discover"),
        ("30569309025904", "diners"),
        ("3530111333300000", "jcb"),
        ("6200000000000005", "unionpay"),
        ("6759649826438453", "maestro"),
        ("9999999999999995", "other"),
    ] {
        let kept = Card.parse(pan).unwrap();
        assert_eq!(Card.mask(&kept), format!("{brand} •••• •••• •••• {}", &pan[pan.len() - 4..]));
    }
}

#[test]
fn the_expiry_is_not_compared() {
    assert_eq!(Card.said("4111 1111 1111 1111").unwrap(), Card.comparable("4111111111111111|12/30"));
}

/// Digits with the check digit that makes them fit.
fn with_check_digit(mut digits: Vec<u8>) -> Vec<u8> {
    digits.push(0);
    for check in 0..10 {
        if let Some(last) = digits.last_mut() {
            *last = check;
        }
        if is_luhn(&digits) {
            break;
        }
    }
    digits
}

fn as_text(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

proptest! {
    #[test]
    fn one_wrong_digit_is_refused(
        body in prop::collection::vec(0_u8..10, 14),
        place in 0_usize..16,
        change in 1_u8..10,
    ) {
        let mut digits = vec![4];
        digits.extend(body);
        let mut digits = with_check_digit(digits);
        prop_assert!(Card.parse(&as_text(&digits)).is_ok());
        digits[place] = (digits[place] + change) % 10;
        prop_assert!(Card.parse(&as_text(&digits)).is_err());
    }

    #[test]
    fn masks_of_a_brand_are_equally_long(body in prop::collection::vec(0_u8..10, 10..17)) {
        let mut digits = vec![9];
        digits.extend(body);
        let pan = as_text(&with_check_digit(digits));
        let mask = Card.mask(&Card.parse(&pan).unwrap());
        prop_assert_eq!(mask.chars().count(), "other •••• •••• •••• 1234".chars().count());
        prop_assert_eq!(mask.chars().filter(char::is_ascii_digit).count(), 4);
    }

    #[test]
    fn kept_cards_read_as_themselves(raw in "[0-9 |/-]{0,30}") {
        if let Ok(kept) = Card.parse(&raw) {
            prop_assert_eq!(Card.parse(&kept), Ok(kept));
        }
    }
}
