//! Plans that can't be: a clear error that names the line and the mend.

use crate::{SMALL, changed, day, derived, future};
use plan::{Faults, Plan};

const DATES: &str = "starts = 2026-01-01\nends = 2030-12-31";

fn wrong(text: &str) -> Faults {
    match Plan::parse(text) {
        Err(faults) => faults,
        Ok(_) => panic!("it was taken:\n{text}"),
    }
}

/// The line in which a text stands first.
fn line_of(text: &str, part: &str) -> usize {
    1 + text.lines().position(|line| line.contains(part)).unwrap()
}

#[test]
fn each_mistake_is_told_with_its_line_and_its_mend() {
    let cases = [
        ("kind = \"phone\"", "kind = \"fone\"", "kind = \"fone\"", "no kind that is known", "phone"),
        ("kind = \"phone\"", "kind = \"voice\"", "kind = \"voice\"", "stores no voice yet", "[[future]]"),
        ("\"callback\", ", "\"fun\", ", "\"fun\"", "\"fun\" is no purpose of this plan", "[[purpose]]"),
        ("[\"callback\", \"delivery\"]", "[]", "purposes = []", "without a purpose", "leave the entry out"),
        ("\"contract\"", "\"because\"", "basis =", "no lawful basis", "consent"),
        ("\"contract\"", "\"legitimate_interests\"", "basis =", "says nothing without its reason", "because"),
        ("[\"agent\"]", "[\"boss\"]", "seen_by", "no role", "agent"),
        ("[\"courier\"]", "[\"pigeon\"]", "sub_processors", "no sub-processor of this plan", "[[sub_processor]]"),
        ("\"last_two\"", "\"all\"", "protection =", "no mask that is known", "last_two"),
        ("\"last_two\"", "\"hidden\"", "id = \"phone\"", "no mask hidden is made of phone", "last_two"),
        ("\"matched\"", "\"sure\"", "protection =", "no binding", "proven"),
        ("weight = 1", "weight = 0", "id = \"phone\"", "costs them nothing", "weight of at least 1"),
        ("weight = 1", "weight = 1001", "protection =", "at most 1000", "costs"),
        ("suite = 1", "suite = 0", "protection =", "no suite", "cryptography.md"),
        ("suite = 1", "suite = 3", "protection =", "no suite", "cryptography.md"),
        ("\"2 years\"", "\"for ever\"", "retention", "no length of time", "3 years"),
        ("after = \"collected\"", "after = \"all\"", "retention", "no start of retention", "last_order"),
        ("ends = 2030-12-31", "ends = 2025-12-31", "ends =", "before it starts", "later day"),
        ("starts = 2026-01-01", "starts = 2026-01-01T00:00:00Z", "starts =", "no day", "2031-12-31"),
        ("owner = \"Head\"", "owner = \"  \"", "owner =", "1 to 400 characters", "say it in a line"),
        ("owner = \"Head\"", "onwer = \"Head\"", "onwer", "unknown field", "docs/plan.md"),
        ("name = \"Courier\"", "name = 1", "name = 1", "neither a text nor", "docs/plan.md"),
        ("name = \"Courier\"", "name = { en = \"C\" }", "name = {", "neither a text nor", "docs/plan.md"),
        (
            "name = \"Courier\"",
            "name = { en = \"C\", de = \" \" }",
            "name = {",
            "1 to 400 characters",
            "say it in a line",
        ),
        ("country = \"DE\"", "country = \"US\"", "country", "outside the European Economic Area", "safeguard"),
        ("country = \"DE\"", "country = \"Germany\"", "country", "two capital letters", "DE"),
        ("id = \"phone\"", "id = \"Phone!\"", "id = \"Phone!\"", "small letters", "callback_number"),
    ];
    for (from, to, at, problem, next) in cases {
        let text = changed(from, to);
        let faults = wrong(&text);
        let line = line_of(&text, at);
        let found = faults.all().iter().find(|fault| fault.problem.contains(problem));
        let fault = found.unwrap_or_else(|| panic!("{to}: {faults}"));
        assert_eq!(fault.line, line, "{to}: {faults}");
        assert!(fault.next.contains(next), "{to}: {faults}");
    }
}

#[test]
fn what_is_no_toml_is_refused_and_all_mistakes_are_told_at_once() {
    for text in ["", "[plan", "[plan]\ncompany = 1", "\u{0}", "[plan]\n[plan]"] {
        assert!(wrong(text).all()[0].line >= 1, "{text}");
    }
    let text = changed("kind = \"phone\"", "kind = \"fone\"").replace("[\"agent\"]", "[\"boss\"]");
    assert_eq!(wrong(&text).all().len(), 2);
    assert!(wrong(&format!("{SMALL}#{}", "x".repeat(300_000))).to_string().contains("256 KiB"));
}

