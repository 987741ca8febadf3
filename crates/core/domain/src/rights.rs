//! What customers ask for by right (GDPR art. 15 to 21), and by when it must be answered (art. 12 (3)). All of it is of closed lists:
//! free text would say more of the customer than a list of requests should keep.

use crate::time::Millis;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $one:ident = $code:literal $slug:literal $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$of])* $one = $code,)* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$one,)*];

            /// The stable name.
            #[must_use]
            pub fn slug(self) -> &'static str { match self { $(Self::$one => $slug,)* } }

            /// The name for people.
            #[must_use]
            pub fn label(self) -> &'static str { match self { $(Self::$one => $label,)* } }

            /// The one with this stable name.
            #[must_use]
            pub fn from_slug(slug: &str) -> Option<Self> { match slug { $($slug => Some(Self::$one),)* _ => None } }

            /// The one with this number, as rows and entries have it.
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> { match code { $($code => Some(Self::$one),)* _ => None } }
        }
    };
}

words! {
    /// What is asked for.
    Right {
        /// To know what is held (art. 15).
        Access = 1 "access" "to know what is held",
        /// To have it corrected (art. 16).
        Rectification = 2 "rectification" "to have it corrected",
        /// To be erased (art. 17).
        Erasure = 3 "erasure" "to be erased",
        /// To have its use restricted (art. 18).
        Restriction = 4 "restriction" "to have its use restricted",
        /// To take it along (art. 20).
        Portability = 5 "portability" "to take it along",
        /// To object to a use (art. 21).
        Objection = 6 "objection" "to object to a use",
    }
}

impl Right {
    /// Is it answered with a copy of what is held?
    #[must_use]
    pub fn is_copy(self) -> bool {
        matches!(self, Self::Access | Self::Portability)
    }

    /// Does its answer disclose or destroy? Then two people answer it.
    #[must_use]
    pub fn takes_two(self) -> bool {
        self.is_copy() || self == Self::Erasure
    }
}

words! {
    /// The way by which a request came.
    CameBy {
        /// A letter on paper.
        Letter = 1 "letter" "by letter",
        /// An e-mail.
        Email = 2 "email" "by e-mail",
        /// By phone.
        Phone = 3 "phone" "by phone",
        /// At a counter.
        InPerson = 4 "in_person" "in person",
        /// A program for such requests.
        Portal = 5 "portal" "by a portal",
    }
}

words! {
    /// Why a request is refused; the customer is told.
    Declined {
        /// Who asks hasn't shown that they are the customer (art. 12 (6)).
        NotIdentified = 1 "not_identified" "not shown to be the customer's",
        /// Nothing is held of such a person.
        NothingHeld = 2 "nothing_held" "nothing is held",
        /// It is manifestly unfounded (art. 12 (5)).
        Unfounded = 3 "unfounded" "manifestly unfounded",
        /// It is excessive, above all by being repeated (art. 12 (5)).
        Excessive = 4 "excessive" "excessive",
        /// The data must be kept (art. 17 (3)).
        MustBeKept = 5 "must_be_kept" "the data must be kept",
    }
}

words! {
    /// What a customer had limited: it holds until two officers end it. As a bit of their row it stands at this number, less one.
    UseLimit {
        /// The use of all that is held (art. 18).
        Restricted = 1 "restriction" "its use is restricted",
        /// What rests on legitimate interests or a public task (art. 21).
        Objected = 2 "objection" "its use was objected to",
    }
}

impl UseLimit {
    /// Its bit in the customer's row.
    #[must_use]
    pub fn bit(self) -> u8 {
        1 << (self as u8 - 1)
    }
}

impl Right {
    /// What answering it limits, if anything.
    #[must_use]
    pub fn limits(self) -> Option<UseLimit> {
        match self {
            Self::Restriction => Some(UseLimit::Restricted),
            Self::Objection => Some(UseLimit::Objected),
            Self::Access | Self::Rectification | Self::Erasure | Self::Portability => None,
        }
    }
}

