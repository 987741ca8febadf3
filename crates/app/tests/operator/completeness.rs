//! A malicious centre, which signs whatever it likes: each lie about a customer, and the check that catches it. The table
//! in docs/completeness.md is held equal to this list.

use crate::log_world::{Copied, History, ORIGIN, Signers};
use app::log::{Check, Folder, Keys, check_files, check_since};
use app::verify::customer::{Account, Given, Stated, check};
use domain::{CustomerId, EntryId};
use keys::{Key32, ViewKey, hash, next_head};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use transparency::{Close, Hash, LIST_ROW_BYTES, ListRow, leaf_hash};
use vault::CustomerBody;

const ANA: usize = 0;
const BEN: usize = 1;
const ANA_ID: CustomerId = CustomerId([0xa; 16]);

fn key(who: usize) -> ViewKey {
    ViewKey::new(Key32::new([who as u8 + 1; 32]))
}

/// A centre that keeps its customers' counters and writes its log, as it should or not.
struct Centre {
    /// Number and head, per customer.
    states: Vec<(u64, Hash)>,
    leaves: Vec<Vec<u8>>,
    closes: Vec<Close>,
    pages: BTreeMap<(u64, u64), Vec<u8>>,
    stated: Vec<Stated>,
    /// Whose key the customer is handed.
    handed: usize,
    /// The leaf of the receipt that they say is their erasure's.
    erased: Option<Vec<u8>>,
}

impl Centre {
    /// Some entries about three customers and about nobody.
    fn new() -> Self {
        let mut centre = Self {
            states: vec![(0, [0; 32]); 3],
            leaves: Vec::new(),
            closes: Vec::new(),
            pages: BTreeMap::new(),
            stated: Vec::new(),
            handed: ANA,
            erased: None,
        };
        centre.about_nobody();
        [ANA, BEN, 2, ANA].into_iter().for_each(|who| centre.act(who));
        centre
    }

    fn about_nobody(&mut self) {
        let label = hash(&[b"nobody", &self.leaves.len().to_be_bytes()]);
        self.leaves.push([&[1], label.as_slice(), &[7; 32]].concat());
    }

    fn half(n: u64) -> ([u8; 32], CustomerBody, [u8; 32]) {
        (
            [3; 32],
            CustomerBody { customer: ANA_ID, interaction: None, instance: 1, version: 2, n, previous: None },
            [4; 32],
        )
    }

    /// The next entry about somebody, counted and not yet in the log.
    fn counted(&mut self, who: usize) -> Vec<u8> {
        let n = self.states[who].0 + 1;
        let (rc, body, digest) = Self::half(n);
        // Canonical CBOR, written out: {1: customer, 3: instance, 4: version, 5: n}.
        let cbor = [&[0xa4, 0x01, 0x50], body.customer.0.as_slice(), &[0x03, 0x01, 0x04, 0x02, 0x05, n as u8]].concat();
        let commit = hash(&[b"rf1/e", &digest, &hash(&[&rc, &cbor])]);
        let leaf = [&[1], key(who).label(n).as_slice(), &commit].concat();
        self.count(who, &leaf);
        leaf
    }

    fn count(&mut self, who: usize, leaf: &[u8]) {
        let (n, head) = self.states[who];
        self.states[who] = (n + 1, next_head(&head, &leaf_hash(leaf)));
    }

    fn act(&mut self, who: usize) {
        let leaf = self.counted(who);
        self.leaves.push(leaf);
    }

    fn number(&self) -> u64 {
        self.closes.len() as u64 + 1
    }

    fn row(&self, who: usize) -> ListRow {
        let (n, head) = self.states[who];
        row(who, self.number(), n, &head)
    }

    fn rows(&self) -> Vec<ListRow> {
        let mut rows: Vec<ListRow> = (0..self.states.len()).map(|who| self.row(who)).collect();
        rows.sort_unstable();
        rows
    }

    fn close(&mut self) {
        self.close_with(self.rows(), |_| {});
    }

    /// Closes with any rows, and says of them whatever it likes. The root is that of the rows as they are.
    fn close_with(&mut self, rows: Vec<ListRow>, say: impl FnOnce(&mut Close)) {
        let number = self.number();
        let mut close = Close {
            number,
            covers: self.leaves.len() as u64,
            at: 1_790_000_000_000 + number * 86_400_000,
            size: rows.len() as u64,
            root: root(&rows),
        };
        say(&mut close);
        self.pages.insert((close.number, 0), rows.concat());
        self.leaves.push(close.encode().to_vec());
        self.closes.push(close);
    }

