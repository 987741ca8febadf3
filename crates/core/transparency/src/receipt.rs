//! Receipts: a proof that an entry is in a log, to be checked offline (C2SP tlog-proof).

use std::fmt::Write as _;

use crate::checkpoint::{Checkpoint, OriginKeys, verify_checkpoint};
use crate::encoding::{base64, decimal, from_base64, hash_from_base64};
use crate::error::Error;
use crate::merkle::{Hash, leaf_hash};
use crate::note::{MAX_NOTE_BYTES, Note};
use crate::proof::verify_inclusion;

/// The longest receipt that is read, in bytes.
pub const MAX_RECEIPT_BYTES: usize = 2 * MAX_NOTE_BYTES;

const HEADER: &str = "c2sp.org/tlog-proof@v1\n";

/// Hashes that an inclusion proof can have in a tree of u64 size.
const MAX_HASHES: usize = 64;

/// A receipt's parts, not verified: [`verify_receipt`] does that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's place in the log, from zero.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
    /// Data for the application. Nobody signs it: never trust it. Empty data counts as none.
    pub extra: Option<Vec<u8>>,
}

impl Receipt {
    /// The text of the receipt, conventionally stored as `.tlog-proof`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = HEADER.to_owned();
        // Writing to a string can't fail.
        if let Some(extra) = self.extra.as_ref().filter(|extra| !extra.is_empty()) {
            let _ = writeln!(text, "extra {}", base64(extra));
        }
        let _ = writeln!(text, "index {}", self.index);
        for hash in &self.hashes {
            let _ = writeln!(text, "{}", base64(hash));
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a receipt. Encoding it gives the same text back.
    ///
    /// # Errors
    /// [`Error::Receipt`] for a broken line or a limit, [`Error::Note`] and [`Error::Checkpoint`] for what
    /// follows the blank line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_RECEIPT_BYTES {
            return Err(Error::Receipt("it is too long"));
        }
        let (head, checkpoint) = text
            .strip_prefix(HEADER)
            .ok_or(Error::Receipt("the first line isn't c2sp.org/tlog-proof@v1"))?
            .split_once("\n\n")
            .ok_or(Error::Receipt("there is no blank line"))?;
        let (extra, head) = take_extra(head)?;
        let mut lines = head.split('\n');
        let index = parse_index(lines.next())?;
        let hashes = parse_hashes(lines)?;
        Checkpoint::parse(Note::parse(checkpoint)?.text())?;
        Ok(Self { index, hashes, checkpoint: checkpoint.to_owned(), extra })
    }
}

/// The data of the optional `extra` line, and the lines after it.
fn take_extra(head: &str) -> Result<(Option<Vec<u8>>, &str), Error> {
    let Some(rest) = head.strip_prefix("extra ") else {
        return Ok((None, head));
    };
    let (encoded, rest) = rest.split_once('\n').ok_or(Error::Receipt("there is no index line"))?;
    let extra =
        from_base64(encoded).filter(|extra| !extra.is_empty()).ok_or(Error::Receipt("the extra data isn't Base 64"))?;
    Ok((Some(extra), rest))
}

fn parse_index(line: Option<&str>) -> Result<u64, Error> {
    line.and_then(|line| line.strip_prefix("index "))
        .and_then(decimal)
        .ok_or(Error::Receipt("there is no index line with a plain decimal"))
}

fn parse_hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Hash>, Error> {
    let hashes: Vec<Hash> = lines
        .take(MAX_HASHES + 1)
        .map(|line| hash_from_base64(line).ok_or(Error::Receipt("a proof line isn't a hash")))
        .collect::<Result<_, _>>()?;
    if hashes.len() > MAX_HASHES {
        return Err(Error::Receipt("the proof has more than 64 hashes"));
    }
    Ok(hashes)
}

/// What a verified receipt states: this leaf has this place in the tree that the log signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// The entry's place in the log, from zero.
    pub index: u64,
    /// The entry's leaf hash.
    pub leaf: Hash,
    /// The checkpoint that the log signed with both keys.
    pub checkpoint: Checkpoint,
}

/// Checks that `text` is a receipt for exactly the bytes `entry`, under a checkpoint that the log signed with
/// both keys.
///
/// # Errors
/// Those of [`Receipt::parse`] and [`verify_checkpoint`]; [`Error::IndexOutOfRange`] and
/// [`Error::InclusionProof`] for a proof of another entry or place.
pub fn verify_receipt(text: &str, entry: &[u8], keys: &OriginKeys) -> Result<VerifiedReceipt, Error> {
    verify_receipt_leaf(text, &leaf_hash(entry), keys)
}

/// As [`verify_receipt`], for a verifier who has the leaf hash and not the entry.
///
/// # Errors
/// Those of [`verify_receipt`].
pub fn verify_receipt_leaf(text: &str, leaf: &Hash, keys: &OriginKeys) -> Result<VerifiedReceipt, Error> {
    let receipt = Receipt::parse(text)?;
    let checkpoint = verify_checkpoint(&receipt.checkpoint, keys)?;
    let Receipt { index, hashes, .. } = receipt;
    verify_inclusion(leaf, index, checkpoint.size, &checkpoint.root, &hashes)?;
    Ok(VerifiedReceipt { index, leaf: *leaf, checkpoint })
}
