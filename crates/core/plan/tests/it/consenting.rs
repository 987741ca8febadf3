//! What customers are asked, and what a plan can't do round their answer.

use crate::{changed, day, small};
use plan::{Act, Kind, Plan};

fn asking() -> Plan {
    Plan::parse(&changed("basis = \"contract\"", "basis = \"consent\"")).unwrap()
}

#[test]
fn each_purpose_of_what_rests_on_consent_is_a_question_on_its_days() {
    let plan = asking();
    let asked = |on: &str| plan.questions(day(on)).map(|one| one.purpose).collect::<Vec<_>>();
    assert_eq!(asked("2026-01-01"), ["callback", "delivery"]);
    assert!(asked("2025-12-31").is_empty() && asked("2031-01-01").is_empty());
    assert!(small().questions(day("2026-06-01")).next().is_none());
    let phone = Kind::from_slug("phone").unwrap();
    let rests = |act, purpose| plan.rests_on(phone, act, purpose, day("2026-06-01")).len();
    assert_eq!((rests(Act::Show, Some("callback")), rests(Act::Show, None), rests(Act::Store, None)), (1, 2, 2));
    assert_eq!((rests(Act::Show, Some("payment")), rests(Act::Check, None)), (0, 0));
    let free = small();
    assert!(free.rests_on(phone, Act::Show, None, day("2026-06-01")).is_empty());
}

#[test]
fn what_is_agreed_to_says_all_that_a_customer_would_mind() {
    let plan = asking();
    let terms = |plan: &Plan| plan.terms(&plan.questions(day("2026-06-01")).next().unwrap());
    let before = terms(&plan);
    for (from, to) in [
        ("keep = \"2 years\"", "keep = \"3 years\""),
        ("after = \"collected\"", "after = \"last_order\""),
        ("seen_by = [\"agent\"]", "seen_by = [\"agent\", \"team_leader\"]"),
        ("sub_processors = [\"courier\"]\n", ""),
        ("country = \"DE\"", "country = \"FR\""),
    ] {
        let other = changed("basis = \"contract\"", "basis = \"consent\"").replace(from, to);
        assert_ne!(before, terms(&Plan::parse(&other).unwrap()), "{to}");
    }
    let owner = changed("basis = \"contract\"", "basis = \"consent\"").replace("owner = \"Head\"", "owner = \"Boss\"");
    assert_eq!(before, terms(&Plan::parse(&owner).unwrap()), "who answers for it inside is no term");
}

#[test]
fn nothing_goes_on_round_an_answer() {
    let derived = |act: &str, basis: &str| {
        let use_of = format!(
            "\n[[derived]]\nid = \"made\"\nuse = \"{act}\"\nfrom = [\"phone\"]\nwords = {{ en = \"x\", de = \"y\" }}\n\
             purposes = [\"callback\"]\n{basis}\nowner = \"Head\"\nused_by = [\"agent\"]\n\
             protection = {{ suite = 1, mask = \"hidden\", binding = \"none\", weight = 1 }}\n\
             retention = {{ keep = \"1 year\", after = \"collected\" }}\nstarts = 2026-01-01\nends = 2030-12-31\n"
        );
        let text = format!("{}{use_of}", changed("basis = \"contract\"", "basis = \"consent\""));
        Plan::parse(&text).map(drop).map_err(|faults| faults.to_string())
    };
    let contract = "basis = \"contract\"";
    for act in ["check", "send", "analyse", "search"] {
        let said = derived(act, contract).unwrap_err();
        assert!(said.contains("made is made of phone, which customers may take back"), "{act}: {said}");
    }
    // Showing that something is there isn't using it, and their own copy is the customers' by right.
    for act in ["mask", "export"] {
        assert_eq!(derived(act, contract), Ok(()), "{act}");
    }
    for act in ["check", "send", "export", "analyse"] {
        assert_eq!(derived(act, "basis = \"consent\""), Ok(()), "{act}");
    }
    for act in ["mask", "search"] {
        let said = derived(act, "basis = \"consent\"").unwrap_err();
        assert!(said.contains("before the customer can be asked"), "{act}: {said}");
    }
}
