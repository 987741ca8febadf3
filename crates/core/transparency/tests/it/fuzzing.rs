//! The fuzz targets over their corpora and seeded changes of these: what a fuzzer would do, in a second.

use std::fs;
use std::path::Path;

use crate::fuzz_targets::{TARGETS, cosigned};
use crate::store::{ORIGIN, origin_keys, origin_signers, receipt_for};

/// Changes of each seed of a corpus.
const CHANGES: u64 = 2_000;

/// SplitMix64: the same seed, the same change.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn change(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(3) {
            let (at, to) = (self.below(bytes.len()), self.below(bytes.len()));
            match self.below(6) {
                _ if bytes.is_empty() => bytes.push(self.next() as u8),
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = *b"\n +-0=x/\xff\0".get(self.below(10)).unwrap(),
                2 => bytes.truncate(at),
                3 => bytes.insert(at, self.next() as u8),
                4 => drop(bytes.drain(at.min(to)..at.max(to))),
                _ => {
                    let part = bytes[at.min(to)..at.max(to)].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
        bytes
    }
}

/// Seeds that the crate itself writes, beside those in `fuzz/corpus/`.
fn written(target: &str) -> Vec<Vec<u8>> {
    let (receipt, keys) = receipt_for(&[b"zero", b"one", b"two"], 1);
    let note = receipt.checkpoint.clone().into_bytes();
    match target {
        "note" | "checkpoint" => vec![note],
        "keys" => {
            let other = origin_keys(&origin_signers(ORIGIN));
            vec![keys.to_string().into_bytes(), other.ed25519().to_string().into_bytes()]
        }
        "receipt" => {
            let with_extra = transparency::Receipt { extra: Some(b"unsigned".to_vec()), ..receipt.clone() };
            vec![receipt.encode().into_bytes(), with_extra.encode().into_bytes()]
        }
        "bundle" => vec![b"\x01\x00\x02ab\x00\x00".to_vec()],
        "frontier" => vec![[&7_u64.to_be_bytes()[..], &[5; 96]].concat()],
        "request" => {
            let request =
                transparency::AddCheckpoint { old: 2, proof: vec![[4; 32]; 2], checkpoint: receipt.checkpoint };
            vec![request.encode().into_bytes()]
        }
        "cosignature" => vec![cosigned().1.clone().into_bytes(), b"7\n".to_vec()],
        "log" => vec![[&[2, 88][..], &[0; 8192]].concat()],
        _ => vec![b"tile/0/x001/234.p/5".to_vec(), b"tile/entries/000".to_vec()],
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(target);
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty(), "{target} has no corpus");
    found.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn no_target_panics_on_its_corpus_or_on_changes_of_it() {
    for (name, target) in TARGETS {
        for (number, seed) in corpus(name).into_iter().chain(written(name)).enumerate() {
            target(&seed);
            for change in 0..CHANGES {
                let bytes = Chance(change + ((number as u64) << 32)).change(&seed);
                let run = std::panic::catch_unwind(|| target(&bytes));
                assert!(run.is_ok(), "{name}, seed {number}, change {change}");
            }
        }
        target(b"");
    }
}

/// Each target accepts the seeds that the crate wrote, so that what it asserts is reached.
#[test]
fn seeds_are_accepted() {
    let text = |target: &str, number: usize| String::from_utf8(written(target)[number].clone()).unwrap();
    assert!(transparency::Note::parse(&text("note", 0)).is_ok());
    assert!(text("keys", 0).parse::<transparency::OriginKeys>().is_ok());
    assert!(text("keys", 1).parse::<transparency::VerifierKey>().is_ok());
    assert!(transparency::Receipt::parse(&text("receipt", 1)).is_ok());
    assert!(text("path", 0).parse::<transparency::TilePath>().is_ok());
    assert!(transparency::decode_bundle(&written("bundle")[0][1..], 2).is_ok());
    assert!(transparency::AddCheckpoint::parse(&text("request", 0)).is_ok());
    let (sent, answer, key) = cosigned();
    assert!(transparency::read_cosignatures(answer, sent, std::slice::from_ref(key)).is_ok());
    assert_eq!(transparency::read_size(&text("cosignature", 1)), Some(7));
    assert!(transparency::Frontier::from_bytes(&written("frontier")[0]).is_ok());
}

/// What the fuzzer runs is the same list: each target has its program and its corpus in `fuzz/`.
#[test]
fn every_target_has_its_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        let program = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("fuzz_targets::{name}(bytes)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    let own =
        |program: &fs::DirEntry| fs::read_to_string(program.path()).unwrap().contains("/core/transparency/tests/");
    let programs = fs::read_dir(folder.join("fuzz_targets")).unwrap().map(Result::unwrap);
    assert_eq!(programs.filter(own).count(), TARGETS.len());
    let all = fs::read_dir(folder.join("fuzz_targets")).unwrap().count();
    assert_eq!(manifest.matches("[[bin]]").count(), all);
}
