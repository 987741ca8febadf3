use proptest::prelude::*;

use super::*;

const LEEDS: &str = "12a High Street\nLeeds\nLS1 4AB\nGB";

#[test]
fn addresses_become_lines() {
    for (raw, kept) in [
        ("12a High Street|Leeds|ls14ab|gb", LEEDS),
        ("12a High Street||Leeds|LS1  4AB|UK", LEEDS),
        ("12a  High Street, Leeds, LS1 4AB, GB", LEEDS),
        ("12a High Street\r\nLeeds\r\nLS1 4AB\r\nGB\r\n", LEEDS),
        ("Flat 2|1 Rue d'Été, bis|Paris|75001|FR", "Flat 2\n1 Rue d'Été, bis\nParis\n75001\nFR"),
        ("Unter den Linden 12|Berlin|10115|de", "Unter den Linden 12\nBerlin\n10115\nDE"),
        ("1 Queen's Road|Hong Kong|-|HK", "1 Queen's Road\nHong Kong\n-\nHK"),
    ] {
        assert_eq!(*PostalAddress.parse(raw).unwrap(), kept, "{raw}");
        assert_eq!(*PostalAddress.parse(kept).unwrap(), kept);
    }
}

#[test]
fn refuses_what_is_no_address() {
    let long = format!("{}|Leeds|LS1 4AB|GB", "a".repeat(101));
    for raw in [
        "",
        "|||",
        "a|b|c",
        "1 a|b|c|Leeds|LS1 4AB|GB",
        "12 High St|Leeds|LS1|GB",
        "12 High St|Leeds|LS1 4AB|XX",
        "|Leeds|LS1 4AB|GB",
        "12 High St||LS1 4AB|GB",
        "12 High St|Leeds||GB",
        "12 High St|Leeds|-|GB",
        "12 High St|...|LS1 4AB|GB",
        "12 High\u{202e} St|Leeds|LS1 4AB|GB",
        "12 High\nSt|Leeds|LS1 4AB|GB",
        "1 a|Berlin|1０115|DE",
        "1 a|Berlin|1234567890123|DE",
        "12 High St|Leeds|LS1 4ÄB|GB",
        long.as_str(),
    ] {
        assert!(PostalAddress.parse(raw).is_err(), "{raw:?}");
    }
}

#[test]
fn british_postcodes_have_known_forms() {
    for fits in ["M11AE", "B338TH", "CR26XH", "DN551PT", "W1A1HQ", "EC1A1BB", "GIR0AA"] {
        assert!(is_british(fits), "{fits}");
    }
    for other in ["", "LS1", "LS14A", "ABC14AB", "1S14AB", "LS1234AB", "LSA4AB", "10115", "é14AB", "LS1é4A"] {
        assert!(!is_british(other), "{other}");
    }
}

#[test]
fn masks_show_the_area_only() {
    for (kept, mask) in [
        (LEEDS, "•••••• LS•••"),
        ("1 Park Row\nLondon\nW1A 1HQ\nGB", "•••••• W••••"),
        ("Unter den Linden 12\nBerlin\n10115\nDE", "•••••• •••••"),
        ("1 Sussex Drive\nOttawa\nK1A 0A6\nCA", "•••••• •••••"),
    ] {
        assert_eq!(PostalAddress.mask(kept), mask);
    }
}

#[test]
fn postcode_and_house_number_are_compared() {
    let kept = PostalAddress.comparable(LEEDS);
    for said in [
        "12a High St|Leeds|LS1 4AB|GB",
        "12A, LS1 4AB",
        "ls14ab 12a",
        "12a ls1 4ab",
        "12A High Street, Leeds LS1 4AB",
        "LS1 4AB, number 12a",
    ] {
        assert_eq!(PostalAddress.said(said).unwrap(), kept, "{said}");
    }
    for said in ["12, LS1 4AB", "12a, LS1 4AC", "12b High Street, Leeds, LS1 4AB"] {
        assert_ne!(PostalAddress.said(said).unwrap(), kept, "{said}");
    }
}

#[test]
fn addresses_without_postcode_match_nothing() {
    assert!(PostalAddress.comparable("1 Queen's Road\nHong Kong\n-\nHK").is_empty());
}

proptest! {
    #[test]
    fn kept_addresses_read_as_themselves(raw in "[a-zÀ-ž0-9 ]{1,8}[|,\n][a-z ]{0,4}[|,\n][a-zA-Z0-9 -]{1,8}[|,\n](GB|de|fr)") {
        if let Ok(kept) = PostalAddress.parse(&raw) {
            prop_assert_eq!(PostalAddress.parse(&kept), Ok(kept));
        }
    }

    #[test]
    fn anything_may_be_said(said in any::<String>()) {
        let _ = PostalAddress.said(&said);
    }
}
