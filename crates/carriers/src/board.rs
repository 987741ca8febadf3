//! The board's papers as pages: one for a browser, whole in itself, and one for a printer. Both say the same, in the same order.

mod html;
mod pdf;

use vault::{BoardPaper, BoardPress, BoardWhat, Measure, MeasureStanding, Printed};

/// Makes both.
#[derive(Clone, Copy, Debug, Default)]
pub struct Press;

impl BoardPress for Press {
    fn print(&self, paper: &BoardPaper) -> Printed {
        Printed { html: html::page(paper), pdf: pdf::pages(paper) }
    }
}

fn title(paper: &BoardPaper) -> String {
    match paper.what() {
        BoardWhat::Report => format!("Report {} to the board", paper.number),
        BoardWhat::Incident => format!("Note {} to the board: a material case", paper.number),
    }
}

fn period(paper: &BoardPaper) -> String {
    let (from, until) = (minute(paper.from().to_string()), minute(paper.until().to_string()));
    match paper.what() {
        BoardWhat::Report => format!("{from} to {until} UTC"),
        BoardWhat::Incident => format!("known since {from}, told {until} UTC"),
    }
}

fn next(paper: &BoardPaper) -> String {
    format!(
        "The next report is due on {} UTC. If it doesn\u{2019}t come, something is wrong.",
        minute(paper.next().to_string())
    )
}

/// `2026-03-05 04:00` of a moment as it is printed.
fn minute(at: String) -> String {
    at.get(..16).unwrap_or(&at).replace('T', " ")
}

fn standing(measure: &Measure) -> &'static str {
    match measure.standing {
        MeasureStanding::Within => "as it should be",
        MeasureStanding::Beyond => "beyond",
        MeasureStanding::Unmeasured => "not measured",
    }
}

/// The values of the reports before and this one's, the oldest first.
fn trend(measure: &Measure) -> String {
    let before = measure.trend.iter().copied().chain([measure.value]);
    let shown: Vec<String> =
        before.map(|value| value.map_or("\u{2013}".to_owned(), |value| value.to_string())).collect();
    if measure.trend.is_empty() { "first".to_owned() } else { shown.join(", ") }
}

/// Its lists, with what to say where one is empty.
fn lists(paper: &BoardPaper) -> [(&'static str, &[String], &'static str); 2] {
    let asked = match paper.what() {
        BoardWhat::Report => "Decisions asked for",
        BoardWhat::Incident => "What to do",
    };
    [("What happened", &paper.incidents, "Nothing material."), (asked, &paper.asked, "None.")]
}
