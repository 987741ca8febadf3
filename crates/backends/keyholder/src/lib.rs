//! The key holder inside the node's own process: the embedded default.
//!
//! The root key lies in a file outside the data directory; tenant and shelf keys lie wrapped under it in a
//! keyring (bytes that the store may keep). In scope: wrapping, releasing, counting. Out of scope: custodians'
//! shares and the separate program, which stand behind the same trait. What this form costs in safety: whoever
//! is root on the node can read the keys while it runs.

mod keyring;
mod root;

pub use keyring::{Keyring, KeyringError, WrappedKey};
pub use root::{RootError, RootKey};

use domain::{CustomerId, Entropy, TenantId};
use keyring::Shelf;
use keys::{
    Enrolled, Fut, HolderError, Key32, KeyHolder, NodeKeys, Okm, Release, SealRequest, Shelved, derive, envelope,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Keys in this process, behind the trait that the separate program will stand behind.
pub struct InProcess {
    keyring: Keyring,
    entropy: Arc<dyn Entropy>,
    released: AtomicU64,
}

impl InProcess {
    /// A holder over an opened keyring.
    #[must_use]
    pub fn new(keyring: Keyring, entropy: Arc<dyn Entropy>) -> Self {
        Self { keyring, entropy, released: AtomicU64::new(0) }
    }

    /// How many field keys were released since the start.
    #[must_use]
    pub fn released(&self) -> u64 {
        self.released.load(Ordering::Relaxed)
    }

    fn tenant(&self, tenant: TenantId) -> Result<&Key32, HolderError> {
        self.keyring.tenant(tenant).ok_or(HolderError::UnknownTenant)
    }

    fn unshelve(&self, tenant: TenantId, customer: CustomerId, shelved: &Shelved) -> Result<CustomerKeys, HolderError> {
        let shelf = self.keyring.shelf(tenant, shelved.epoch).ok_or(HolderError::NotOnShelf)?;
        shelf.open(tenant, customer, &shelved.wrapped)
    }

    fn shelve(&self, tenant: TenantId, customer: CustomerId, keys: &[u8; 64]) -> Result<Shelved, HolderError> {
        let shelf: &Shelf = self.keyring.newest_shelf(tenant).ok_or(HolderError::UnknownTenant)?;
        let wrapped = shelf.seal(tenant, customer, keys, &*self.entropy)?;
        Ok(Shelved { epoch: shelf.epoch, wrapped })
    }

    fn field_key(
        &self,
        shelved: &Shelved,
        place: &envelope::Place,
        header: &envelope::Header,
    ) -> Result<Okm, HolderError> {
        let keys = self.unshelve(place.tenant, place.customer, shelved)?;
        Ok(envelope::field_key(&keys.data, header, place))
    }

    fn node_keys_now(&self, tenant: TenantId) -> Result<NodeKeys, HolderError> {
        let key = self.tenant(tenant)?;
        Ok(NodeKeys {
            row: derive::subkey(key, &[b"rf1/row"]),
            audit: derive::subkey(key, &[b"rf1/audit"]),
            log_ed25519: derive::subkey(key, &[b"rf1/log/ed25519"]),
            log_ml_dsa: derive::subkey(key, &[b"rf1/log/ml-dsa-44"]),
        })
    }

    fn seal_now(&self, requests: &[SealRequest<'_>]) -> Result<Vec<Okm>, HolderError> {
        // A customer's fields come one after another: unwrap the row once for all of them.
        let mut out = Vec::with_capacity(requests.len());
        let mut open: Option<(CustomerId, CustomerKeys)> = None;
        for request in requests {
            let customer = request.place.customer;
            if open.as_ref().is_none_or(|(last, _)| *last != customer) {
                open = Some((customer, self.unshelve(request.place.tenant, customer, request.shelved)?));
            }
            if let Some((_, keys)) = &open {
                out.push(envelope::field_key(&keys.data, &request.header, &request.place));
            }
        }
        Ok(out)
    }
}

/// `K_c` and `L_c`.
struct CustomerKeys {
    data: Key32,
    log: Key32,
}

fn ready<'a, T: Send + 'a>(value: Result<T, HolderError>) -> Fut<'a, T> {
    Box::pin(core::future::ready(value))
}

impl KeyHolder for InProcess {
    fn node_keys(&self, tenant: TenantId) -> Fut<'_, NodeKeys> {
        ready(self.node_keys_now(tenant))
    }

    fn enrol<'a>(&'a self, tenant: TenantId, customers: &'a [CustomerId]) -> Fut<'a, Vec<Enrolled>> {
        let enrol = |customer: &CustomerId| {
            let mut keys = zeroize::Zeroizing::new([0; 64]);
            self.entropy.fill(keys.as_mut_slice());
            Ok(Enrolled { shelved: self.shelve(tenant, *customer, &keys)? })
        };
        ready(customers.iter().map(enrol).collect())
    }

    fn seal<'a>(&'a self, requests: &'a [SealRequest<'a>]) -> Fut<'a, Vec<Okm>> {
        ready(self.seal_now(requests))
    }

    fn release<'a>(&'a self, requests: &'a [Release<'a>]) -> Fut<'a, Vec<Result<Okm, HolderError>>> {
        self.released.fetch_add(requests.len() as u64, Ordering::Relaxed);
        ready(Ok(requests.iter().map(|r| self.field_key(r.shelved, &r.place, &r.header)).collect()))
    }

    fn entry_keys<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Key32>> {
        let view_key = |(customer, shelved): &(CustomerId, &Shelved)| {
            let keys = self.unshelve(tenant, *customer, shelved)?;
            Ok(derive::subkey(&keys.log, &[b"rf1/view"]))
        };
        ready(customers.iter().map(view_key).collect())
    }

    fn index<'a>(&'a self, tenant: TenantId, terms: &'a [(u16, &'a [u8])]) -> Fut<'a, Vec<[u8; 16]>> {
        ready(self.tenant(tenant).map(|key| terms.iter().map(|(kind, term)| index_digest(key, *kind, term)).collect()))
    }

    fn turn<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Shelved>> {
        let turn = |(customer, shelved): &(CustomerId, &Shelved)| {
            let keys = self.unshelve(tenant, *customer, shelved)?;
            let mut both = zeroize::Zeroizing::new([0; 64]);
            both[..32].copy_from_slice(keys.data.bytes());
            both[32..].copy_from_slice(keys.log.bytes());
            self.shelve(tenant, *customer, &both)
        };
        ready(customers.iter().map(turn).collect())
    }
}

/// `MAC(X(T_t, "rf1/idx" ‖ kind), normalised)[..16]`.
fn index_digest(tenant_key: &Key32, kind: u16, term: &[u8]) -> [u8; 16] {
    let key = derive::subkey(tenant_key, &[b"rf1/idx", &kind.to_be_bytes()]);
    derive::short(derive::mac(&key, &[term]))
}

#[cfg(test)]
mod tests;
