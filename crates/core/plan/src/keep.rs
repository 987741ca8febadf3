//! How long something is kept.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use std::fmt;

/// A unit of retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Days.
    Days,
    /// Months.
    Months,
    /// Years.
    Years,
}

/// So many days, months or years: at least one, at most fifty years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keep {
    /// How many.
    pub count: u16,
    /// Of what.
    pub unit: Unit,
}

const MOST_DAYS: u32 = 50 * 366;

impl Keep {
    /// Reads `90 days`, `18 months`, `3 years`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once(' ')?;
        let count: u16 = count.parse().ok().filter(|_| count.bytes().all(|byte| byte.is_ascii_digit()))?;
        let unit = match unit {
            "day" | "days" => Unit::Days,
            "month" | "months" => Unit::Months,
            "year" | "years" => Unit::Years,
            _ => return None,
        };
        let keep = Self { count, unit };
        (count > 0 && keep.days() <= MOST_DAYS).then_some(keep)
    }

    /// About so many days: a month is 31 and a year 366, so that nothing counts as shorter than it is.
    #[must_use]
    pub fn days(self) -> u32 {
        u32::from(self.count)
            * match self.unit {
                Unit::Days => 1,
                Unit::Months => 31,
                Unit::Years => 366,
            }
    }

    /// Whole months, rounded up.
    #[must_use]
    pub fn months(self) -> u32 {
        match self.unit {
            Unit::Days => u32::from(self.count).div_ceil(30),
            Unit::Months => u32::from(self.count),
            Unit::Years => u32::from(self.count) * 12,
        }
    }

    /// The day that is so much later; the last day there is where that is none.
    #[must_use]
    pub fn after(self, day: Date) -> Date {
        day.saturating_add(self.span())
    }

    /// Longer than another? Months and years are counted as such, so that 12 months are no longer than a year; against days from
    /// the first of a common year on.
    #[must_use]
    pub fn outlasts(self, other: Self) -> bool {
        const FROM: Date = Date::constant(2025, 1, 1);
        self.after(FROM) > other.after(FROM)
    }

    fn span(self) -> Span {
        match self.unit {
            Unit::Days => i64::from(self.count).days(),
            Unit::Months => i64::from(self.count).months(),
            Unit::Years => i64::from(self.count).years(),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Days => "day",
            Unit::Months => "month",
            Unit::Years => "year",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_is_longer_is_told_by_the_calendar() {
        let outlasts = |one: &str, other: &str| Keep::parse(one).unwrap().outlasts(Keep::parse(other).unwrap());
        for same in [("12 months", "1 year"), ("365 days", "1 year"), ("31 days", "1 month"), ("36 months", "3 years")]
        {
            assert!(!outlasts(same.0, same.1) && !outlasts(same.1, same.0), "{same:?}");
        }
        for (longer, shorter) in
            [("9 years", "3 years"), ("13 months", "1 year"), ("366 days", "1 year"), ("2 days", "1 day")]
        {
            assert!(outlasts(longer, shorter) && !outlasts(shorter, longer), "{longer} {shorter}");
        }
    }

    #[test]
    fn spans_are_read_and_counted() {
        let keep = Keep::parse("3 years").unwrap();
        assert_eq!((keep.to_string().as_str(), keep.months()), ("3 years", 36));
        assert_eq!(keep.after(date(2024, 2, 29)), date(2027, 2, 28));
        assert_eq!(Keep::parse("31 days").unwrap().months(), 2);
        assert_eq!(Keep::parse("1 year").unwrap().to_string(), "1 year");
        assert_eq!(Keep::parse("50 years").unwrap().after(Date::MAX), Date::MAX);
        for text in ["", "3", "3years", "0 days", "-1 days", "+1 days", "51 years", "65535 days", "3 weeks", "3  years"]
        {
            assert_eq!(Keep::parse(text), None, "{text:?}");
        }
    }
}
