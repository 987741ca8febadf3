//! The data plan: which data a company holds, what for, on which ground, how protected, from when until when. Written as
//! `plan.toml`, it says today and five years ahead; what it doesn't say isn't done.
//!
//! In scope: reading and judging a plan, what it allows on a day, what differs between two, what it comes to over five years,
//! and the papers that are made from it. Out of scope: where plans are kept, who may change one, and any clock: days are
//! parameters.

mod allows;
mod check;
mod consent;
mod cycles;
mod diff;
mod entry;
mod expiry;
pub mod export;
mod fault;
mod forecast;
mod keep;
mod kind;
mod mask;
mod notice;
mod raw;
mod read;
mod reading;
mod words;

pub use allows::{Refused, Table, Unplanned};
pub use consent::Question;
pub use diff::{Difference, diff};
pub use entry::{
    After, Basis, Covers, Dates, Entry, Head, Level, Milestone, Origin, Plan, Protection, Rotation, Safeguard,
    SubProcessor, What,
};
pub use expiry::Known;
pub use fault::{Fault, Faults};
pub use forecast::{Forecast, Row, Volume, Volumes, Year, forecast};
pub use jiff::civil::Date;
pub use keep::{Keep, Unit};
pub use kind::{Act, Coming, Kind};
pub use mask::MaskForm;
pub use notice::{Block, From, Line, Notice, Section};
pub use reading::{EASY_GRADE, EASY_LIX, HardWords};
pub use words::{Language, Words};

/// The plan that the program comes with: what it stores and does today.
pub const DEFAULT: &str = include_str!("../../../../examples/plan.toml");

/// The first moment after a day, in UTC.
#[must_use]
pub fn end_of(day: Date) -> domain::Millis {
    let zoned = jiff::tz::Offset::UTC.to_timestamp(day.saturating_add(jiff::Span::new().days(1)).at(0, 0, 0, 0));
    domain::Millis(zoned.unwrap_or(jiff::Timestamp::MAX).as_millisecond())
}

/// The day that is written so, as year-month-day in ten characters: whatever else a day can be written with says more than a day.
#[must_use]
pub fn day_in(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| text.len() == 10 && day.to_string() == text)
}

/// The day of a moment, in UTC; the last one of all for a moment out of range, on which nothing counts as old.
#[must_use]
pub fn day_of(moment: domain::Millis) -> Date {
    let stamp = jiff::Timestamp::from_millisecond(moment.0).unwrap_or(jiff::Timestamp::MAX);
    jiff::tz::Offset::UTC.to_datetime(stamp).date()
}
