//! No changed bit makes a receipt or a checkpoint state something else.

use proptest::prelude::*;
use transparency::{
    Hash, Note, NoteSigner, Receipt, VerifiedReceipt, leaf_hash, node_hash, verify_checkpoint, verify_inclusion,
    verify_receipt,
};

use crate::store::{leaves, log_of, receipt_for};

const ENTRIES: [&[u8]; 5] = [b"zero", b"one", b"two", b"three", b"four"];

/// The text with one bit changed, if that is still text.
fn flipped(text: &str, bit: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    String::from_utf8(bytes).ok()
}

/// Every single bit: a receipt with nothing in it but what is signed never verifies when changed.
#[test]
fn no_flipped_bit_of_a_receipt_verifies() {
    let (receipt, keys) = receipt_for(&ENTRIES, 2);
    let text = receipt.encode();
    assert!(verify_receipt(&text, b"two", &keys).is_ok());
    let mut texts = 0;
    for changed in (0..text.len() * 8).filter_map(|bit| flipped(&text, bit)) {
        texts += 1;
        let outcome = verify_receipt(&changed, b"two", &keys);
        assert!(outcome.is_err(), "{outcome:?}");
    }
    assert!(texts > text.len() * 6, "only {texts} changed receipts were text");
}

/// A receipt with extra data and a witness's line, which nobody need check.
fn dressed_receipt() -> (Receipt, transparency::OriginKeys) {
    let (mut receipt, keys) = receipt_for(&ENTRIES, 2);
    let note = Note::parse(&receipt.checkpoint).unwrap();
    let witness = NoteSigner::ed25519_cosigner("witness.example", &[3; 32]).unwrap();
    let line = witness.sign(note.text(), 7).unwrap();
    receipt.checkpoint = note.with_signature(line).unwrap().to_string();
    receipt.extra = Some(b"unsigned".to_vec());
    (receipt, keys)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_never_change_the_statement(bits in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let (receipt, keys) = dressed_receipt();
        let text = receipt.encode();
        let honest: VerifiedReceipt = verify_receipt(&text, b"two", &keys).unwrap();
        let changed = bits.iter().try_fold(text.clone(), |text, bit| flipped(&text, bit.index(text.len() * 8)));
        if let Some(Ok(verified)) = changed.map(|changed| verify_receipt(&changed, b"two", &keys)) {
            prop_assert_eq!(verified, honest);
        }
    }

    #[test]
    fn cut_swapped_and_doubled_lines_never_change_the_statement(
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), way in 0..3,
    ) {
        let (receipt, keys) = dressed_receipt();
        let honest = verify_checkpoint(&receipt.checkpoint, &keys).unwrap();
        let mut lines: Vec<&str> = receipt.checkpoint.split('\n').collect();
        let (from, to) = (from.index(lines.len()), to.index(lines.len()));
        match way {
            0 => drop(lines.remove(from)),
            1 => lines.swap(from, to),
            _ => lines.insert(to, lines[from]),
        }
        if let Ok(checkpoint) = verify_checkpoint(&lines.join("\n"), &keys) {
            prop_assert_eq!(checkpoint, honest);
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(text in "\\PC{0,60}", head in 0..3) {
        let (_, keys) = receipt_for(&ENTRIES[..1], 0);
        let text = match head {
            0 => text,
            1 => format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{text}"),
            _ => format!("log.example/centre\n1\n{text}\n\n\u{2014} log.example/centre {text}\n"),
        };
        prop_assert!(verify_receipt(&text, b"zero", &keys).is_err());
        prop_assert!(verify_checkpoint(&text, &keys).is_err());
    }
}

/// An inner node isn't a leaf: the two prefixes of RFC 6962 keep them apart.
#[test]
fn an_inner_node_is_no_entry() {
    let all: Vec<Hash> = leaves(4);
    let (builder, _) = log_of(&all);
    let pair = [all[0], all[1]].concat();
    let sibling = node_hash(&all[2], &all[3]);
    assert!(verify_inclusion(&leaf_hash(&pair), 0, 2, &builder.root(), &[sibling]).is_err());
    assert!(verify_inclusion(&node_hash(&all[0], &all[1]), 0, 4, &builder.root(), &[sibling]).is_err());
}
