//! Thousands of changes to a mirror's files, checkpoints, cosignatures and receipts. Each is noticed, or what is
//! verified says exactly what it said before. The same is asked of a verifier that shares none of our code, where it
//! looks.

use crate::foreign::{self, Statement};
use crate::log_world::{Chance, Copied, History, ORIGIN, Signers, entries};
use crate::row_mutations;
use app::log::{Folder, Keys, check_files, check_since, head};
use std::fs;
use std::path::{Path, PathBuf};
use transparency::{Checkpoint, NoteSigner, Receipt, verify_receipt};

const SIZE: u64 = 600;
/// Every change's seed is this and its number: a failure names it.
const SEED: u64 = 20_261_124;

/// What became of changes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// Noticed by us.
    pub(crate) noticed: usize,
    /// Not noticed, and the statement is the same.
    pub(crate) harmless: usize,
    /// Noticed by the foreign verifier, of those that it looks at.
    foreign_noticed: usize,
    foreign_harmless: usize,
}

impl Count {
    fn add(self, other: Self) -> Self {
        Self {
            noticed: self.noticed + other.noticed,
            harmless: self.harmless + other.harmless,
            foreign_noticed: self.foreign_noticed + other.foreign_noticed,
            foreign_harmless: self.foreign_harmless + other.foreign_harmless,
        }
    }

    fn all(self) -> usize {
        self.noticed + self.harmless
    }

    /// Counts what we found. Whatever verifies must say what was said before.
    pub(crate) fn ours<T: PartialEq + std::fmt::Debug, E>(&mut self, found: Result<T, E>, honest: &T, what: &str) {
        match found {
            Err(_) => self.noticed += 1,
            Ok(said) => {
                assert_eq!(&said, honest, "{what}: it wasn't noticed and says something else");
                self.harmless += 1;
            }
        }
    }

    fn foreign<T: PartialEq + std::fmt::Debug>(&mut self, found: Result<T, String>, honest: &T, what: &str) {
        match found {
            Err(_) => self.foreign_noticed += 1,
            Ok(said) => {
                assert_eq!(&said, honest, "{what}: the foreign verifier took something else for the log");
                self.foreign_harmless += 1;
            }
        }
    }
}

/// What an auditor has: a mirror, the keys, the witnesses' policy, and the newest checkpoint that they saw.
struct Auditor {
    copied: Copied,
    keys: Keys,
    foreign_key: String,
    seen: Checkpoint,
    honest: Statement,
    /// Genuine older states and a fork, as whoever holds the log's keys can make them.
    others: Vec<(History, String)>,
}

impl Auditor {
    fn new() -> Self {
        let copied = Copied::new(SIZE);
        let others = [(256, u64::MAX), (300, u64::MAX), (599, u64::MAX), (600, 500), (600, 0), (640, 599), (601, 300)]
            .map(|(size, differs)| {
                let history = History::new(entries(size, differs));
                let note = copied.signers.sign(size, history.root());
                (history, note)
            });
        let seen = Checkpoint { origin: ORIGIN.to_owned(), size: SIZE, root: copied.history.root() };
        Self {
            keys: copied.keys(),
            foreign_key: copied.signers.ed25519.verifier_key().to_string(),
            honest: Statement { origin: ORIGIN.to_owned(), size: SIZE, root: seen.root },
            seen,
            others: others.into(),
            copied,
        }
    }

    fn ours(&self, folder: &Path) -> Result<Statement, app::failure::Failure> {
        let folder = Folder::new(folder);
        let found = check_files(&folder, &self.keys, Some(&self.copied.signers.policy()))?;
        check_since(&folder, &found.checkpoint, &self.seen)?;
        let Checkpoint { origin, size, root } = found.checkpoint;
        Ok(Statement { origin, size, root })
    }

    fn foreign(&self, folder: &Path) -> Result<Statement, String> {
        foreign::verify_files(folder, &self.foreign_key, &self.honest)
    }