#[test]
fn an_id_that_is_there_twice_is_refused() {
    let text = format!("{SMALL}{}", derived("phone", "\"phone\"", DATES));
    let faults = wrong(&text);
    assert!(faults.to_string().contains("there twice, first in line 20"), "{faults}");
    let text = format!("{SMALL}\n[[purpose]]\nid = \"callback\"\nwords = {{ en = \"a\", de = \"b\" }}\n");
    assert!(wrong(&text).to_string().contains("one that the program knows"));
}

#[test]
fn uses_that_are_made_of_each_other_are_refused() {
    for circle in [vec![("a", "\"a\"")], vec![("a", "\"b\""), ("b", "\"c\", \"phone\""), ("c", "\"a\"")]] {
        let entries: String = circle.iter().map(|(id, from)| derived(id, from, DATES)).collect();
        let faults = wrong(&format!("{SMALL}{entries}"));
        assert!(faults.to_string().contains("derived from each other in a circle: "), "{faults}");
        assert!(circle.iter().all(|(id, _)| faults.to_string().contains(id)), "{faults}");
    }
    let diamond = [("a", "\"phone\""), ("b", "\"a\", \"phone\""), ("c", "\"a\", \"b\"")];
    let entries: String = diamond.iter().map(|(id, from)| derived(id, from, DATES)).collect();
    let plan = Plan::parse(&format!("{SMALL}{entries}")).unwrap();
    assert_eq!(plan.kinds(plan.entry("c").unwrap()).len(), 1);
}

#[test]
fn contradictions_are_refused() {
    let lasts = derived("a", "\"phone\"", "starts = 2026-01-01\nends = 2031-12-31");
    assert!(wrong(&format!("{SMALL}{lasts}")).to_string().contains("which is there from 2026-01-01 until 2030-12-31"));
    let nothing = derived("a", "", DATES);
    assert!(wrong(&format!("{SMALL}{nothing}")).to_string().contains("made from something"));
    let unknown = derived("a", "\"fax\"", DATES);
    assert!(wrong(&format!("{SMALL}{unknown}")).to_string().contains("\"fax\" is no entry of this plan"));

    let at = SMALL.find("[[data]]").unwrap();
    let second = SMALL[at..].replace("id = \"phone\"", "id = \"other\"");
    let faults = wrong(&format!("{SMALL}\n{second}"));
    assert!(faults.to_string().contains("phone and other both say what holds for callback"), "{faults}");
    let apart = second.replace("2026-01-01", "2031-01-01").replace("2030-12-31", "2032-12-31");
    assert!(Plan::parse(&format!("{SMALL}\n{apart}")).is_ok(), "one after the other");

    for (needs, said) in
        [("", "nothing is said that must protect it"), ("\"vault\"", "before vault is there on 2028-01-01")]
    {
        let faults = wrong(&format!("{SMALL}{}", future("voice", "2027-06-01", needs)));
        assert!(faults.to_string().contains(said), "{faults}");
    }
    let milestone = |id: &str, on: &str, level: &str| {
        let words = "words = { en = \"w\", de = \"w\" }\nsource = \"NIST\"";
        format!("\n[[milestone]]\nid = \"{id}\"\non = {on}\nlevel = \"{level}\"\nof = \"RSA\"\n{words}\n")
    };
    let reversed = milestone("late", "2035-12-31", "deprecated") + &milestone("soon", "2030-12-31", "disallowed");
    let faults = wrong(&format!("{SMALL}{reversed}"));
    assert!(faults.to_string().contains("after soon is disallowed on 2030-12-31"), "{faults}");
}

#[test]
fn what_is_over_and_what_is_too_far_is_refused_on_the_day() {
    let plan = |text: &str| Plan::parse(text).unwrap();
    let today = day("2026-11-27");
    assert!(plan(SMALL).counts_from(today).is_ok());
    let said = |text: &str, today| plan(text).counts_from(today).unwrap_err().to_string();
    assert!(said(SMALL, day("2031-01-01")).contains("line 20: phone ended on 2030-12-31, in the past; next: "));
    let ahead = |starts: &str| format!("{SMALL}{}", future("voice", starts, "\"vault\""));
    assert!(plan(&ahead("2028-01-01")).counts_from(today).is_ok());
    assert!(plan(&ahead("2031-11-27")).counts_from(today).is_ok());
    assert!(said(&ahead("2031-11-28"), today).contains("more than five years ahead"));
    assert!(said(&ahead("2028-01-01"), day("2028-01-01")).contains("not after today"));
    assert!(said(&ahead("2028-02-01"), day("2028-01-02")).contains("should have been there on 2028-01-01"));
}

