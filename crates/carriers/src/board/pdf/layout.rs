//! Lines of text down a page, wrapped, and onto the next.

use super::writer;
use std::fmt::Write as _;

/// A4 in points, and its margins.
pub(super) const PAGE: (f32, f32) = (595.0, 842.0);
const LEFT: f32 = 48.0;
const TOP: f32 = 790.0;
const BOTTOM: f32 = 56.0;
const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
/// Of a table's text, and from line to line, in points.
const CELL: f32 = 9.0;
const LEADING: f32 = 1.35;

/// A font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    Regular,
    Bold,
}

/// Widths of the letters from space to tilde, in thousandths of the size (Adobe's metrics of Helvetica; bold is at most a tenth wider).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

fn width(text: &str, font: Font, size: f32) -> f32 {
    let letter = |letter: char| {
        let at = (letter as usize).checked_sub(32);
        f32::from(at.and_then(|at| WIDTHS.get(at)).copied().unwrap_or(600))
    };
    let sum: f32 = text.chars().map(letter).sum();
    let wider = if font == Font::Bold { 1.1 } else { 1.0 };
    sum * size * wider / 1000.0
}

/// In lines that fit; a word that is too long by itself is cut.
fn wrapped(text: &str, font: Font, size: f32, room: f32) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, font, size) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if width(&line, font, size) > room {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
    }
    lines.push(line);
    lines
}

/// Pages in the making.
pub(super) struct Layout {
    title: String,
    pages: Vec<String>,
    page: String,
    y: f32,
}

impl Layout {
    pub(super) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), pages: Vec::new(), page: String::new(), y: TOP }
    }

    fn room_for(&mut self, height: f32) {
        if self.y - height < BOTTOM {
            self.pages.push(std::mem::take(&mut self.page));
            self.y = TOP;
        }
    }

    fn put(&mut self, x: f32, (font, size): (Font, f32), text: &str) {
        let name = if font == Font::Bold { "F2" } else { "F1" };
        // Writing to a string can't fail.
        let _ = writeln!(self.page, "BT /{name} {size} Tf {} {} Td ({}) Tj ET", LEFT + x, self.y, writer::shown(text));
    }

    /// A paragraph.
    pub(super) fn text(&mut self, font: Font, size: f32, text: &str) {
        self.indented(0.0, font, size, text);
        self.y -= size * 0.4;
    }

    fn indented(&mut self, by: f32, font: Font, size: f32, text: &str) {
        for line in wrapped(text, font, size, WIDTH - by) {
            self.room_for(size * LEADING);
            self.y -= size * LEADING;
            self.put(by, (font, size), &line);
        }
    }

    /// A heading, with room for something below it.
    pub(super) fn heading(&mut self, text: &str) {
        self.room_for(64.0);
        self.y -= 12.0;
        self.text(Font::Bold, 12.5, text);
    }

    /// One of a list.
    pub(super) fn item(&mut self, text: &str) {
        self.room_for(10.5 * LEADING);
        let (page, y) = (self.pages.len(), self.y);
        self.indented(14.0, Font::Regular, 10.5, text);
        if self.pages.len() == page {
            let after = std::mem::replace(&mut self.y, y - 10.5 * LEADING);
            self.put(2.0, (Font::Regular, 10.5), "\u{2022}");
            self.y = after;
        }
        self.y -= 3.0;
    }

    /// A row of a table with a rule below it, never over two pages.
    pub(super) fn row(&mut self, columns: &[(f32, f32)], cells: &[(Font, String)]) {
        let all: Vec<Vec<String>> =
            cells.iter().zip(columns).map(|((font, text), (_, room))| wrapped(text, *font, CELL, *room)).collect();
        let height = all.iter().map(Vec::len).max().unwrap_or(1) as f32 * CELL * LEADING;
        self.room_for(height + 8.0);
        let top = self.y;
        for (((font, _), (x, _)), lines) in cells.iter().zip(columns).zip(&all) {
            self.y = top;
            for line in lines {
                self.y -= CELL * LEADING;
                self.put(*x, (*font, CELL), line);
            }
        }
        self.y = top - height - 4.0;
        let _ = writeln!(self.page, "0.6 G 0.5 w {LEFT} {0} m {1} {0} l S", self.y, LEFT + WIDTH);
        self.y -= 2.0;
    }

    /// The whole file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.pages.push(self.page);
        writer::file(&self.title, &self.pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_its_room() {
        let text = "An antidisestablishmentarianistically long word, and short ones: a b c d e f g h i j k l m n o p.";
        for room in [40.0, 90.0, 499.0] {
            let lines = wrapped(text, Font::Bold, 9.0, room);
            assert!(lines.iter().all(|line| width(line, Font::Bold, 9.0) <= room), "{lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
