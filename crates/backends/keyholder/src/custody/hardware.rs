//! The root key in hardware: sealed to a key that was made in a PKCS#11 token and can't leave it (OASIS PKCS #11
//! Cryptographic Token Interface 2.40 and later; `CKM_AES_GCM`, NIST SP 800-38D).
//!
//! The token opens the root key once, when the key holder starts; after that it is in the key holder's memory, as it is
//! after custodians handed in their shares. What is on disk opens nothing without the token and its PIN.

use crate::RootKey;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use domain::Entropy;
use keys::Key32;
use std::path::Path;
use zeroize::Zeroizing;

/// First line of the record, and what the token binds the root key to.
const HEAD: &str = "ringfence root key in hardware v1";
/// The key's name in the token, for whoever looks through it.
const LABEL: &str = "ringfence root";
const TAG_BITS: u64 = 128;
const SEALED: usize = 32 + 16;

/// Why the token can't be used. Never holds the PIN, nor words of the token's own program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HardwareError {
    /// The PKCS#11 module can't be loaded.
    #[error("the token's PKCS#11 module can't be loaded")]
    Module,
    /// No token there has this label.
    #[error("no token there has that label")]
    Absent,
    /// Several have.
    #[error("several tokens there have that label")]
    Ambiguous,
    /// The PIN is another one.
    #[error("the token refuses the PIN")]
    Pin,
    /// Too many wrong ones were tried.
    #[error("the token is locked: too many wrong PINs")]
    Locked,
    /// The key that opens the root key isn't in this token.
    #[error("that token hasn't the key that opens the root key")]
    OtherToken,
    /// The record was edited, or belongs to another key.
    #[error("the record of the root key in hardware was edited")]
    Edited,
    /// The token would give its key away.
    #[error("the token makes no key that can't leave it")]
    Extractable,
    /// The token can't do what it takes.
    #[error("the token can't do AES-256-GCM, or stopped answering")]
    Failed,
}

impl From<Error> for HardwareError {
    fn from(error: Error) -> Self {
        match error {
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => Self::Pin,
            Error::Pkcs11(RvError::PinLocked, _) => Self::Locked,
            _ => Self::Failed,
        }
    }
}

/// The root key as it lies on disk: sealed to a key in a token. Needs no secrecy; what was edited in it doesn't open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InHardware {
    key: [u8; 16],
    nonce: [u8; 12],
    sealed: [u8; SEALED],
}

