//! Tenant and shelf keys, wrapped under the root key.

use crate::{CustomerKeys, RootKey};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use domain::time::fresh;
use domain::{CustomerId, Entropy, TenantId};
use keys::{HolderError, Key32};
use std::collections::BTreeMap;

/// One wrapped key as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// Whose.
    pub tenant: TenantId,
    /// 0 for the tenant key, else the shelf's epoch.
    pub epoch: u32,
    /// `nonce[12] ‖ ciphertext ‖ tag`.
    pub wrapped: Vec<u8>,
}

/// A keyring that doesn't open.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Wrong root key, or edited.
    #[error("the keyring doesn't open with this key file: is it the one this data directory was made with?")]
    WrongRoot,
    /// Sealing failed.
    #[error("a key can't be wrapped")]
    Wrap,
}

/// The opened keys of all tenants.
#[derive(Default)]
pub struct Keyring {
    tenants: BTreeMap<TenantId, Key32>,
    shelves: BTreeMap<(TenantId, u32), Shelf>,
}

impl Keyring {
    /// Opens wrapped keys.
    ///
    /// # Errors
    /// If any doesn't open under this root.
    pub fn open(root: &RootKey, wrapped: &[WrappedKey]) -> Result<Self, KeyringError> {
        let mut ring = Self::default();
        for key in wrapped {
            ring.insert(key.tenant, key.epoch, unwrap(root, key)?);
        }
        Ok(ring)
    }

    /// A new key, opened and wrapped: epoch 0 for a tenant's own, else a shelf's.
    ///
    /// # Errors
    /// If wrapping fails.
    pub fn create(
        &mut self,
        root: &RootKey,
        tenant: TenantId,
        epoch: u32,
        entropy: &dyn Entropy,
    ) -> Result<WrappedKey, KeyringError> {
        let key: [u8; 32] = fresh(entropy);
        let mut wrapped = key.to_vec();
        let nonce = seal_in_place(&root.0, &context(tenant, epoch), &mut wrapped, entropy).ok_or(KeyringError::Wrap)?;
        wrapped.splice(..0, nonce);
        self.insert(tenant, epoch, Key32::new(key));
        Ok(WrappedKey { tenant, epoch, wrapped })
    }

    fn insert(&mut self, tenant: TenantId, epoch: u32, key: Key32) {
        if epoch == 0 {
            self.tenants.insert(tenant, key);
        } else {
            self.shelves.insert((tenant, epoch), Shelf { epoch, key });
        }
    }

    pub(crate) fn tenant(&self, tenant: TenantId) -> Option<&Key32> {
        self.tenants.get(&tenant)
    }

    pub(crate) fn shelf(&self, tenant: TenantId, epoch: u32) -> Option<&Shelf> {
        self.shelves.get(&(tenant, epoch))
    }

    pub(crate) fn newest_shelf(&self, tenant: TenantId) -> Option<&Shelf> {
        self.shelves.range((tenant, 0)..=(tenant, u32::MAX)).next_back().map(|(_, shelf)| shelf)
    }
}

fn context(tenant: TenantId, epoch: u32) -> Vec<u8> {
    [b"rf1/ring".as_slice(), &tenant.bytes(), &epoch.to_be_bytes()].concat()
}

fn unwrap(root: &RootKey, key: &WrappedKey) -> Result<Key32, KeyringError> {
    let plain = open(&root.0, &context(key.tenant, key.epoch), &key.wrapped).ok_or(KeyringError::WrongRoot)?;
    let bytes: [u8; 32] = plain.as_slice().try_into().map_err(|_| KeyringError::WrongRoot)?;
    Ok(Key32::new(bytes))
}

/// One shelf: the key under which the customers' rows of an epoch lie.
pub(crate) struct Shelf {
    pub(crate) epoch: u32,
    key: Key32,
}

impl Shelf {
    pub(crate) fn seal(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        keys: &[u8; 64],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, HolderError> {
        let mut wrapped = Vec::with_capacity(NONCE_LEN + 64 + 16);
        wrapped.extend_from_slice(keys);
        let nonce = seal_in_place(&self.key, &self.context(tenant, customer), &mut wrapped, entropy)
            .ok_or(HolderError::NotOnShelf)?;
        wrapped.splice(..0, nonce);
        Ok(wrapped)
    }

    pub(crate) fn open(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        wrapped: &[u8],
    ) -> Result<CustomerKeys, HolderError> {
        let both = open(&self.key, &self.context(tenant, customer), wrapped).ok_or(HolderError::NotOnShelf)?;
        let data: [u8; 32] = both.get(..32).and_then(|b| b.try_into().ok()).ok_or(HolderError::NotOnShelf)?;
        let log: [u8; 32] = both.get(32..).and_then(|b| b.try_into().ok()).ok_or(HolderError::NotOnShelf)?;
        Ok(CustomerKeys { data: Key32::new(data), log: Key32::new(log) })
    }

    fn context(&self, tenant: TenantId, customer: CustomerId) -> [u8; 33] {
        let mut out = [0; 33];
        out[..9].copy_from_slice(b"rf1/shelf");
        out[9..13].copy_from_slice(&tenant.bytes());
        out[13..29].copy_from_slice(&customer.0);
        out[29..].copy_from_slice(&self.epoch.to_be_bytes());
        out
    }
}

/// Random 96-bit nonces: at most 2^32 wraps per key keep the collision chance below 2^-32 (SP 800-38D, 8.3);
/// a shelf key lives a week.
fn seal_in_place(key: &Key32, aad: &[u8], bytes: &mut Vec<u8>, entropy: &dyn Entropy) -> Option<[u8; NONCE_LEN]> {
    let nonce: [u8; NONCE_LEN] = fresh(entropy);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.bytes()).ok()?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), bytes).ok()?;
    Some(nonce)
}

fn open(key: &Key32, aad: &[u8], wrapped: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = wrapped.split_at_checked(NONCE_LEN)?;
    let mut bytes = zeroize::Zeroizing::new(sealed.to_vec());
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.bytes()).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let length = key.open_in_place(nonce, Aad::from(aad), &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}