    fn history(&self) -> History {
        History::new(self.leaves.clone())
    }

    fn write(&self, folder: &Path, signers: &Signers) {
        let history = self.history();
        history.write(folder, &signers.sign(history.size(), history.root()), &signers.origin_keys());
        for ((number, page), data) in &self.pages {
            let path = folder.join(format!("closes/{number}/pages/{page}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, data).unwrap();
        }
    }

    fn given(&self) -> Given {
        Given {
            origin: ORIGIN.to_owned(),
            key: key(self.handed),
            entries: self.stated.clone(),
            erased: self.erased.clone(),
        }
    }

    /// What the customer's own check says.
    fn judged(&self) -> Result<Account, String> {
        let directory = tempfile::tempdir().unwrap();
        let signers = Signers::new(1);
        self.write(directory.path(), &signers);
        let keys = Keys::of(signers.origin_keys(), "the test");
        let judged = check(&Folder::new(directory.path()), &keys, Some(&signers.policy()), &self.given());
        judged.map(|(_, account)| account).map_err(|failure| failure.to_string())
    }
}

fn row(who: usize, close: u64, n: u64, head: &Hash) -> ListRow {
    let mut row = [0; LIST_ROW_BYTES];
    row[..32].copy_from_slice(&key(who).listed_as(close));
    row[32..].copy_from_slice(&key(who).state(close, n, head));
    row
}

/// RFC 6962 over rows in whatever order they are.
fn root(rows: &[ListRow]) -> Hash {
    rows.iter()
        .fold(transparency::Frontier::new(), |mut tree, row| {
            tree.append(leaf_hash(row)).unwrap();
            tree
        })
        .root()
}

fn replaced(mut rows: Vec<ListRow>, which: &ListRow, by: ListRow) -> Vec<ListRow> {
    let at = rows.iter().position(|row| row == which).unwrap();
    rows[at] = by;
    rows.sort_unstable();
    rows
}

fn without(mut rows: Vec<ListRow>, which: &ListRow) -> Vec<ListRow> {
    rows.retain(|row| row != which);
    rows
}

/// A lie, what catches it, and the centre that tells it.
type Lie = (&'static str, Option<Check>, fn(&mut Centre));

const LIES: &[Lie] = &[
    ("an entry is dropped after it was counted", Some(Check::Numbering), |centre| {
        drop(centre.counted(ANA));
        centre.act(ANA);
        centre.close();
    }),
    ("the newest entry is dropped after it was counted", Some(Check::Chain), |centre| {
        drop(centre.counted(ANA));
        centre.close();
    }),
    ("an entry is replaced by another after it was counted", Some(Check::Chain), |centre| {
        let mut leaf = centre.counted(ANA);
        leaf[64] ^= 1;
        centre.leaves.push(leaf);
        centre.close();
    }),
    ("two entries are chained in another order than they are numbered in", Some(Check::Chain), |centre| {
        let before = centre.states[ANA];
        let (first, second) = (centre.counted(ANA), centre.counted(ANA));
        centre.states[ANA] = before;
        centre.count(ANA, &second);
        centre.count(ANA, &first);
        centre.leaves.extend([first, second]);
        centre.close();
    }),
    ("the list counts fewer entries than there were", Some(Check::Count), |centre| {
        let stale = centre.states[ANA];
        centre.act(ANA);
        let rows = replaced(centre.rows(), &centre.row(ANA), row(ANA, 1, stale.0, &stale.1));
        centre.close_with(rows, |_| {});
    }),
    ("the list has the right number with an old head", Some(Check::Chain), |centre| {
        let stale = centre.states[ANA];
        centre.act(ANA);
        let rows = replaced(centre.rows(), &centre.row(ANA), row(ANA, 1, stale.0 + 1, &stale.1));
        centre.close_with(rows, |_| {});
    }),
    ("the list counts one more than was written", Some(Check::Chain), |centre| {
        let (n, head) = centre.states[ANA];
        let rows = replaced(centre.rows(), &centre.row(ANA), row(ANA, 1, n + 1, &head));
        centre.close_with(rows, |_| {});
    }),
    ("the list gives the customer somebody else's state", Some(Check::Chain), |centre| {
        let (n, head) = centre.states[BEN];
        let rows = replaced(centre.rows(), &centre.row(ANA), row(ANA, 1, n, &head));
        centre.close_with(rows, |_| {});
    }),
    ("the list has the customer's state under somebody else's label", Some(Check::Listed), |centre| {
        let (n, head) = centre.states[ANA];
        let mut others = row(ANA, 1, n, &head);
        others[..32].copy_from_slice(&[0x77; 32]);
        let rows = replaced(centre.rows(), &centre.row(ANA), others);
        centre.close_with(rows, |_| {});
    }),
    ("the list leaves the customer out, so that the neighbours touch", Some(Check::Listed), |centre| {
        let rows = without(centre.rows(), &centre.row(ANA));
        centre.close_with(rows, |_| {});
    }),
    ("a later list leaves the customer out", Some(Check::Listed), |centre| {
        centre.close();
        let rows = without(centre.rows(), &centre.row(ANA));
        centre.close_with(rows, |_| {});
    }),
    ("the customer is left out after an erasure that was none", Some(Check::Listed), |centre| {
        centre.act(ANA);
        centre.erased = centre.leaves.last().cloned();
        centre.act(ANA);
        centre.close_with(without(centre.rows(), &centre.row(ANA)), |_| {});
    }),
    ("the customer is left out before their erasure", Some(Check::Listed), |centre| {
        centre.close_with(without(centre.rows(), &centre.row(ANA)), |_| {});
        centre.act(ANA);
        centre.erased = centre.leaves.last().cloned();
    }),
    ("the list isn't sorted, so that a search misses the customer", Some(Check::ListOrder), |centre| {
        let mut rows = centre.rows();
        rows.swap(0, 2);
        centre.close_with(rows, |_| {});
    }),
    ("the list has one label twice, with two states", Some(Check::ListOrder), |centre| {
        let (n, head) = centre.states[ANA];
        let mut rows = centre.rows();
        rows.push(row(ANA, 1, n - 1, &head));
        rows.sort_unstable();
        centre.close_with(rows, |_| {});
    }),
    ("one customer is served another list than the signed one", Some(Check::ListRoot), |centre| {
        let stale = centre.states[ANA];
        centre.act(ANA);
        let rows = replaced(centre.rows(), &centre.row(ANA), row(ANA, 1, stale.0, &stale.1));
        let honest = root(&centre.rows());
        centre.close_with(rows, |close| close.root = honest);
    }),
    ("a close signs a root that no list has", Some(Check::ListRoot), |centre| {
        centre.close_with(centre.rows(), |close| close.root[0] ^= 1);
    }),
    ("a close signs a size below its list's", Some(Check::ListPages), |centre| {
        centre.close_with(centre.rows(), |close| close.size -= 1);
    }),
    ("a close signs a size above its list's", Some(Check::ListPages), |centre| {
        centre.close_with(centre.rows(), |close| close.size += 5_000);
    }),
    ("a page is cut", Some(Check::ListPages), |centre| {
        centre.close();
        centre.pages.get_mut(&(1, 0)).unwrap().truncate(100);
    }),
    ("a page is withheld", Some(Check::ListPages), |centre| {
        centre.close();
        centre.pages.clear();
    }),
    ("a close is left out", Some(Check::CloseNumbers), |centre| {
        centre.close();
        centre.close_with(centre.rows(), |close| close.number += 1);
    }),
    ("two closes have one number, one for each of two customers", Some(Check::CloseNumbers), |centre| {
        centre.close();
        centre.close_with(centre.rows(), |close| close.number -= 1);
    }),
    ("a close says that it covers what came after it", Some(Check::CloseOrder), |centre| {
        centre.close_with(centre.rows(), |close| close.covers += 1);
    }),
    ("a close says that it covers nothing new", Some(Check::CloseOrder), |centre| {
        centre.close();
        centre.act(ANA);
        centre.close_with(centre.rows(), |close| close.covers = 0);
    }),
    ("a close says that it is older than the one before it", Some(Check::CloseOrder), |centre| {
        centre.close();
        centre.close_with(centre.rows(), |close| close.at = 1);
    }),
    ("a leaf looks like a close and isn't one", Some(Check::CloseLeaf), |centre| {
        centre.close();
        centre.leaves.push(vec![2; 64]);
    }),
    ("an entry is put behind the close that counts it", Some(Check::Place), |centre| {
        let late = centre.counted(ANA);
        centre.close();
        centre.leaves.push(late);
        centre.close();
    }),
    ("the statement says something else of an entry than was written", Some(Check::Half), |centre| {
        centre.close();
        let (rc, mut body, digest) = Centre::half(1);
        body.version += 1;
        let half = Some((rc, body, digest));
        centre.stated = vec![Stated { n: 1, entry: EntryId([0; 16]), place: Some(1), half }];
    }),
    ("the statement names another place of an entry", Some(Check::Half), |centre| {
        centre.close();
        centre.stated = vec![Stated { n: 1, entry: EntryId([0; 16]), place: Some(2), half: None }];
    }),
    ("the statement names an entry that isn't in the log", Some(Check::Half), |centre| {
        centre.close();
        centre.stated = vec![Stated { n: 9, entry: EntryId([0; 16]), place: Some(2), half: None }];
    }),
    ("an act is never written, nor counted", None, |centre| {
        centre.about_nobody();
        centre.close();
    }),
    ("an act is written under a label of nobody", None, |centre| {
        let before = centre.states[ANA];
        let mut leaf = centre.counted(ANA);
        leaf[1..33].copy_from_slice(&[0x55; 32]);
        centre.states[ANA] = before;
        centre.leaves.push(leaf);
        centre.close();
    }),
    ("the customer is handed a key that isn't theirs", None, |centre| {
        centre.close();
        centre.handed = 9;
    }),
    ("a close says that it covers less than it does", None, |centre| {
        centre.act(ANA);
        centre.close_with(centre.rows(), |close| close.covers = 2);
    }),
];

#[test]
fn an_honest_centre_holds() {
    let mut centre = Centre::new();
    centre.stated = [1, 2]
        .into_iter()
        .zip([1, 4])
        .map(|(n, place)| Stated { n, entry: EntryId([0; 16]), place: Some(place), half: Some(Centre::half(n)) })
        .collect();
    assert!(centre.judged().unwrap_err().contains("was never closed"));
    centre.close();
    centre.act(BEN);
    centre.act(ANA);
    centre.close();
    centre.act(ANA);
    let account = centre.judged().unwrap();
    assert_eq!((account.close, account.counted, account.since), (centre.closes[1], 3, 1));
    assert_eq!((account.places, account.halves), (vec![1, 4, 7, 9], 2));
}

#[test]
fn entries_that_waited_together_may_stand_in_another_order_than_they_were_counted_in() {
    let mut centre = Centre::new();
    let (first, second) = (centre.counted(ANA), centre.counted(ANA));
    centre.leaves.extend([second, first]);
    centre.close();
    assert_eq!(centre.judged().unwrap().places, [1, 4, 6, 5]);
}

#[test]
fn a_customer_without_entries_stands_between_two_neighbours() {
    let mut centre = Centre::new();
    centre.close();
    centre.handed = 9;
    let account = centre.judged().unwrap();
    assert_eq!((account.counted, account.since, account.places), (0, 0, vec![]));
}

#[test]
fn an_erased_customer_is_in_no_later_list_and_has_the_receipt() {
    let mut centre = Centre::new();
    centre.close();
    centre.act(ANA);
    let erasure = centre.leaves.last().cloned();
    centre.close_with(without(centre.rows(), &centre.row(ANA)), |_| {});
    assert!(centre.judged().unwrap_err().contains("they were erased"));
    centre.erased = erasure;
    let account = centre.judged().unwrap();
    assert_eq!((account.counted, account.since, account.erased), (3, 0, true));
}

#[test]
fn a_customer_of_very_many_entries_is_followed() {
    let mut centre = Centre::new();
    (0..9_000).for_each(|_| {
        let leaf = [&[1], key(ANA).label(centre.states[ANA].0 + 1).as_slice(), &[1; 32]].concat();
        centre.count(ANA, &leaf);
        centre.leaves.push(leaf);
    });
    centre.close();
    assert_eq!(centre.judged().unwrap().counted, 9_002);
}

#[test]
fn each_lie_is_caught_by_the_check_that_the_docs_name() {
    let mut table = Vec::new();
    for (lie, expected, tell) in LIES {
        let mut centre = Centre::new();
        tell(&mut centre);
        match (centre.judged(), expected) {
            (Ok(_), None) => {}
            (Err(said), Some(check)) => {
                assert!(said.contains(&format!("(check {})", check.name())), "{lie}: {said}");
                assert!(said.contains("ALARM"), "{lie}: {said}");
            }
            (judged, _) => panic!("{lie}: expected {expected:?}, got {judged:?}"),
        }
        table.push(((*lie).to_owned(), expected.map_or("nothing", Check::name).to_owned()));
    }
    let docs = include_str!("../../../../docs/completeness.md");
    let written: Vec<(String, String)> = docs
        .lines()
        .skip_while(|line| !line.starts_with("| the lie |"))
        .skip(2)
        .take_while(|line| line.starts_with("| "))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            (cells[0].to_owned(), cells[1].trim_matches('`').to_owned())
        })
        .collect();
    assert_eq!(written, table);
    for check in Check::ALL {
        assert!(table.iter().any(|(_, name)| name == check.name()), "no lie tries {}", check.name());
    }
}

/// A centre that rewrites what was signed before, to slip an entry in or to take one out, has forked its log.
#[test]
fn a_rewritten_past_is_no_continuation_of_a_kept_checkpoint() {
    let (signers, keys) = (Signers::new(1), Keys::of(Signers::new(1).origin_keys(), "the test"));
    let mut honest = Centre::new();
    honest.act(ANA);
    honest.close();
    let mut other = Centre::new();
    other.act(BEN);
    other.close();
    [&mut honest, &mut other].into_iter().for_each(|centre| (0..3).for_each(|_| centre.act(2)));
    let directory = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| directory.path().join(name));
    honest.write(&first, &signers);
    other.close();
    other.write(&second, &signers);
    assert!(other.judged().is_ok(), "alone, the other history holds");
    let head = |folder: &Path| check_files(&Folder::new(folder), &keys, None).unwrap().checkpoint;
    let said = check_since(&Folder::new(&second), &head(&second), &head(&first)).unwrap_err().to_string();
    assert!(said.contains("forked or rewritten"), "{said}");
}

