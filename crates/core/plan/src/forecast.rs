//! What a plan comes to over five years.

use crate::entry::{Entry, Milestone, Plan, What};
use crate::kind::Kind;
use jiff::civil::Date;
use jiff::{ToSpan, Unit};
use std::collections::BTreeMap;

/// How much there is of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Volume {
    /// Values that are stored.
    pub stored: u64,
    /// Values that come in a year.
    pub new_per_year: u64,
}

/// How much there is, by kind.
pub type Volumes = BTreeMap<Kind, Volume>;

/// One entry in one year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The entry.
    pub entry: String,
    /// Values that come.
    pub added: u64,
    /// Values whose time is over.
    pub expired: u64,
    /// Values at the year's end.
    pub stored: u64,
}

/// One year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// Its first day.
    pub from: Date,
    /// The first day of the next.
    pub until: Date,
    /// By entry that holds data.
    pub rows: Vec<Row>,
    /// Which entries start in it.
    pub starting: Vec<String>,
    /// Which entries end in it.
    pub ending: Vec<String>,
    /// How often each thing turns.
    pub rotations: Vec<(String, u64)>,
    /// What must have changed.
    pub milestones: Vec<Milestone>,
}

/// Five years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// One after the other.
    pub years: Vec<Year>,
    /// Milestones that come later.
    pub later: Vec<Milestone>,
}

const YEARS: i64 = 5;
const MONTHS: i64 = 12;

/// What a plan comes to in the five years from this day. What is stored is taken to be evenly old, what comes to come evenly;
/// retention is counted from when a value came, so that what is kept after the last contact is counted too short. What has ended
/// takes nothing in any more; what is there of it goes as its retention says.
#[must_use]
pub fn forecast(plan: &Plan, volumes: &Volumes, from: Date) -> Forecast {
    let mut stocks: Vec<Stock<'_>> =
        plan.entries.iter().filter_map(|entry| Stock::of(entry, plan, volumes, from)).collect();
    let mut years = Vec::new();
    for year in 0..YEARS {
        let start = from.saturating_add(year.years());
        let until = from.saturating_add((year + 1).years());
        let rows = stocks.iter_mut().map(|stock| stock.year(from, year)).collect();
        let within = |day: Date| start <= day && day < until;
        let named = |holds: &dyn Fn(&Entry) -> bool| {
            plan.entries.iter().filter(|entry| holds(entry)).map(|entry| entry.id.clone()).collect()
        };
        years.push(Year {
            from: start,
            until,
            rows,
            starting: named(&|entry| within(entry.dates.starts)),
            ending: named(&|entry| within(entry.dates.ends)),
            rotations: plan
                .rotations
                .iter()
                .map(|one| (one.id.clone(), turns(from, start, until, one.every)))
                .collect(),
            milestones: plan.milestones.iter().filter(|one| within(one.on)).cloned().collect(),
        });
    }
    let end = from.saturating_add(YEARS.years());
    let later = plan.milestones.iter().filter(|one| one.on >= end).cloned().collect();
    Forecast { years, later }
}

/// How often something turns between two days, if it last turned on `from`.
fn turns(from: Date, start: Date, until: Date, every: crate::Keep) -> u64 {
    let days = |day: Date| u64::try_from(from.until(day).map_or(0, |span| span.get_days())).unwrap_or(0);
    let length = u64::from(every.days());
    let by = |day: Date| days(day).saturating_sub(1) / length;
    by(until).saturating_sub(by(start))
}

/// The values of one entry, by the month in which they go.
struct Stock<'p> {
    entry: &'p Entry,
    per_year: u64,
    due: BTreeMap<i64, u64>,
    stored: u64,
    /// May it come in? Something isn't taken in before what protects it is there.
    protected: bool,
    last_month: u64,
}

impl<'p> Stock<'p> {
    fn of(entry: &'p Entry, plan: &Plan, volumes: &Volumes, from: Date) -> Option<Self> {
        let What::Data(kind) = entry.what else { return None };
        // Several entries of one kind share it.
        let sharing = plan.entries.iter().filter(|other| other.what == entry.what);
        let (place, count) =
            sharing.fold((0, 0), |(place, count), other| (if other.id == entry.id { count } else { place }, count + 1));
        let volume = volumes.get(&kind).copied().unwrap_or_default();
        let (stored, per_year) = (part(volume.stored, count, place), part(volume.new_per_year, count, place));
        let months = u64::from(entry.keep.months()).max(1);
        let left = left(entry, months, from);
        let due = (0..left).map(|month| (month as i64, part(stored, left, month))).collect();
        let protected = entry.needs.iter().all(|id| plan.safeguards.contains_key(id));
        Some(Self { entry, per_year, due, stored, protected, last_month: months })
    }

    fn year(&mut self, from: Date, year: i64) -> Row {
        let (mut added, mut expired) = (0_u64, 0_u64);
        for month in year * MONTHS..(year + 1) * MONTHS {
            let day = from.saturating_add(month.months());
            let over = self.due.remove(&month).unwrap_or(0);
            expired = expired.saturating_add(over);
            self.stored = self.stored.saturating_sub(over);
            if self.protected && self.entry.dates.hold(day) {
                let new = part(self.per_year, 12, month.rem_euclid(MONTHS).unsigned_abs());
                added = added.saturating_add(new);
                self.stored = self.stored.saturating_add(new);
                let due = self.due.entry(month.saturating_add_unsigned(self.last_month)).or_default();
                *due = due.saturating_add(new);
            }
        }
        Row { entry: self.entry.id.clone(), added, expired, stored: self.stored }
    }
}

/// The months until the last of what is stored has gone: of an entry that has ended nothing is newer than its end.
fn left(entry: &Entry, months: u64, from: Date) -> u64 {
    let over = entry.dates.ends.until((Unit::Month, from)).map_or(0, |span| span.get_months());
    months.saturating_sub(u64::try_from(over).unwrap_or(0)).max(1)
}

/// The part at this place of a whole that is cut into so many, all parts together being the whole.
fn part(whole: u64, parts: u64, place: u64) -> u64 {
    whole / parts.max(1) + u64::from(place < whole % parts.max(1))
}
