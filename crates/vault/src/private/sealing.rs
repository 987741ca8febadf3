//! Envelopes, with a commitment to key and place. Bytes and ciphers: `keys::envelope`.

use aws_lc_rs::aead::Aad;
use keys::envelope::{COMMITMENT, HEADER, SALT, additional, cipher, one_nonce};
use keys::{Header, Okm, Place};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Seals `plain` with the key that was derived for exactly this header and place. `None` only if the library
/// refuses (more than 2^36 bytes).
pub(crate) fn seal(okm: &Okm, header: &Header, place: &Place, plain: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(keys::envelope::OVERHEAD + plain.len());
    out.extend_from_slice(&header.bytes());
    out.extend_from_slice(&header.salt);
    out.extend_from_slice(okm.commitment());
    let mut body = plain.to_vec();
    let aad = Aad::from(additional(header, place));
    cipher(header.suite, okm)?.seal_in_place_append_tag(one_nonce(), aad, &mut body).ok()?;
    out.extend_from_slice(&body);
    Some(out)
}

/// Opens an envelope in its place. The commitment is compared first, in constant time. `None` if it was sealed for
/// another place or key, or edited.
pub(super) fn open(okm: &Okm, place: &Place, envelope: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let header = Header::parse(envelope)?;
    let (commitment, body) = envelope[HEADER + SALT..].split_at(COMMITMENT);
    if !bool::from(commitment.ct_eq(okm.commitment())) {
        return None;
    }
    let mut bytes = Zeroizing::new(body.to_vec());
    let aad = Aad::from(additional(&header, place));
    let length = cipher(header.suite, okm)?.open_in_place(one_nonce(), aad, &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests;
