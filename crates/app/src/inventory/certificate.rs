//! The public key of an X.509 certificate: which algorithm, and how long. Only as much of DER is read as leads there.

use super::declared::rsa;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P_384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// The version is there in every certificate of today, and may be left out.
const VERSION: u8 = 0xa0;

/// The declared algorithm of a certificate's key; none for another one, or where these bytes are no certificate.
pub(super) fn key_algorithm(der: &[u8]) -> Option<&'static str> {
    let (_, certificate, _) = element(der)?;
    let (_, mut rest, _) = element(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for _ in 0..5 {
        rest = element(rest)?.2;
    }
    let (SEQUENCE, key, _) = element(rest)? else { return None };
    let (SEQUENCE, algorithm, rest) = element(key)? else { return None };
    let (OID, name, parameters) = element(algorithm)? else { return None };
    match name {
        ED25519 => Some("eddsa"),
        EC => match element(parameters)?.1 {
            P_256 => Some("es256"),
            P_384 => Some("es384"),
            _ => None,
        },
        RSA => rsa(modulus_bits(rest)?),
        _ => None,
    }
}

fn modulus_bits(bit_string: &[u8]) -> Option<usize> {
    let (BIT_STRING, bits, _) = element(bit_string)? else { return None };
    let (_, key, _) = element(bits.get(1..)?)?;
    let (INTEGER, modulus, _) = element(key)? else { return None };
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let modulus = &modulus[first..];
    Some(modulus.len() * 8 - modulus.first()?.leading_zeros() as usize)
}

/// The next element's tag and content, and what comes behind it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256};

    #[test]
    fn a_certificates_key_is_told_and_no_bytes_make_it_panic() {
        let kinds = [
            (&PKCS_ECDSA_P256_SHA256, "es256"),
            (&PKCS_ECDSA_P384_SHA384, "es384"),
            (&PKCS_ED25519, "eddsa"),
            (&PKCS_RSA_SHA256, "rsa-2048"),
        ];
        for (kind, expected) in kinds {
            let key = KeyPair::generate_for(kind).unwrap();
            let made = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
            let der = made.der().to_vec();
            assert_eq!(key_algorithm(&der), Some(expected));
            for length in 0..der.len() {
                let _ = key_algorithm(&der[..length]);
            }
            for at in 0..der.len() {
                let mut edited = der.clone();
                edited[at] ^= 0x81;
                let _ = key_algorithm(&edited);
            }
        }
    }
}
