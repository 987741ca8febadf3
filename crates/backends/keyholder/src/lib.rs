//! The key holder inside the node's own process: the embedded default.
//!
//! The root key lies in a file outside the data directory; tenant and shelf keys lie wrapped under it in the keyring
//! file beside it, and nowhere else: what is taken out of there is gone from the database's copies too. In scope:
//! wrapping, releasing, counting, making and destroying shelf keys; and, for the separate program, the root key among
//! custodians ([`custody`]). What the embedded form costs in safety: whoever is root on the node can read
//! the keys while it runs.

pub mod custody;
mod file;
mod keyring;
mod power;
mod root;
mod suites;
mod watch;

pub use file::KeyringFile;
pub use keyring::{Keyring, KeyringError};
pub use root::{RootError, RootKey};
pub use watch::{Accepted, Alarm, Alarms, Ceilings, Journal, ReleasedKey, Standing, WatchError, Watched};

use domain::time::fresh;
use domain::{Clock, CustomerId, Entropy, Millis, TenantId};
use file::Stamp;
use keys::power::{PowerProposal, PowerSeal, Waits};
use keys::{
    CeremonyStep, Counted, Enrolled, Fut, Header, HolderError, HolderStanding, Key32, KeyHolder, NodeKeys, Okm, Place,
    Published, Release, RewrapRequest, SealRequest, ShelfAge, Shelved, Suites, ViewKey, derive, envelope,
};
use power::PowerFile;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Keys in this process, behind the trait that the separate program will stand behind.
pub struct InProcess {
    file: KeyringFile,
    power: PowerFile,
    opened: RwLock<Opened>,
    entropy: Arc<dyn Entropy>,
    released: AtomicU64,
}

/// The keyring as it was last read.
struct Opened {
    ring: Keyring,
    stamp: Stamp,
}

impl InProcess {
    /// A holder over a keyring file. `waits` says how long a change of power waits that lets somebody do more.
    ///
    /// # Errors
    /// If it doesn't open.
    pub fn open(
        file: KeyringFile,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        waits: Waits,
    ) -> Result<Self, KeyringError> {
        let (ring, stamp) = file.read()?;
        let power = file.power(clock, waits)?;
        Ok(Self { file, power, opened: RwLock::new(Opened { ring, stamp }), entropy, released: AtomicU64::new(0) })
    }

    /// How many field keys were released since the start.
    #[must_use]
    pub fn released(&self) -> u64 {
        self.released.load(Ordering::Relaxed)
    }

    fn ring(&self) -> RwLockReadGuard<'_, Opened> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another process may have changed the file: read it again if so.
    fn refresh(&self) -> Result<(), HolderError> {
        let stamp = self.file.stamp().map_err(|_| HolderError::Keyring)?;
        if self.ring().stamp == stamp {
            return Ok(());
        }
        let (ring, stamp) = self.file.read().map_err(|_| HolderError::Keyring)?;
        self.replace(ring, stamp);
        Ok(())
    }

    fn replace(&self, ring: Keyring, stamp: Stamp) {
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Opened { ring, stamp };
    }

    fn unshelve(&self, tenant: TenantId, customer: CustomerId, shelved: &Shelved) -> Result<CustomerKeys, HolderError> {
        if self.ring().ring.shelf(tenant, shelved.epoch).is_none() {
            self.refresh()?;
        }
        let opened = self.ring();
        let shelf = opened.ring.shelf(tenant, shelved.epoch).ok_or(HolderError::NotOnShelf)?;
        shelf.open(tenant, customer, &shelved.wrapped)
    }

    /// Onto the newest shelf of this moment.
    fn shelve(&self, tenant: TenantId, customer: CustomerId, keys: &[u8; 64]) -> Result<Shelved, HolderError> {
        let opened = self.ring();
        let shelf = opened.ring.newest_shelf(tenant).ok_or(HolderError::UnknownTenant)?;
        let wrapped = shelf.seal(tenant, customer, keys, &*self.entropy)?;
        Ok(Shelved { epoch: shelf.epoch, wrapped })
    }

    /// The keys of the customer of whom something is to be opened, and the label of the entry for it.
    fn entry_of(&self, request: &Release<'_>) -> Result<(CustomerKeys, [u8; 32]), HolderError> {
        let keys = self.unshelve(request.place.tenant, request.place.customer, request.shelved)?;
        let label = ViewKey::derived(&keys.log).label(request.n.unwrap_or_default());
        Ok((keys, label))
    }

