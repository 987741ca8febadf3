//! What the tests share: a tile store in memory, RFC 6962 word by word, and a log that signs.

use std::collections::BTreeMap;

use transparency::{
    Checkpoint, Hash, Level, NoteSigner, OriginKeys, Receipt, Tile, TileBuilder, TilePath, empty_root, inclusion_proof,
    leaf_hash, node_hash, sign_checkpoint,
};

pub(crate) const ORIGIN: &str = "log.example/centre";

/// Keeps the widest version of each tile only, as a database row per tile would.
#[derive(Default, Clone)]
pub(crate) struct Store {
    widest: BTreeMap<(Level, u64), Tile>,
}

impl Store {
    pub(crate) fn put(&mut self, tiles: Vec<Tile>) {
        for tile in tiles {
            self.widest.insert((tile.path.level(), tile.path.index()), tile);
        }
    }

    pub(crate) fn get(&self, path: TilePath) -> Option<&[u8]> {
        self.widest.get(&(path.level(), path.index()))?.narrowed(&path)
    }

    pub(crate) fn tiles(&self) -> impl Iterator<Item = &Tile> {
        self.widest.values()
    }
}

/// Distinct leaf hashes.
pub(crate) fn leaves(count: usize) -> Vec<Hash> {
    (0..count as u64).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// MTH of RFC 6962, section 2.1, as written there.
pub(crate) fn recursive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&recursive_root(left), &recursive_root(right))
        }
    }
}

/// A log of `count` leaves with its tiles, integrated in one batch.
pub(crate) fn log_of(leaves: &[Hash]) -> (TileBuilder, Store) {
    let mut builder = TileBuilder::new();
    let mut store = Store::default();
    store.put(builder.append(leaves).unwrap());
    (builder, store)
}

pub(crate) fn origin_signers(name: &str) -> [NoteSigner; 2] {
    [NoteSigner::ed25519(name, &[1; 32]).unwrap(), NoteSigner::ml_dsa_44(name, &[2; 32]).unwrap()]
}

pub(crate) fn origin_keys(signers: &[NoteSigner; 2]) -> OriginKeys {
    let [ed25519, ml_dsa_44] = signers.each_ref().map(|signer| signer.verifier_key().clone());
    OriginKeys::new(ed25519, ml_dsa_44).unwrap()
}

/// The receipt of entry `index` among `entries`, and the keys to check it with.
pub(crate) fn receipt_for(entries: &[&[u8]], index: u64) -> (Receipt, OriginKeys) {
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let (builder, store) = log_of(&leaves);
    let signers = origin_signers(ORIGIN);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: builder.size(), root: builder.root() };
    let receipt = Receipt {
        index,
        hashes: inclusion_proof(builder.size(), index, |path| store.get(path)).unwrap(),
        checkpoint: sign_checkpoint(&checkpoint, &signers.each_ref()).unwrap(),
        extra: None,
    };
    (receipt, origin_keys(&signers))
}
