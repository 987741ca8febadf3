//! Known answers: RFC 6962 trees as Certificate Transparency's reference tests give them, and the tile layout of
//! tlog-tiles.

use transparency::{
    Error, Hash, Level, TileBuilder, TilePath, consistency_proof, empty_root, inclusion_proof, leaf_hash,
    verify_consistency, verify_inclusion,
};

use crate::store::{leaves, log_of};

const ENTRIES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hash(hex: &str) -> Hash {
    bytes(hex).try_into().unwrap()
}

fn known_leaves() -> Vec<Hash> {
    ENTRIES.iter().map(|entry| leaf_hash(&bytes(entry))).collect()
}

#[test]
fn roots() {
    assert_eq!(empty_root(), hash(ROOTS[0]));
    assert_eq!(TileBuilder::new().root(), hash(ROOTS[0]));
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(log_of(&known_leaves()[..size]).0.root(), hash(root), "{size}");
    }
}

#[test]
fn inclusion_proofs() {
    let known: [(u64, usize, &[&str]); 4] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ];
    for (index, size, proof) in known {
        let (builder, store) = log_of(&known_leaves()[..size]);
        let proof: Vec<Hash> = proof.iter().map(|hex| hash(hex)).collect();
        assert_eq!(inclusion_proof(builder.size(), index, |path| store.get(path)), Ok(proof.clone()));
        let leaf = known_leaves()[index as usize];
        assert_eq!(verify_inclusion(&leaf, index, builder.size(), &hash(ROOTS[size]), &proof), Ok(()));
    }
}

#[test]
fn consistency_proofs() {
    let known: [(usize, usize, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (old, new, proof) in known {
        let (_, store) = log_of(&known_leaves()[..new]);
        let proof: Vec<Hash> = proof.iter().map(|hex| hash(hex)).collect();
        let (old_size, new_size) = (old as u64, new as u64);
        assert_eq!(consistency_proof(old_size, new_size, |path| store.get(path)), Ok(proof.clone()));
        let (old_root, new_root) = (hash(ROOTS[old]), hash(ROOTS[new]));
        assert_eq!(verify_consistency(old_size, &old_root, new_size, &new_root, &proof), Ok(()));
    }
}

#[test]
fn only_the_empty_tree_needs_no_proof() {
    let (root, other) = (hash(ROOTS[3]), hash(ROOTS[4]));
    assert_eq!(verify_consistency(0, &empty_root(), 3, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &empty_root(), 0, &empty_root(), &[]), Ok(()));
    for (old, old_root, new, new_root) in
        [(0, other, 3, root), (0, other, 0, other), (3, root, 3, other), (3, root, 4, other)]
    {
        assert_eq!(verify_consistency(old, &old_root, new, &new_root, &[]), Err(Error::ConsistencyProof));
    }
    assert_eq!(verify_consistency(0, &empty_root(), 3, &root, &[root]), Err(Error::ConsistencyProof));
    assert_eq!(verify_consistency(3, &root, 3, &root, &[root]), Err(Error::ConsistencyProof));
    assert_eq!(verify_consistency(4, &other, 3, &root, &[]), Err(Error::SizesReversed { old: 4, new: 3 }));
    let none = |_| None::<Vec<u8>>;
    assert_eq!(consistency_proof(4, 3, none), Err(Error::SizesReversed { old: 4, new: 3 }));
    assert_eq!(inclusion_proof(3, 3, none), Err(Error::IndexOutOfRange { index: 3, size: 3 }));
    assert_eq!(verify_inclusion(&root, 0, 0, &root, &[]), Err(Error::IndexOutOfRange { index: 0, size: 0 }));
}

/// The two trees that tlog-tiles describes: 70,000 leaves and 256.
#[test]
fn tile_layout() {
    let (_, store) = log_of(&leaves(70_000));
    let partial: Vec<String> = store.tiles().map(|tile| tile.path).filter(|path| !path.is_full()).map(text).collect();
    assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    let full = |level| store.tiles().filter(|tile| tile.path.is_full() && tile.path.level() == level).count();
    assert_eq!((full(Level::Hashes(0)), full(Level::Hashes(1)), full(Level::Hashes(2))), (273, 1, 0));

    let (_, store) = log_of(&leaves(256));
    let all: Vec<String> = store.tiles().map(|tile| text(tile.path)).collect();
    assert_eq!(all, ["tile/0/000", "tile/1/000.p/1"]);
}

fn text(path: TilePath) -> String {
    path.to_string()
}
