//! Properties of the tree: batches, resuming, proofs, bundles.

use proptest::prelude::*;
use transparency::{
    Error, Frontier, Hash, Level, NodeCache, TileBuilder, TilePath, consistency_proof, decode_bundle, encode_bundle,
    extend_bundles, inclusion_proof, verify_consistency, verify_inclusion,
};

use crate::store::{Store, leaves, log_of, recursive_root};

/// Every tile of every level holds what the definition in tlog-tiles says, for the widest version of each.
fn assert_tiles_match_definition(store: &Store, leaves: &[Hash]) {
    for tile in store.tiles() {
        let Level::Hashes(level) = tile.path.level() else { panic!("an entry bundle among hash tiles") };
        let span = 256_usize.pow(level.into());
        let first = tile.path.index() as usize * 256;
        let want: Vec<u8> = (first..first + usize::from(tile.path.width()))
            .flat_map(|node| recursive_root(&leaves[node * span..(node + 1) * span]))
            .collect();
        assert_eq!(tile.data, want, "{}", tile.path);
    }
}

fn batches() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(prop_oneof![0..4_usize, 250..260_usize, 500..900_usize], 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batches_don_t_matter(batches in batches()) {
        let all = leaves(batches.iter().sum());
        let (mut builder, mut store, mut rest) = (TileBuilder::new(), Store::default(), all.as_slice());
        for batch in batches {
            let (now, later) = rest.split_at(batch);
            let tiles = builder.append(now).unwrap();
            prop_assert!(tiles.is_sorted_by_key(|tile| tile.path));
            prop_assert_eq!(tiles.is_empty(), now.is_empty());
            store.put(tiles);
            rest = later;
            // Every batch starts from what was stored, as after a restart.
            let resumed = TileBuilder::resume(builder.size(), &builder.root(), |path| store.get(path)).unwrap();
            prop_assert_eq!(resumed.frontier(), builder.frontier());
            prop_assert_eq!(resumed.root(), recursive_root(&all[..all.len() - rest.len()]));
            builder = resumed;
        }
        assert_tiles_match_definition(&store, &all);
    }

    #[test]
    fn a_batch_yields_exactly_the_changed_tiles(before in 0..1200_usize, added in 1..700_usize) {
        let all = leaves(before + added);
        let (mut builder, old) = log_of(&all[..before]);
        let (_, new) = log_of(&all);
        let changed = builder.append(&all[before..]).unwrap();
        let old: Vec<_> = old.tiles().cloned().collect();
        let want: Vec<_> = new.tiles().filter(|tile| !old.contains(tile)).cloned().collect();
        prop_assert_eq!(changed, want);
    }

    #[test]
    fn frontier_alone_agrees(size in 0..600_usize) {
        let all = leaves(size);
        let mut frontier = Frontier::new();
        for leaf in &all {
            frontier.append(*leaf).unwrap();
        }
        prop_assert_eq!(frontier.root(), recursive_root(&all));
        prop_assert_eq!(&Frontier::from_bytes(&frontier.to_bytes()).unwrap(), &frontier);
        let (builder, _) = log_of(&all);
        prop_assert_eq!(builder.frontier(), &frontier);
    }

    #[test]
    fn inclusion_holds_for_one_place_only(size in 1..1500_usize, pick in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let index = pick.index(size);
        let (builder, store) = log_of(&all);
        let (size, root) = (builder.size(), builder.root());
        let proof = inclusion_proof(size, index as u64, |path| store.get(path)).unwrap();
        let check = |leaf: usize, index: usize, proof: &[Hash]| verify_inclusion(&all[leaf], index as u64, size, &root, proof);
        prop_assert_eq!(check(index, index, &proof), Ok(()));
        for other in (0..all.len()).filter(|other| *other != index) {
            prop_assert!(check(other, index, &proof).is_err());
            prop_assert!(check(index, other, &proof).is_err());
        }
        let longer = [proof.as_slice(), &[[0; 32]]].concat();
        prop_assert!(check(index, index, &longer).is_err());
        if let Some((_, shorter)) = proof.split_last() {
            prop_assert!(check(index, index, shorter).is_err());
        }
    }

    #[test]
    fn kept_nodes_give_the_same_proofs(size in 1..900_usize, grown in 0..600_usize, most in 1..9_usize) {
        let all = leaves(size + grown);
        let (_, store) = log_of(&all);
        let mut cache = NodeCache::new(most);
        for size in [size as u64, (size + grown) as u64] {
            for index in (0..size).step_by(7) {
                let plain = inclusion_proof(size, index, |path| store.get(path));
                prop_assert_eq!(cache.inclusion_proof(size, index, |path| store.get(path)), plain);
            }
            let beyond = Error::IndexOutOfRange { index: size, size };
            prop_assert_eq!(cache.inclusion_proof(size, size, |path| store.get(path)), Err(beyond));
        }
        let nothing = NodeCache::new(most).inclusion_proof(9, 2, |_| None::<Vec<u8>>);
        prop_assert!(matches!(nothing, Err(Error::TileMissing(_))));
    }

    #[test]
    fn consistency_holds_for_one_pair_only(old in 0..900_usize, added in 0..900_usize) {
        let all = leaves(old + added);
        let (before, _) = log_of(&all[..old]);
        let (after, store) = log_of(&all);
        let (old, new) = (before.size(), after.size());
        let proof = consistency_proof(old, new, |path| store.get(path)).unwrap();
        prop_assert_eq!(verify_consistency(old, &before.root(), new, &after.root(), &proof), Ok(()));
        prop_assert!(verify_consistency(old, &[7; 32], new, &after.root(), &proof).is_err());
        if old > 0 {
            prop_assert!(verify_consistency(old, &before.root(), new, &[7; 32], &proof).is_err());
            let longer = [proof.as_slice(), &[[0; 32]]].concat();
            prop_assert!(verify_consistency(old, &before.root(), new, &after.root(), &longer).is_err());
        }
        if let Some((_, shorter)) = proof.split_last() {
            prop_assert!(verify_consistency(old, &before.root(), new, &after.root(), shorter).is_err());
        }
    }

    #[test]
    fn bundles_don_t_depend_on_batches(sizes in batches(), length in 0..70_usize) {
        let total: usize = sizes.iter().sum();
        let entries: Vec<Vec<u8>> = (0..total).map(|number| vec![number as u8; length + number % 3]).collect();
        let (mut store, mut done) = (Store::default(), 0);
        for size in sizes {
            let path = TilePath::new(Level::Entries, done as u64 / 256, ((done % 256) as u16).max(1)).unwrap();
            let partial = if done % 256 == 0 { &[] } else { store.get(path).unwrap() };
            store.put(extend_bundles(done as u64, partial, &entries[done..done + size]).unwrap());
            done += size;
        }
        let whole: Vec<Vec<u8>> = entries.chunks(256).map(|chunk| encode_bundle(chunk).unwrap()).collect();
        let stored: Vec<&Vec<u8>> = store.tiles().map(|tile| &tile.data).collect();
        prop_assert_eq!(stored, whole.iter().collect::<Vec<_>>());
        for (bundle, chunk) in whole.iter().zip(entries.chunks(256)) {
            prop_assert_eq!(decode_bundle(bundle, chunk.len() as u16).unwrap(), chunk);
        }
    }

    #[test]
    fn paths_round_trip(level in 0..=64_u8, index: u64, width in 1..=256_u16) {
        let level = if level == 64 { Level::Entries } else { Level::Hashes(level) };
        let path = TilePath::new(level, index, width).unwrap();
        prop_assert_eq!(path.to_string().parse(), Ok(path));
    }

    #[test]
    fn what_parses_is_canonical(text in "tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,3}[0-9]{3}(\\.p/[0-9]{1,3})?") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }
}

