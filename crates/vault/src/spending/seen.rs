//! The movements of one counter that the log told of: stretches of its total, none of which may overlap.

use domain::Millis;

/// Stretches that were seen, those that touch joined: nearly always one.
#[derive(Debug)]
pub(super) struct Seen {
    spans: Vec<(u64, u64)>,
    /// When the newest was.
    pub(super) at: Millis,
}

impl Seen {
    pub(super) fn new(at: Millis) -> Self {
        Self { spans: Vec::with_capacity(1), at }
    }

    /// A counter that was mended at this total.
    pub(super) fn settled(total: u64, at: Millis) -> Self {
        Self { spans: vec![(total.saturating_sub(1), total)], at }
    }

    /// The highest total.
    pub(super) fn total(&self) -> u64 {
        self.spans.last().map_or(0, |(_, end)| *end)
    }

    /// Takes a movement in; false if part of it was seen already, in another entry.
    pub(super) fn take(&mut self, start: u64, end: u64, at: Millis) -> bool {
        self.at = self.at.max(at);
        let place = self.spans.partition_point(|(from, _)| *from < start);
        let before = place.checked_sub(1).map(|place| self.spans[place].1);
        let after = self.spans.get(place).map(|(from, _)| *from);
        if before.is_some_and(|before| before > start) || after.is_some_and(|after| after < end) {
            return false;
        }
        match (before == Some(start), after == Some(end)) {
            (true, true) => self.spans[place - 1].1 = self.spans.remove(place).1,
            (true, false) => self.spans[place - 1].1 = end,
            (false, true) => self.spans[place].0 = start,
            (false, false) => self.spans.insert(place, (start, end)),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_chain_is_one_stretch_in_whatever_order_and_a_second_one_overlaps(
            amounts in prop::collection::vec(1..9_u64, 1..40),
            order in any::<u64>(),
            again in any::<prop::sample::Index>(),
        ) {
            let mut total = 7_000;
            let mut chain: Vec<(u64, u64)> = amounts.iter().map(|amount| { total += amount; (total - amount, total) }).collect();
            let forked = chain[again.index(chain.len())];
            let turn = usize::try_from(order % chain.len() as u64).unwrap();
            chain.rotate_left(turn);
            chain.swap(0, amounts.len() / 2);
            let mut seen = Seen::new(Millis(0));
            for (start, end) in chain {
                prop_assert!(seen.take(start, end, Millis(1)));
            }
            prop_assert_eq!((seen.spans.as_slice(), seen.total()), (&[(7_000, total)][..], total));
            prop_assert!(!seen.take(forked.0, forked.0 + 1, Millis(2)));
        }
    }

    #[test]
    fn what_was_mended_goes_on_from_there() {
        let mut seen = Seen::settled(10, Millis(0));
        assert!(seen.take(10, 12, Millis(1)) && !seen.take(8, 11, Millis(1)));
        assert_eq!(seen.total(), 12);
    }
}
