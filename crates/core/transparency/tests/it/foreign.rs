//! The same answers as other people's implementations: ct-merkle, tlog_tiles and signed_note.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;
use signed_note::{StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{HashReader, Tile as ForeignTile, check_record, check_tree, prove_record, prove_tree, stored_hashes};
use transparency::{
    Checkpoint, Hash, Level, Note, NoteSigner, TilePath, VerifierKey, check_log, consistency_proof, encode_bundle,
    inclusion_proof, leaf_hash, sign_checkpoint, sign_note, verify_consistency, verify_inclusion,
};

use crate::store::{ORIGIN, log_of, origin_signers};

fn entry(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

fn our_leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|number| leaf_hash(&entry(number))).collect()
}

struct StoredHashes(Vec<tlog_tiles::Hash>);

impl HashReader for StoredHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn stored(size: u64) -> StoredHashes {
    let mut all = StoredHashes(Vec::new());
    for number in 0..size {
        let new = stored_hashes(number, &entry(number), &all).unwrap();
        all.0.extend(new);
    }
    all
}

fn ours(proof: &[tlog_tiles::Hash]) -> Vec<Hash> {
    proof.iter().map(|hash| hash.0).collect()
}

fn theirs(proof: &[Hash]) -> Vec<tlog_tiles::Hash> {
    proof.iter().map(|hash| tlog_tiles::Hash(*hash)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ct_merkle_agrees(size in 1..700_u64, pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>()) {
        let mut tree = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        (0..size).for_each(|number| tree.push(entry(number)));
        let (builder, store) = log_of(&our_leaves(size));
        let root = tree.root();
        prop_assert_eq!(root.as_bytes().as_slice(), builder.root());

        let index = pick.index(size as usize);
        let proof = inclusion_proof(size, index as u64, |path| store.get(path)).unwrap().concat();
        let their_proof = tree.prove_inclusion(index);
        prop_assert_eq!(their_proof.as_bytes(), proof);

        let old = 1 + cut.index(size as usize) as u64;
        let proof = consistency_proof(old, size, |path| store.get(path)).unwrap().concat();
        let their_proof = tree.prove_consistency((size - old) as usize);
        prop_assert_eq!(their_proof.as_bytes(), proof);
    }

    #[test]
    fn tlog_tiles_agrees(size in 1..700_u64, pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>()) {
        let hashes = stored(size);
        let (builder, store) = log_of(&our_leaves(size));
        let root = tlog_tiles::Hash(builder.root());

        let index = pick.index(size as usize) as u64;
        let proof = inclusion_proof(size, index, |path| store.get(path)).unwrap();
        prop_assert_eq!(&ours(&prove_record(size, index, &hashes).unwrap()), &proof);
        check_record(&theirs(&proof), size, root, index, tlog_tiles::record_hash(&entry(index))).unwrap();

        let old = 1 + cut.index(size as usize) as u64;
        let proof = consistency_proof(old, size, |path| store.get(path)).unwrap();
        prop_assert_eq!(&ours(&prove_tree(size, old, &hashes).unwrap()), &proof);
        let (before, _) = log_of(&our_leaves(old));
        check_tree(&theirs(&proof), size, root, old, tlog_tiles::Hash(before.root())).unwrap();
    }

    #[test]
    fn tlog_tiles_changes_the_same_tiles(before in 0..900_u64, added in 1..700_u64) {
        let all = our_leaves(before + added);
        let (mut builder, _) = log_of(&all[..before as usize]);
        let changed = builder.append(&all[before as usize..]).unwrap();
        let hashes = stored(before + added);
        let foreign = ForeignTile::new_tiles(8, before, before + added);
        prop_assert_eq!(foreign.len(), changed.len());
        for (foreign, tile) in foreign.iter().zip(&changed) {
            prop_assert_eq!(Level::Hashes(foreign.level()), tile.path.level());
            prop_assert_eq!(foreign.level_index(), tile.path.index());
            prop_assert_eq!(foreign.width(), u32::from(tile.path.width()));
            prop_assert_eq!(&foreign.read_data(&hashes).unwrap(), &tile.data);
        }
    }

    #[test]
    fn ours_takes_proofs_and_tiles_that_they_write(size in 1..700_u64, pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>()) {
        let mut tree = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        (0..size).for_each(|number| tree.push(entry(number)));
        let root: Hash = tree.root().as_bytes().as_slice().try_into().unwrap();
        let index = pick.index(size as usize);
        let proof = tree.prove_inclusion(index);
        let hashes = proof.as_bytes().as_chunks::<32>().0;
        verify_inclusion(&leaf_hash(&entry(index as u64)), index as u64, size, &root, hashes).unwrap();

        let old = 1 + cut.index(size as usize) as u64;
        let hashes = stored(size);
        let before = tlog_tiles::tree_hash(old, &hashes).unwrap();
        verify_consistency(old, &before.0, size, &root, &ours(&prove_tree(size, old, &hashes).unwrap())).unwrap();

        let tiles = |path: TilePath| match path.level() {
            Level::Hashes(level) => {
                ForeignTile::new(8, level, path.index(), path.width().into(), false).read_data(&hashes).ok()
            }
            Level::Entries => {
                let first = path.index() * 256;
                let entries: Vec<[u8; 8]> = (first..first + u64::from(path.width())).map(entry).collect();
                encode_bundle(&entries).ok()
            }
        };
        prop_assert_eq!(check_log(size, &root, tiles), Ok(()));
        prop_assert!(check_log(size, &[1; 32], tiles).is_err());
    }

    #[test]
    fn signed_note_reads_and_writes_the_same(text in "[^\\x00-\\x1f]{0,20}\n(\n|[^\\x00-\\x1f]{1,20}\n){0,3}", seed: [u8; 32]) {
        let signer = NoteSigner::ed25519("name.example", &seed).unwrap();
        let note = sign_note(&text, 0, &[&signer]).unwrap();
        let verifier = StandardVerifier::new(&signer.verifier_key().to_string()).unwrap();
        let foreign = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
        foreign.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        prop_assert_eq!(foreign.text(), text.as_bytes());
        prop_assert_eq!(foreign.to_bytes(), note.as_bytes());
        let read = Note::parse(&note).unwrap();
        prop_assert_eq!(read.text(), text);
    }
}

#[test]
fn checkpoints_are_read_by_tlog_tiles() {
    let signers = origin_signers(ORIGIN);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: 7, root: [3; 32] };
    let note = sign_checkpoint(&checkpoint, &signers.each_ref()).unwrap();
    let foreign = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let read = tlog_tiles::Checkpoint::from_bytes(foreign.text()).unwrap();
    assert_eq!((read.origin(), read.size(), read.hash().0, read.extension()), (ORIGIN, 7, [3; 32], ""));
}

