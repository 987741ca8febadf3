//! From when on something may not be held any more.

use crate::entry::{After, Entry, Plan, What};
use crate::kind::Kind;
use jiff::civil::Date;

/// What a vault knows of a customer's times without opening anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The day on which the customer was taken in, and their orders with them.
    pub collected: Date,
    /// The day of the last contact; that of the taking in where there was none.
    pub contact: Date,
}

impl Known {
    /// The day from which retention counts. None for the end of a contract, which no vault knows: who ends one erases the
    /// customer.
    ///
    /// Whoever was in touch may have ordered, elsewhere: so a contact after the last known order counts as one. It keeps longer
    /// rather than destroy what a living contract needs.
    #[must_use]
    pub fn since(&self, after: After) -> Option<Date> {
        match after {
            After::Collected => Some(self.collected),
            After::LastContact | After::LastOrder => Some(self.collected.max(self.contact)),
            After::ContractEnd => None,
        }
    }
}

impl Entry {
    /// The last day on which anything can be left of what came in before it ended. None where that hangs on what happens later:
    /// a contact, an order, the end of a contract.
    #[must_use]
    pub fn kept_until(&self) -> Option<Date> {
        (self.after == After::Collected).then(|| self.keep.after(self.dates.ends))
    }

    /// Hasn't it ended on this day, or may there be something left of it?
    #[must_use]
    pub fn may_be_left(&self, day: Date) -> bool {
        day <= self.dates.ends || self.kept_until().is_none_or(|last| day <= last)
    }
}

impl Plan {
    /// The first day on which values of a kind may not be held any more, by the entry that keeps them longest; whether an entry
    /// has begun or has ended doesn't matter. None where that is never by itself: no entry says so, or one waits for the end of a
    /// contract.
    #[must_use]
    pub fn expires(&self, kind: Kind, known: &Known) -> Option<Date> {
        let mut last = None;
        for entry in self.entries.iter().filter(|entry| entry.what == What::Data(kind)) {
            last = last.max(Some(entry.keep.after(known.since(entry.after)?)));
        }
        last
    }
}

impl Plan {
    /// The first day on which anything of a customer's may have expired who was taken in on a day.
    #[must_use]
    pub fn soonest(&self, collected: Date) -> Option<Date> {
        let data = self.entries.iter().filter(|entry| matches!(entry.what, What::Data(_)));
        data.map(|entry| entry.keep.after(collected)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FieldKind;
    use jiff::civil::date;

    const KNOWN: Known = Known { collected: date(2026, 2, 28), contact: date(2027, 5, 1) };

    fn expires(from: &str, to: &str, kind: FieldKind) -> Option<Date> {
        assert!(crate::DEFAULT.contains(from), "{from}");
        Plan::parse(&crate::DEFAULT.replace(from, to)).unwrap().expires(Kind::Field(kind), &KNOWN)
    }

    #[test]
    fn each_kind_counts_from_what_its_entry_says() {
        assert_eq!(expires("", "", FieldKind::Order), Some(date(2036, 2, 28)), "ten years after it came in");
        assert_eq!(expires("", "", FieldKind::Note), Some(date(2027, 2, 28)));
        assert_eq!(expires("", "", FieldKind::Preference), Some(date(2029, 5, 1)), "two years after the last contact");
        assert_eq!(expires("", "", FieldKind::Name), Some(date(2030, 5, 1)), "a contact counts as an order");
        assert_eq!(expires("", "", FieldKind::Card), Some(date(2028, 6, 1)));
        let ended = "keep = \"10 years\", after = \"contract_end\"";
        assert_eq!(expires("keep = \"10 years\", after = \"collected\"", ended, FieldKind::Order), None);
        let known = Known { contact: date(2020, 1, 1), ..KNOWN };
        assert_eq!(
            known.since(After::LastContact),
            Some(KNOWN.collected),
            "nobody was in touch before they were there"
        );
    }

    #[test]
    fn what_no_entry_speaks_of_stays() {
        let plan = Plan { entries: Vec::new(), ..Plan::parse(crate::DEFAULT).unwrap() };
        assert_eq!(plan.expires(Kind::Field(FieldKind::Name), &KNOWN), None);
    }
}