    /// The key that opens a value of this customer's.
    fn key_for(&self, keys: &CustomerKeys, place: &Place, header: &Header) -> Result<Okm, HolderError> {
        self.opens(place.tenant, header)?;
        Ok(envelope::field_key(&keys.data, header, place))
    }

    fn field_key(&self, request: &Release<'_>) -> Result<Okm, HolderError> {
        let keys = self.unshelve(request.place.tenant, request.place.customer, request.shelved)?;
        self.key_for(&keys, &request.place, &request.header)
    }

    fn node_keys_now(&self, tenant: TenantId) -> Result<NodeKeys, HolderError> {
        let opened = self.ring();
        let key = opened.ring.tenant(tenant).ok_or(HolderError::UnknownTenant)?;
        Ok(NodeKeys {
            row: derive::subkey(key, &[b"rf1/row"]),
            audit: derive::subkey(key, &[b"rf1/audit"]),
            log_ed25519: derive::subkey(key, &[b"rf1/log/ed25519"]),
            log_ml_dsa: derive::subkey(key, &[b"rf1/log/ml-dsa-44"]),
        })
    }

    fn tenant_key(&self, tenant: TenantId) -> Result<Key32, HolderError> {
        self.ring().ring.tenant(tenant).cloned().ok_or(HolderError::UnknownTenant)
    }

    fn new_shelf_now(&self, tenant: TenantId, after: u32, now: Millis) -> Result<u32, KeyringError> {
        let (ring, stamp, epoch) = self.file.change(|ring, root| {
            let newest = ring.shelves(tenant).last().map_or(0, |shelf| shelf.epoch);
            if newest > after {
                return Ok((false, newest));
            }
            ring.create(root, (tenant, newest + 1), now, &*self.entropy)?;
            Ok((true, newest + 1))
        })?;
        self.replace(ring, stamp);
        Ok(epoch)
    }

    fn destroy_shelf_now(&self, tenant: TenantId, epoch: u32) -> Result<bool, KeyringError> {
        let (ring, stamp, gone) = self.file.change(|ring, _| {
            let gone = ring.destroy(tenant, epoch);
            Ok((gone, gone))
        })?;
        self.replace(ring, stamp);
        Ok(gone)
    }

    fn enrol_now(&self, tenant: TenantId, customers: &[CustomerId]) -> Result<Vec<Enrolled>, HolderError> {
        self.refresh()?;
        let enrol = |customer: &CustomerId| {
            let mut keys = zeroize::Zeroizing::new([0; 64]);
            self.entropy.fill(keys.as_mut_slice());
            Ok(Enrolled { shelved: self.shelve(tenant, *customer, &keys)? })
        };
        customers.iter().map(enrol).collect()
    }

    fn turn_now(&self, tenant: TenantId, customers: &[(CustomerId, &Shelved)]) -> Result<Vec<Shelved>, HolderError> {
        self.refresh()?;
        let turn = |(customer, shelved): &(CustomerId, &Shelved)| {
            let keys = self.unshelve(tenant, *customer, shelved)?;
            let mut both = zeroize::Zeroizing::new([0; 64]);
            both[..32].copy_from_slice(keys.data.bytes());
            both[32..].copy_from_slice(keys.log.bytes());
            self.shelve(tenant, *customer, &both)
        };
        customers.iter().map(turn).collect()
    }

    fn seal_now(&self, requests: &[SealRequest<'_>]) -> Result<Vec<(Header, Okm)>, HolderError> {
        // Another process may have raised the suites.
        self.refresh()?;
        // A customer's fields come one after another: unwrap the row once for all of them.
        let mut out = Vec::with_capacity(requests.len());
        let mut open: Option<(CustomerId, CustomerKeys)> = None;
        for request in requests {
            let customer = request.place.customer;
            if open.as_ref().is_none_or(|(last, _)| *last != customer) {
                open = Some((customer, self.unshelve(request.place.tenant, customer, request.shelved)?));
            }
            if let Some((_, keys)) = &open {
                let suite = self.ring().ring.suites(request.place.tenant).seals.max(request.suite);
                let header = Header { suite, epoch: request.shelved.epoch, salt: fresh(&*self.entropy) };
                out.push((header, envelope::field_key(&keys.data, &header, &request.place)));
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
        ready(self.enrol_now(tenant, customers))
    }

    fn seal<'a>(&'a self, requests: &'a [SealRequest<'a>]) -> Fut<'a, Vec<(Header, Okm)>> {
        ready(self.seal_now(requests))
    }

