//! What may be asked of the log, and which entries fit.

use crate::private::entry::{AuditBody, Kind};
use crate::reveal::hashed;
use domain::{EntryId, FieldKind, Millis, PersonId, Purpose};

/// An entry's id and its body are made within a moment; ids are looked at this much more widely, in milliseconds.
const SLACK_MS: i64 = 1_000;

/// What became of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It was done.
    Allowed,
    /// The answer was no.
    Refused,
    /// The entry's row was edited: nothing of it is believed.
    Damaged,
}

impl Decided {
    /// Of an entry with this audit half.
    #[must_use]
    pub fn of(body: Option<&AuditBody>) -> Self {
        match body.map(|body| body.decision) {
            None => Self::Damaged,
            Some(Ok(())) => Self::Allowed,
            Some(Err(_)) => Self::Refused,
        }
    }

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
        }
    }

    /// What has that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Allowed, Self::Refused, Self::Damaged].into_iter().find(|decided| decided.slug() == slug)
    }
}

/// How much of the log is of interest; each includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// Disclosures, and whatever was refused.
    Looks,
    /// All but allowed readings of the log itself.
    Acts,
    /// Everything.
    #[default]
    All,
}

impl Shown {
    /// Every one, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Looks, Self::Acts, Self::All];

    /// The narrowest that includes an entry with this audit half. A refusal and an edited row always show.
    #[must_use]
    pub fn narrowest(body: Option<&AuditBody>) -> Self {
        match body {
            Some(body) if body.decision.is_ok() && body.kind.is_reading() => Self::All,
            Some(body) if body.decision.is_ok() && !body.kind.is_look() => Self::Acts,
            _ => Self::Looks,
        }
    }

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Looks => "looks",
            Self::Acts => "acts",
            Self::All => "all",
        }
    }

    /// What has that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shown| shown.slug() == slug)
    }
}

/// A question to the log. Each part narrows it; without any, every entry fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Who acted.
    pub person: Option<PersonId>,
    /// About whom: the customer's alias, as entries carry it.
    pub alias: Option<u32>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Which kind of field.
    pub field: Option<FieldKind>,
    /// From this moment on.
    pub from: Option<Millis>,
    /// Before this moment.
    pub to: Option<Millis>,
    /// What became of it.
    pub decision: Option<Decided>,
    /// What kind of act.
    pub kind: Option<Kind>,
    /// How much is of interest.
    pub show: Shown,
}

impl LogQuery {
    /// The lowest id that can fit.
    pub(crate) fn lowest(&self) -> EntryId {
        EntryId::earliest(self.from.map_or(Millis(0), |from| from.plus(-SLACK_MS)))
    }

    /// The id that all that can fit are below, if time bounds it.
    pub(crate) fn bound(&self) -> Option<EntryId> {
        self.to.map(|to| EntryId::earliest(to.plus(SLACK_MS)))
    }

    /// An entry whose row was edited fits every question: nothing says any more that it doesn't, and an edit must not
    /// be a way to hide from one. Only its id's moment narrows.
    pub(crate) fn fits(&self, body: Option<&AuditBody>) -> bool {
        let Some(body) = body else { return true };
        let field = self.field.map(FieldKind::code);
        same(self.person, body.person)
            && same(self.alias, body.alias)
            && same(self.purpose, body.purpose)
            && same(field, body.field)
            && same(self.kind, Some(body.kind))
            && same(self.decision, Some(Decided::of(Some(body))))
            && self.from.is_none_or(|from| body.at >= from)
            && self.to.is_none_or(|to| body.at < to)
            && Shown::narrowest(Some(body)) <= self.show
    }

    /// Does every entry fit?
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// The question's mark, for its own entry: bit 0 person, 1 customer, 2 purpose, 3 field, 4 from, 5 to, 6 decision,
    /// 7 kind says what narrowed it; above them forty bits of SHA-256 over the question, so that the same one asked
    /// again shows, and a suspected one can be checked. It fits a JSON number.
    pub(crate) fn mark(&self) -> u64 {
        let parts: [Option<Vec<u8>>; 8] = [
            self.person.map(|person| person.0.to_vec()),
            self.alias.map(|alias| alias.to_be_bytes().to_vec()),
            self.purpose.map(|purpose| purpose.slug().into()),
            self.field.map(|field| field.slug().into()),
            self.from.map(|at| at.0.to_be_bytes().to_vec()),
            self.to.map(|at| at.0.to_be_bytes().to_vec()),
            self.decision.map(|decided| decided.slug().into()),
            self.kind.map(|kind| kind.slug().into()),
        ];
        let narrowed = parts.iter().enumerate().map(|(bit, part)| u64::from(part.is_some()) << bit).sum::<u64>();
        let text: Vec<u8> = parts
            .iter()
            .flat_map(|part| {
                let part = part.as_deref().unwrap_or_default();
                [&[part.len() as u8], part].concat()
            })
            .collect();
        let digest = hashed(&[b"log question", &text, self.show.slug().as_bytes()]);
        digest[..5].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)) << 8 | narrowed
    }
}

fn same<T: PartialEq>(asked: Option<T>, found: Option<T>) -> bool {
    asked.is_none() || asked == found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_questions_mark_tells_what_narrowed_it_and_differs_with_its_content() {
        let open = LogQuery::default();
        let ana = LogQuery { person: Some(PersonId([1; 16])), ..LogQuery::default() };
        let bo = LogQuery { person: Some(PersonId([2; 16])), ..LogQuery::default() };
        let alias = LogQuery { alias: Some(7), kind: Some(Kind::Reveal), ..LogQuery::default() };
        assert_eq!(open.mark() & 0xff, 0);
        assert_eq!((ana.mark() & 0xff, bo.mark() & 0xff, alias.mark() & 0xff), (1, 1, 0b1000_0010));
        assert_ne!(ana.mark(), bo.mark());
        assert_eq!(ana.mark(), ana.clone().mark());
        assert!([&open, &ana, &bo, &alias].iter().all(|query| query.mark() < 1 << 48));
    }

    #[test]
    fn an_edited_entry_fits_every_question() {
        let narrow = LogQuery { alias: Some(7), decision: Some(Decided::Refused), ..LogQuery::default() };
        assert!(narrow.fits(None));
    }
}
