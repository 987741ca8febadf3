//! The smallest rows above a floor, of many that come in any order.

use transparency::ListRow;

/// How many rows are kept at most: 32 MiB while they gather.
pub(super) const MOST: usize = 1 << 18;

/// Gathers them.
pub(super) struct Smallest {
    floor: Option<[u8; 32]>,
    most: usize,
    rows: Vec<ListRow>,
    /// The largest key that can still be among them.
    ceiling: Option<ListRow>,
}

impl Smallest {
    /// Of rows with keys above `floor` the `most` smallest.
    pub(super) fn above(floor: Option<[u8; 32]>, most: usize) -> Self {
        Self { floor, most: most.max(1), rows: Vec::new(), ceiling: None }
    }

    pub(super) fn add(&mut self, row: ListRow) {
        let below = self.floor.is_some_and(|floor| row[..32] <= floor[..]);
        if below || self.ceiling.is_some_and(|ceiling| row > ceiling) {
            return;
        }
        self.rows.push(row);
        if self.rows.len() >= 2 * self.most {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        if self.rows.len() > self.most {
            let (_, largest, _) = self.rows.select_nth_unstable(self.most - 1);
            self.ceiling = Some(*largest);
            self.rows.truncate(self.most);
        }
    }

    /// The rows in order, and whether there were no more of them.
    pub(super) fn sorted(mut self) -> (Vec<ListRow>, bool) {
        self.shrink();
        self.rows.sort_unstable();
        (self.rows, self.ceiling.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: u8) -> ListRow {
        [key; 64]
    }

    #[test]
    fn pass_by_pass_every_row_comes_once_in_order() {
        let mixed: Vec<u8> = (0..=255).map(|at: u8| at.wrapping_mul(37)).collect();
        for most in [1, 7, 100, 128, 255, 256, 300] {
            let mut found: Vec<u8> = Vec::new();
            loop {
                let floor = found.last().map(|last| [*last; 32]);
                let mut smallest = Smallest::above(floor, most);
                mixed.iter().for_each(|key| smallest.add(row(*key)));
                assert!(smallest.rows.len() < 2 * most);
                let (rows, last) = smallest.sorted();
                assert!(rows.len() <= most);
                found.extend(rows.iter().map(|row| row[0]));
                if last {
                    break;
                }
            }
            assert_eq!(found, (0..=255).collect::<Vec<u8>>(), "{most}");
        }
    }
}
