//! Characters that make a text read differently from what it is: what turns its direction, and what isn't seen.

use std::collections::BTreeSet;

/// Is it one? The format characters of Unicode (Cf) but for those that are signs of their own, and whatever else is drawn as
/// nothing or breaks a line.
pub(super) fn is(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Those of a whole file, comments too: they are read as well before a plan is signed. What some editors put before the first
/// letter of a file is none.
pub(super) fn within(text: &str) -> BTreeSet<(usize, char)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.split('\n').zip(1..);
    lines.flat_map(|(line, number)| line.chars().filter(|one| is(*one)).map(move |one| (number, one))).collect()
}
