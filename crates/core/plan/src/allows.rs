//! What a plan allows on a day.

use crate::entry::{Basis, Entry, Plan, What};
use crate::kind::{Act, Kind};
use domain::{FieldKind, Purpose, Suite};
use jiff::civil::Date;
use std::fmt;

/// Why something isn't planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unplanned {
    /// No entry says it.
    NoEntry,
    /// It starts on that day.
    NotYet(Date),
    /// It ended on that day.
    Over(Date),
    /// It is planned, for other purposes.
    OtherPurpose,
    /// A protection that it needs isn't there.
    Unprotected(String),
}

impl fmt::Display for Unplanned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEntry => f.write_str("the data plan doesn't have it"),
            Self::NotYet(day) => write!(f, "the data plan has it from {day} on only"),
            Self::Over(day) => write!(f, "the data plan had it until {day}"),
            Self::OtherPurpose => f.write_str("the data plan has it for other purposes"),
            Self::Unprotected(id) => write!(f, "the data plan has it once the protection {id} is there"),
        }
    }
}

/// A no of the plan's, with the entry that comes nearest to a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<'p> {
    /// Why.
    pub why: Unplanned,
    /// The entry, where one speaks of it.
    pub nearest: Option<&'p Entry>,
}

impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.why)?;
        self.nearest.map_or(Ok(()), |entry| write!(f, " (line {}, {})", entry.line, entry.id))
    }
}

impl Plan {
    /// May this be done with data of this kind, for this purpose, on this day? Without a purpose: for any.
    ///
    /// # Errors
    /// Why not; of several reasons the one that is nearest to a yes.
    pub fn allows(&self, kind: Kind, act: Act, purpose: Option<&str>, day: Date) -> Result<(), Unplanned> {
        self.judged(kind, act, purpose, day).map_err(|refused| refused.why)
    }

    /// The same, and a no says which entry comes nearest to a yes.
    ///
    /// # Errors
    /// As [`Plan::allows`].
    pub fn judged(&self, kind: Kind, act: Act, purpose: Option<&str>, day: Date) -> Result<(), Refused<'_>> {
        let mut nearest = Refused { why: Unplanned::NoEntry, nearest: None };
        for entry in self.entries.iter().filter(|entry| self.speaks_of(entry, kind, act)) {
            let why = match self.missing(entry, purpose, day) {
                None => return Ok(()),
                Some(why) => why,
            };
            if nearness(&why) > nearness(&nearest.why) {
                nearest = Refused { why, nearest: Some(entry) };
            }
        }
        Err(nearest)
    }

    /// May a customer object to this (GDPR art. 21)? So where all that allows it on this day rests on legitimate interests or a public
    /// task.
    #[must_use]
    pub fn is_objectable(&self, kind: Kind, act: Act, purpose: Option<&str>, day: Date) -> bool {
        let allows = |entry: &&Entry| self.speaks_of(entry, kind, act) && self.missing(entry, purpose, day).is_none();
        let mut bases = self.entries.iter().filter(allows).map(|entry| entry.basis).peekable();
        bases.peek().is_some() && bases.all(|basis| matches!(basis, Basis::LegitimateInterests | Basis::PublicTask))
    }

    /// Does an entry speak of this act on this kind?
    #[must_use]
    pub fn speaks_of(&self, entry: &Entry, kind: Kind, act: Act) -> bool {
        match &entry.what {
            What::Data(own) => *own == kind && (act == Act::Store || (act == Act::Show && !entry.roles.is_empty())),
            What::Derived { act: own, .. } => *own == act && self.kinds(entry).contains(&kind),
        }
    }

    /// With which suite a value of a kind is sealed on a day: the latest that an entry names which holds it then. A kind of
    /// which nothing is said goes with the latest of all, and so do mask sheets.
    #[must_use]
    pub fn suite_of(&self, kind: Option<Kind>, day: Date) -> Suite {
        let there = self.entries.iter().filter(|entry| entry.dates.hold(day) && !entry.future);
        let latest = there.clone().map(|entry| entry.protection.suite).max();
        let own = there.filter(|entry| kind.is_some_and(|kind| self.speaks_of(entry, kind, Act::Store)));
        own.map(|entry| entry.protection.suite).max().or(latest).unwrap_or(Suite::FIRST)
    }

    /// The oldest suite with which anything is sealed on a day.
    #[must_use]
    pub fn oldest_suite(&self, day: Date) -> Suite {
        let kinds = self.entries.iter().filter(|entry| entry.dates.hold(day)).filter_map(|entry| match entry.what {
            What::Data(kind) => Some(kind),
            What::Derived { .. } => None,
        });
        let each = kinds.map(|kind| self.suite_of(Some(kind), day));
        each.min().unwrap_or_else(|| self.suite_of(None, day))
    }

    fn missing(&self, entry: &Entry, purpose: Option<&str>, day: Date) -> Option<Unplanned> {
        if purpose.is_some_and(|purpose| !entry.purposes.contains(purpose)) {
            return Some(Unplanned::OtherPurpose);
        }
        if day < entry.dates.starts {
            return Some(Unplanned::NotYet(entry.dates.starts));
        }
        if day > entry.dates.ends {
            return Some(Unplanned::Over(entry.dates.ends));
        }
        let there = |id: &&String| self.safeguards.get(*id).is_some_and(|safeguard| safeguard.in_place);
        entry.needs.iter().find(|id| !there(id)).map(|id| Unplanned::Unprotected(id.clone()))
    }

    /// All that is allowed on a day with what the program stores: to be asked often.
    #[must_use]
    pub fn on(&self, day: Date) -> Table {
        let cells = |told: &dyn Fn(Kind, Act, Option<&str>) -> bool| {
            let mut cells = [[0; ACTS]; FIELDS];
            for (row, field) in cells.iter_mut().zip(FieldKind::ALL) {
                for (cell, act) in row.iter_mut().zip(Act::ALL) {
                    let kind = Kind::Field(field);
                    *cell |= u16::from(told(kind, act, None)) << ANY;
                    for purpose in Purpose::ALL {
                        *cell |= u16::from(told(kind, act, Some(purpose.slug()))) << purpose as u16;
                    }
                }
            }
            cells
        };
        Table {
            day,
            purposes: cells(&|kind, act, purpose| self.allows(kind, act, purpose, day).is_ok()),
            asked: cells(&|kind, act, purpose| !self.rests_on(kind, act, purpose, day).is_empty()),
            objectable: cells(&|kind, act, purpose| self.is_objectable(kind, act, purpose, day)),
        }
    }
}