    fn note(&self, note: &str) -> Result<Statement, app::failure::Failure> {
        let found = head(note, "a checkpoint", &self.keys, Some(&self.copied.signers.policy()))?;
        check_since(&Folder::new(&self.copied.mirror()), &found.checkpoint, &self.seen)?;
        let Checkpoint { origin, size, root } = found.checkpoint;
        Ok(Statement { origin, size, root })
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.retain(|path| path.file_name().is_none_or(|name| name != "key"));
    found.sort();
    found
}

/// Changes files in a mirror, checks it, and puts them back.
fn files(auditor: &Auditor, rounds: u64) -> Count {
    let mirror = auditor.copied.mirror();
    let all = files_below(&mirror);
    assert_eq!(all.len(), 8, "{all:?}");
    let whole: Vec<Vec<u8>> = all.iter().map(|path| fs::read(path).unwrap()).collect();
    let elsewhere: Vec<PathBuf> = auditor
        .others
        .iter()
        .enumerate()
        .map(|(number, (history, note))| {
            let folder = auditor.copied.place(&format!("other-{number}"));
            history.write(&folder, note, &auditor.copied.signers.origin_keys());
            folder
        })
        .collect();
    let mut count = Count::default();
    for round in 0..rounds {
        let mut chance = Chance(SEED + round);
        let (at, other) = (chance.below(all.len()), chance.below(all.len()));
        let what = format!("files, seed {}: {}", SEED + round, all[at].display());
        match chance.below(8) {
            0 => fs::remove_file(&all[at]).unwrap(),
            1 => {
                fs::write(&all[at], &whole[other]).unwrap();
                fs::write(&all[other], &whole[at]).unwrap();
            }
            2 => {
                // An older or a forked state's file of that kind, or all of its files.
                let from = chance.pick(&elsewhere);
                let taken = files_below(from);
                match chance.below(2) {
                    0 => taken.iter().for_each(|file| {
                        let to = mirror.join(file.strip_prefix(from).unwrap());
                        fs::create_dir_all(to.parent().unwrap()).unwrap();
                        fs::copy(file, to).unwrap();
                    }),
                    _ => assert!(fs::copy(chance.pick(&taken), &all[at]).unwrap() > 0),
                }
            }
            _ => fs::write(&all[at], chance.spoil(&whole[at])).unwrap(),
        }
        count.ours(auditor.ours(&mirror), &auditor.honest, &what);
        count.foreign(auditor.foreign(&mirror), &auditor.honest, &what);
        for path in files_below(&mirror) {
            if !all.contains(&path) {
                fs::remove_file(path).unwrap();
            }
        }
        all.iter().zip(&whole).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    }
    assert_eq!(auditor.ours(&mirror).unwrap(), auditor.honest, "put back");
    assert_eq!(auditor.foreign(&mirror).unwrap(), auditor.honest, "put back");
    count
}

/// A note's lines: the text's three, the empty one, and the signatures.
fn lines(note: &str) -> Vec<String> {
    note.lines().map(str::to_owned).collect()
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Changes a signed checkpoint as somebody might who has other keys, or some of the right ones.
fn bent(auditor: &Auditor, chance: &mut Chance) -> String {
    let Copied { signers, checkpoint, .. } = &auditor.copied;
    let mut all = lines(checkpoint);
    let (at, other) = (chance.below(all.len()), chance.below(all.len()));
    match chance.below(10) {
        0 => drop(all.remove(at)),
        1 => all.swap(at, other),
        2 => all.insert(at, all[other].clone()),
        3 => {
            // Another history, signed with the right keys, or an older state.
            return chance.pick(&auditor.others).1.clone();
        }
        4 => {
            // All of another's signatures, under the same names.
            return Signers::new(60).sign(SIZE, auditor.seen.root);
        }
        5 => {
            let stranger = NoteSigner::ed25519("stranger.example", &[chance.next() as u8; 32]).unwrap();
            let line = stranger.sign(&text(&all[..3]), 0).unwrap().to_string();
            all.insert(4 + chance.below(all.len() - 3), line.trim_end().to_owned());
        }
        6 => {
            // Lines of another signed state under this text.
            let from = lines(&chance.pick(&auditor.others).1);
            all[4 + at % 4].clone_from(&from[4 + other % 4]);
        }
        7 => {
            // A genuine cosignature of the same tree that states another time.
            let again = signers.witnesses[at % 2].sign(&text(&all[..3]), chance.next() >> 34).unwrap().to_string();
            all[6 + at % 2] = again.trim_end().to_owned();
        }
        _ => {
            let spoilt = chance.spoil(checkpoint.as_bytes());
            return String::from_utf8_lossy(&spoilt).into_owned();
        }
    }
    text(&all)
}

fn checkpoints(auditor: &Auditor, rounds: u64) -> Count {
    let mut count = Count::default();
    for round in 0..rounds {
        let seed = SEED + (1 << 32) + round;
        let note = bent(auditor, &mut Chance(seed));
        let what = format!("checkpoints, seed {seed}");
        count.ours(auditor.note(&note), &auditor.honest, &what);
        let signed = foreign::signed(note.as_bytes(), &auditor.foreign_key);
        let grown = |stated| foreign::contains(&auditor.copied.mirror(), stated, &auditor.honest);
        count.foreign(signed.and_then(grown), &auditor.honest, &what);
    }
    count
}

type Proven = (Statement, u64, Vec<u8>);

fn proven(text: &str, auditor: &Auditor) -> Result<Proven, transparency::Error> {
    let receipt = Receipt::parse(text)?;
    let leaf = receipt.extra.ok_or(transparency::Error::InclusionProof)?;
    let found = verify_receipt(text, &leaf, &auditor.copied.signers.origin_keys())?;
    let Checkpoint { origin, size, root } = found.checkpoint;
    Ok((Statement { origin, size, root }, found.index, leaf))
}

/// A receipt changed: bytes, lines, parts of other receipts of the same log, the log's other states.
fn receipts(auditor: &Auditor, rounds: u64) -> Count {
    let history = &auditor.copied.history;
    let mut count = Count::default();
    for round in 0..rounds {
        let seed = SEED + (2 << 32) + round;
        let mut chance = Chance(seed);
        let index = chance.next() % SIZE;
        let honest_text = history.receipt(index, &auditor.copied.checkpoint);
        let honest = proven(&honest_text, auditor).unwrap();
        let mut all = lines(&honest_text);
        let (at, other) = (chance.below(all.len()), chance.below(all.len()));
        let elsewhere = lines(&history.receipt(chance.next() % SIZE, &auditor.copied.checkpoint));
        let bent = match chance.below(8) {
            0 => {
                drop(all.remove(at));
                text(&all)
            }
            1 => {
                all.swap(at, other);
                text(&all)
            }
            2 => {
                all.insert(at, all[other].clone());
                text(&all)
            }
            3 => {
                all[at].clone_from(&elsewhere[at.min(elsewhere.len() - 1)]);
                text(&all)
            }
            4 => {
                all[2] = format!("index {}", chance.next() % (2 * SIZE));
                text(&all)
            }
            5 => {
                let (_, note) = chance.pick(&auditor.others);
                let (proof, _) = honest_text.split_once("\n\n").unwrap();
                format!("{proof}\n\n{note}")
            }
            _ => String::from_utf8_lossy(&chance.spoil(honest_text.as_bytes())).into_owned(),
        };
        let what = format!("receipts, seed {seed}");
        if bent == honest_text {
            continue;
        }
        count.ours(proven(&bent, auditor), &honest, &what);
        count.foreign(foreign::verify_receipt(&bent, &auditor.foreign_key), &honest, &what);
    }
    count
}

#[test]
fn of_ten_thousand_changes_each_is_noticed_or_changes_nothing_that_is_verified() {
    let times = if std::env::var_os("RINGFENCE_LONG").is_some() { 10 } else { 1 };
    let auditor = Auditor::new();
    let counts = [
        ("files", files(&auditor, 4_000 * times)),
        ("checkpoints and cosignatures", checkpoints(&auditor, 3_000 * times)),
        ("receipts", receipts(&auditor, 3_000 * times)),
        ("database rows", row_mutations::rows(SEED, 1_500 * times)),
    ];
    for (what, count) in counts {
        println!("{what}: {count:?}");
        assert!(count.noticed > count.harmless, "{what}: {count:?}");
    }
    let sum = counts.iter().fold(Count::default(), |sum, (_, count)| sum.add(*count));
    println!(
        "{} changes: {} noticed, {} changed nothing that is verified; foreign verifier, of {}: {} noticed, {} harmless",
        sum.all(),
        sum.noticed,
        sum.harmless,
        sum.foreign_noticed + sum.foreign_harmless,
        sum.foreign_noticed,
        sum.foreign_harmless
    );
    assert!(sum.all() >= 10_000 && sum.foreign_noticed >= 5_000, "{sum:?}");
}

/// The checks above can fail: a verifier that forgot one thing lets something through.
#[test]
fn a_verifier_without_memory_takes_a_rollback_and_one_with_it_does_not() {
    let auditor = Auditor::new();
    for (history, note) in &auditor.others {
        let folder = auditor.copied.place("replaced");
        history.write(&folder, note, &auditor.copied.signers.origin_keys());
        let folder = Folder::new(&folder);
        let found = check_files(&folder, &auditor.keys, None).unwrap();
        assert_eq!(found.checkpoint.size, history.size());
        let alarm = check_since(&folder, &found.checkpoint, &auditor.seen).unwrap_err().to_string();
        assert!(alarm.starts_with("error: ALARM"), "{alarm}");
        fs::remove_dir_all(auditor.copied.place("replaced")).unwrap();
    }
}
