//! The closes of a log: what their leaves state in clear, and the lists that these sign.

use super::source::{Source, fetching, with_tiles};
use crate::failure::Failure;
use transparency::{
    Checkpoint, Close, Fault, Hash, Level, ListFault, Listed, TILE_WIDTH, check_list, check_log, decode_bundle,
};

const WIDTH: u64 = TILE_WIDTH as u64;
const TELL: &str = "don't rely on it; keep it as it is and tell whoever watches this log";

/// What is checked of closes, and of a customer against them. docs/completeness.md says which lie each catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// A leaf that starts like a close is one.
    CloseLeaf,
    /// Closes are numbered from one without a gap.
    CloseNumbers,
    /// Each covers the log past the close before it and up to a place before its own; time doesn't run backwards.
    CloseOrder,
    /// The list has the pages that its signed size makes.
    ListPages,
    /// The list is sorted, and has each label once.
    ListOrder,
    /// The list hashes to the signed root.
    ListRoot,
    /// The customer's entries are numbered from one without a gap.
    Numbering,
    /// Whoever has an entry below what a close covers is in its list.
    Listed,
    /// The list counts every entry below what the close covers.
    Count,
    /// The list counts no entry that stands behind the close.
    Place,
    /// The list's state is the chain over exactly these entries, in their order.
    Chain,
    /// What a statement says of an entry is what the entry's leaf commits to.
    Half,
}

impl Check {
    /// Every check, in the order in which they are made.
    pub const ALL: [Self; 12] = [
        Self::CloseLeaf,
        Self::CloseNumbers,
        Self::CloseOrder,
        Self::ListPages,
        Self::ListOrder,
        Self::ListRoot,
        Self::Numbering,
        Self::Listed,
        Self::Count,
        Self::Place,
        Self::Chain,
        Self::Half,
    ];

    /// Its name in messages and docs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CloseLeaf => "close-leaf",
            Self::CloseNumbers => "close-numbers",
            Self::CloseOrder => "close-order",
            Self::ListPages => "list-pages",
            Self::ListOrder => "list-order",
            Self::ListRoot => "list-root",
            Self::Numbering => "numbering",
            Self::Listed => "listed",
            Self::Count => "count",
            Self::Place => "place",
            Self::Chain => "chain",
            Self::Half => "half",
        }
    }
}

/// A check that doesn't hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub check: Check,
    /// What is wrong.
    pub problem: String,
}

impl Broken {
    pub(crate) fn new(check: Check, problem: impl Into<String>) -> Self {
        Self { check, problem: problem.into() }
    }

    pub(crate) fn of(self, name: &str) -> Failure {
        Failure::there(format!("ALARM: {name}: {} (check {})", self.problem, self.check.name()), TELL)
    }
}

/// Reads every entry of a log against its signed checkpoint, and shows each with its place. What was shown counts only
/// if the answer is good.
pub(crate) fn walk(
    source: &dyn Source,
    checkpoint: &Checkpoint,
    mut see: impl FnMut(u64, &[u8]),
) -> Result<Result<(), Fault>, Failure> {
    with_tiles(source, |fetch| {
        check_log(checkpoint.size, &checkpoint.root, |path| {
            let data = fetch(path)?;
            if path.level() == Level::Entries
                && let Ok(entries) = decode_bundle(&data, path.width())
            {
                (path.index() * WIDTH..).zip(entries).for_each(|(place, entry)| see(place, entry));
            }
            Some(data)
        })
    })
}

/// A log's closes, in the order of their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closes {
    found: Vec<(u64, Close)>,
    broken: Option<Broken>,
}

impl Closes {
    /// Looks at one entry; they come in the order of their places.
    pub(crate) fn see(&mut self, place: u64, entry: &[u8]) {
        let seen = match Close::parse(entry) {
            Ok(None) => return,
            Ok(Some(close)) => self.follows(place, &close).map(|()| self.found.push((place, close))),
            Err(error) => Err(Broken::new(Check::CloseLeaf, format!("entry {place}: {error}"))),
        };
        if let Err(broken) = seen {
            self.broken.get_or_insert(broken);
        }
    }

    fn follows(&self, place: u64, close: &Close) -> Result<(), Broken> {
        let last = self.found.last();
        let (number, covered, at) = last.map_or((0, 0, 0), |(place, last)| (last.number, place + 1, last.at));
        if close.number != number + 1 {
            let problem = format!("after close {number} comes close {} at place {place}", close.number);
            return Err(Broken::new(Check::CloseNumbers, problem));
        }
        if close.covers < covered || close.covers > place {
            let problem =
                format!("close {} at place {place} says that it covers {} entries", close.number, close.covers);
            return Err(Broken::new(Check::CloseOrder, problem));
        }
        if close.at < at {
            let problem = format!("close {} says that it was made before the one before it", close.number);
            return Err(Broken::new(Check::CloseOrder, problem));
        }
        Ok(())
    }

    /// The closes with their places.
    ///
    /// # Errors
    /// The first that doesn't follow from the one before it.
    pub(crate) fn in_order(self) -> Result<Vec<(u64, Close)>, Broken> {
        self.broken.map_or(Ok(self.found), Err)
    }
}

/// Where a label stands in a close's list, all of which is read and checked.
pub(crate) fn find(source: &dyn Source, close: &Close, label: &Hash) -> Result<Result<Listed, Broken>, Failure> {
    let ask = |page| source.close_page(close.number, page);
    let found = fetching(ask, |fetch| check_list(close.size, &close.root, label, fetch))?;
    Ok(found.map_err(|fault| broken_list(close, &fault)))
}

pub(super) fn broken_list(close: &Close, fault: &ListFault) -> Broken {
    let check = match fault {
        ListFault::Missing(_) | ListFault::Length(_) => Check::ListPages,
        ListFault::Unsorted(_) => Check::ListOrder,
        ListFault::Root => Check::ListRoot,
    };
    Broken::new(check, format!("the list of close {}: {fault}", close.number))
}

/// Checks that a log's closes follow each other and that every list is what its close signs.
pub(super) fn check_closes(source: &dyn Source, closes: Closes) -> Result<(), Failure> {
    let name = source.name();
    for (_, close) in closes.in_order().map_err(|broken| broken.of(&name))? {
        find(source, &close, &[0; 32])?.map_err(|broken| broken.of(&name))?;
    }
    Ok(())
}
