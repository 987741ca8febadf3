//! Seeded chance: one ChaCha stream per thing, so any thing can be made without making those before it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A source of choices fixed by a seed and a stream number.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// The choices of `stream` under `seed`.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // Multiply and shift: the bias is under one in 2^32 / bound, which no reader of a demo can see.
        let wide = u64::from(self.0.next_u32()) * u64::from(bound);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// An index into a list of `len` elements.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(u32::try_from(len).unwrap_or(u32::MAX)) as usize
    }

    /// One element of `list`; `None` only when the list is empty.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let index = self.index(list.len());
        list.get(index).copied()
    }

    /// One word of `list`; empty only when the list is empty.
    pub(crate) fn word(&mut self, list: &[&'static str]) -> &'static str {
        self.pick(list).unwrap_or_default()
    }

    /// True `percent` times out of a hundred.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn same_seed_and_stream_give_the_same_choices() {
        let draw = |seed, stream| {
            let mut chance = Chance::new(seed, stream);
            (0..50).map(|_| chance.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7, 3), draw(7, 3));
        assert_ne!(draw(7, 3), draw(7, 4));
        assert_ne!(draw(7, 3), draw(8, 3));
    }

    #[test]
    fn choices_stay_in_bounds_and_reach_them() {
        let mut chance = Chance::new(1, 1);
        let drawn: Vec<u32> = (0..200).map(|_| chance.below(4)).collect();
        assert!((0..4).all(|wanted| drawn.contains(&wanted)));
        assert!(drawn.iter().all(|&number| number < 4));
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.word(&[]), "");
    }
}