#[test]
fn broken_tiles_are_noticed() {
    let (builder, store) = log_of(&leaves(300));
    let (size, root) = (builder.size(), builder.root());
    let partial = TilePath::new(Level::Hashes(0), 1, 44).unwrap();

    let missing = TileBuilder::resume(size, &root, |path| store.get(path).filter(|_| path != partial));
    assert_eq!(missing, Err(Error::TileMissing(partial)));
    let missing = inclusion_proof(size, 299, |path| store.get(path).filter(|_| path != partial));
    assert_eq!(missing, Err(Error::TileMissing(partial)));

    for length in [0, 32, 43 * 32, 44 * 32 + 1, 257 * 32] {
        let cut = |path| if path == partial { Some(vec![0; length]) } else { store.get(path).map(<[u8]>::to_vec) };
        assert_eq!(TileBuilder::resume(size, &root, cut), Err(Error::TileLength(partial)), "{length}");
        assert_eq!(inclusion_proof(size, 299, cut), Err(Error::TileLength(partial)), "{length}");
    }

    let changed = |path| {
        let mut data = store.get(path)?.to_vec();
        data[0] ^= u8::from(path == partial);
        Some(data)
    };
    assert_eq!(TileBuilder::resume(size, &root, changed), Err(Error::TilesDisagree));
    assert_eq!(TileBuilder::resume(299, &root, |path| store.get(path)), Err(Error::TilesDisagree));
}

