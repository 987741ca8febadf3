//! A sorted list of keyed rows under one root, in pages: so that being in it, and not being in it, can be checked.

use crate::error::Error;
use crate::frontier::Frontier;
use crate::merkle::{HASH_BYTES, Hash, leaf_hash};

/// Bytes in a row: a key, and what is said of it.
pub const LIST_ROW_BYTES: usize = 2 * HASH_BYTES;
/// Rows of a page; the last page has what is left.
pub const LIST_PAGE_ROWS: usize = 4_096;

const PAGE_ROWS: u64 = LIST_PAGE_ROWS as u64;

/// A row of a sorted list.
pub type ListRow = [u8; LIST_ROW_BYTES];

/// How many pages a list of `size` rows has.
#[must_use]
pub fn list_pages(size: u64) -> u64 {
    size.div_ceil(PAGE_ROWS)
}

/// What in a list doesn't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// A page that a list of this size has isn't there.
    #[error("page {0} is missing")]
    Missing(u64),
    /// A page is cut, too long, or the list has another size than was signed.
    #[error("page {0} isn't as long as the signed size makes it")]
    Length(u64),
    /// A row's key isn't above the one before it: the list isn't sorted, or names a key twice.
    #[error("row {0} isn't above the one before it: the list isn't sorted, or has one label twice")]
    Unsorted(u64),
    /// The rows hash to another root than the signed one.
    #[error("the rows don't hash to the root that was signed")]
    Root,
}

/// Where a key stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// It is a row's.
    Row {
        /// Which row, from zero.
        index: u64,
        /// What is said of it.
        value: Hash,
    },
    /// It isn't in the list: it would stand between these two neighbours.
    Absent {
        /// How many rows have a smaller key. So the neighbours are the rows `below - 1` and `below`.
        below: u64,
    },
}

/// Makes a list, row by row in rising order of keys. Memory: one page and one path.
#[derive(Debug, Default)]
pub struct ListBuilder {
    tree: Frontier,
    last: Option<Hash>,
    page: Vec<u8>,
}

impl ListBuilder {
    /// A list without rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row; gives the page that it fills.
    ///
    /// # Errors
    /// [`Error::ListOrder`] unless its key is above the last one's.
    pub fn push(&mut self, row: &ListRow) -> Result<Option<Vec<u8>>, Error> {
        let key = key_of(row);
        if self.last.is_some_and(|last| key <= last) {
            return Err(Error::ListOrder);
        }
        self.tree.append(leaf_hash(row))?;
        self.last = Some(key);
        self.page.extend_from_slice(row);
        let full = self.page.len() == LIST_PAGE_ROWS * LIST_ROW_BYTES;
        Ok(full.then(|| core::mem::take(&mut self.page)))
    }

    /// How many rows it has so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The last row's key.
    #[must_use]
    pub fn last(&self) -> Option<Hash> {
        self.last
    }

    /// Ends the list: its root, and the last page if that isn't full.
    #[must_use]
    pub fn finish(self) -> (Hash, Option<Vec<u8>>) {
        (self.tree.root(), Some(self.page).filter(|page| !page.is_empty()))
    }
}

fn key_of(row: &ListRow) -> Hash {
    let mut key = [0; HASH_BYTES];
    key.copy_from_slice(&row[..HASH_BYTES]);
    key
}

fn value_of(row: &ListRow) -> Hash {
    let mut value = [0; HASH_BYTES];
    value.copy_from_slice(&row[HASH_BYTES..]);
    value
}

