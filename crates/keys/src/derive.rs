//! HKDF-Expand (RFC 5869) and HMAC-SHA256 (RFC 2104) with the project's labels.

use crate::secret::Key32;
use aws_lc_rs::{hkdf, hmac};

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// `X(key, info, N)`: HKDF-Expand with SHA-256 of the concatenated `info`; the key is already uniform, so there
/// is no extract step. `N` at most 255 × 32.
#[must_use]
pub fn expand<const N: usize>(key: &Key32, info: &[&[u8]]) -> [u8; N] {
    expand_with(hkdf::HKDF_SHA256, key, info)
}

/// `X512(key, info, N)`: the same with SHA-512. The key is shorter than the hash, and as uniform: it is the key of HMAC-SHA512 in
/// feedback mode (SP 800-108), with the strength of its 256 bits. `N` at most 255 × 64.
#[must_use]
pub fn expand_512<const N: usize>(key: &Key32, info: &[&[u8]]) -> [u8; N] {
    expand_with(hkdf::HKDF_SHA512, key, info)
}

fn expand_with<const N: usize>(algorithm: hkdf::Algorithm, key: &Key32, info: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let prk = hkdf::Prk::new_less_safe(algorithm, key.bytes());
    // Infallible: N is a compile-time length far below 8160 bytes. A zero key would be the only other outcome,
    // so the failure is made loud instead.
    let done = prk.expand(info, Length(N)).and_then(|okm| okm.fill(&mut out));
    assert!(done.is_ok(), "HKDF-Expand of {N} bytes");
    out
}

/// `X(key, info, 32)` as a key.
#[must_use]
pub fn subkey(key: &Key32, info: &[&[u8]]) -> Key32 {
    Key32::new(expand(key, info))
}

/// `MAC(key, parts)`: HMAC-SHA256 over the concatenation.
#[must_use]
pub fn mac(key: &Key32, parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// The first sixteen bytes of a MAC.
#[must_use]
pub fn short(mac: [u8; 32]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(&mac[..16]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5869, test case 1: expand of its PRK.
    #[test]
    fn expands_as_rfc_5869() {
        let prk = Key32::new([
            0x07, 0x77, 0x09, 0x36, 0x2c, 0x2e, 0x32, 0xdf, 0x0d, 0xdc, 0x3f, 0x0d, 0xc4, 0x7b, 0xba, 0x63, 0x90, 0xb6,
            0xc7, 0x3b, 0xb5, 0x0f, 0x9c, 0x31, 0x22, 0xec, 0x84, 0x4a, 0xd7, 0xc2, 0xb3, 0xe5,
        ]);
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let okm: [u8; 42] = expand(&prk, &[&info]);
        assert_eq!(okm[..8], [0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a]);
        assert_eq!(okm[34..], [0x34, 0x00, 0x72, 0x08, 0xd5, 0xb8, 0x87, 0x18, 0x58, 0x65][2..]);
    }

    /// RFC 4231, test case 2 has a key shorter than 32 bytes; zero-padding to 32 gives the same MAC.
    #[test]
    fn macs_as_rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let tag = mac(&Key32::new(key), &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(tag[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        assert_eq!(tag[28..], [0x64, 0xec, 0x38, 0x43]);
    }
}
