//! The notice: easy to read, and nothing in it that isn't in the plan.

use crate::{SMALL, changed, day, derived, future};
use plan::{From, Language, Notice, Plan};
use std::collections::BTreeSet;

const TODAY: &str = "2026-11-27";

fn shipped() -> Plan {
    Plan::parse(plan::DEFAULT).unwrap()
}

fn notice(text: &str, language: Language) -> Notice {
    Plan::parse(text).unwrap().notice(language, day(TODAY))
}

#[test]
fn the_notice_is_easy_to_read_in_both_languages() {
    let measured = |text: &str, language| notice(text, language).measured();
    let english = measured(plan::DEFAULT, Language::English);
    assert!(english <= 8.0, "grade {english}");
    let german = measured(plan::DEFAULT, Language::German);
    assert!(german <= 40.0, "LIX {german}");
    assert!(Language::ALL.into_iter().all(|language| notice(plan::DEFAULT, language).is_easy()));
    let hard = "The utilisation of pseudonymised categorisation necessitates organisational documentation";
    let text = plan::DEFAULT.replace("to make our service better", hard).replace("to find you when you call", hard);
    assert!(measured(&text, Language::English) > english, "the measure measures");
}

#[test]
fn hard_words_of_the_plans_author_are_named_with_their_line() {
    let hard = |text: &str| Plan::parse(text).unwrap().hard_words(text, day(TODAY));
    assert_eq!(hard(plan::DEFAULT), [], "the shipped plan has none");
    let heavy = "the utilisation of pseudonymised categorisation necessitates organisational documentation";
    let text = plan::DEFAULT.replace("tax law wants records kept", heavy);
    let told: Vec<String> = hard(&text).iter().map(ToString::to_string).collect();
    let line = text.lines().position(|line| line.contains(heavy)).unwrap() + 1;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with(&format!("line {line} (en): \"{heavy}\" is hard to read: grade ")), "{told:?}");
    let purpose = plan::DEFAULT.replace(
        "um unseren Service zu verbessern",
        "zur nachhaltigen Qualitätssicherung personalisierter Serviceleistungen unserer Geschäftsbereiche",
    );
    assert_eq!(hard(&purpose).len(), 1, "a purpose's words too");
    let hard_on = |on| Plan::parse(&text).unwrap().hard_words(&text, day(on));
    assert!(hard_on("2032-01-01").iter().any(|one| one.sentence == heavy), "it has ended, and orders are still there");
    let over = hard_on("2042-01-01");
    assert!(over.iter().all(|one| one.sentence != heavy), "what the notice doesn't say any more isn't judged");
}

#[test]
fn each_line_comes_from_the_plan_and_each_entry_is_told() {
    let plan = shipped();
    for language in Language::ALL {
        let notice = plan.notice(language, day(TODAY));
        let lines = notice.sections.iter().flat_map(|section| &section.blocks).flat_map(|block| &block.lines);
        let mut told = BTreeSet::new();
        for line in lines {
            match &line.from {
                From::Entry(id) => assert!(told.insert(id.clone()) || plan.entry(id).is_some(), "{id}"),
                From::SubProcessor(id) => assert!(plan.sub_processors.contains_key(id), "{id}"),
                From::Head => assert!(notice.sections.last().unwrap().blocks[0].lines.contains(line)),
            }
        }
        let entries: BTreeSet<String> = plan.entries.iter().map(|entry| entry.id.clone()).collect();
        assert_eq!(told, entries, "{language:?}");
    }
}

#[test]
fn what_the_plan_takes_back_the_notice_takes_back() {
    let english = |text: &str| notice(text, Language::English).to_string();
    assert!(english(SMALL).contains("How long? Our aim is at most 2 years from the day it comes in."));
    let cases = [
        ("\"callback\", ", "", "To call you back."),
        ("[\"agent\"]", "[]", "The staff who serve you."),
        ("[\"courier\"]\n", "[]\n", "It also goes to Courier."),
        ("\"contract\"", "\"consent\"", "We need it for what you order."),
    ];
    for (from, to, promise) in cases {
        assert!(english(SMALL).contains(promise), "{promise}");
        assert!(!english(&changed(from, to)).contains(promise), "{promise}");
    }
    let over = Plan::parse(SMALL).unwrap().notice(Language::English, day("2033-01-01"));
    assert!(!over.to_string().contains("phone number") && !over.to_string().contains("Courier"), "nothing is left");
}

#[test]
fn a_helper_is_told_in_words_of_the_language_and_else_in_those_there_are() {
    let abroad = "country = \"US\"\nsafeguard = { en = \"a treaty\", de = \"ein Vertrag\" }";
    let each = changed("name = \"Courier\"", "name = { en = \"the courier\", de = \"der Bote\" }")
        .replace("country = \"DE\"", abroad);
    let said = |text: &str, language| notice(text, language).to_string();
    let english = said(&each, Language::English);
    for told in ["It also goes to the courier.", "\nThe courier\n", "Your data is safe there by a treaty."] {
        assert!(english.contains(told), "{told}: {english}");
    }
    let german = said(&each, Language::German);
    for told in ["Es geht auch an der Bote.", "\nDer Bote\n", "Dort schützt Ihre Daten: ein Vertrag."] {
        assert!(german.contains(told), "{told}: {german}");
    }
    assert!(!german.contains("courier") && !english.contains("Bote"));
    assert!(said(SMALL, Language::German).contains("Es geht auch an Courier."), "one text is said in both");
}

