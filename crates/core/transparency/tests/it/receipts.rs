//! Receipts (tlog-proof): the text form and what verification demands.

use transparency::{Checkpoint, Error, Receipt, leaf_hash, sign_checkpoint, verify_receipt, verify_receipt_leaf};

use crate::store::{ORIGIN, origin_signers, receipt_for};

const ENTRIES: [&[u8]; 5] = [b"zero", b"one", b"two", b"three", b"four"];

#[test]
fn every_entry_has_a_receipt() {
    for (index, entry) in ENTRIES.iter().enumerate() {
        let (receipt, keys) = receipt_for(&ENTRIES, index as u64);
        let text = receipt.encode();
        assert_eq!(Receipt::parse(&text).as_ref(), Ok(&receipt));
        let verified = verify_receipt(&text, entry, &keys).unwrap();
        assert_eq!((verified.index, verified.leaf), (index as u64, leaf_hash(entry)));
        assert_eq!((verified.checkpoint.origin.as_str(), verified.checkpoint.size), (ORIGIN, 5));
        assert_eq!(verify_receipt_leaf(&text, &leaf_hash(entry), &keys), Ok(verified));
        for other in ENTRIES.iter().filter(|other| *other != entry) {
            assert_eq!(verify_receipt(&text, other, &keys), Err(Error::InclusionProof));
        }
    }
}

#[test]
fn the_text_is_what_tlog_proof_describes() {
    let (mut receipt, _) = receipt_for(&ENTRIES, 4);
    receipt.extra = Some(b"context".to_vec());
    let text = receipt.encode();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra Y29udGV4dA==", "index 4"]);
    assert_eq!((lines[3].len(), lines[4..7].to_vec()), (44, vec!["", ORIGIN, "5"]));
    assert!(text.ends_with(&receipt.checkpoint));
    assert_eq!(Receipt::parse(&text), Ok(receipt));
}

#[test]
fn a_log_of_one_needs_no_hashes() {
    let (receipt, keys) = receipt_for(&[b"only"], 0);
    assert!(receipt.hashes.is_empty());
    assert!(receipt.encode().starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example/centre\n1\n"));
    assert!(verify_receipt(&receipt.encode(), b"only", &keys).is_ok());
}

#[test]
fn a_checkpoint_of_another_tree_is_noticed() {
    let (receipt, keys) = receipt_for(&ENTRIES, 2);
    let (smaller, _) = receipt_for(&ENTRIES[..3], 2);
    let mixed = Receipt { checkpoint: smaller.checkpoint, ..receipt.clone() };
    assert_eq!(verify_receipt(&mixed.encode(), b"two", &keys), Err(Error::InclusionProof));
    let (first, _) = receipt_for(&ENTRIES[..1], 0);
    let mixed = Receipt { checkpoint: first.checkpoint, ..receipt.clone() };
    assert_eq!(verify_receipt(&mixed.encode(), b"two", &keys), Err(Error::IndexOutOfRange { index: 2, size: 1 }));

    let [ed25519, _] = origin_signers(ORIGIN);
    let (_, text) = receipt.checkpoint.split_once('\n').unwrap();
    assert!(text.starts_with("5\n"));
    let note = transparency::Note::parse(&receipt.checkpoint).unwrap();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    let stripped = Receipt { checkpoint: sign_checkpoint(&checkpoint, &[&ed25519]).unwrap(), ..receipt };
    assert!(matches!(verify_receipt(&stripped.encode(), b"two", &keys), Err(Error::SignatureMissing { .. })));
}

#[test]
fn other_spellings_are_refused() {
    let (receipt, _) = receipt_for(&ENTRIES, 4);
    let text = receipt.encode();
    let hash = text.lines().nth(2).unwrap();
    let swap = |from: &str, to: &str| text.replacen(from, to, 1);
    for wrong in [
        String::new(),
        swap("@v1", "@v2"),
        swap("c2sp", " c2sp"),
        swap("\nindex", "\n\nindex"),
        swap("index 4", "index 04"),
        swap("index 4", "index +4"),
        swap("index 4", "index  4"),
        swap("index 4", "Index 4"),
        swap("index 4", "index 4\nindex 4"),
        swap("index 4", "index 4\nextra AA=="),
        swap("index 4", "extra \nindex 4"),
        swap("index 4", "extra AA\nindex 4"),
        swap("index 4", "extra AA==\nextra AA==\nindex 4"),
        swap("index 4", "extra AA=="),
        swap("index 4\n", ""),
        swap(hash, &hash[..43]),
        swap(hash, &format!("{hash} ")),
        swap(hash, "AAAA"),
        swap(hash, &[hash; 65].join("\n")),
        swap("\n\nlog", "\nlog"),
        swap("\n\nlog", "\n\n\nlog"),
        text.replace('\n', "\r\n"),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("{}{}", text, "x".repeat(transparency::MAX_RECEIPT_BYTES)),
    ] {
        assert_ne!(wrong, text);
        assert!(Receipt::parse(&wrong).is_err(), "{wrong:.200?}");
    }
}
