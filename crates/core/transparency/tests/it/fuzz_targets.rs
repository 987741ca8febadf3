//! What is fuzzed: every parser, with what must hold of whatever it accepts. Plain functions of bytes, shared by the
//! fuzzer in `fuzz/` and by the regression test over a corpus.

use std::sync::OnceLock;
use transparency::{
    AddCheckpoint, CLOSE_BYTES, Checkpoint, Close, Frontier, LIST_PAGE_ROWS, LIST_ROW_BYTES, Level, Listed, Note,
    NoteSigner, OriginKeys, Receipt, TileBuilder, TilePath, VerifierKey, check_list, check_log, decode_bundle,
    encode_bundle, read_cosignatures, read_size, verify_checkpoint, verify_consistency, verify_cosignature,
    verify_inclusion, verify_receipt,
};

/// A target: it may not panic, and what it accepts prints back as it was.
pub(crate) type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub(crate) const TARGETS: [(&str, Target); 11] = [
    ("note", note),
    ("checkpoint", checkpoint),
    ("keys", keys),
    ("receipt", receipt),
    ("path", path),
    ("bundle", bundle),
    ("frontier", frontier),
    ("log", log),
    ("request", request),
    ("cosignature", cosignature),
    ("close", close),
];

/// The example key of signed-note.
const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The leaf of a close, and behind it the rows of its list in pages.
pub(crate) fn close(bytes: &[u8]) {
    let (leaf, rows) = bytes.split_at_checked(CLOSE_BYTES).unwrap_or((bytes, &[]));
    let Ok(Some(close)) = Close::parse(leaf) else { return };
    assert_eq!(close.encode(), leaf);
    let pages: Vec<&[u8]> = rows.chunks(LIST_PAGE_ROWS * LIST_ROW_BYTES).collect();
    let page = |at: u64| pages.get(usize::try_from(at).ok()?);
    for wanted in rows.chunks_exact(LIST_ROW_BYTES).filter_map(|row| row.first_chunk()).chain([&[0; 32]]) {
        if let Ok(listed) = check_list(close.size, &close.root, wanted, page) {
            let there = rows.chunks(LIST_ROW_BYTES).any(|row| row.starts_with(wanted));
            assert_eq!(matches!(listed, Listed::Row { .. }), there);
        }
    }
}

/// Signed notes (signed-note).
pub(crate) fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(text(bytes)) {
        assert_eq!(note.to_string(), text(bytes));
        assert!(!note.signatures().is_empty());
    }
}

/// Checkpoints, signed and bare (tlog-checkpoint).
pub(crate) fn checkpoint(bytes: &[u8]) {
    if let Ok(read) = Checkpoint::parse(text(bytes)) {
        assert_eq!(read.encode(), text(bytes));
    }
    if let Ok(note) = Note::parse(text(bytes)) {
        let key: VerifierKey = KEY.parse().expect("the specification's key is one");
        let example = note.text().starts_with("This is an example");
        let forged = note.signatures().iter().any(|line| key.verify(note.text(), line.signature()).is_ok());
        assert!(!forged || example, "nobody else has this key");
    }
}

/// Verifier keys, and a log's two.
pub(crate) fn keys(bytes: &[u8]) {
    if let Ok(key) = text(bytes).parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text(bytes));
    }
    if let Ok(keys) = text(bytes).parse::<OriginKeys>() {
        assert_eq!(keys.to_string().trim_end(), text(bytes).trim_end());
        assert!(verify_checkpoint(text(bytes), &keys).is_err());
        assert!(verify_receipt(text(bytes), b"", &keys).is_err());
    }
}

/// Receipts (tlog-proof).
pub(crate) fn receipt(bytes: &[u8]) {
    if let Ok(receipt) = Receipt::parse(text(bytes)) {
        assert_eq!(receipt.encode(), text(bytes));
        let (size, root) = (receipt.index.saturating_add(1), [9; 32]);
        assert!(verify_inclusion(&[8; 32], receipt.index, size, &root, &receipt.hashes).is_err());
        assert!(verify_consistency(1, &[8; 32], size, &root, &receipt.hashes).is_err());
    }
}

