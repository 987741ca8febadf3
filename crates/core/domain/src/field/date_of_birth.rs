//! Dates of birth, kept as `YYYY-MM-DD`.

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::{FieldError, FieldKind, Incoming, date, rules::Rules, text::clean_line};

const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

pub(super) struct DateOfBirth;

impl Rules for DateOfBirth {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let line = clean_line(raw).ok_or(UNREADABLE)?;
        in_range(date::strict(&line).ok_or(UNREADABLE)?)
    }

    fn mask(&self, _canonical: &str) -> String {
        "•• ••• ••••".to_owned()
    }

    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        Zeroizing::new(canonical.to_owned())
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        in_range(date::said(said).ok_or(UNREADABLE)?)
    }
}

impl Incoming {
    /// Whether a date of birth isn't after the given day (the clock is the caller's); `false` for other kinds.
    #[must_use]
    pub fn is_born_by(&self, today: Date) -> bool {
        self.kind() == FieldKind::DateOfBirth && date::strict(self.canonical()).is_some_and(|born| born <= today)
    }
}

const UNREADABLE: FieldError =
    FieldError::new(FieldKind::DateOfBirth, "the date can't be read", "write it as year-month-day");

fn in_range(born: Date) -> Result<Zeroizing<String>, FieldError> {
    if YEARS.contains(&born.year()) {
        return Ok(date::iso(born));
    }
    Err(FieldError::new(FieldKind::DateOfBirth, "the year isn't between 1900 and 2200", "check the year"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_iso_dates_only() {
        assert_eq!(*DateOfBirth.parse(" 1980-11-02\n").unwrap(), "1980-11-02");
        for raw in ["", "02/11/1980", "1899-12-31", "2201-01-01", "1980-02-30", "19\u{202e}80-11-02", "１９８０-11-02"]
        {
            assert!(DateOfBirth.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn what_is_said_compares_with_what_is_kept() {
        let kept = DateOfBirth.comparable("1980-11-02");
        assert_eq!(DateOfBirth.said("2nd November 1980").unwrap(), kept);
        assert_ne!(DateOfBirth.said("11/02/1980").unwrap(), kept);
        assert!(DateOfBirth.said("2 Nov 1880").is_err());
    }

    #[test]
    fn a_birth_is_not_after_today() {
        let born = Incoming::parse(FieldKind::DateOfBirth, "2026-11-02").unwrap();
        assert!(born.is_born_by(Date::constant(2026, 11, 2)));
        assert!(!born.is_born_by(Date::constant(2026, 11, 1)));
        let note = Incoming::parse(FieldKind::Note, "2026-11-02").unwrap();
        assert!(!note.is_born_by(Date::constant(2027, 1, 1)));
    }
}
