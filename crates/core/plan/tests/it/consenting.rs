//! What customers are asked, and what a plan can't do round their answer.

use crate::{changed, day, derived, small};
use plan::{Act, Kind, Plan, diff};

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

/// One consent question, with all that a plan can say of it: data under a protection, given to somebody abroad.
fn told_in_full() -> String {
    let abroad = "country = \"US\"\nsafeguard = \"a treaty\"\n";
    let text = changed("basis = \"contract\"", "basis = \"consent\"").replace("country = \"DE\"\n", abroad);
    let there = text.replace("in_place = false", "in_place = true").replace("ready = 2028-01-01", "ready = 2025-01-01");
    let own = "\n[[purpose]]\nid = \"tips\"\nwords = { en = \"to help\", de = \"zum Helfen\" }\n";
    format!("{}needs = [\"vault\"]\n{own}", there.replace("\"callback\", \"delivery\"", "\"tips\""))
}

#[test]
fn whatever_widens_an_entry_is_asked_anew() {
    let full = told_in_full();
    let plan = |text: &str| Plan::parse(text).unwrap_or_else(|faults| panic!("{faults}"));
    let terms = |plan: &Plan| plan.terms(&plan.questions(day("2026-06-01")).next().unwrap());
    let before = plan(&full);
    let cases = [
        ("does = { en = \"brings\"", "does = { en = \"sells\"", true),
        ("de = \"bringt\"", "de = \"verkauft\"", true),
        ("\"a treaty\"", "\"a promise\"", true),
        ("\"a treaty\"", "{ en = \"a treaty\", de = \"ein Vertrag\" }", true),
        ("\"Courier\"", "{ en = \"Courier\", de = \"Bote\" }", true),
        ("country = \"US\"", "country = \"CN\"", true),
        ("name = \"Courier\"", "name = \"Broker\"", true),
        ("source = \"company\"", "source = \"device\"", true),
        ("binding = \"matched\"", "binding = \"claimed\"", true),
        ("needs = [\"vault\"]\n", "", true),
        ("en = \"locked\"", "en = \"open\"", true),
        ("de = \"verschlossen\"", "de = \"offen\"", false),
        ("en = \"to help\"", "en = \"to sell\"", true),
        ("[\"agent\"]", "[\"agent\", \"auditor\"]", true),
        ("\"2 years\"", "\"3 years\"", true),
        ("after = \"collected\"", "after = \"last_contact\"", true),
        ("company = \"A\"", "company = \"Z\"", false),
    ];
    for (from, to, widens) in cases {
        assert!(full.contains(from), "{from}");
        let after = plan(&full.replace(from, to));
        assert_ne!(terms(&before), terms(&after), "{to}");
        assert_eq!(diff(&before, &after).iter().any(|one| one.widens), widens, "{to}");
    }
    // Who strengthens either asks nobody anew.
    for (from, to) in [("weight = 1", "weight = 2"), ("suite = 1", "suite = 2")] {
        assert!(full.contains(from), "{from}");
        assert_eq!(terms(&before), terms(&plan(&full.replace(from, to))), "{to}");
    }
    // A yes keeps the end that it was given to.
    for (from, to) in [("ends = 2030-12-31", "ends = 2031-12-31"), ("starts = 2026-01-01", "starts = 2025-01-01")] {
        assert_eq!(terms(&before), terms(&plan(&full.replace(from, to))), "{to}");
    }
}

#[test]
fn a_name_that_is_the_same_in_each_language_asks_nobody_anew() {
    let full = told_in_full();
    let terms = |text: &str| {
        let plan = Plan::parse(text).unwrap();
        let question = plan.questions(day("2026-06-01")).next().unwrap();
        [plan.terms(&question), plan.terms_before(&question)]
    };
    let same = full.replace("\"Courier\"", "{ en = \"Courier\", de = \"Courier\" }");
    assert_eq!(terms(&full), terms(&same));
    let other = terms(&full.replace("\"Courier\"", "{ en = \"Courier\", de = \"Bote\" }"));
    assert!(terms(&full).iter().zip(&other).all(|(one, other)| one != other), "{other:?}");
}

#[test]
fn a_use_that_is_made_of_something_else_is_asked_anew() {
    let dates = "starts = 2026-01-01\nends = 2030-12-31";
    let made = |from| derived("made", from, dates).replace("\"search\"", "\"check\"").replace("contract", "consent");
    let base = derived("base", "\"phone\"", dates);
    let terms = |from| {
        let plan = Plan::parse(&format!("{}{base}{}", crate::SMALL, made(from))).unwrap();
        let question = plan.questions(day("2026-06-01")).next().unwrap();
        assert_eq!(question.entry.id, "made");
        plan.terms(&question)
    };
    assert_ne!(terms("\"phone\""), terms("\"base\""));
    assert_ne!(terms("\"phone\""), terms("\"base\", \"phone\""));
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