impl InHardware {
    /// Its record: a head, then three lines of hex.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{HEAD}\n{}\n{}\n{}\n", hex(&self.key), hex(&self.nonce), hex(&self.sealed))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// If it isn't one.
    pub fn parse(text: &str) -> Result<Self, HardwareError> {
        let lines: Vec<&str> = text.lines().collect();
        let [HEAD, key, nonce, sealed] = lines[..] else { return Err(HardwareError::Edited) };
        let all = (bytes(key), bytes(nonce), bytes(sealed));
        let (Some(key), Some(nonce), Some(sealed)) = all else { return Err(HardwareError::Edited) };
        Ok(Self { key, nonce, sealed })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let whole = hex.len() == 2 * N && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
    let mut all = [0; N];
    for (at, byte) in all.iter_mut().enumerate().filter(|_| whole) {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    whole.then_some(all)
}

/// A token whose PIN was accepted. Dropped, its session is closed, and with its last session the token forgets the PIN.
#[derive(Debug)]
pub struct Token(Session);

impl Token {
    /// Opens the token of that label with its user's PIN. One at a time in a process.
    ///
    /// # Errors
    /// If the module doesn't load, there isn't exactly one such token, or it refuses the PIN.
    pub fn open(module: &Path, label: &str, pin: &Zeroizing<String>) -> Result<Self, HardwareError> {
        let module = Pkcs11::new(module).map_err(|_| HardwareError::Module)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(_) => return Err(HardwareError::Module),
        }
        let mut found = Vec::new();
        for slot in module.get_slots_with_token()? {
            if module.get_token_info(slot)?.label() == label {
                found.push(slot);
            }
        }
        let slot = match found[..] {
            [] => return Err(HardwareError::Absent),
            [slot] => slot,
            _ => return Err(HardwareError::Ambiguous),
        };
        let session = module.open_rw_session(slot)?;
        // The token's program keeps its own copy; this one is zeroed when it is dropped.
        session.login(UserType::User, Some(&AuthPin::new(pin.as_str().into())))?;
        Ok(Self(session))
    }

    /// Makes a key in the token, and seals the root key to it.
    ///
    /// # Errors
    /// If the token can't, or would give the key away, or doesn't give the root key back.
    pub fn take(&self, root: &RootKey, entropy: &dyn Entropy) -> Result<InHardware, HardwareError> {
        let id: [u8; 16] = domain::time::fresh(entropy);
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(32.into()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Id(id.to_vec()),
            Attribute::Label(LABEL.into()),
        ];
        let key = self.0.generate_key(&Mechanism::AesKeyGen, &template)?;
        let sealed = self.stays(key).and_then(|()| self.seal(root, key, id, entropy));
        if sealed.is_err() {
            // It opens nothing; a token has little room.
            drop(self.0.destroy_object(key));
        }
        sealed
    }

    /// Whether the token itself says that the key was never outside, and can't get there.
    fn stays(&self, key: ObjectHandle) -> Result<(), HardwareError> {
        let asked = [AttributeType::AlwaysSensitive, AttributeType::NeverExtractable];
        let mut said = self.0.get_attributes(key, &asked)?;
        said.retain(|one| matches!(one, Attribute::AlwaysSensitive(true) | Attribute::NeverExtractable(true)));
        if said.len() == asked.len() { Ok(()) } else { Err(HardwareError::Extractable) }
    }

    fn seal(
        &self,
        root: &RootKey,
        key: ObjectHandle,
        id: [u8; 16],
        entropy: &dyn Entropy,
    ) -> Result<InHardware, HardwareError> {
        let mut nonce: [u8; 12] = domain::time::fresh(entropy);
        let bound = bound(&id);
        // Some tokens choose the nonce themselves, and write it where the offered one was.
        let sealed = self.0.encrypt(&gcm(&mut nonce, &bound)?, key, root.0.bytes())?;
        let record = InHardware { key: id, nonce, sealed: sealed.try_into().map_err(|_| HardwareError::Failed)? };
        let back = self.give(&record)?;
        if back.0.bytes() == root.0.bytes() { Ok(record) } else { Err(HardwareError::Failed) }
    }

    /// Opens the root key.
    ///
    /// # Errors
    /// If the token hasn't the key, or the record was edited.
    pub fn give(&self, record: &InHardware) -> Result<RootKey, HardwareError> {
        let wanted = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Id(record.key.to_vec())];
        let [key] = self.0.find_objects(&wanted)?[..] else { return Err(HardwareError::OtherToken) };
        let (mut nonce, bound) = (record.nonce, bound(&record.key));
        let root = self.0.decrypt(&gcm(&mut nonce, &bound)?, key, &record.sealed);
        let root = Zeroizing::new(root.map_err(|_| HardwareError::Edited)?);
        let root: [u8; 32] = root.as_slice().try_into().map_err(|_| HardwareError::Edited)?;
        Ok(RootKey(Key32::new(root)))
    }
}

fn gcm<'a>(nonce: &'a mut [u8; 12], bound: &'a [u8]) -> Result<Mechanism<'a>, HardwareError> {
    Ok(Mechanism::AesGcm(GcmParams::new(nonce, bound, TAG_BITS.into())?))
}

/// The root key is bound to what it is and to which key it is sealed.
fn bound(key: &[u8; 16]) -> Vec<u8> {
    [HEAD.as_bytes(), key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_nothing_else_is() {
        let record = InHardware { key: [1; 16], nonce: [0xab; 12], sealed: [7; SEALED] };
        let text = record.text();
        assert_eq!(InHardware::parse(&text), Ok(record));
        let others =
            [text.replace("v1", "v2"), text.replace("ab", "zz"), format!("{text}more\n"), text.replace("07", "")];
        for other in others {
            assert_eq!(InHardware::parse(&other), Err(HardwareError::Edited), "{other}");
        }
    }
}
