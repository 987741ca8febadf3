//! AES-256-GCM envelopes (FIPS 197, SP 800-38D) with a commitment to key and place. Bytes: `keys::envelope`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use keys::envelope::{COMMITMENT, HEADER, SALT};
use keys::{Header, Okm, Place};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Each key is derived for one envelope and used once, so the nonce may be zero.
const NONCE: [u8; 12] = [0; 12];

/// Seals `plain` with the key that was derived for exactly this header and place. `None` only if the library
/// refuses (more than 2^36 bytes).
pub(crate) fn seal(okm: &Okm, header: &Header, place: &Place, plain: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(keys::envelope::OVERHEAD + plain.len());
    out.extend_from_slice(&header.bytes());
    out.extend_from_slice(&header.salt);
    out.extend_from_slice(okm.commitment());
    let mut body = plain.to_vec();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, okm.key()).ok()?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(NONCE), Aad::from(additional(header, place)), &mut body)
        .ok()?;
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
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, okm.key()).ok()?);
    let aad = Aad::from(additional(&header, place));
    let length = key.open_in_place(Nonce::assume_unique_for_key(NONCE), aad, &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// `hdr ‖ salt ‖ ctx`.
fn additional(header: &Header, place: &Place) -> [u8; HEADER + SALT + 38] {
    let mut out = [0; HEADER + SALT + 38];
    out[..HEADER].copy_from_slice(&header.bytes());
    out[HEADER..HEADER + SALT].copy_from_slice(&header.salt);
    out[HEADER + SALT..].copy_from_slice(&place.context());
    out
}

#[cfg(test)]
mod tests;
