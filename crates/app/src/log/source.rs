//! Where a log's files come from.

use crate::failure::Failure;
use transparency::{Checkpoint, OriginKeys, TilePath, consistency_proof, verify_consistency};

/// A log as C2SP tlog-tiles lays it out, wherever it lies. What it gives isn't verified.
pub trait Source {
    /// What to call it in messages.
    fn name(&self) -> String;

    /// Its checkpoint; `None` if it has none.
    ///
    /// # Errors
    /// If it can't be asked.
    fn checkpoint(&self) -> Result<Option<String>, Failure>;

    /// The keys that it claims to sign with; `None` if it tells none. They prove nothing by lying there.
    ///
    /// # Errors
    /// If it can't be asked.
    fn claimed_keys(&self) -> Result<Option<String>, Failure>;

    /// A tile or bundle, exactly as wide as asked for where it can be cut to that; `None` if it isn't there.
    ///
    /// # Errors
    /// If it can't be asked.
    fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, Failure>;

    /// A page of a close's list; `None` if it isn't there.
    ///
    /// # Errors
    /// If it can't be asked.
    fn close_page(&self, close: u64, page: u64) -> Result<Option<Vec<u8>>, Failure>;
}

/// Where a page of a close's list lies below a log's address or directory.
pub(super) fn page_path(close: u64, page: u64) -> String {
    format!("closes/{close}/pages/{page}")
}

/// Hands a source's tiles to `work`. A source that can't be asked looks like one whose tile is missing; so its failure
/// is kept and comes first.
pub(crate) fn with_tiles<T>(
    source: &dyn Source,
    work: impl FnOnce(&mut dyn FnMut(TilePath) -> Option<Vec<u8>>) -> T,
) -> Result<T, Failure> {
    fetching(|path| source.tile(path), work)
}

/// The same for anything that is fetched by name.
pub(crate) fn fetching<K, V, T>(
    ask: impl Fn(K) -> Result<Option<V>, Failure>,
    work: impl FnOnce(&mut dyn FnMut(K) -> Option<V>) -> T,
) -> Result<T, Failure> {
    let mut failed = None;
    let mut fetch = |name| match ask(name) {
        Ok(found) => found,
        Err(failure) => {
            failed.get_or_insert(failure);
            None
        }
    };
    let done = work(&mut fetch);
    failed.map_or(Ok(done), Err)
}

/// Whether the tree of `new` contains the one of `old` unchanged, as the source's tiles prove it.
///
/// # Errors
/// If the source can't be asked. What it can't prove is the answer `Ok(Err(…))`.
pub fn consistent(
    source: &dyn Source,
    old: &Checkpoint,
    new: &Checkpoint,
) -> Result<Result<(), transparency::Error>, Failure> {
    with_tiles(source, |fetch| {
        let proof = consistency_proof(old.size, new.size, fetch)?;
        verify_consistency(old.size, &old.root, new.size, &new.root, &proof)
    })
}

/// Which keys these are, by their ids.
pub(crate) fn signed_by(keys: &OriginKeys) -> String {
    format!("Ed25519 ({:08x}) and ML-DSA-44 ({:08x})", keys.ed25519().id(), keys.ml_dsa_44().id())
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from lower-case hex.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if !text.len().is_multiple_of(2) || !text.as_bytes().iter().all(digit) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