/// Reads a whole list against its signed size and root, and finds where `wanted` stands in it. Each page is asked for
/// once, in order, and held alone. Since the order of all rows is checked, there is no second place to look.
///
/// # Errors
/// The [`ListFault`] found first.
pub fn check_list<B: AsRef<[u8]>>(
    size: u64,
    root: &Hash,
    wanted: &Hash,
    mut fetch: impl FnMut(u64) -> Option<B>,
) -> Result<Listed, ListFault> {
    let mut list = ListBuilder::new();
    let mut found = Listed::Absent { below: 0 };
    for page in 0..list_pages(size) {
        let data = fetch(page).ok_or(ListFault::Missing(page))?;
        let (rows, rest) = data.as_ref().as_chunks::<LIST_ROW_BYTES>();
        if !rest.is_empty() || rows.len() as u64 != (size - page * PAGE_ROWS).min(PAGE_ROWS) {
            return Err(ListFault::Length(page));
        }
        for row in rows {
            let index = list.size();
            list.push(row).map_err(|_| ListFault::Unsorted(index))?;
            match key_of(row).cmp(wanted) {
                core::cmp::Ordering::Less => found = Listed::Absent { below: index + 1 },
                core::cmp::Ordering::Equal => found = Listed::Row { index, value: value_of(row) },
                core::cmp::Ordering::Greater => {}
            }
        }
    }
    (list.finish().0 == *root).then_some(found).ok_or(ListFault::Root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::empty_root;

    fn row(key: u64) -> ListRow {
        let mut row = [7; LIST_ROW_BYTES];
        row[..8].copy_from_slice(&key.to_be_bytes());
        row[8..32].fill(0);
        row
    }

    fn key(key: u64) -> Hash {
        key_of(&row(key))
    }

    /// The rows 10, 20, … in pages, with their root.
    fn list(size: u64) -> (Hash, Vec<Vec<u8>>) {
        let mut list = ListBuilder::new();
        let mut pages: Vec<Vec<u8>> = (1..=size).filter_map(|at| list.push(&row(at * 10)).unwrap()).collect();
        let (root, rest) = list.finish();
        pages.extend(rest);
        (root, pages)
    }

    fn find(size: u64, root: &Hash, pages: &[Vec<u8>], wanted: u64) -> Result<Listed, ListFault> {
        check_list(size, root, &key(wanted), |page| pages.get(page as usize))
    }

    #[test]
    fn every_row_is_found_and_every_other_key_has_its_neighbours() {
        for size in [0, 1, 2, 5, PAGE_ROWS, PAGE_ROWS + 1, 2 * PAGE_ROWS + 3] {
            let (root, pages) = list(size);
            assert_eq!(pages.len() as u64, list_pages(size));
            for at in [1, 2, size / 2, PAGE_ROWS, PAGE_ROWS + 1, size].into_iter().filter(|at| (1..=size).contains(at))
            {
                let expected = Listed::Row { index: at - 1, value: [7; 32] };
                assert_eq!(find(size, &root, &pages, at * 10), Ok(expected), "{at} of {size}");
                assert_eq!(find(size, &root, &pages, at * 10 + 1), Ok(Listed::Absent { below: at }), "{at} of {size}");
            }
            assert_eq!(find(size, &root, &pages, 1), Ok(Listed::Absent { below: 0 }));
        }
        assert_eq!(list(0).0, empty_root());
    }

    #[test]
    fn the_tree_over_the_rows_is_rfc_6962s() {
        let (root, _) = list(5);
        let mut tree = Frontier::new();
        (1..=5).for_each(|at| tree.append(leaf_hash(&row(at * 10))).unwrap());
        assert_eq!(root, tree.root());
    }

    #[test]
    fn other_pages_are_refused_by_name() {
        let size = PAGE_ROWS + 2;
        let (root, pages) = list(size);
        let spoilt = |change: fn(&mut Vec<Vec<u8>>)| {
            let mut pages = pages.clone();
            change(&mut pages);
            find(size, &root, &pages, 10)
        };
        assert_eq!(spoilt(|pages| drop(pages.pop())), Err(ListFault::Missing(1)));
        assert_eq!(spoilt(|pages| pages[1].truncate(64)), Err(ListFault::Length(1)));
        assert_eq!(spoilt(|pages| pages[0].push(0)), Err(ListFault::Length(0)));
        assert_eq!(spoilt(|pages| pages[1].extend_from_slice(&row(1 << 40))), Err(ListFault::Length(1)));
        assert_eq!(spoilt(|pages| pages[0][63] ^= 1), Err(ListFault::Root));
        assert_eq!(spoilt(|pages| pages[0].swap(7, 71)), Err(ListFault::Unsorted(1)));
        assert_eq!(spoilt(|pages| pages[1].copy_within(..64, 64)), Err(ListFault::Unsorted(PAGE_ROWS + 1)));
        assert_eq!(find(size - 1, &root, &pages, 10), Err(ListFault::Length(1)));
        assert_eq!(find(size, &[0; 32], &pages, 10), Err(ListFault::Root));
    }

    #[test]
    fn rows_come_in_order() {
        let mut list = ListBuilder::new();
        list.push(&row(5)).unwrap();
        assert_eq!(list.push(&row(5)), Err(Error::ListOrder));
        assert_eq!(list.push(&row(4)), Err(Error::ListOrder));
        assert_eq!((list.size(), list.last()), (1, Some(key(5))));
    }
}
