use proptest::prelude::*;

use super::*;

/// A value of each kind, and another of the same kind and shown part whose hidden part is longer.
const PAIRS: [(FieldKind, &str, &str); 10] = [
    (FieldKind::Name, "Al Bo", "Alexandrina Bartholomew-Featherstonehaugh"),
    (FieldKind::PostalAddress, "1 A|Leeds|LS1 4AB|GB", "Flat 22, The Old Brewery|118 Long Street|Leeds|LS12 4AB|GB"),
    (FieldKind::Phone, "+4930901842", "+447700900142"),
    (FieldKind::Email, "a@b.io", "anastasia.longname@department.example.org"),
    (FieldKind::DateOfBirth, "1980-11-02", "1999-01-31"),
    (FieldKind::Card, "4222222222222", "4111111111111111|12/30"),
    (FieldKind::BankAccount, "NO9386011117947", "GB82WEST12345698765432"),
    (FieldKind::Order, "7|2026-11-02|1|GBP|x", "RF-1042-99-417|2026-11-02|199900|GBP|an expensive lamp"),
    (FieldKind::Preference, "time=a", "time=any day after six but never on Sundays"),
    (FieldKind::Note, "x", "called twice\nwants a refund and an apology"),
];

/// How many letters and digits of the value a mask of this kind may show.
fn shown_at_most(kind: FieldKind, canonical: &str) -> usize {
    match kind {
        FieldKind::Name | FieldKind::PostalAddress | FieldKind::Phone => 2,
        FieldKind::Email => 1,
        FieldKind::DateOfBirth | FieldKind::Note => 0,
        FieldKind::Card => 4,
        FieldKind::BankAccount => 4,
        // Date and end of the number, and the words and digits of the bucket.
        FieldKind::Order => 8 + 3 + "order".len() + "items".len() + 2,
        FieldKind::Preference => canonical.find('=').unwrap_or(0),
    }
}

fn shown(kind: FieldKind, mask: &str) -> usize {
    let mask = if kind == FieldKind::Card { mask.split_once(' ').map_or(mask, |(_, digits)| digits) } else { mask };
    mask.chars().filter(|c| c.is_alphanumeric()).count()
}

#[test]
fn masks_of_a_kind_are_equally_long() {
    for (kind, short, long) in PAIRS {
        let [short, long] = [short, long].map(|raw| Incoming::parse(kind, raw).unwrap().mask().chars().count());
        assert_eq!(short, long, "{kind:?}");
    }
}

#[test]
fn each_kind_compares_with_its_own_canonical_form() {
    for (kind, _, raw) in PAIRS {
        let value = Incoming::parse(kind, raw).unwrap();
        let said = if kind == FieldKind::Order { "RF 1042 99 417" } else { value.canonical() };
        assert_eq!(comparable(kind, said).unwrap(), value.comparable(), "{kind:?}");
    }
}

#[test]
fn huge_input_is_refused_for_every_kind() {
    for kind in FieldKind::ALL {
        for huge in ["a".repeat(8193), "4".repeat(1 << 20), "\u{301}".repeat(5000)] {
            assert_eq!(Incoming::parse(kind, &huge).err().map(|e| e.problem()), Some("the text is longer than 8 KiB"));
            assert!(comparable(kind, &huge).is_err());
        }
        assert!(Incoming::parse(kind, &"\u{301}".repeat(4096)).is_err());
    }
}

#[test]
fn nothing_to_compare_matches_nothing() {
    let note = Incoming::parse(FieldKind::Note, "!!!").unwrap();
    assert!(note.comparable().is_empty());
    for kind in FieldKind::ALL {
        for said in ["", "???", "\u{200b}", "\u{202e}"] {
            assert!(comparable(kind, said).is_err(), "{kind:?} {said:?}");
        }
    }
}

#[test]
fn only_lone_look_ups_have_terms() {
    for (kind, raw, _) in PAIRS {
        let terms = Incoming::parse(kind, raw).unwrap().search_terms();
        let expected = matches!(kind, FieldKind::Phone | FieldKind::Email | FieldKind::Order);
        assert_eq!(terms.len(), usize::from(expected), "{kind:?}");
    }
}

/// Text that is often nearly right: pieces of valid values, separators and awkward characters.
fn nearly_valid() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "Ana",
        "Díaz",
        ", ",
        "|",
        "\n",
        "12 High St",
        "Leeds",
        "LS1 4AB",
        "GB",
        "+44",
        "2079460018",
        "a@b.org",
        "1980-11-02",
        "2 Nov 1980",
        "4111111111111111",
        "12/30",
        "GB82WEST12345698765432",
        "=",
        "1999",
        ";",
        " ",
        "\u{202e}",
        "\u{200b}",
        "\u{301}",
        "\u{200d}",
        "é",
        "ß",
        "İ",
        "٣",
        "４",
        "𝟜",
        "\0",
        "-",
        "/",
        "🙂",
        "\u{3164}",
    ]);
    prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

fn check_all(raw: &str) -> Result<(), TestCaseError> {
    for kind in FieldKind::ALL {
        let _ = comparable(kind, raw);
        let Ok(value) = Incoming::parse(kind, raw) else { continue };
        let again = Incoming::parse(kind, value.canonical());
        prop_assert_eq!(again.as_ref().map(Incoming::canonical).ok(), Some(value.canonical()));
        prop_assert!(shown(kind, &value.mask()) <= shown_at_most(kind, value.canonical()));
        let _ = (value.comparable(), value.search_terms());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nearly_valid_text_is_kept_or_refused(raw in nearly_valid()) {
        check_all(&raw)?;
    }

    #[test]
    fn any_text_is_kept_or_refused(raw in any::<String>()) {
        check_all(&raw)?;
    }

    #[test]
    fn errors_hold_nothing_of_the_input(raw in "[A-Z0-9]{6,20}") {
        for kind in FieldKind::ALL {
            if let Err(error) = Incoming::parse(kind, &raw) {
                prop_assert!(!error.to_string().contains(&raw));
            }
        }
    }

    #[test]
    fn name_masks_are_equally_long(raw in "\\PC{1,30}") {
        if let Ok(name) = Incoming::parse(FieldKind::Name, &raw) {
            prop_assert_eq!(name.mask().chars().count(), 15);
        }
    }

    #[test]
    fn phone_masks_are_equally_long(raw in "\\+(44|49|1|39)[0-9]{6,11}") {
        if let Ok(phone) = Incoming::parse(FieldKind::Phone, &raw) {
            prop_assert_eq!(phone.mask().chars().count(), 11);
        }
    }
}
