//! Verifier keys: who may sign what, and over which bytes (C2SP signed-note, tlog-cosignature).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, ML_DSA_44, ParsedPublicKey};

use crate::checkpoint::Checkpoint;
use crate::encoding::{base64, from_base64};
use crate::error::Error;
use crate::merkle::sha256;
use crate::note::is_name;

/// The longest key name and origin: ML-DSA-44 signs both behind an 8-bit length.
pub(crate) const MAX_NAME_BYTES: usize = 255;

const ED25519_KEY_BYTES: usize = 32;
const ML_DSA_44_KEY_BYTES: usize = 1312;
const TIMESTAMP_BYTES: usize = 8;
const SUBTREE_LABEL: &[u8; 12] = b"subtree/v1\n\0";

/// The signature types of signed-note that a log and its witnesses use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureType {
    /// 0x01: Ed25519 over the note's text.
    Ed25519,
    /// 0x04: Ed25519 of a witness over a time and the checkpoint's text.
    Ed25519Cosignature,
    /// 0x06: ML-DSA-44 (FIPS 204, no context) over the signer's name, a time, and the checkpoint's origin, size
    /// and root. Used by the log itself, then with time zero, and by witnesses.
    MlDsa44,
}

impl SignatureType {
    /// The identifier byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Ed25519Cosignature => 0x04,
            Self::MlDsa44 => 0x06,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Ed25519, Self::Ed25519Cosignature, Self::MlDsa44].into_iter().find(|kind| kind.byte() == byte)
    }

    /// Whether the signature starts with a time.
    pub(crate) fn is_timestamped(self) -> bool {
        self != Self::Ed25519
    }

    fn parse_key(self, key: &[u8]) -> Option<ParsedPublicKey> {
        let (length, parsed) = match self {
            Self::Ed25519 | Self::Ed25519Cosignature => (ED25519_KEY_BYTES, ParsedPublicKey::new(&ED25519, key)),
            Self::MlDsa44 => (ML_DSA_44_KEY_BYTES, ParsedPublicKey::new(&ML_DSA_44, key)),
        };
        // The library would take a DER form too; signed-note has the raw one only.
        parsed.ok().filter(|_| key.len() == length)
    }
}

impl fmt::Display for SignatureType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::Ed25519Cosignature => "Ed25519 cosignature",
            Self::MlDsa44 => "ML-DSA-44",
        })
    }
}

/// A named public key, printed as `name+hexid+base64(type, public key)`.
#[derive(Clone)]
pub struct VerifierKey {
    name: String,
    kind: SignatureType,
    public: Vec<u8>,
    id: u32,
    parsed: ParsedPublicKey,
}

impl VerifierKey {
    /// A key from its parts; `public` is raw, 32 bytes for Ed25519 and 1312 for ML-DSA-44.
    ///
    /// # Errors
    /// [`Error::KeyName`], or [`Error::VerifierKey`] for bytes that aren't a key of this type.
    pub fn new(name: &str, kind: SignatureType, public: &[u8]) -> Result<Self, Error> {
        if !is_name(name) || name.len() > MAX_NAME_BYTES {
            return Err(Error::KeyName);
        }
        let parsed = kind.parse_key(public).ok_or(Error::VerifierKey("the public key is invalid"))?;
        let id = key_id(name, kind, public);
        Ok(Self { name: name.to_owned(), kind, public: public.to_vec(), id, parsed })
    }

    /// The name of the key; for a log's own keys its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The signature type.
    #[must_use]
    pub fn kind(&self) -> SignatureType {
        self.kind
    }

    /// The first four bytes of SHA-256 over name, newline, type and public key.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The raw public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// Checks the bytes after the key id of a signature line over a note's `text`. Returns the signed time in
    /// seconds since 1970 if the type has one (zero states no time).
    ///
    /// # Errors
    /// [`Error::SignatureWrong`]; for cosignature types also [`Error::Checkpoint`] if `text` isn't one.
    pub fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, Error> {
        let wrong = || Error::SignatureWrong { name: self.name.clone(), kind: self.kind };
        let (time, signature) = match self.kind.is_timestamped() {
            true => signature.split_first_chunk::<TIMESTAMP_BYTES>().ok_or_else(wrong)?,
            false => (&[0; TIMESTAMP_BYTES], signature),
        };
        let time = u64::from_be_bytes(*time);
        let message = signed_message(self.kind, &self.name, text, time)?;
        self.parsed.verify_sig(&message, signature).map_err(|_| wrong())?;
        Ok(self.kind.is_timestamped().then_some(time))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.kind.byte()], self.public.as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, base64(&typed))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({}+{:08x}, {})", self.name, self.id, self.kind)
    }
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.kind, &self.public) == (&other.name, other.kind, &other.public)
    }
}