#[test]
fn wider_tiles_serve_older_trees() {
    let all = leaves(1000);
    let (_, newest) = log_of(&all);
    for size in [1, 2, 255, 256, 257, 511, 700, 999] {
        let root = recursive_root(&all[..size]);
        let whole = |path: TilePath| {
            newest
                .tiles()
                .find(|tile| tile.path.level() == path.level() && tile.path.index() == path.index())
                .map(|tile| tile.data.clone())
        };
        assert_eq!(TileBuilder::resume(size as u64, &root, whole).unwrap().root(), root);
        let index = size as u64 / 2;
        let proof = inclusion_proof(size as u64, index, whole).unwrap();
        assert_eq!(verify_inclusion(&all[index as usize], index, size as u64, &root, &proof), Ok(()));
    }
}

#[test]
fn narrowed_refuses_other_and_wider_tiles() {
    let (_, store) = log_of(&leaves(5));
    let tile = store.tiles().next().unwrap();
    let path = |level, index, width| TilePath::new(level, index, width).unwrap();
    assert_eq!(tile.narrowed(&path(Level::Hashes(0), 0, 3)), Some(&tile.data[..96]));
    for wrong in [(Level::Hashes(0), 0, 6), (Level::Hashes(0), 1, 3), (Level::Hashes(1), 0, 3), (Level::Entries, 0, 3)]
    {
        assert_eq!(tile.narrowed(&path(wrong.0, wrong.1, wrong.2)), None);
    }
}

/// Sizes next to 2^64 neither overflow nor ask for tiles that can't exist.
#[test]
fn the_largest_trees_have_proofs() {
    let fetch = |path: TilePath| match path.level() {
        Level::Hashes(0..=7) => Some(vec![0; usize::from(path.width()) * 32]),
        _ => None,
    };
    for index in [0, 1 << 63, u64::MAX - 1] {
        let proof = inclusion_proof(u64::MAX, index, fetch).unwrap();
        assert!((63..=64).contains(&proof.len()), "{index}: {}", proof.len());
        let outcome = verify_inclusion(&[0; 32], index, u64::MAX, &[1; 32], &proof);
        assert_eq!(outcome, Err(Error::InclusionProof));
    }
    for old in [1, 1 << 63, u64::MAX - 1] {
        let proof = consistency_proof(old, u64::MAX, fetch).unwrap();
        let outcome = verify_consistency(old, &[1; 32], u64::MAX, &[1; 32], &proof);
        assert_eq!(outcome, Err(Error::ConsistencyProof));
    }
}

/// A root doesn't tell its size, so a proof must also fit the sizes that the checkpoints state.
#[test]
fn sizes_are_part_of_what_is_proven() {
    let all = leaves(4);
    let (before, _) = log_of(&all[..2]);
    let (after, store) = log_of(&all);
    let proof = consistency_proof(2, 4, |path| store.get(path)).unwrap();
    assert_eq!(verify_consistency(2, &before.root(), 4, &after.root(), &proof), Ok(()));
    for new in [5, 8, 16, 1 << 40] {
        let outcome = verify_consistency(2, &before.root(), new, &after.root(), &proof);
        assert_eq!(outcome, Err(Error::ConsistencyProof), "{new}");
    }
    let proof = inclusion_proof(4, 1, |path| store.get(path)).unwrap();
    for size in [2, 5, 8, 16, 1 << 40] {
        let outcome = verify_inclusion(&all[1], 1, size, &after.root(), &proof);
        assert_eq!(outcome, Err(Error::InclusionProof), "{size}");
    }
}

/// The proof from 7 to 8 is the one from 3 to 4 with a left sibling on top; the sizes tell them apart.
#[test]
fn a_proof_of_larger_trees_is_too_long() {
    let all = leaves(8);
    let (before, _) = log_of(&all[..7]);
    let (after, store) = log_of(&all);
    let proof = consistency_proof(7, 8, |path| store.get(path)).unwrap();
    assert_eq!(verify_consistency(7, &before.root(), 8, &after.root(), &proof), Ok(()));
    let smaller = verify_consistency(3, &before.root(), 4, &after.root(), &proof);
    assert_eq!(smaller, Err(Error::ConsistencyProof));
    let proof = inclusion_proof(8, 7, |path| store.get(path)).unwrap();
    assert_eq!(verify_inclusion(&all[7], 3, 4, &after.root(), &proof), Err(Error::InclusionProof));
}
