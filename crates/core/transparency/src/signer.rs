//! Signing keys, made from seeds.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, ML_DSA_44_SIGNING, PqdsaKeyPair};

use crate::error::Error;
use crate::keys::{SignatureType, VerifierKey, signed_message};
use crate::note::{Note, NoteSignature};

const MAKE_KEY: Error = Error::Crypto("make a key");
const SIGN: Error = Error::Crypto("sign");

/// A named private key. The same name, seed and type always give the same verifier key.
pub struct NoteSigner {
    key: VerifierKey,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    MlDsa44(Box<PqdsaKeyPair>),
}

impl NoteSigner {
    /// A key that signs notes (type 0x01) from a secret seed: the private key of RFC 8032.
    ///
    /// # Errors
    /// [`Error::KeyName`] or [`Error::Crypto`].
    pub fn ed25519(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        Self::ed25519_of(name, SignatureType::Ed25519, seed)
    }

    /// A witness's key that cosigns checkpoints (type 0x04) from a secret seed.
    ///
    /// # Errors
    /// [`Error::KeyName`] or [`Error::Crypto`].
    pub fn ed25519_cosigner(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        Self::ed25519_of(name, SignatureType::Ed25519Cosignature, seed)
    }

    /// A key that signs checkpoints (type 0x06), as a log or as a witness, from a secret seed: ξ of FIPS 204.
    ///
    /// # Errors
    /// [`Error::KeyName`] or [`Error::Crypto`].
    pub fn ml_dsa_44(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let pair = PqdsaKeyPair::from_seed(&ML_DSA_44_SIGNING, seed).map_err(|_| MAKE_KEY)?;
        let key = VerifierKey::new(name, SignatureType::MlDsa44, pair.public_key().as_ref())?;
        Ok(Self { key, pair: Pair::MlDsa44(Box::new(pair)) })
    }

    fn ed25519_of(name: &str, kind: SignatureType, seed: &[u8; 32]) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| MAKE_KEY)?;
        let key = VerifierKey::new(name, kind, pair.public_key().as_ref())?;
        Ok(Self { key, pair: Pair::Ed25519(pair) })
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.key
    }

    /// A signature line over a note's `text`. `time`, in seconds since 1970 or zero for no statement, counts for
    /// cosignature types only, which sign nothing but checkpoints.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] or [`Error::Timestamp`] for cosignature types, [`Error::Crypto`].
    pub fn sign(&self, text: &str, time: u64) -> Result<NoteSignature, Error> {
        let message = signed_message(self.key.kind(), self.key.name(), text, time)?;
        let mut signature = match self.key.kind().is_timestamped() {
            true => time.to_be_bytes().to_vec(),
            false => Vec::new(),
        };
        signature.extend(self.pair.sign(&message)?);
        NoteSignature::new(self.key.name(), self.key.id(), signature)
    }
}

impl Pair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Self::MlDsa44(pair) => {
                let mut signature = vec![0; pair.algorithm().signature_len()];
                let written = pair.sign(message, &mut signature).map_err(|_| SIGN)?;
                signature.truncate(written);
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for NoteSigner {
    /// Shows the public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NoteSigner").field(&self.key).finish()
    }
}

/// Signs `text` with every signer, in order, and prints the note. `time` as for [`NoteSigner::sign`].
///
/// # Errors
/// [`Error::Note`] for a text that no note can have, or no signer, and those of [`NoteSigner::sign`].
pub fn sign_note(text: &str, time: u64, signers: &[&NoteSigner]) -> Result<String, Error> {
    let lines = signers.iter().map(|signer| signer.sign(text, time)).collect::<Result<_, _>>()?;
    Ok(Note::new(text, lines)?.to_string())
}