impl Eq for VerifierKey {}

impl FromStr for VerifierKey {
    type Err = Error;

    /// Reads a key; the id must be the recommended hash, in eight lower-case digits.
    ///
    /// # Errors
    /// [`Error::VerifierKey`] or [`Error::KeyName`].
    fn from_str(text: &str) -> Result<Self, Error> {
        const WRONG: Error = Error::VerifierKey("it isn't name, id and Base 64 joined by plus");
        // Base 64 has a plus of its own, so split at the first two only.
        let mut parts = text.splitn(3, '+');
        let (name, id) = parts.next().zip(parts.next()).ok_or(WRONG)?;
        let typed = parts.next().and_then(from_base64).ok_or(WRONG)?;
        let (kind, public) = typed.split_first().ok_or(WRONG)?;
        let kind = SignatureType::from_byte(*kind).ok_or(Error::VerifierKey("its signature type isn't supported"))?;
        let key = Self::new(name, kind, public)?;
        if format!("{:08x}", key.id) != id {
            return Err(Error::VerifierKey("the id doesn't belong to the key"));
        }
        Ok(key)
    }
}

fn key_id(name: &str, kind: SignatureType, public: &[u8]) -> u32 {
    let input = [name.as_bytes(), &[b'\n', kind.byte()], public].concat();
    let [a, b, c, d, ..] = sha256(&input);
    u32::from_be_bytes([a, b, c, d])
}

/// The bytes that a key of type `kind` signs for a note's `text`; `time` counts for cosignature types only.
pub(crate) fn signed_message(kind: SignatureType, name: &str, text: &str, time: u64) -> Result<Vec<u8>, Error> {
    if kind == SignatureType::Ed25519 {
        return Ok(text.as_bytes().to_vec());
    }
    let checkpoint = Checkpoint::parse(text)?;
    if i64::try_from(time).is_err() {
        return Err(Error::Timestamp);
    }
    match kind {
        SignatureType::MlDsa44 => cosigned_message(name, time, &checkpoint),
        _ => Ok(format!("cosignature/v1\ntime {time}\n{text}").into_bytes()),
    }
}

/// The `cosigned_message` of tlog-cosignature for a whole tree: start is zero, end the size.
fn cosigned_message(name: &str, time: u64, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let name_length = u8::try_from(name.len()).map_err(|_| Error::KeyName)?;
    let origin_length =
        u8::try_from(checkpoint.origin.len()).map_err(|_| Error::Checkpoint("the origin is longer than 255 bytes"))?;
    let start = 0_u64;
    Ok([
        SUBTREE_LABEL.as_slice(),
        &[name_length],
        name.as_bytes(),
        &time.to_be_bytes(),
        &[origin_length],
        checkpoint.origin.as_bytes(),
        &start.to_be_bytes(),
        &checkpoint.size.to_be_bytes(),
        &checkpoint.root,
    ]
    .concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosigned_message_layout() {
        let checkpoint = Checkpoint { origin: "ab".into(), size: 0x0102, root: [9; 32] };
        let message = cosigned_message("witness", 0x0a0b, &checkpoint).unwrap();
        let mut want = b"subtree/v1\n\0\x07witness\0\0\0\0\0\0\x0a\x0b\x02ab".to_vec();
        want.extend([0; 8]);
        want.extend([0, 0, 0, 0, 0, 0, 1, 2]);
        want.extend([9; 32]);
        assert_eq!(message, want);
    }

    #[test]
    fn ed25519_cosignature_message_is_the_one_in_the_specification() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let message = signed_message(SignatureType::Ed25519Cosignature, "any", text, 1_679_315_147).unwrap();
        let want = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n\
                    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        assert_eq!(String::from_utf8(message).unwrap(), want);
    }

    #[test]
    fn times_beyond_63_bits_are_refused() {
        let text = "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
        assert!(signed_message(SignatureType::MlDsa44, "o", text, i64::MAX as u64).is_ok());
        let late = signed_message(SignatureType::MlDsa44, "o", text, 1 << 63);
        assert_eq!(late, Err(Error::Timestamp));
    }
}
