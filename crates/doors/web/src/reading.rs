//! How easy our sentences are to read, and whether each is there: for tests.

/// The sentences of a text.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    text.split(['.', '?', '!', ':']).filter(|part| part.split_whitespace().count() > 2).map(ToOwned::to_owned).collect()
}

/// The words of these sentences: their letters.
pub(crate) fn words(sentences: &[String]) -> Vec<String> {
    let letters = |word: &str| word.chars().filter(|letter| letter.is_alphabetic()).collect::<String>();
    let words = sentences.iter().flat_map(|sentence| sentence.split_whitespace()).map(letters);
    words.filter(|word| !word.is_empty()).collect()
}

fn syllables(word: &str) -> usize {
    let vowel = |letter: char| "aeiouy".contains(letter);
    let word = word.to_lowercase();
    let starts = word.chars().zip(core::iter::once(' ').chain(word.chars()));
    let groups = starts.filter(|(now, last)| vowel(*now) && !vowel(*last)).count();
    groups.saturating_sub(usize::from(word.ends_with('e') && !word.ends_with("le"))).max(1)
}

/// Flesch-Kincaid grade level.
pub(crate) fn grade(sentences: &[String]) -> f64 {
    let words = words(sentences);
    let syllables: usize = words.iter().map(|word| syllables(word)).sum();
    0.39 * words.len() as f64 / sentences.len() as f64 + 11.8 * syllables as f64 / words.len() as f64 - 15.59
}

mod tests {
    use super::*;
    use crate::api::desk::told;
    use crate::problem::Fault;
    use domain::{FieldKind, Lesson, Reaction, Refusal, Ruse};
    use std::collections::BTreeMap;

    /// Words that point at somebody.
    const BLAME: [&str; 14] = [
        "blame",
        "careless",
        "culprit",
        "disobey",
        "fault",
        "foolish",
        "forbidden",
        "guilty",
        "negligent",
        "punish",
        "stupid",
        "suspicious of you",
        "violat",
        "your mistake",
    ];

    const RULES: [&str; 4] = [
        include_str!("../../../../policies/1-roles.cedar"),
        include_str!("../../../../policies/2-fields.cedar"),
        include_str!("../../../../policies/3-grounds.cedar"),
        include_str!("../../../../policies/4-allowances.cedar"),
    ];

    /// Every rule that forbids, with why.
    fn rules() -> Vec<(String, String)> {
        let annotated = |rule: &str, what: &str| {
            let (_, after) = rule.split_once(&format!("@{what}(\""))?;
            after.split_once("\")\n").map(|(text, _)| text.replace("\\\"", "\""))
        };
        let rules = RULES.iter().flat_map(|file| file.split("@id(\"").skip(1));
        let forbids = rules.filter(|rule| rule.contains("\nforbid ("));
        forbids
            .map(|rule| {
                let name = rule.split('"').next().unwrap_or_default().to_owned();
                let why = annotated(rule, "why").unwrap_or_else(|| panic!("{name} doesn't say why"));
                (name, why)
            })
            .collect()
    }

    /// Everything that says why to somebody who was told no, or who sees only a mask, by its name.
    fn whys() -> Vec<(String, String)> {
        let refusals = Refusal::ALL.iter().map(|refusal| (format!("{refusal:?}"), refusal.why().to_owned()));
        let fields = FieldKind::ALL.into_iter().map(|kind| (kind.slug().to_owned(), kind.why_masked().to_owned()));
        // That something isn't there is one refusal, whoever says it.
        let faults = Fault::ALL.into_iter().filter(|fault| fault.slug != Refusal::NotFound.slug());
        let faults = faults.map(|fault| (fault.slug.to_owned(), fault.why.into_owned()));
        refusals.chain(fields).chain(faults).collect()
    }

    fn fit(name: &str, text: &str, most: usize) {
        assert!(text.chars().count() <= most && text.ends_with('.'), "{name}: {text}");
        let lower = text.to_lowercase();
        for word in BLAME {
            assert!(!lower.contains(word), "{name} says {word}: {text}");
        }
        let grade = grade(&sentences(text));
        assert!(grade <= 12.0, "{name} is of grade {grade}: {text}");
    }

    #[test]
    fn each_refusal_and_each_mask_says_why_it_matters_in_its_own_plain_words() {
        let whys = whys();
        assert!(whys.len() > 100, "{}", whys.len());
        let mut said = BTreeMap::new();
        for (name, text) in whys.iter().chain(&rules()) {
            let sentences = text.split_terminator(['.', '?', '!']).filter(|part| !part.trim().is_empty()).count();
            assert!((1..=2).contains(&sentences), "{name}: {text}");
            fit(name, text, 220);
        }
        for (name, text) in &whys {
            let before = said.insert(text.clone(), name);
            assert!(before.is_none(), "{name} says what {before:?} says");
        }
        let all: Vec<String> = whys.iter().flat_map(|(_, text)| sentences(text)).collect();
        assert!(grade(&all) <= 8.0, "grade {}", grade(&all));
    }

    #[test]
    fn lessons_and_what_is_said_after_a_drill_are_easy_and_blame_nobody() {
        let lessons = Lesson::ALL.iter().map(|lesson| (lesson.slug(), lesson.text()));
        let reactions = [Reaction::Reported, Reaction::Ignored, Reaction::Fell].map(told);
        let mut texts = Vec::new();
        for (name, text) in lessons.chain(reactions) {
            fit(name, text, 400);
            texts.extend(sentences(text));
        }
        assert!(grade(&texts) <= 6.0, "grade {}", grade(&texts));
        assert!(Lesson::ALL.len() >= 8 + Ruse::ALL.len());
        assert!(reactions[0].1.starts_with("Thank you"));
        let hard = sentences("Utilisation of pseudonymised categorisation necessitates organisational documentation.");
        assert!(grade(&hard) > 12.0, "the measure measures");
    }
}
