//! Who was an officer until a moment ago. They still count towards how many must sign, so that nobody signs alone at once by
//! first having the others leave.

use super::body::PowerBody;
use super::{PowerChange, Powers};
use domain::{Millis, PersonId, PowerKind};
use minicbor::{Decoder, Encoder};
use std::collections::BTreeSet;

/// For how long, in milliseconds, an officer who can't sign any more still counts.
pub const COUNTS_ON_MS: i64 = 24 * 3_600_000;

/// A person could sign as an officer until then: they left, or lost the role or the last passkey. The row's id is the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Former {
    /// Until when.
    pub at: Millis,
}

impl PowerBody for Former {
    const KIND: PowerKind = PowerKind::Former;

    /// `[ms]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(1)?.i64(self.at.0)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(Some(Self { at: Millis(d.i64()?) }))
    }
}

/// What officers sign of these changes: rows about who was an officer follow from the others, and name the moment at which the
/// change is made.
#[must_use]
pub fn without_formers(changes: &[PowerChange]) -> Vec<PowerChange> {
    changes.iter().filter(|((kind, _), _)| *kind != PowerKind::Former).cloned().collect()
}

impl Powers {
    /// Who can sign: officers with a passkey.
    fn signers(&self) -> BTreeSet<PersonId> {
        self.officers().map(|passkey| passkey.person).collect()
    }

    /// Who can't sign any more after these changes.
    #[must_use]
    pub fn stepping_down(&self, changes: &[PowerChange]) -> BTreeSet<PersonId> {
        let after = self.after(changes).signers();
        self.signers().into_iter().filter(|person| !after.contains(person)).collect()
    }

    /// The rows that such changes must bring along, made at `now`.
    #[must_use]
    pub fn formers_made_by(&self, changes: &[PowerChange], now: Millis) -> Vec<PowerChange> {
        let body = Former { at: now }.encode();
        self.stepping_down(changes).into_iter().map(|person| ((Former::KIND, person.0), Some(body.clone()))).collect()
    }

    /// Who still counts at `now` although they can't sign any more.
    #[must_use]
    pub fn formers(&self, now: Millis) -> BTreeSet<PersonId> {
        self.formers_who(|at| now.since(at) < COUNTS_ON_MS)
    }

    /// Those of the last change by which somebody stepped down, whenever it was.
    #[must_use]
    pub fn newest_formers(&self) -> BTreeSet<PersonId> {
        let newest = self.all::<Former>().map(|(_, former)| former.at).max();
        self.formers_who(|at| Some(at) == newest)
    }

    fn formers_who(&self, counts: impl Fn(Millis) -> bool) -> BTreeSet<PersonId> {
        self.all::<Former>().filter(|(_, former)| counts(former.at)).map(|(id, _)| PersonId(id)).collect()
    }

    /// How many officers must sign these changes, each with a passkey of their own: two for what governs, as soon as there are
    /// two whom it isn't about, `formers` among them; else one. Two accounts of one name are one. Each change counts for itself: one that is about an officer doesn't make it fewer
    /// for another beside it.
    #[must_use]
    pub fn officers_needed(&self, changes: &[PowerChange], formers: &BTreeSet<PersonId>) -> usize {
        let all: BTreeSet<PersonId> = self.signers().union(formers).copied().collect();
        let others = |change: &PowerChange| {
            let other = |person: &&PersonId| !self.concern(core::slice::from_ref(change), **person);
            all.iter().filter(other).map(|person| self.human(*person)).collect::<BTreeSet<_>>().len()
        };
        let governing = changes.iter().filter(|change| self.governs(change));
        governing.map(|change| others(change).clamp(1, 2)).max().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_and_counts_for_a_day() {
        let row = Former { at: Millis(5) };
        assert_eq!(Former::decode(&row.encode()), Some(row));
        let powers = Powers::default().after(&[((Former::KIND, [1; 16]), Some(row.encode()))]);
        let counts = |now| !powers.formers(Millis(now)).is_empty();
        assert!(counts(5) && counts(4 + COUNTS_ON_MS) && !counts(5 + COUNTS_ON_MS));
        assert_eq!(powers.newest_formers(), BTreeSet::from([PersonId([1; 16])]));
    }
}
