//! Names: `Ana Diaz` or `Diaz, Ana`, kept as given.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind,
    rules::{BULLETS, Rules},
    text::{clean_line, fold, length},
};

const MAX_CHARS: usize = 200;
const TITLES: [&str; 19] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "sir",
    "dame",
    "lord",
    "lady",
    "rev",
    "reverend",
    "herr",
    "frau",
    "mme",
    "mlle",
    "sra",
];
const SUFFIXES: [&str; 7] = ["jr", "jnr", "sr", "snr", "ii", "iii", "iv"];

pub(super) struct Name;

impl Rules for Name {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let line = clean_line(raw).ok_or(refused("it holds control characters", "type the name again"))?;
        if length(&line) > MAX_CHARS {
            return Err(refused("it is longer than 200 characters", "shorten the name"));
        }
        if !fold(&line).chars().any(char::is_alphabetic) {
            return Err(refused("it holds no letter", "type the name"));
        }
        Ok(line)
    }

    /// Two initials, given name first. A name of one word has a bullet as second initial.
    fn mask(&self, canonical: &str) -> String {
        let spoken = spoken_order(canonical);
        let mut words = spoken.split(' ');
        let first = words.next().map_or('•', initial);
        let last = words.next_back().map_or('•', initial);
        format!("{first}{BULLETS} {last}{BULLETS}")
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        spoken_order(canonical)
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        Ok(spoken_order(said))
    }
}

/// The last word of the family name, folded: what the index of family names holds. A whole name may be given too.
///
/// Only the last word is taken, so that `Diaz`, `Ana Diaz` and `Diaz, Ana` are found by each other.
pub(super) fn family_key(name: &str) -> Zeroizing<String> {
    let family = name.split_once(',').map_or(name, |(family, _)| family);
    let folded = fold(family);
    Zeroizing::new(without_suffixes(&folded).rsplit(' ').next().unwrap_or_default().to_owned())
}

/// Given name, then family name: folded, without titles and suffixes.
fn spoken_order(name: &str) -> Zeroizing<String> {
    let (family, given) = name.split_once(',').unwrap_or((name, ""));
    let (family, given) = (fold(family), fold(given));
    let parts = [without_titles(without_suffixes(&given)), without_titles(without_suffixes(&family))];
    let mut spoken = Zeroizing::new(String::with_capacity(given.len() + family.len() + 1));
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !spoken.is_empty() {
            spoken.push(' ');
        }
        spoken.push_str(part);
    }
    spoken
}

/// Drops titles at the front, but never the last word: somebody may be called Lord.
fn without_titles(folded: &str) -> &str {
    match folded.split_once(' ') {
        Some((first, rest)) if TITLES.contains(&first) => without_titles(rest),
        _ => folded,
    }
}

/// Drops `Jr`, `III` and the like at the end, but never the only word.
fn without_suffixes(folded: &str) -> &str {
    match folded.rsplit_once(' ') {
        Some((rest, last)) if SUFFIXES.contains(&last) => without_suffixes(rest),
        _ => folded,
    }
}

/// The first character, as capital if its capital is one character.
fn initial(word: &str) -> char {
    let Some(first) = word.chars().next() else { return '•' };
    let mut capitals = first.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => first,
    }
}

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::Name, problem, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_names_of_many_scripts() {
        for name in ["Ana Diaz", "Díaz, Ana", "O’Brien", "محمد علي", "李小龍", "Zoe\u{308} B", "می\u{200c}خواهم", "Ł"]
        {
            assert_eq!(*Name.parse(name).unwrap(), name);
        }
        assert_eq!(Name.parse(&"a".repeat(200)).unwrap().len(), 200);
    }

    #[test]
    fn refuses_what_is_no_name() {
        let long = "a".repeat(201);
        for raw in ["", "  ", "42", "...", "Ana\nDiaz", "Ana\u{202e}", "\u{200b}\u{301}", "\u{3164}", long.as_str()] {
            assert!(Name.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn spellings_compare_as_equal() {
        for (kept, said) in [
            ("Ana Díaz", "ANA  DIAZ"),
            ("Díaz, Ana", "Ms Ana Diaz"),
            ("Dr. Jack Lord", "jack lord"),
            ("Lord, Jack", "Jack Lord"),
            ("Diaz, Dr Ana", "Ana Diaz"),
            ("Seán O'Brien Jr.", "sean obrien"),
            ("Smith-Jones, Eve", "Eve Smith Jones"),
            ("Diaz,", "diaz"),
        ] {
            assert_eq!(Name.comparable(kept), Name.said(said).unwrap(), "{kept} / {said}");
        }
        assert_ne!(Name.comparable("Ana Diaz"), Name.said("Anna Diaz").unwrap());
    }

    #[test]
    fn family_names_are_last_words() {
        for (name, key) in [
            ("Ana Diaz", "diaz"),
            ("García Márquez, Gabriel", "marquez"),
            ("van Gogh", "gogh"),
            ("O'Brien", "obrien"),
            ("John King III", "king"),
            ("Iv", "iv"),
        ] {
            assert_eq!(*family_key(name), key);
        }
    }

    #[test]
    fn masks_show_two_initials() {
        for (name, mask) in [
            ("Ana Bell", "A•••••• B••••••"),
            ("Bell, Dr Ana Maria", "A•••••• B••••••"),
            ("Élodie", "E•••••• •••••••"),
            ("李 小龍", "李•••••• 小••••••"),
        ] {
            assert_eq!(Name.mask(name), mask);
        }
    }
}
