//! The fuzz targets over their corpora and seeded changes of these: what a fuzzer would do, in a second.

use crate::SMALL;
use crate::fuzz_targets::TARGETS;
use std::fs;
use std::path::Path;

/// Changes of each seed of a corpus.
const CHANGES: u64 = 2_000;

/// SplitMix64: the same seed, the same change.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }

    /// Lines dropped, doubled and moved, and bytes changed: most stay TOML, many stay plans.
    fn change(&mut self, seed: &str) -> Vec<u8> {
        let mut lines: Vec<&str> = seed.lines().collect();
        for _ in 0..=self.below(3) {
            let (at, to) = (self.below(lines.len()), self.below(lines.len()));
            match self.below(3) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(to, lines[at]),
                _ => lines.swap(at, to),
            }
        }
        let mut bytes = lines.join("\n").into_bytes();
        if self.below(2) == 0 {
            let at = self.below(bytes.len());
            bytes[at] = *b"\"\n=[]{}09-_aZ#.\xff\0".get(self.below(17)).unwrap();
        }
        bytes
    }
}

#[test]
fn nothing_makes_a_target_panic() {
    for (name, target) in TARGETS {
        let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fuzz/corpus")).join(name);
        let seeds = fs::read_dir(&corpus).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        let seeds: Vec<String> = seeds.chain([SMALL.to_owned(), plan::DEFAULT.to_owned()]).collect();
        let mut chance = Chance(7);
        for seed in &seeds {
            target(seed.as_bytes());
            for _ in 0..CHANGES / seeds.len() as u64 {
                target(&chance.change(seed));
            }
        }
    }
}