#[test]
fn a_use_that_is_kept_longer_than_what_it_is_made_of_is_refused() {
    let today = day("2026-11-27");
    let made = |from: &str, keep: &str, after: &str| {
        let kept = format!("keep = \"{keep}\", after = \"{after}\"");
        derived("made", from, DATES).replace("keep = \"1 year\", after = \"collected\"", &kept)
    };
    let judged = |text: &str| Plan::parse(text).unwrap().counts_from(today);
    for (keep, after) in [("9 years", "collected"), ("25 months", "collected"), ("1 year", "last_contact")] {
        let text = format!("{SMALL}{}", made("\"phone\"", keep, after));
        let faults = judged(&text).unwrap_err();
        assert_eq!((faults.all().len(), faults.all()[0].line), (1, line_of(&text, "id = \"made\"")), "{faults}");
        let said = format!(
            "made is kept {keep} from {after}, longer than all that it is made of: phone (2 years from collected); \
             next: keep it no longer than one of them"
        );
        assert!(faults.to_string().contains(&said), "{faults}");
    }
    for keep in ["2 years", "24 months", "1 day"] {
        assert_eq!(judged(&format!("{SMALL}{}", made("\"phone\"", keep, "collected"))), Ok(()), "{keep}");
    }
    let contract = changed("after = \"collected\"", "after = \"contract_end\"");
    assert_eq!(judged(&format!("{contract}{}", made("\"phone\"", "1 year", "last_order"))), Ok(()));
}

#[test]
fn of_several_the_one_that_is_kept_longest_counts_and_a_use_of_a_use_goes_with_that() {
    let judged = |text: &str| Plan::parse(text).unwrap().counts_from(day("2026-11-27"));
    let nine = |text: String| text.replace("keep = \"1 year\"", "keep = \"9 years\"");
    let at = SMALL.find("[[data]]").unwrap();
    let long = SMALL[at..].replace("\"phone\"", "\"email\"").replace("2 years", "10 years");
    let long = long.replace("\"last_two\"", "\"first_letter\"");
    let both = nine(derived("made", "\"phone\", \"email\"", DATES));
    assert_eq!(judged(&format!("{SMALL}{long}{both}")), Ok(()));
    let short = nine(derived("made", "\"phone\", \"base\"", DATES));
    let faults = judged(&format!("{SMALL}{}{short}", derived("base", "\"phone\"", DATES))).unwrap_err();
    assert!(faults.to_string().contains("base (1 year from collected), phone (2 years"), "{faults}");
}

#[test]
fn what_reads_differently_from_what_it_is_is_not_signed() {
    let today = day("2026-11-27");
    let judged = |text: &str| Plan::parse(text).unwrap_or_else(|faults| panic!("{faults}")).counts_from(today);
    let hidden =
        ['\u{202e}', '\u{2066}', '\u{200b}', '\u{200f}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{61c}', '\u{180e}'];
    for letter in hidden.into_iter().chain(['\u{1d173}', '\u{e0001}', '\u{e0020}', '\u{e007f}', '\u{2028}']) {
        let code = letter as u32;
        for written in [letter.to_string(), format!("\\U{code:08X}")] {
            let text = changed("en = \"brings\"", &format!("en = \"br{written}ings\""));
            let faults = judged(&text).unwrap_err();
            assert_eq!((faults.all().len(), faults.all()[0].line), (1, line_of(&text, "does =")), "{faults}");
            assert!(faults.to_string().contains(&format!("U+{code:04X} isn't seen")), "{faults}");
            assert!(faults.all()[0].next.contains("delete that character"), "{faults}");
        }
    }
    let comment = format!("{SMALL}# \u{202e}seen_by = []\n");
    assert_eq!(judged(&comment).unwrap_err().all()[0].line, comment.lines().count());
    for fine in ["Zoë & Söhne", "naïve 🙂\u{fe0f} “Łódź”"] {
        assert_eq!(judged(&changed("company = \"A\"", &format!("company = \"{fine}\""))), Ok(()), "{fine}");
    }
    assert_eq!(judged(&format!("\u{feff}{SMALL}")), Ok(()), "some editors begin a file with it");
}
