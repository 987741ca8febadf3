//! What a plan allows.

use crate::{SMALL, day, derived, future, small};
use domain::{FieldKind, Purpose};
use plan::{Act, Coming, Kind, Plan, Unplanned};
use proptest::prelude::*;

const PHONE: Kind = Kind::Field(FieldKind::Phone);

#[test]
fn only_what_it_says_for_what_it_says_and_when() {
    let plan = small();
    let on = |text| day(text);
    assert_eq!(plan.allows(PHONE, Act::Store, None, on("2026-01-01")), Ok(()));
    assert_eq!(plan.allows(PHONE, Act::Show, Some("callback"), on("2030-12-31")), Ok(()));
    assert_eq!(plan.allows(PHONE, Act::Show, Some("payment"), on("2027-01-01")), Err(Unplanned::OtherPurpose));
    assert_eq!(plan.allows(PHONE, Act::Store, None, on("2025-12-31")), Err(Unplanned::NotYet(on("2026-01-01"))));
    assert_eq!(plan.allows(PHONE, Act::Store, None, on("2031-01-01")), Err(Unplanned::Over(on("2030-12-31"))));
    assert_eq!(plan.allows(PHONE, Act::Send, None, on("2027-01-01")), Err(Unplanned::NoEntry));
    let name = Kind::Field(FieldKind::Name);
    assert_eq!(plan.allows(name, Act::Store, None, on("2027-01-01")), Err(Unplanned::NoEntry));
    let unseen = Plan::parse(&SMALL.replace("[\"agent\"]", "[]")).unwrap();
    assert_eq!(unseen.allows(PHONE, Act::Show, None, on("2027-01-01")), Err(Unplanned::NoEntry));
}

#[test]
fn a_derived_use_reaches_through_to_the_kind_it_is_made_of() {
    let dates = "starts = 2026-01-01\nends = 2030-12-31";
    let text = format!("{SMALL}{}{}", derived("a", "\"phone\"", dates), derived("b", "\"a\"", dates));
    let plan = Plan::parse(&text.replace("id = \"b\"\nuse = \"search\"", "id = \"b\"\nuse = \"send\"")).unwrap();
    assert_eq!(plan.allows(PHONE, Act::Search, None, day("2027-01-01")), Ok(()));
    assert_eq!(plan.allows(PHONE, Act::Send, Some("callback"), day("2027-01-01")), Ok(()));
    assert_eq!(plan.allows(PHONE, Act::Check, None, day("2027-01-01")), Err(Unplanned::NoEntry));
}

#[test]
fn nothing_starts_before_its_protection_is_there() {
    let text = format!("{SMALL}{}", future("voice", "2028-06-01", "\"vault\""));
    let voice = Kind::Coming(Coming::Voice);
    let of = |text: &str, on| Plan::parse(text).unwrap().allows(voice, Act::Store, None, day(on));
    assert_eq!(of(&text, "2028-05-31"), Err(Unplanned::NotYet(day("2028-06-01"))));
    assert_eq!(of(&text, "2028-06-01"), Err(Unplanned::Unprotected("vault".to_owned())));
    assert_eq!(of(&text.replace("in_place = false", "in_place = true"), "2028-06-01"), Ok(()));
}

proptest! {
    #[test]
    fn the_table_of_a_day_says_what_the_plan_says(offset in 0_i64..4_000) {
        let plan = Plan::parse(plan::DEFAULT).unwrap();
        let day = day("2019-06-01").saturating_add(jiff::Span::new().days(offset));
        let table = plan.on(day);
        for field in FieldKind::ALL {
            for act in Act::ALL {
                for purpose in core::iter::once(None).chain(Purpose::ALL.map(Some)) {
                    let said = plan.allows(Kind::Field(field), act, purpose.map(Purpose::slug), day).is_ok();
                    prop_assert_eq!(table.allows(field, act, purpose), said, "{:?} {:?} {:?}", field, act, purpose);
                }
            }
        }
    }
}
