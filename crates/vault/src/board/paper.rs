//! A report, or the note of a case, as content: what a press makes pages of, and the page /board shows.

use super::file::{BoardWhat, Printed};
use domain::Millis;
use serde::{Deserialize, Serialize};

/// How a measure stands to its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureStanding {
    /// As it should be.
    Within,
    /// Beyond its threshold.
    Beyond,
    /// Nothing measures it yet.
    Unmeasured,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Its stable name.
    pub name: String,
    /// What it is.
    pub label: String,
    /// How much; none where nothing measures it.
    pub value: Option<i64>,
    /// The same in words.
    pub said: String,
    /// What it should be; empty where nothing measures it.
    pub threshold: String,
    /// How it stands to that.
    pub standing: MeasureStanding,
    /// Its values in the reports before, the oldest first.
    pub trend: Vec<Option<i64>>,
}

/// A report of a period, or the note of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardPaper {
    /// Its number.
    pub number: u64,
    what: String,
    /// In whose name.
    pub company: String,
    from: i64,
    until: i64,
    next: i64,
    /// Was it made later than it was due?
    pub late: bool,
    /// The figures; none of a case.
    pub measures: Vec<Measure>,
    /// What happened.
    pub incidents: Vec<String>,
    /// What the board, or officers, are to decide.
    pub asked: Vec<String>,
}

impl BoardPaper {
    /// One without content yet.
    pub(super) fn new(what: BoardWhat, company: &str, (from, until, next): (Millis, Millis, Millis)) -> Self {
        Self {
            number: 0,
            what: what.slug().to_owned(),
            company: company.to_owned(),
            from: from.0,
            until: until.0,
            next: next.0,
            late: false,
            measures: Vec::new(),
            incidents: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// What it is.
    #[must_use]
    pub fn what(&self) -> BoardWhat {
        BoardWhat::from_slug(&self.what).unwrap_or(BoardWhat::Incident)
    }

    /// The first moment that it tells of.
    #[must_use]
    pub fn from(&self) -> Millis {
        Millis(self.from)
    }

    /// The first that it doesn't.
    #[must_use]
    pub fn until(&self) -> Millis {
        Millis(self.until)
    }

    /// When the next report is due.
    #[must_use]
    pub fn next(&self) -> Millis {
        Millis(self.next)
    }

    /// Puts the values of earlier reports, the oldest first, beside this one's.
    pub(super) fn with_trend(mut self, earlier: &[Self]) -> Self {
        for measure in &mut self.measures {
            let before = |paper: &Self| paper.measures.iter().find(|other| other.name == measure.name)?.value;
            measure.trend = earlier.iter().map(before).collect();
        }
        self
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        // Strings and numbers only: nothing of it can fail to be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// One of invented figures, for galleries and tests of presses.
    #[must_use]
    pub fn sample() -> Self {
        let day = 24 * 3_600_000;
        let start = 1_767_225_600_000;
        let at = |days: i64| Millis(start + days * day);
        let gathered = super::figures::Gathered {
            contacts: 41_230,
            values: 55_310,
            glass: 1,
            justified: 1,
            spoken: crate::speak_up::ReportsMeasured {
                came: 12,
                in_time: 12,
                median_days: Some(1),
                ..Default::default()
            },
            drills: (53, 54),
            oldest_drill: Some(at(58)),
            now: at(59),
            ..super::figures::Gathered::default()
        };
        let mut paper = Self::new(BoardWhat::Report, "Example Retail", (at(31), at(59), at(90)));
        (paper.number, paper.measures) = (3, super::figures::measures(&gathered));
        for measure in &mut paper.measures {
            measure.trend = [9, 4].iter().map(|less| measure.value.map(|value| value - less)).collect();
        }
        paper.incidents = vec![
            "Two security officers saw a customer\u{2019}s value in an emergency; it was reviewed as justified."
                .to_owned(),
        ];
        paper.asked = vec!["One change of people, rules or settings waits for officers\u{2019} signatures.".to_owned()];
        paper
    }
}

/// Makes pages of papers.
pub trait BoardPress: Send + Sync {
    /// A page for a browser and one for a printer.
    fn print(&self, paper: &BoardPaper) -> Printed;
}