#[test]
fn what_has_ended_is_told_as_long_as_something_may_be_left_of_it() {
    let told = |text: &str, language, on| Plan::parse(text).unwrap().notice(language, day(on)).to_string();
    let english = |on| told(SMALL, Language::English, on);
    assert!(english("2030-12-31").contains("The staff who serve you.") && !english("2030-12-31").contains("no longer"));
    for on in ["2031-01-01", "2032-12-31"] {
        let said = english(on);
        assert!(
            said.contains("Your phone number\n  We no longer take it in. What we have is kept until 31 December 2032")
        );
        assert!(said.contains("To call you back.") && said.contains("It also goes to Courier."), "{said}");
        assert!(said.contains("None of our staff sees it") && !said.contains("The staff who serve you."), "{said}");
    }
    let german = told(SMALL, Language::German, "2031-01-01");
    assert!(
        german.contains("Wir nehmen es nicht mehr auf. Was wir haben, bleibt höchstens bis zum 31. Dezember 2032.")
    );
    // A contact may come at any time, so no day is the last one.
    let contact = changed("after = \"collected\"", "after = \"last_contact\"");
    let said = told(&contact, Language::English, "2040-01-01");
    assert!(said.contains("We no longer take it in. What we have is kept as long as it says here."), "{said}");
    assert!(said.contains("at most 2 years from the last time you are in touch"), "{said}");
    let made = format!("{SMALL}{}", derived("made", "\"phone\"", "starts = 2026-01-01\nends = 2029-12-31"));
    let said = told(&made, Language::English, "2030-12-31");
    assert!(said.contains("We no longer make it. What we have is kept until 31 December 2030 at most."), "{said}");
    assert!(!told(&made, Language::English, "2031-01-01").contains("no longer make"));
}

#[test]
fn what_never_came_is_not_told_once_it_has_ended() {
    let ahead = future("voice", "2028-01-01", "\"vault\"").replace("ends = 2040-01-01", "ends = 2028-12-31");
    let text = format!("{SMALL}{ahead}");
    let said = |text: &str, on| Plan::parse(text).unwrap().notice(Language::English, day(on)).to_string();
    assert!(said(&text, "2028-12-31").contains("Your voice") && !said(&text, "2029-01-01").contains("Your voice"));
    let came = text.replace("in_place = false", "in_place = true");
    assert!(said(&came, "2029-01-01").contains("Your voice\n  We no longer take it in."));
    assert!(!said(&came, "2029-04-01").contains("Your voice"), "90 days later");
}

#[test]
fn a_notice_of_what_has_ended_is_as_easy_to_read() {
    let plan = shipped();
    assert!(Language::ALL.into_iter().all(|language| plan.notice(language, day("2032-01-01")).is_easy()));
}

#[test]
fn what_is_to_come_is_told_as_such_until_its_protection_is_there() {
    let plan = shipped();
    let ahead = |day_text: &str, plan: &Plan| {
        let notice = plan.notice(Language::English, day(day_text));
        let section = notice.sections.iter().find(|section| section.title == "What may come later").cloned();
        section.map(|section| section.blocks.len()).unwrap_or_default()
    };
    assert_eq!(ahead(TODAY, &plan), 3);
    assert_eq!(ahead("2028-06-01", &plan), 2, "a yes can be taken back here");
    let unready = Plan::parse(&plan::DEFAULT.replacen("in_place = true", "in_place = false", 1)).unwrap();
    assert_eq!(ahead("2028-06-01", &unready), 3, "its day alone starts nothing");
}

#[test]
fn changes_are_told_in_words_of_the_language() {
    let longer = changed("\"2 years\"", "\"3 years\"");
    let changes = |language| notice(&longer, language).changes(&notice(SMALL, language));
    assert_eq!(
        changes(Language::English),
        [
            "We no longer say (Your phone number): How long? Our aim is at most 2 years from the day it comes in.",
            "We now say (Your phone number): How long? Our aim is at most 3 years from the day it comes in."
        ]
    );
    assert!(
        changes(Language::German)[1]
            .starts_with("Neu sagen wir (Ihre Telefonnummer): Wie lange? Unser Ziel: höchstens 3 Jahre")
    );
    assert_eq!(notice(SMALL, Language::English).changes(&notice(SMALL, Language::English)), Vec::<String>::new());
}

#[test]
fn hostile_words_stay_text_in_html() {
    let text = changed("company = \"A\"", "company = \"<script>&\\\"\"");
    let html = notice(&text, Language::German).html();
    assert!(html.starts_with("<h1>Ihre Daten bei &lt;script&gt;&amp;&quot;</h1>") && !html.contains("<script>"));
}