/// Paths of tiles (tlog-tiles).
pub(crate) fn path(bytes: &[u8]) {
    if let Ok(path) = text(bytes).parse::<TilePath>() {
        assert_eq!(path.to_string(), text(bytes));
    }
}

/// Entry bundles; the first byte says how wide.
pub(crate) fn bundle(bytes: &[u8]) {
    let Some((width, data)) = bytes.split_first() else { return };
    let width = u16::from(*width) + 1;
    if let Ok(entries) = decode_bundle(data, width) {
        assert_eq!(entries.len(), usize::from(width));
        assert_eq!(encode_bundle(&entries).as_deref(), Ok(data));
    }
}

/// Requests to a witness (tlog-witness).
pub(crate) fn request(bytes: &[u8]) {
    if let Ok(read) = AddCheckpoint::parse(text(bytes)) {
        assert_eq!(read.encode(), text(bytes));
        assert!(Note::parse(&read.checkpoint).is_ok());
    }
}

/// A checkpoint that was sent to a witness, what the witness answers, and its key.
pub(crate) fn cosigned() -> &'static (String, String, VerifierKey) {
    static COSIGNED: OnceLock<(String, String, VerifierKey)> = OnceLock::new();
    COSIGNED.get_or_init(|| {
        let origin = "log.example/centre";
        let (log, witness) = (
            NoteSigner::ed25519(origin, &[1; 32]).expect("a key"),
            NoteSigner::ed25519_cosigner("w.example", &[3; 32]).expect("a key"),
        );
        let checkpoint = Checkpoint { origin: origin.to_owned(), size: 7, root: [7; 32] };
        let sent = transparency::sign_checkpoint(&checkpoint, &[&log]).expect("a note");
        let line = witness.sign(&checkpoint.encode(), 1_767_225_600).expect("a line");
        let signed = Note::new(&checkpoint.encode(), vec![line]).expect("a note").to_string();
        let (_, answer) = signed.split_once("\n\n").expect("a note has a blank line");
        (sent, answer.to_owned(), witness.verifier_key().clone())
    })
}

/// Answers of a witness (tlog-witness, tlog-cosignature): lines over a checkpoint that was sent, or a size.
pub(crate) fn cosignature(bytes: &[u8]) {
    if let Some(size) = read_size(text(bytes)) {
        assert_eq!(format!("{size}\n"), text(bytes));
    }
    let (sent, _, key) = cosigned();
    if let Ok(lines) = read_cosignatures(text(bytes), sent, std::slice::from_ref(key)) {
        let note = Note::parse(sent).expect("it was sent");
        let note = lines.into_iter().try_fold(note, Note::with_signature).expect("lines that were read");
        assert!(verify_cosignature(&note.to_string(), key).is_ok_and(|(_, time)| time > 0));
    }
}

/// Serialised right edges.
pub(crate) fn frontier(bytes: &[u8]) {
    if let Ok(mut frontier) = Frontier::from_bytes(bytes) {
        assert_eq!(frontier.to_bytes(), bytes);
        let before = frontier.size();
        assert_eq!(frontier.append([1; 32]).is_ok(), before < u64::MAX);
    }
}

/// A whole log whose files are made of these bytes: none has the root that is asked for.
pub(crate) fn log(bytes: &[u8]) {
    let (size, data) = bytes.split_at_checked(2).unwrap_or_default();
    let size = size.iter().fold(0, |size, byte| size * 256 + u64::from(*byte)) % 1_000;
    let file = |path: TilePath| match path.level() {
        Level::Hashes(_) => data.get(..usize::from(path.width()) * 32),
        Level::Entries => data.get(path.index() as usize..),
    };
    assert!(check_log(size, &[9; 32], file).is_err());
    assert!(TileBuilder::resume(size, &[9; 32], file).is_err());
}
