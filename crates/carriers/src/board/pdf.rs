//! The pages for a printer: A4, real text in Helvetica, which every reader has (ISO 32000-1, 9.6.2.2).
//!
//! Written here rather than by a library: text, lines and a table are all that there is, and a file of some kilobytes that
//! nothing else depends on.

mod layout;
mod writer;

use super::{lists, next, period, standing, title, trend};
use layout::{Font, Layout};
use vault::{BoardPaper, MeasureStanding};

/// Where the columns of the measures begin, and how wide each is, in points.
const COLUMNS: [(f32, f32); 5] = [(0.0, 158.0), (166.0, 132.0), (306.0, 62.0), (376.0, 58.0), (442.0, 57.0)];
const HEADINGS: [&str; 5] = ["Measure", "Now", "Should be", "Stands", "Trend"];

pub(super) fn pages(paper: &BoardPaper) -> Vec<u8> {
    let mut page = Layout::new(&format!("{}, {}", paper.company, title(paper)));
    page.text(Font::Bold, 18.0, &title(paper));
    page.text(Font::Regular, 10.5, &format!("{}, {}", paper.company, period(paper)));
    if paper.late {
        page.text(Font::Bold, 10.5, "This was made later than it was due.");
    }
    if !paper.measures.is_empty() {
        page.heading("Measures");
        page.row(&COLUMNS, &HEADINGS.map(|heading| (Font::Bold, heading.to_owned())));
        for measure in &paper.measures {
            let stands = if measure.standing == MeasureStanding::Beyond { Font::Bold } else { Font::Regular };
            let cells = [&measure.label, &measure.said, &measure.threshold].map(|text| (Font::Regular, text.clone()));
            let [label, said, threshold] = cells;
            let trend = (Font::Regular, trend(measure));
            page.row(&COLUMNS, &[label, said, threshold, (stands, standing(measure).to_owned()), trend]);
        }
    }
    for (heading, items, empty) in lists(paper) {
        page.heading(heading);
        match items {
            [] => page.text(Font::Regular, 10.5, empty),
            items => items.iter().for_each(|item| page.item(item)),
        }
    }
    page.heading("After this");
    page.text(Font::Regular, 10.5, &next(paper));
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_page_of_text_and_a_long_one_more() {
        let mut paper = BoardPaper::sample();
        let count = |paper: &BoardPaper| {
            let pdf = pages(paper);
            assert!(pdf.starts_with(b"%PDF-1.7") && pdf.ends_with(b"%%EOF\n"));
            let text = String::from_utf8_lossy(&pdf).into_owned();
            assert!(text.contains("(Report 3 to the board) Tj"), "its text is text");
            text.matches("/Type /Page /").count()
        };
        assert_eq!(count(&paper), 1);
        paper.incidents =
            vec!["Something happened that takes a whole line to be told of, and then some more.".to_owned(); 40];
        assert_eq!(count(&paper), 2);
    }
}
