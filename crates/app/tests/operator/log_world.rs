//! A log made of the project's own parts, with its signers at hand: so that a test can also lie in its name.

use app::log::{Folder, Keys, copy};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use transparency::{
    Checkpoint, Hash, Level, Note, NoteSigner, OriginKeys, Receipt, TileBuilder, TilePath, WitnessPolicy,
    encode_bundle, inclusion_proof, leaf_hash, sign_checkpoint, sign_checkpoint_at,
};

pub(crate) const ORIGIN: &str = "log.example/centre";
pub(crate) const WITNESSED_AT: u64 = 1_790_000_000;

/// Entries of Ringfence's shape; from `differs` on those of another history.
pub(crate) fn entries(count: u64, differs: u64) -> Vec<Vec<u8>> {
    let one = |number: u64| {
        let mut entry = vec![1; 65];
        entry[1..9].copy_from_slice(&number.to_be_bytes());
        entry[40] = u8::from(number >= differs);
        entry
    };
    (0..count).map(one).collect()
}

/// Who signs.
pub(crate) struct Signers {
    pub(crate) ed25519: NoteSigner,
    pub(crate) ml_dsa: NoteSigner,
    pub(crate) witnesses: [NoteSigner; 2],
}

impl Signers {
    pub(crate) fn new(seed: u8) -> Self {
        let seeds = [seed, seed + 1, seed + 2, seed + 3].map(|seed| [seed; 32]);
        Self {
            ed25519: NoteSigner::ed25519(ORIGIN, &seeds[0]).unwrap(),
            ml_dsa: NoteSigner::ml_dsa_44(ORIGIN, &seeds[1]).unwrap(),
            witnesses: [
                NoteSigner::ed25519_cosigner("board.example", &seeds[2]).unwrap(),
                NoteSigner::ml_dsa_44("client.example", &seeds[3]).unwrap(),
            ],
        }
    }

    pub(crate) fn origin_keys(&self) -> OriginKeys {
        OriginKeys::new(self.ed25519.verifier_key().clone(), self.ml_dsa.verifier_key().clone()).unwrap()
    }

    pub(crate) fn policy(&self) -> WitnessPolicy {
        WitnessPolicy::new(self.witnesses.iter().map(|witness| witness.verifier_key().clone()), 2).unwrap()
    }

    /// A checkpoint with both signatures of the log and both witnesses'.
    pub(crate) fn sign(&self, size: u64, root: Hash) -> String {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root };
        let note = sign_checkpoint(&checkpoint, &[&self.ed25519, &self.ml_dsa]).unwrap();
        let [a, b] = &self.witnesses;
        let cosigned = sign_checkpoint_at(&checkpoint, WITNESSED_AT, &[a, b]).unwrap();
        let lines = Note::parse(&cosigned).unwrap();
        lines.signatures().iter().fold(note, |note, line| format!("{note}{line}"))
    }
}

/// One history of a log, with everything that can be asked of it.
pub(crate) struct History {
    pub(crate) entries: Vec<Vec<u8>>,
    builder: TileBuilder,
    full: Vec<transparency::Tile>,
}

impl History {
    pub(crate) fn new(entries: Vec<Vec<u8>>) -> Self {
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let mut builder = TileBuilder::new();
        let tiles = builder.append(&leaves).unwrap();
        let full = tiles.into_iter().filter(|tile| tile.path.is_full()).collect();
        Self { entries, builder, full }
    }

    pub(crate) fn size(&self) -> u64 {
        self.builder.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.builder.root()
    }

    fn tile(&self, path: TilePath) -> Option<Vec<u8>> {
        let all = self.full.iter().cloned().chain(self.builder.partial_tiles());
        all.into_iter().find(|tile| tile.path == path).map(|tile| tile.data)
    }

    /// The log's files, laid out as tlog-tiles says.
    pub(crate) fn write(&self, folder: &Path, checkpoint: &str, keys: &OriginKeys) {
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        for tile in self.full.iter().cloned().chain(self.builder.partial_tiles()) {
            put(&tile.path.to_string(), &tile.data);
        }
        for (index, entries) in self.entries.chunks(256).enumerate() {
            let path = TilePath::new(Level::Entries, index as u64, entries.len() as u16).unwrap();
            put(&path.to_string(), &encode_bundle(entries).unwrap());
        }
        put("key", keys.to_string().as_bytes());
        put("checkpoint", checkpoint.as_bytes());
    }

    pub(crate) fn receipt(&self, index: u64, checkpoint: &str) -> String {
        let hashes = inclusion_proof(self.size(), index, |path| self.tile(path)).unwrap();
        let extra = Some(self.entries[index as usize].clone());
        Receipt { index, hashes, checkpoint: checkpoint.to_owned(), extra }.encode()
    }
}

/// A log and the mirror of it that an auditor made.
pub(crate) struct Copied {
    directory: TempDir,
    pub(crate) signers: Signers,
    pub(crate) history: History,
    pub(crate) checkpoint: String,
}

impl Copied {
    pub(crate) fn new(size: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let signers = Signers::new(1);
        let history = History::new(entries(size, u64::MAX));
        let checkpoint = signers.sign(size, history.root());
        let copied = Self { directory, signers, history, checkpoint };
        copied.history.write(&copied.served(), &copied.checkpoint, &copied.signers.origin_keys());
        let done = copy(&Folder::new(&copied.served()), &Folder::new(&copied.mirror()), &copied.keys()).unwrap();
        assert_eq!((done.had, done.head.checkpoint.size), (0, size));
        copied
    }

    /// The log's own files.
    pub(crate) fn served(&self) -> std::path::PathBuf {
        self.directory.path().join("served")
    }

    /// The auditor's copy.
    pub(crate) fn mirror(&self) -> std::path::PathBuf {
        self.directory.path().join("mirror")
    }

    pub(crate) fn place(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::of(self.signers.origin_keys(), "the test")
    }
}

/// Seeded chance (SplitMix64): the same seed, the same change.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which isn't zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Bytes changed in one of the ways that bytes can be.
    pub(crate) fn spoil(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        if changed.is_empty() {
            return vec![self.next() as u8];
        }
        let at = self.below(changed.len());
        match self.below(6) {
            0 | 1 => changed[at] ^= 1 << self.below(8),
            2 => changed.truncate(at),
            3 => changed.insert(at, self.next() as u8),
            4 => drop(changed.remove(at)),
            _ => {
                let other = self.below(changed.len());
                changed.swap(at, other);
            }
        }
        changed
    }
}
