//! Cleaning and folding of text, shared by the kinds.
//!
//! Buffers get their full capacity at once, so that no reallocation leaves a copy of a value behind.

use zeroize::Zeroizing;

use super::letters::{digit_value, narrow, push_plain};

/// The most bytes that are looked at: longer input is refused before any other work.
pub(super) const MAX_RAW_BYTES: usize = 8 * 1024;

/// Whether a character draws nothing and carries no meaning in these fields. Joiners of Persian and Indic words
/// aren't among them.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
    )
}

/// Whether a character could make text read differently from what is stored: controls, direction overrides, tags.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of text: trimmed, invisible characters dropped, runs of white space made one space.
///
/// `None` if it holds a control character or a direction override.
pub(super) fn clean_line(raw: &str) -> Option<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(raw.len()));
    let mut space_due = false;
    for c in raw.trim().chars().filter(|c| !is_invisible(*c)) {
        if is_deceptive(c) {
            return None;
        }
        if c.is_whitespace() {
            space_due = true;
            continue;
        }
        if space_due && !line.is_empty() {
            line.push(' ');
        }
        space_due = false;
        line.push(c);
    }
    Some(line)
}

/// A text of lines, each cleaned; empty lines at either end are dropped. Line ends may be `\n` or `\r\n`.
pub(super) fn clean_lines(raw: &str) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(raw.len()));
    let mut breaks_due = 0_usize;
    for raw_line in raw.split('\n') {
        let line = clean_line(raw_line)?;
        if !line.is_empty() {
            (0..breaks_due).for_each(|_| text.push('\n'));
            breaks_due = 0;
            text.push_str(&line);
        }
        breaks_due += usize::from(!text.is_empty());
    }
    Some(text)
}

/// Words as they are compared: lower case, without accents and punctuation, one space between them.
pub(super) fn fold(text: &str) -> Zeroizing<String> {
    // A letter grows to at most three bytes per byte of input when it is lowered and replaced.
    let mut folded = Zeroizing::new(String::with_capacity(text.len() * 3));
    let mut space_due = false;
    for c in text.chars().map(narrow) {
        if is_word_break(c) {
            space_due = !folded.is_empty();
            continue;
        }
        // One upper-case letter may become a letter and a mark: only the letter is kept.
        for lower in c.to_lowercase().filter(|lower| lower.is_alphanumeric() && !is_ignorable_mark(*lower)) {
            if space_due {
                folded.push(' ');
                space_due = false;
            }
            match digit_value(lower) {
                Some(digit) => folded.push(char::from(b'0' + digit)),
                None => push_plain(lower, &mut folded),
            }
        }
    }
    folded
}

/// Letters and digits only, as compared: for numbers that people write with spaces and dashes.
pub(super) fn fold_joined(text: &str) -> Zeroizing<String> {
    let folded = fold(text);
    let mut joined = Zeroizing::new(String::with_capacity(folded.len()));
    joined.extend(folded.chars().filter(|c| *c != ' '));
    joined
}

fn is_word_break(c: char) -> bool {
    c.is_whitespace()
        || (c.is_ascii_punctuation() && !matches!(c, '\'' | '`'))
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '·' | '،' | '、')
}

fn is_ignorable_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}') || is_invisible(c)
}

/// How many characters (Unicode scalar values) a text has.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_cleaned() {
        for (raw, clean) in [
            ("  Ana \u{a0} Diaz\n", Some("Ana Diaz")),
            ("A\u{200b}na\u{200f}", Some("Ana")),
            ("\u{feff}Ana", Some("Ana")),
            ("", Some("")),
            ("Ana\u{202e}zaiD", None),
            ("Ana\tDiaz", None),
            ("Ana\0", None),
            ("Ana\u{e0041}", None),
        ] {
            assert_eq!(clean_line(raw).as_deref().map(String::as_str), clean, "{raw:?}");
        }
    }

    #[test]
    fn line_breaks_inside_a_text_are_kept() {
        assert_eq!(clean_lines("\r\n a \r\n\r\nb \n\n").as_deref().map(String::as_str), Some("a\n\nb"));
        assert!(clean_lines("a\rb").is_none());
    }

    #[test]
    fn folding_forgives_case_accents_and_punctuation() {
        for (text, folded) in [
            ("Zoë  O’Brien-SMITH", "zoe obrien smith"),
            ("Zoe\u{308}", "zoe"),
            ("İstanbul", "istanbul"),
            ("Straße ＡＢＣ１", "strasse abc1"),
            ("Łódź", "lodz"),
            ("Йозеф", "иозеф"),
            ("٤٢", "42"),
            ("...", ""),
            ("\u{200d}\u{3164}\u{345}", ""),
        ] {
            assert_eq!(*fold(text), folded, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(raw in any::<String>()) {
            if let Some(once) = clean_line(&raw) {
                prop_assert_eq!(clean_line(&once), Some(once));
            }
            if let Some(once) = clean_lines(&raw) {
                prop_assert_eq!(clean_lines(&once), Some(once));
            }
        }

        #[test]
        fn folding_twice_is_folding_once(raw in any::<String>()) {
            let once = fold(&raw);
            prop_assert!(once.len() <= raw.len() * 3);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