    fn release<'a>(&'a self, requests: &'a [Release<'a>]) -> Fut<'a, Vec<Result<Okm, HolderError>>> {
        self.released.fetch_add(requests.len() as u64, Ordering::Relaxed);
        let released = || requests.iter().map(|request| self.field_key(request)).collect();
        ready(self.refresh().map(|()| released()))
    }

    fn suites(&self, tenant: TenantId) -> Fut<'_, Suites> {
        ready(self.suites_now(tenant))
    }

    fn raise_suites(&self, tenant: TenantId, to: Suites) -> Fut<'_, Suites> {
        ready(self.raise_suites_now(tenant, to))
    }

    fn rewrap<'a>(&'a self, requests: &'a [RewrapRequest<'a>]) -> Fut<'a, Vec<Result<Vec<u8>, HolderError>>> {
        ready(self.rewrap_now(requests))
    }

    fn entry_keys<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Key32>> {
        let view_key = |(customer, shelved): &(CustomerId, &Shelved)| {
            let keys = self.unshelve(tenant, *customer, shelved)?;
            Ok(ViewKey::derived(&keys.log).key().clone())
        };
        ready(customers.iter().map(view_key).collect())
    }

    fn list<'a>(
        &'a self,
        tenant: TenantId,
        close: u64,
        counted: &'a [Counted<'a>],
    ) -> Fut<'a, Vec<Result<[u8; 64], HolderError>>> {
        let row = |counted: &Counted<'_>| {
            let keys = self.unshelve(tenant, counted.customer, counted.shelved)?;
            let view = ViewKey::derived(&keys.log);
            let mut row = [0; 64];
            row[..32].copy_from_slice(&view.listed_as(close));
            row[32..].copy_from_slice(&view.state(close, counted.n, &counted.head));
            Ok(row)
        };
        ready(Ok(counted.iter().map(row).collect()))
    }

    fn index<'a>(&'a self, tenant: TenantId, terms: &'a [(u16, &'a [u8])]) -> Fut<'a, Vec<[u8; 16]>> {
        let opened = self.ring();
        let key = opened.ring.tenant(tenant).ok_or(HolderError::UnknownTenant);
        ready(key.map(|key| terms.iter().map(|(kind, term)| index_digest(key, *kind, term)).collect()))
    }

    fn turn<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Shelved>> {
        ready(self.turn_now(tenant, customers))
    }

    fn shelves(&self, tenant: TenantId) -> Fut<'_, Vec<ShelfAge>> {
        ready(self.refresh().map(|()| self.ring().ring.shelves(tenant).collect()))
    }

    fn new_shelf(&self, tenant: TenantId, after: u32, now: Millis) -> Fut<'_, u32> {
        ready(self.new_shelf_now(tenant, after, now).map_err(|_| HolderError::Keyring))
    }

    fn seal_power<'a>(&'a self, tenant: TenantId, proposal: &'a PowerProposal<'a>) -> Fut<'a, PowerSeal> {
        ready(self.tenant_key(tenant).and_then(|key| self.power.seal(&key, tenant, proposal)))
    }

    fn check_power(&self, tenant: TenantId, seal: Option<PowerSeal>) -> Fut<'_, ()> {
        ready(self.tenant_key(tenant).and_then(|key| self.power.check(&key, tenant, seal)))
    }

    fn published<'a>(&'a self, _: TenantId, piece: Published<'a>) -> Fut<'a, u64> {
        // Whoever could lie about it could read the keys.
        ready(Ok(piece.size))
    }

    fn ceremony_steps(&self, _: u64) -> Fut<'_, Option<Vec<CeremonyStep>>> {
        ready(Ok(None))
    }

    fn standing(&self, _: TenantId) -> Fut<'_, HolderStanding> {
        ready(Ok(HolderStanding::default()))
    }

    fn destroy_shelf(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool> {
        ready(self.destroy_shelf_now(tenant, epoch).map_err(|_| HolderError::Keyring))
    }
}

/// `MAC(X(T_t, "rf1/idx" ‖ kind), normalised)[..16]`.
fn index_digest(tenant_key: &Key32, kind: u16, term: &[u8]) -> [u8; 16] {
    let key = derive::subkey(tenant_key, &[b"rf1/idx", &kind.to_be_bytes()]);
    derive::short(derive::mac(&key, &[term]))
}

#[cfg(test)]
mod tests;
