//! What differs, in words.

use crate::{SMALL, changed, derived, small};
use plan::{Difference, Plan, diff};
use proptest::prelude::*;

fn told(to: &str) -> Vec<Difference> {
    diff(&small(), &Plan::parse(to).unwrap())
}

#[test]
fn each_change_is_one_sentence_and_says_whether_it_widens() {
    let cases = [
        ("\"delivery\"]", "\"delivery\", \"payment\"]", true, "phone is also used for payment."),
        ("[\"callback\", \"delivery\"]", "[\"delivery\"]", false, "phone is no longer used for callback."),
        ("[\"agent\"]", "[\"agent\", \"auditor\"]", true, "phone is also open to auditor."),
        ("[\"courier\"]\n", "[]\n", false, "phone is no longer given to courier."),
        ("\"matched\"", "\"claimed\"", true, "phone needs the binding claimed in place of matched."),
        ("\"matched\"", "\"proven\"", false, "phone needs the binding proven in place of matched."),
        ("weight = 1", "weight = 2", false, "phone costs points: 2 in place of 1."),
        ("\"2 years\"", "\"3 years\"", true, "phone is kept for 3 years in place of 2 years."),
        ("\"2 years\"", "\"1 year\"", false, "phone is kept for 1 year in place of 2 years."),
        ("ends = 2030-12-31", "ends = 2031-12-31", true, "phone ends on 2031-12-31 in place of 2030-12-31."),
        ("\"contract\"", "\"consent\"", true, "phone rests on consent in place of contract."),
        ("in_place = false", "in_place = true", true, "The protection vault is there now, so what needs it may start."),
        (
            "name = \"Courier\"",
            "name = \"Broker\"",
            true,
            "The sub-processor courier is Broker in DE: brings; it was Courier in DE: brings.",
        ),
        (
            "name = \"Courier\"",
            "name = { en = \"Courier\", de = \"Bote\" }",
            true,
            "The sub-processor courier is in German Bote: bringt; it was Courier: bringt.",
        ),
        (
            "de = \"bringt\"",
            "de = \"verkauft\"",
            true,
            "The sub-processor courier is in German verkauft; it was bringt.",
        ),
        (
            "country = \"DE\"\n",
            "country = \"DE\"\nsafeguard = \"a treaty\"\n",
            true,
            "Data with the sub-processor courier is safe by a treaty in place of nothing.",
        ),
        ("company = \"A\"", "company = \"Z\"", false, "The company that answers is \"Z\" in place of \"A\"."),
    ];
    for (from, to, widens, says) in cases {
        assert_eq!(told(&changed(from, to)), [Difference { says: says.to_owned(), widens }], "{to}");
    }
}

#[test]
fn what_comes_and_what_goes_is_told() {
    let more = format!("{SMALL}{}", derived("find", "\"phone\"", "starts = 2026-01-01\nends = 2030-12-31"));
    let says = "find, the use search of phone, for callback, from 2026-01-01 until 2030-12-31";
    assert_eq!(told(&more), [Difference { says: format!("New: {says}."), widens: true }]);
    let back = diff(&Plan::parse(&more).unwrap(), &small());
    assert_eq!(back, [Difference { says: format!("Gone: {says}."), widens: false }]);
}

#[test]
fn a_use_that_is_made_of_more_widens_and_one_of_less_does_not() {
    let dates = "starts = 2026-01-01\nends = 2030-12-31";
    let of = |from: &str| {
        let text = format!("{SMALL}{}{}", derived("a", "\"phone\"", dates), derived("b", from, dates));
        Plan::parse(&text).unwrap()
    };
    let (one, both) = (of("\"phone\""), of("\"a\", \"phone\""));
    let widens = |old, new| diff(old, new).iter().map(|one| one.widens).collect::<Vec<_>>();
    assert_eq!((widens(&one, &both), widens(&both, &one)), (vec![true], vec![false]));
    assert_eq!(widens(&one, &of("\"a\"")), [true], "of something else");
}

#[test]
fn nothing_differs_from_itself_or_from_another_layout() {
    assert_eq!(told(SMALL), []);
    let spaced =
        SMALL.replace("\n\n", "\n\n# more\n\n").replace("[\"callback\", \"delivery\"]", "[\"delivery\", \"callback\"]");
    assert_eq!(told(&spaced), []);
}

proptest! {
    /// Whatever is allowed more than before, some difference says that it widens.
    #[test]
    fn more_is_never_told_as_less(
        purposes in proptest::sample::subsequence(vec!["callback", "delivery", "payment"], 1..=3),
        years in 1_u8..5,
        starts in 2024_u16..2028,
        ends in 2029_u16..2033,
        seen in proptest::bool::ANY,
    ) {
        let quoted: Vec<String> = purposes.iter().map(|purpose| format!("{purpose:?}")).collect();
        let text = SMALL
            .replace("\"callback\", \"delivery\"", &quoted.join(", "))
            .replace("\"2 years\"", &format!("\"{years} years\""))
            .replace("starts = 2026-01-01", &format!("starts = {starts}-01-01"))
            .replace("ends = 2030-12-31", &format!("ends = {ends}-12-31"))
            .replace("[\"agent\"]", if seen { "[\"agent\"]" } else { "[]" });
        let (old, new) = (small(), Plan::parse(&text).unwrap());
        let (forth, back) = (diff(&old, &new), diff(&new, &old));
        let more = |a: &Plan, b: &Plan| {
            let (a, b) = (&a.entries[0], &b.entries[0]);
            !b.purposes.is_subset(&a.purposes)
                || !b.roles.is_subset(&a.roles)
                || b.keep.days() > a.keep.days()
                || b.dates.starts < a.dates.starts
                || b.dates.ends > a.dates.ends
        };
        prop_assert_eq!(forth.iter().any(|one| one.widens), more(&old, &new));
        prop_assert_eq!(back.iter().any(|one| one.widens), more(&new, &old));
        prop_assert_eq!(forth.is_empty(), back.is_empty());
    }
}
