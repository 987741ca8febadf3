//! Digests in slices, for work that is better done in several transactions.

/// How many slices there are, by the first byte of the digest.
pub(crate) const SLICES: u16 = 4;

/// The digests of a slice: from, and up to but without.
pub(crate) fn bounds(slice: u16) -> (Vec<u8>, Vec<u8>) {
    let width = 256 / SLICES;
    let edge = |slice: u16| u8::try_from(slice * width).map_or_else(|_| vec![0xff; 17], |byte| vec![byte]);
    (edge(slice), edge(slice + 1))
}
