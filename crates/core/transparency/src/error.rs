//! What can be wrong with bytes that claim to be part of a log.

use crate::path::TilePath;

/// Why bytes were refused. One line each, and never a byte of an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tile path isn't the one canonical spelling that tlog-tiles defines.
    #[error("the tile path isn't canonical: {0}")]
    TilePath(&'static str),
    /// The tile source doesn't have a tile that the tree size requires.
    #[error("the tile {0} is missing")]
    TileMissing(TilePath),
    /// A tile's data is shorter than its width, longer than 256 hashes, or cut within a hash.
    #[error("the tile {0} has the wrong length")]
    TileLength(TilePath),
    /// The tiles hash to another root than the one they were checked against.
    #[error("the tiles don't hash to the expected root")]
    TilesDisagree,
    /// A tree can't hold more than 2^64 - 1 leaves.
    #[error("the tree is full")]
    TreeFull,
    /// A serialised frontier is cut or too long for its size.
    #[error("the frontier's length doesn't match its tree size")]
    FrontierLength,
    /// An entry doesn't fit the 16-bit length of an entry bundle.
    #[error("the entry is {0} bytes long; an entry bundle holds at most 65535 per entry")]
    EntryTooLong(usize),
    /// An entry bundle is cut, holds another number of entries than expected, or more than 256.
    #[error("the entry bundle is malformed: {0}")]
    Bundle(&'static str),
    /// A leaf index that isn't below the tree size.
    #[error("leaf {index} isn't in a tree of {size}")]
    IndexOutOfRange {
        /// The leaf asked for, from zero.
        index: u64,
        /// The number of leaves in the tree.
        size: u64,
    },
    /// A consistency proof runs from a smaller or equal tree to a larger one.
    #[error("a tree of {new} can't extend a tree of {old}")]
    SizesReversed {
        /// Leaves in the older tree.
        old: u64,
        /// Leaves in the newer tree.
        new: u64,
    },
    /// The inclusion proof doesn't lead from the leaf to the root.
    #[error("the inclusion proof doesn't lead to the root")]
    InclusionProof,
    /// The consistency proof doesn't lead from the old root to the new one.
    #[error("the consistency proof doesn't connect the two roots")]
    ConsistencyProof,
    /// A note that breaks a rule of signed-note.
    #[error("the note is malformed: {0}")]
    Note(&'static str),
    /// A key name that signed-note or tlog-cosignature doesn't allow.
    #[error("the key name must be 1 to 255 bytes without spaces, control characters or plus")]
    KeyName,
    /// A verifier key that isn't `name+hexid+base64(type, public key)`, or of an unsupported type.
    #[error("the verifier key is malformed: {0}")]
    VerifierKey(&'static str),
    /// The two keys of an origin don't belong together, or their text form is wrong.
    #[error("the origin's keys are wrong: {0}")]
    OriginKeys(&'static str),
    /// The cryptographic library refused to make a key or a signature.
    #[error("the cryptographic library failed to {0}")]
    Crypto(&'static str),
    /// A timestamp above 2^63 - 1 seconds.
    #[error("the timestamp is out of range")]
    Timestamp,
    /// A checkpoint that breaks a rule of tlog-checkpoint, or carries extension lines.
    #[error("the checkpoint is malformed: {0}")]
    Checkpoint(&'static str),
    /// A checkpoint of another log.
    #[error("the checkpoint is of another log: {0}")]
    OtherOrigin(String),
    /// A signature that must be there isn't.
    #[error("the {kind} signature of {name} is missing")]
    SignatureMissing {
        /// Whose signature.
        name: String,
        /// Which algorithm.
        kind: crate::keys::SignatureType,
    },
    /// A signature under a known key that doesn't verify.
    #[error("the {kind} signature of {name} doesn't verify")]
    SignatureWrong {
        /// Whose signature.
        name: String,
        /// Which algorithm.
        kind: crate::keys::SignatureType,
    },
    /// A receipt that breaks a rule of tlog-proof.
    #[error("the receipt is malformed: {0}")]
    Receipt(&'static str),
    /// A witness policy that can't hold.
    #[error("the witness policy is wrong: {0}")]
    WitnessPolicy(&'static str),
    /// Too few witnesses signed.
    #[error("{signed} of the witnesses signed; {quorum} must have")]
    QuorumMissed {
        /// How many signed, of those that the policy trusts.
        signed: usize,
        /// How many must have.
        quorum: usize,
    },
    /// A request to a witness that breaks a rule of tlog-witness.
    #[error("the request is malformed: {0}")]
    AddCheckpoint(&'static str),
    /// A leaf that starts like a close and isn't one.
    #[error("the close is malformed: {0}")]
    Close(&'static str),
    /// A row of a sorted list whose key isn't above the one before it.
    #[error("a row isn't above the one before it")]
    ListOrder,
}
