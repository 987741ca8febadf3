//! Which fields of one record were shown in one interaction. It lies in the customer's row, which each disclosure writes
//! anyway, and goes with their counter of entries.

use domain::Millis;

/// What was shown of a customer in the newest interaction about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When that interaction began.
    since: Millis,
    /// A bit for each field.
    fields: u32,
}

impl Shown {
    /// What counts in an interaction that began then. One that began later than all before begins anew. An earlier one that
    /// goes on has the newest one's count: who goes to and fro between two is shown no more than both together may show.
    #[must_use]
    pub fn within(last: Option<Self>, began: Millis) -> Self {
        last.filter(|last| began <= last.since).unwrap_or(Self { since: began, fields: 0 })
    }

    /// Was this one shown?
    #[must_use]
    pub fn has(self, mark: u8) -> bool {
        self.fields & bit(mark) != 0
    }

    /// How many were.
    #[must_use]
    pub fn count(self) -> u32 {
        self.fields.count_ones()
    }

    /// And this one.
    #[must_use]
    pub fn and(self, mark: u8) -> Self {
        Self { fields: self.fields | bit(mark), ..self }
    }

    /// As a row has it: the beginning and the fields, big-endian.
    #[must_use]
    pub fn encode(self) -> [u8; 12] {
        let mut out = [0; 12];
        out[..8].copy_from_slice(&self.since.0.to_be_bytes());
        out[8..].copy_from_slice(&self.fields.to_be_bytes());
        out
    }

    /// What a row says.
    #[must_use]
    pub fn decode(bytes: [u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, fields @ ..] = bytes;
        Self { since: Millis(i64::from_be_bytes([a, b, c, d, e, f, g, h])), fields: u32::from_be_bytes(fields) }
    }
}

/// Of thirty-two.
fn bit(mark: u8) -> u32 {
    1 << (mark % 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_says_it_all(since in any::<i64>(), fields in any::<u32>()) {
            let shown = Shown { since: Millis(since), fields };
            prop_assert_eq!(Shown::decode(shown.encode()), shown);
        }

        /// However one goes to and fro between interactions, each adds what one may show, and no more.
        #[test]
        fn no_order_of_interactions_shows_more(looks in prop::collection::vec((0..3_i64, 0..32_u8), 0..200)) {
            let (mut last, mut granted) = (None, 0);
            for (began, mark) in looks {
                let now = Shown::within(last, Millis(began));
                if !now.has(mark) && now.count() < 4 {
                    last = Some(now.and(mark));
                    granted += 1;
                }
            }
            prop_assert!(granted <= 3 * 4);
        }
    }
}
