//! The tamper-evident log in bytes: Merkle tree, tiles, signed notes, checkpoints, proofs.
//!
//! # In scope
//! * RFC 6962 hashing ([`leaf_hash`], [`node_hash`]) and the compact right edge of a tree ([`Frontier`]).
//! * C2SP tlog-tiles: strict paths ([`TilePath`]), which tiles a batch of leaves changes ([`TileBuilder`]),
//!   and entry bundles ([`encode_bundle`], [`decode_bundle`], [`extend_bundles`]).
//! * Inclusion and consistency proofs, made from tiles and checked as RFC 9162 describes; and the check of a whole
//!   log, from its entries up ([`check_log`]).
//! * C2SP signed-note ([`Note`]) with the signature types 0x01 (Ed25519), 0x04 (Ed25519 cosignature of a
//!   witness) and 0x06 (ML-DSA-44, for the log itself and for witnesses).
//! * C2SP tlog-checkpoint without extension lines ([`Checkpoint`]), signed twice by its origin
//!   ([`OriginKeys`]), and C2SP tlog-proof ([`Receipt`]).
//! * C2SP tlog-witness: requests and answers ([`AddCheckpoint`], [`read_cosignatures`]), and a witness's judgement
//!   ([`WitnessState::judge`]).
//! * C2SP tlog-cosignature, and when k of n witnesses make a checkpoint count ([`WitnessPolicy`]).
//! * The one leaf whose meaning is known here: a [`Close`], with the sorted list that it signs ([`ListBuilder`],
//!   [`check_list`]).
//!
//! # Out of scope
//! * Input and output, time and storage: tiles come in and go out as bytes, timestamps are parameters.
//! * What any other entry means, who is in a list, and which witnesses are trusted: those are given by the caller.
//! * HTTP, pruning, and subtree signatures whose start isn't zero.
//!
//! # Randomness
//! Keys come from seeds and Ed25519 signatures are deterministic. ML-DSA-44 signatures are hedged by the
//! cryptographic library, as FIPS 204 recommends, so two signatures of one checkpoint differ in bytes.
//!
//! # Example
//! ```
//! use transparency::*;
//!
//! # fn main() -> Result<(), Error> {
//! let ed25519 = NoteSigner::ed25519("log.example/centre", &[1; 32])?;
//! let ml_dsa = NoteSigner::ml_dsa_44("log.example/centre", &[2; 32])?;
//! let keys = OriginKeys::new(ed25519.verifier_key().clone(), ml_dsa.verifier_key().clone())?;
//!
//! let mut log = TileBuilder::new();
//! let tiles = log.append(&[leaf_hash(b"first"), leaf_hash(b"second")])?;
//! let checkpoint = Checkpoint { origin: keys.origin().into(), size: log.size(), root: log.root() };
//! let receipt = Receipt {
//!     index: 1,
//!     hashes: inclusion_proof(2, 1, |path| tiles.iter().find(|t| t.path == path).map(|t| &t.data))?,
//!     checkpoint: sign_checkpoint(&checkpoint, &[&ed25519, &ml_dsa])?,
//!     extra: None,
//! };
//!
//! let verified = verify_receipt(&receipt.encode(), b"second", &keys)?;
//! assert_eq!((verified.index, verified.checkpoint), (1, checkpoint));
//! # Ok(())
//! # }
//! ```

mod bundle;
mod check;
mod checkpoint;
mod close;
mod encoding;
mod error;
mod frontier;
mod keys;
mod merkle;
mod node_cache;
mod note;
mod path;
mod proof;
mod receipt;
mod signer;
mod sorted_list;
mod tile_builder;
mod tile_reader;
mod witness;
mod witness_policy;

pub use bundle::{decode_bundle, encode_bundle, extend_bundles};
pub use check::{Fault, check_log};
pub use checkpoint::{
    Checkpoint, OriginKeys, sign_checkpoint, sign_checkpoint_at, verify_checkpoint, verify_cosignature,
};
pub use close::{CLOSE_BYTES, Close};
pub use error::Error;
pub use frontier::Frontier;
pub use keys::{SignatureType, VerifierKey};
pub use merkle::{HASH_BYTES, Hash, empty_root, leaf_hash, node_hash};
pub use node_cache::NodeCache;
pub use note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteSignature};
pub use path::{Level, TILE_WIDTH, TilePath};
pub use proof::{consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use receipt::{MAX_RECEIPT_BYTES, Receipt, VerifiedReceipt, verify_receipt, verify_receipt_leaf};
pub use signer::{NoteSigner, sign_note};
pub use sorted_list::{
    LIST_PAGE_ROWS, LIST_ROW_BYTES, ListBuilder, ListFault, ListRow, Listed, check_list, list_pages,
};
pub use tile_builder::{Tile, TileBuilder, frontier_at};
pub use witness::{
    AddCheckpoint, Answer, Finding, MAX_ADD_CHECKPOINT_BYTES, MAX_PROOF_LINES, Ruling, SIZE_MEDIA_TYPE, WitnessState,
    read_cosignatures, read_size,
};
pub use witness_policy::{Cosigner, WitnessPolicy, Witnessed, verify_witnessed};
