//! What the key holder has heard of a tenant's log. It hashes the leaves itself, from the first that it hears on: a node that says that
//! an entry is in the log has to show its leaf, in one log that only grows. Whether that is the published one shows once an honest node
//! tells of it.

use super::rising::Rising;
use domain::Millis;
use keys::{HolderError, Published};
use std::collections::{BTreeSet, HashMap};
use transparency::{Frontier, leaf_hash};

/// After this long without its entry in the log, nothing more is released until it is there.
pub(crate) const OWED_MS: i64 = 30_000;

/// The beginning of an entry's label, which the customer's own key makes: nobody makes two of them alike.
pub(crate) type Label = [u8; 16];

/// The beginning of this label.
pub(crate) fn short(label: &[u8; 32]) -> Label {
    std::array::from_fn(|at| label[at])
}

/// Entries that keys were released for and that weren't heard of.
#[derive(Default)]
struct Owed {
    since: HashMap<Label, Millis>,
    oldest: BTreeSet<(Millis, Label)>,
}

impl Owed {
    fn add(&mut self, label: Label, now: Millis) {
        if *self.since.entry(label).or_insert(now) == now {
            self.oldest.insert((now, label));
        }
    }

    fn heard(&mut self, label: Label) {
        if let Some(since) = self.since.remove(&label) {
            self.oldest.remove(&(since, label));
        }
    }
}

/// What came of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Is there a head that wasn't known?
    pub(crate) newer: bool,
    /// The place from which on leaves weren't heard.
    pub(crate) wants: u64,
}

/// A log.
#[derive(Default)]
pub(crate) struct Log {
    size: Rising,
    root: [u8; 32],
    /// Its right edge; none since a start, until a node tells one that gives the root.
    edge: Option<Frontier>,
    /// What was told last is less than what was told long before, or another log.
    behind: bool,
    owed: Owed,
}

impl Log {
    /// Of before: of a log that was accepted only the size is known.
    pub(crate) fn known(size: u64, root: Option<[u8; 32]>) -> Self {
        Self { size: Rising::known(size), root: root.unwrap_or_default(), ..Self::default() }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size.highest()
    }

    pub(crate) fn root(&self) -> [u8; 32] {
        self.root
    }

    /// Takes a piece in, and says to `each` which labels it has that weren't heard before.
    ///
    /// # Errors
    /// `OldLog` for a log that is shorter than it was long before, and for one that doesn't go on from what was heard.
    pub(crate) fn hear(
        &mut self,
        now: Millis,
        piece: &Published<'_>,
        mut each: impl FnMut(Label),
    ) -> Result<Heard, HolderError> {
        let went_on = if piece.size < self.size.settled(now) { Err(HolderError::OldLog) } else { self.go_on(piece) };
        self.behind |= went_on.is_err();
        let Some((edge, leaves)) = went_on? else { return Ok(Heard { newer: false, wants: self.size() }) };
        self.behind = false;
        for leaf in leaves {
            let label: Label = std::array::from_fn(|at| leaf[at + 1]);
            self.owed.heard(label);
            each(label);
        }
        let newer = (edge.size(), edge.root()) != (self.size(), self.root) && edge.size() > 0;
        self.size.raise(now, edge.size());
        self.root = edge.root();
        self.edge = Some(edge);
        Ok(Heard { newer, wants: self.size() })
    }

    /// The right edge after the piece, and those of its leaves that are new; none if it doesn't begin where this log ends.
    #[expect(clippy::type_complexity, reason = "one caller, which takes it apart")]
    fn go_on<'a>(&self, piece: &Published<'a>) -> Result<Option<(Frontier, &'a [[u8; 65]])>, HolderError> {
        let first = piece.size.checked_sub(piece.leaves.len() as u64).ok_or(HolderError::OldLog)?;
        let Some(mut edge) = self.edge_at(first, piece.before)? else { return Ok(None) };
        // A node that was a moment late, or one that is further on.
        let Some(known) = edge.size().checked_sub(first).and_then(|known| usize::try_from(known).ok()) else {
            return Ok(None);
        };
        let Some(leaves) = piece.leaves.get(known..) else { return Ok(None) };
        for leaf in leaves {
            edge.append(leaf_hash(leaf)).map_err(|_| HolderError::OldLog)?;
        }
        if edge.root() == piece.root { Ok(Some((edge, leaves))) } else { Err(HolderError::OldLog) }
    }

    /// The right edge of what was heard. Since a start only size and root are known, and of a log that nobody told of nothing is: then
    /// that of the node.
    fn edge_at(&self, first: u64, before: &[u8]) -> Result<Option<Frontier>, HolderError> {
        if let Some(edge) = &self.edge {
            return Ok(Some(edge.clone()));
        }
        if self.size() > 0 && first != self.size() {
            return Ok(None);
        }
        let edge = Frontier::from_bytes(before).ok().filter(|edge| edge.size() == first);
        let is_own = |edge: &Frontier| self.size() == 0 || self.root == [0; 32] || edge.root() == self.root;
        edge.filter(is_own).map(Some).ok_or(HolderError::OldLog)
    }

    /// A key was released for an entry that wasn't heard of yet.
    pub(crate) fn owes(&mut self, label: Label, now: Millis) {
        self.owed.add(label, now);
    }

    /// # Errors
    /// `OldLog` while another log is told, `Unpublished` while an entry is owed for too long.
    pub(crate) fn is_whole(&self, now: Millis) -> Result<(), HolderError> {
        if self.behind {
            return Err(HolderError::OldLog);
        }
        let late = self.owed.oldest.first().is_some_and(|(since, _)| now.since(*since) > OWED_MS);
        if late { Err(HolderError::Unpublished) } else { Ok(()) }
    }

    /// What is owed too long stops nothing any more.
    pub(crate) fn forgive(&mut self, now: Millis) {
        while let Some((since, label)) =
            self.owed.oldest.first().copied().filter(|(since, _)| now.since(*since) > OWED_MS)
        {
            self.owed.oldest.remove(&(since, label));
            self.owed.since.remove(&label);
        }
    }
}
