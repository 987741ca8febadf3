//! A number that only rises, told by several nodes: a little out of order is honest, far back isn't.

use domain::Millis;

/// How long nodes may tell things out of order.
pub(crate) const WINDOW_MS: i64 = 60_000;

/// The highest value, and what it was one and two windows ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rising {
    window: i64,
    settled: u64,
    last: u64,
    highest: u64,
}

impl Rising {
    /// Known from before: nobody tells anything older any more.
    pub(crate) fn known(value: u64) -> Self {
        Self { window: 0, settled: value, last: value, highest: value }
    }

    fn at(mut self, now: Millis) -> Self {
        let window = now.0.div_euclid(WINDOW_MS);
        match window - self.window {
            ..=0 => {}
            1 => (self.settled, self.last) = (self.last, self.highest),
            _ => (self.settled, self.last) = (self.highest, self.highest),
        }
        self.window = self.window.max(window);
        self
    }

    /// What it was at least a window ago, and at most two: nobody honest tells less.
    pub(crate) fn settled(self, now: Millis) -> u64 {
        self.at(now).settled
    }

    pub(crate) fn highest(self) -> u64 {
        self.highest
    }

    pub(crate) fn raise(&mut self, now: Millis, value: u64) {
        *self = self.at(now);
        self.highest = self.highest.max(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_settles_after_a_window() {
        let at = |windows: i64| Millis(1_767_225_600_000 + windows * WINDOW_MS);
        let mut rising = Rising::known(3);
        rising.raise(at(0), 9);
        rising.raise(at(0), 7);
        assert_eq!((rising.settled(at(0)), rising.highest()), (3, 9));
        assert_eq!(rising.settled(at(1)), 3);
        rising.raise(at(1), 12);
        assert_eq!(rising.settled(at(2)), 9);
        assert_eq!(rising.settled(at(3)), 12);
        // A clock that goes back doesn't unsettle anything.
        rising.raise(at(3), 13);
        assert_eq!(rising.settled(at(1)), 12);
    }
}