/// A key and a note from the tests of Go's sumdb/note, whose Ed25519 signatures are deterministic.
#[test]
fn a_go_signing_key_signs_the_same() {
    const SIGNER: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const SEED: [u8; 32] = [
        0x81, 0x0a, 0x14, 0x02, 0xd5, 0x14, 0x6c, 0x8d, 0x84, 0xf2, 0x44, 0x33, 0x30, 0xf5, 0x40, 0x80, 0xeb, 0xf9,
        0x8e, 0xe1, 0x7d, 0x9c, 0x74, 0xf6, 0x25, 0x2f, 0xc5, 0xd5, 0xc7, 0x28, 0x31, 0x73,
    ];
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const LINE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    let signer = NoteSigner::ed25519("PeterNeumann", &SEED).unwrap();
    assert_eq!(sign_note(TEXT, 0, &[&signer]).unwrap(), format!("{TEXT}\n{LINE}"));
    let key: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    assert_eq!(signer.verifier_key(), &key);

    let mut foreign = signed_note::Note::new(TEXT.as_bytes(), &[]).unwrap();
    foreign.add_sigs(&[&StandardSigner::new(SIGNER).unwrap()]).unwrap();
    assert_eq!(foreign.to_bytes(), format!("{TEXT}\n{LINE}").into_bytes());
}