const FIELDS: usize = FieldKind::ALL.len();
const ACTS: usize = Act::ALL.len();
/// The bit that says: for some purpose.
const ANY: u16 = 15;

fn nearness(why: &Unplanned) -> u8 {
    match why {
        Unplanned::NoEntry => 0,
        Unplanned::OtherPurpose => 1,
        Unplanned::Over(_) => 2,
        Unplanned::NotYet(_) => 3,
        Unplanned::Unprotected(_) => 4,
    }
}

/// What a plan allows on one day, worked out: an answer is two look-ups in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    day: Date,
    purposes: Cells,
    /// Of these: what needs the customer's agreement.
    asked: Cells,
    /// And to what they may object.
    objectable: Cells,
}

type Cells = [[u16; ACTS]; FIELDS];

fn says(cells: &Cells, field: FieldKind, act: Act, purpose: Option<Purpose>) -> bool {
    let at = usize::from(field.code()).saturating_sub(1);
    let cell = cells.get(at).and_then(|row| row.get(act as usize)).copied().unwrap_or(0);
    cell >> purpose.map_or(ANY, |purpose| purpose as u16) & 1 == 1
}

impl Table {
    /// The day.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// As [`Plan::allows`] on this day.
    #[must_use]
    pub fn allows(&self, field: FieldKind, act: Act, purpose: Option<Purpose>) -> bool {
        says(&self.purposes, field, act, purpose)
    }

    /// Not once the customer objected, as [`Plan::is_objectable`] on this day?
    #[must_use]
    pub fn is_objectable(&self, field: FieldKind, act: Act, purpose: Option<Purpose>) -> bool {
        says(&self.objectable, field, act, purpose)
    }

    /// Only if the customer agreed, as [`Plan::rests_on`] on this day?
    #[must_use]
    pub fn asks(&self, field: FieldKind, act: Act, purpose: Option<Purpose>) -> bool {
        says(&self.asked, field, act, purpose)
    }
}