words! {
    /// Why answering takes two months more; the customer is told.
    Longer {
        /// The request is complex.
        Complexity = 1 "complexity" "the request is complex",
        /// There are many requests.
        Number = 2 "number" "there are many requests",
    }
}

/// For how far back who handles requests may say that one came in, in days; and others, who hand on what has just come.
pub const OLDEST: i64 = 366;
/// The others.
pub const OLDEST_HANDED_ON: i64 = 7;
const DAY_MS: i64 = 24 * 3_600_000;

/// The first moment of a day, given as `YYYY-MM-DD`, if a request can have come in then: today, or within so many days, in UTC.
#[must_use]
pub fn came_in(day: &str, now: Millis, oldest: i64) -> Option<Millis> {
    let shape = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    let fits = day.len() == 10 && day.bytes().enumerate().all(shape);
    let at = fits.then(|| Millis::parse(&format!("{day}T00:00:00Z"))).flatten()?;
    ((0..=oldest * DAY_MS).contains(&now.since(at))).then_some(at)
}

/// The first moment at which it is too late: the day of the same number one month later is the last, or three months later where it
/// takes longer; the last day of a month that has no such day (Regulation 1182/71, art. 3 (2) (c)).
#[must_use]
pub fn due(came_in: Millis, longer: bool) -> Millis {
    let months: i64 = if longer { 3 } else { 1 };
    let stamp = jiff::Timestamp::from_millisecond(came_in.0).unwrap_or(jiff::Timestamp::MIN);
    let last: Date = Offset::UTC.to_datetime(stamp).date().saturating_add(months.months());
    let next = last.saturating_add(1.day()).at(0, 0, 0, 0);
    Offset::UTC.to_timestamp(next).map_or(Millis(i64::MAX), |stamp| Millis(stamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(day: &str, longer: bool) -> String {
        due(Millis::parse(&format!("{day}T00:00:00Z")).unwrap(), longer).to_string()
    }

    #[test]
    fn a_month_is_the_calendars() {
        for (day, one, three) in [
            ("2026-01-15", "2026-02-16", "2026-04-16"),
            ("2026-01-31", "2026-03-01", "2026-05-01"),
            ("2028-01-30", "2028-03-01", "2028-05-01"),
            ("2026-11-30", "2026-12-31", "2027-03-01"),
            ("2026-12-31", "2027-02-01", "2027-04-01"),
        ] {
            assert_eq!(until(day, false), format!("{one}T00:00:00.000Z"), "{day}");
            assert_eq!(until(day, true), format!("{three}T00:00:00.000Z"), "{day}");
        }
    }

    #[test]
    fn a_request_came_in_on_a_day_of_the_last_year() {
        let now = Millis::parse("2026-11-28T10:00:00Z").unwrap();
        assert_eq!(came_in("2026-11-28", now, OLDEST), Millis::parse("2026-11-28T00:00:00Z"));
        assert!(came_in("2025-12-01", now, OLDEST).is_some());
        for wrong in
            ["2026-11-29", "2025-11-01", "2026-02-30", "2026-1-05", "28.11.2026", "2026-11-28T00", "", "yesterday!"]
        {
            assert_eq!(came_in(wrong, now, OLDEST), None, "{wrong}");
        }
    }

    #[test]
    fn each_has_its_own_name_and_number() {
        for right in Right::ALL {
            assert_eq!((Right::from_slug(right.slug()), Right::from_code(*right as u8)), (Some(*right), Some(*right)));
            assert!(right.takes_two() || !right.is_copy());
        }
        assert!(Declined::ALL.iter().all(|one| Declined::from_slug(one.slug()) == Declined::from_code(*one as u8)));
        assert!(CameBy::ALL.iter().all(|one| CameBy::from_slug(one.slug()) == CameBy::from_code(*one as u8)));
        assert!(Longer::ALL.iter().all(|one| Longer::from_slug(one.slug()) == Longer::from_code(*one as u8)));
        assert_eq!((Right::from_slug("revenge"), Right::from_code(0)), (None, None));
    }
}
