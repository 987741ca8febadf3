//! How hard the words of a plan's author are to read: by the measure to which the notice itself is held.

use crate::entry::Plan;
use crate::notice::Notice;
use crate::words::{Language, Words};
use jiff::civil::Date;
use std::fmt;

/// Up to which Flesch-Kincaid grade a notice in English is easy to read.
pub const EASY_GRADE: f64 = 8.0;
/// Up to which LIX one in German is: 40 is fiction, 50 newspapers.
pub const EASY_LIX: f64 = 40.0;
/// One sentence may be harder than the whole, as it is short: up to here.
const HARD_GRADE: f64 = 12.0;
const HARD_LIX: f64 = 70.0;
/// Fewer words are a name or a heading, of which a single long word makes most.
const FEWEST: usize = 6;

/// A sentence of the author's that is hard to read.
#[derive(Clone, Debug, PartialEq)]
pub struct HardWords {
    /// Where it stands in the file.
    pub line: usize,
    /// In which language.
    pub language: Language,
    /// The sentence.
    pub sentence: String,
    /// How hard: a grade in English, LIX in German.
    pub measured: f64,
}

impl fmt::Display for HardWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, language, sentence, measured } = self;
        let (measure, most) = match language {
            Language::English => ("grade", HARD_GRADE),
            Language::German => ("LIX", HARD_LIX),
        };
        let tag = language.tag();
        write!(f, "line {line} ({tag}): \"{sentence}\" is hard to read: {measure} {measured:.0}, at most {most:.0}")
    }
}

/// The measure of a text of these many sentences: a grade in English, LIX in German.
fn measured(language: Language, words: &[String], sentences: usize) -> f64 {
    let (count, sentences) = (words.len().max(1) as f64, sentences.max(1) as f64);
    let length = words.len() as f64 / sentences;
    match language {
        Language::English => {
            let syllables: usize = words.iter().map(|word| syllables(word)).sum();
            0.39 * length + 11.8 * syllables as f64 / count - 15.59
        }
        Language::German => {
            let long = words.iter().filter(|word| word.chars().count() > 6).count();
            length + 100.0 * long as f64 / count
        }
    }
}

/// Words by their letters; addresses aren't read aloud.
fn words_of(text: &str) -> Vec<String> {
    let words = text.split_whitespace().filter(|word| !word.contains('@'));
    let letters = |word: &str| word.chars().filter(|letter| letter.is_alphabetic()).collect::<String>();
    words.map(letters).filter(|word| !word.is_empty()).collect()
}

fn sentences_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '?', '!', ':', '\n']).map(str::trim).filter(|part| part.chars().any(char::is_alphabetic))
}

fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let vowel = |letter: char| "aeiouy".contains(letter);
    let pairs = word.chars().zip(core::iter::once(' ').chain(word.chars()));
    let groups = pairs.filter(|(now, last)| vowel(*now) && !vowel(*last)).count();
    let silent = usize::from(word.ends_with('e') && !word.ends_with("le"));
    groups.saturating_sub(silent).max(1)
}

impl Notice {
    /// How hard it is to read: a Flesch-Kincaid grade in English, LIX in German.
    #[must_use]
    pub fn measured(&self) -> f64 {
        let text = self.to_string();
        measured(self.language, &words_of(&text), sentences_of(&text).count())
    }

    /// Is it easy to read?
    #[must_use]
    pub fn is_easy(&self) -> bool {
        let most = match self.language {
            Language::English => EASY_GRADE,
            Language::German => EASY_LIX,
        };
        self.measured() <= most
    }
}

impl Plan {
    /// What of its author's words is hard to read on the notice of this day, each sentence with its line in the plan's `text`.
    #[must_use]
    pub fn hard_words(&self, text: &str, day: Date) -> Vec<HardWords> {
        let mut found: Vec<HardWords> = Vec::new();
        for (line, words) in self.written(text, day) {
            for (language, sentence) in Language::ALL
                .into_iter()
                .flat_map(|language| sentences_of(words.said(language)).map(move |sentence| (language, sentence)))
            {
                let own = words_of(sentence);
                let measured = measured(language, &own, 1);
                let most = if language == Language::English { HARD_GRADE } else { HARD_LIX };
                if own.len() >= FEWEST && measured > most {
                    found.push(HardWords { line, language, sentence: sentence.to_owned(), measured });
                }
            }
        }
        found.sort_by(|a, b| (a.line, a.language, &a.sentence).cmp(&(b.line, b.language, &b.sentence)));
        found.dedup_by(|a, b| a.sentence == b.sentence && a.language == b.language);
        found
    }

    /// All that the notice says in the author's words, each with its line.
    fn written<'p>(&'p self, text: &'p str, day: Date) -> impl Iterator<Item = (usize, &'p Words)> {
        let entries = self.entries.iter().filter(move |entry| self.is_told(entry, day));
        let entries = entries
            .flat_map(|entry| core::iter::once(&entry.words).chain(&entry.because).map(|words| (entry.line, words)));
        let safeguards = self.safeguards.values().map(|one| (one.line, &one.words));
        let helpers = self.sub_processors.values();
        let helpers = helpers.flat_map(|one| [&one.name, &one.does].into_iter().chain(&one.safeguard));
        let others = self.purposes.values().chain(helpers);
        let others = others.map(|words| (1, words));
        let line = move |(line, words): (usize, &'p Words)| (line_of(text, words).unwrap_or(line), words);
        entries.chain(safeguards).chain(others).map(line)
    }
}

/// The line on which both stand, as they are written; escapes may hide it.
fn line_of(text: &str, words: &Words) -> Option<usize> {
    text.lines().position(|line| line.contains(&words.en) && line.contains(&words.de)).map(|at| at + 1)
}
