//! A culture that reports: drills for people, what groups of them make of it, and micro-lessons.
//!
//! A drill is something invented that comes to people's desks: it has no customer, no interaction and no value of anybody, by its type.
//! Security says which kind, when and for how many; chance says who. What one person did is never kept: an answer takes the person out
//! of the book and adds one to their team's count, and the entry names nobody. Figures are shown of closed drills and of groups of
//! eight or more, and so that no two of them differ by fewer.
//!
//! All of it is one sealed row per tenant: whoever reads the database learns neither what is planned nor for whom.

mod book;
mod figures;
mod lessons;
mod measure;
mod own;
mod plan;
mod tend;

pub use figures::{Figures, Group, Speed};
pub use lessons::Shown as LessonsShown;
pub use measure::{ClosedDrill, Culture, CultureMeasured, Groups, RunningDrill};
pub use own::{Debrief, OwnDrill};
pub use plan::{DrillWindow, NewPeopleDrill, PlannedDrill};

pub(crate) use tend::KnownBooks;

use domain::EntryId;

/// Of fewer people nothing is said.
pub const FEWEST: u32 = 8;
/// How many drills one person meets in any thirty days, at most.
const PER_MONTH: usize = 2;
/// How many drills run at one time, at most.
const RUNNING: usize = 6;
/// Thirty days, in milliseconds.
const MONTH_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600_000;
/// How long something stays on a desk before it counts as left alone, in milliseconds.
const STAYS_MS: i64 = 10 * 60_000;
/// For how long closed drills are kept, in milliseconds: two years.
const KEPT_MS: i64 = 2 * 366 * DAY_MS;

/// Names a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeopleDrillId(pub [u8; 16]);

impl PeopleDrillId {
    const PREFIX: &'static str = "pdr_";

    /// Reads the printed form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        // An entry's id has the same digits.
        EntryId::parse(&format!("ent_{digits}")).map(|id| Self(id.0))
    }
}

impl core::fmt::Display for PeopleDrillId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(Self::PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