/// Anyone can check the lists, without any customer's key; a mirror takes none that lies.
#[test]
fn an_auditor_and_a_mirror_refuse_a_list_that_lies() {
    let copied = Copied::new(3);
    for (lie, check, tell) in LIES.iter().filter(|(_, check, _)| {
        matches!(
            check,
            Some(Check::ListOrder | Check::ListRoot | Check::ListPages | Check::CloseNumbers | Check::CloseOrder)
        )
    }) {
        let mut centre = Centre::new();
        tell(&mut centre);
        let name = lie.replace(' ', "-");
        let (served, mirror) = (copied.place(&name), copied.place(&format!("{name}-copy")));
        centre.write(&served, &copied.signers);
        let said = check_files(&Folder::new(&served), &copied.keys(), None).unwrap_err().to_string();
        assert!(said.contains(check.unwrap().name()), "{lie}: {said}");
        if matches!(check, Some(Check::ListOrder | Check::ListRoot | Check::ListPages)) {
            let said = app::log::copy(&Folder::new(&served), &Folder::new(&mirror), &copied.keys()).unwrap_err();
            assert!(said.to_string().contains(check.unwrap().name()), "{lie}: {said}");
            assert!(!mirror.join("checkpoint").exists(), "{lie}");
        }
    }
    let mut honest = Centre::new();
    honest.close();
    let (served, mirror) = (copied.place("honest"), copied.place("honest-copy"));
    honest.write(&served, &copied.signers);
    let copy = || app::log::copy(&Folder::new(&served), &Folder::new(&mirror), &copied.keys());
    copy().unwrap();
    let page = mirror.join("closes/1/pages/0");
    assert_eq!(fs::read(&page).unwrap(), honest.pages[&(1, 0)]);
    // What an interrupted copying left doesn't fit: it is fetched anew.
    fs::remove_file(mirror.join("checkpoint")).unwrap();
    fs::write(&page, b"torn").unwrap();
    copy().unwrap();
    assert_eq!(fs::read(&page).unwrap(), honest.pages[&(1, 0)]);
}
