//! Tenant and shelf keys, wrapped under the root key, and their bytes in the keyring file.

use crate::{CustomerKeys, RootKey};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::time::fresh;
use domain::{CustomerId, Entropy, Millis, Suite, TenantId};
use keys::{HolderError, Key32, ShelfAge, Suites, derive};
use std::collections::BTreeMap;

/// What every version of the file begins with; a version and a line's end follow.
const HEAD: &[u8] = b"ringfence keyring v";
/// Nothing is said of suites.
const VERSION_1: &[u8] = b"1\n";
/// Each tenant's suites stand behind the keys. A program that doesn't know them refuses the file, rather than sealing with old
/// ones.
const VERSION_2: &[u8] = b"2\n";
const MAC: usize = 32;
/// `nonce[12] ‖ ciphertext[32] ‖ tag[16]`.
const WRAPPED: usize = NONCE_LEN + 32 + 16;
const ENTRY: usize = 4 + 4 + 8 + WRAPPED;
/// `tenant u32 ‖ seals u16 ‖ opens u16`.
const SUITES: usize = 4 + 2 + 2;

/// A keyring that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is none.
    #[error("there is no keyring beside the key file")]
    Missing,
    /// Reading or writing failed.
    #[error("the keyring can't be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// It isn't one.
    #[error("that file isn't a Ringfence keyring")]
    NotAKeyring,
    /// Made by a newer version.
    #[error("the keyring was made by a newer Ringfence; run that one")]
    Newer,
    /// Wrong root key, or edited.
    #[error("the keyring doesn't open with this key file: it belongs to another one, or was edited")]
    WrongRoot,
    /// Others can read it.
    #[error("the keyring can be read by others; run: chmod 600 on it")]
    TooOpen,
    /// Sealing failed.
    #[error("a key can't be wrapped")]
    Wrap,
}

/// The keys of all tenants, opened and wrapped.
#[derive(Default)]
pub struct Keyring {
    generation: u64,
    /// By tenant and epoch; epoch 0 is the tenant's own key, the others are shelves.
    pub(crate) keys: BTreeMap<(TenantId, u32), Kept>,
    /// Where they were ever raised.
    pub(crate) suites: BTreeMap<TenantId, Suites>,
}

pub(crate) struct Kept {
    made: Millis,
    wrapped: [u8; WRAPPED],
    key: Key32,
}

impl Keyring {
    /// Opens a keyring file's bytes:
    /// `"ringfence keyring v1\n" ‖ generation u64 ‖ count u32 ‖ (tenant u32 ‖ epoch u32 ‖ made i64 ‖ wrapped[60])… ‖ mac[32]`,
    /// where `mac = MAC(X(R, "rf1/keyring", 32), all before it)` and each key is wrapped for its tenant and epoch. Once suites were
    /// raised it is `v2`, with `count u32 ‖ (tenant u32 ‖ seals u16 ‖ opens u16)…` before the mac.
    ///
    /// # Errors
    /// If they aren't a keyring's, or don't open under this root.
    pub(crate) fn decode(root: &RootKey, bytes: &[u8]) -> Result<Self, KeyringError> {
        let rest = bytes.strip_prefix(HEAD).ok_or(KeyringError::NotAKeyring)?;
        let (of_suites, rest) = match rest.strip_prefix(VERSION_2) {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix(VERSION_1).ok_or(KeyringError::Newer)?),
        };
        let body = rest.len().checked_sub(MAC).ok_or(KeyringError::NotAKeyring)?;
        let (said, mac) = bytes.split_at(bytes.len() - MAC);
        verify_slices_are_equal(mac, &file_mac(root, said)).map_err(|_| KeyringError::WrongRoot)?;
        let (generation, rest) = take::<8>(&rest[..body])?;
        let (entries, rest) = counted(rest, ENTRY)?;
        let (suites, rest) = if of_suites { counted(rest, SUITES)? } else { (&[][..], rest) };
        if !rest.is_empty() {
            return Err(KeyringError::NotAKeyring);
        }
        let mut ring = Self { generation: u64::from_be_bytes(generation), ..Self::default() };
        for entry in entries.chunks_exact(ENTRY) {
            let (tenant, rest) = take(entry)?;
            let (epoch, rest) = take(rest)?;
            let (made, rest) = take(rest)?;
            let (wrapped, _) = take::<WRAPPED>(rest)?;
            let place = (TenantId(u32::from_be_bytes(tenant)), u32::from_be_bytes(epoch));
            let key = unwrap(root, place, &wrapped)?;
            ring.keys.insert(place, Kept { made: Millis(i64::from_be_bytes(made)), wrapped, key });
        }
        for said in suites.chunks_exact(SUITES) {
            let (tenant, rest) = take(said)?;
            let (seals, rest) = take(rest)?;
            let (opens, _) = take(rest)?;
            let known = |code| Suite::from_code(u16::from_be_bytes(code)).ok_or(KeyringError::Newer);
            let suites = Suites { seals: known(seals)?, opens: known(opens)? };
            ring.suites.insert(TenantId(u32::from_be_bytes(tenant)), suites);
        }
        Ok(ring)
    }

    /// The file's bytes: see [`Keyring::decode`].
    pub(crate) fn encode(&self, root: &RootKey) -> Vec<u8> {
        let version = if self.suites.is_empty() { VERSION_1 } else { VERSION_2 };
        let mut out = [HEAD, version, &self.generation.to_be_bytes()].concat();
        // A tenant has a handful of keys.
        out.extend_from_slice(&u32::try_from(self.keys.len()).unwrap_or(u32::MAX).to_be_bytes());
        for ((tenant, epoch), kept) in &self.keys {
            out.extend_from_slice(&tenant.bytes());
            out.extend_from_slice(&epoch.to_be_bytes());
            out.extend_from_slice(&kept.made.0.to_be_bytes());
            out.extend_from_slice(&kept.wrapped);
        }
        if !self.suites.is_empty() {
            out.extend_from_slice(&u32::try_from(self.suites.len()).unwrap_or(u32::MAX).to_be_bytes());
        }
        for (tenant, suites) in &self.suites {
            out.extend_from_slice(&tenant.bytes());
            out.extend_from_slice(&suites.seals.code().to_be_bytes());
            out.extend_from_slice(&suites.opens.code().to_be_bytes());
        }
        out.extend_from_slice(&file_mac(root, &out));
        out
    }

    /// How often it was changed: grows with every write.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// A tenant's shelf keys, oldest first.
    pub fn shelves(&self, tenant: TenantId) -> impl Iterator<Item = ShelfAge> {
        let shelves = self.keys.range((tenant, 1)..=(tenant, u32::MAX));
        shelves.map(|((_, epoch), kept)| ShelfAge { epoch: *epoch, made: kept.made })
    }

    pub(crate) fn count_up(&mut self) {
        self.generation += 1;
    }

    /// A new key: epoch 0 for a tenant's own, else a shelf's.
    pub(crate) fn create(
        &mut self,
        root: &RootKey,
        (tenant, epoch): (TenantId, u32),
        made: Millis,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        let key = Key32::new(fresh(entropy));
        let mut wrapped = key.bytes().to_vec();
        let nonce = seal_in_place(&root.0, &context(tenant, epoch), &mut wrapped, entropy).ok_or(KeyringError::Wrap)?;
        wrapped.splice(..0, nonce);
        let wrapped = wrapped.try_into().map_err(|_| KeyringError::Wrap)?;
        self.keys.insert((tenant, epoch), Kept { made, wrapped, key });
        Ok(())
    }

    /// Forgets a shelf key, but for the newest one: new customers go there. Says whether it was there.
    pub(crate) fn destroy(&mut self, tenant: TenantId, epoch: u32) -> bool {
        let newest = self.newest_shelf(tenant).map(|shelf| shelf.epoch);
        epoch > 0 && newest.is_some_and(|newest| epoch < newest) && self.keys.remove(&(tenant, epoch)).is_some()
    }

    pub(crate) fn tenant(&self, tenant: TenantId) -> Option<&Key32> {
        self.keys.get(&(tenant, 0)).map(|kept| &kept.key)
    }

    pub(crate) fn shelf(&self, tenant: TenantId, epoch: u32) -> Option<Shelf<'_>> {
        let kept = self.keys.get(&(tenant, epoch)).filter(|_| epoch > 0)?;
        Some(Shelf { epoch, key: &kept.key })
    }

    pub(crate) fn newest_shelf(&self, tenant: TenantId) -> Option<Shelf<'_>> {
        let ((_, epoch), kept) = self.keys.range((tenant, 1)..=(tenant, u32::MAX)).next_back()?;
        Some(Shelf { epoch: *epoch, key: &kept.key })
    }
}

fn file_mac(root: &RootKey, said: &[u8]) -> [u8; MAC] {
    derive::mac(&derive::subkey(&root.0, &[b"rf1/keyring"]), &[said])
}

/// A count, so many items of this length, and what comes behind them.
fn counted(bytes: &[u8], item: usize) -> Result<(&[u8], &[u8]), KeyringError> {
    let (count, rest) = take::<4>(bytes)?;
    let length = (u32::from_be_bytes(count) as usize).checked_mul(item).ok_or(KeyringError::NotAKeyring)?;
    rest.split_at_checked(length).ok_or(KeyringError::NotAKeyring)
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), KeyringError> {
    let (first, rest) = bytes.split_first_chunk().ok_or(KeyringError::NotAKeyring)?;
    Ok((*first, rest))
}

fn context(tenant: TenantId, epoch: u32) -> Vec<u8> {
    [b"rf1/ring".as_slice(), &tenant.bytes(), &epoch.to_be_bytes()].concat()
}

fn unwrap(root: &RootKey, (tenant, epoch): (TenantId, u32), wrapped: &[u8]) -> Result<Key32, KeyringError> {
    let plain = open(&root.0, &context(tenant, epoch), wrapped).ok_or(KeyringError::WrongRoot)?;
    let bytes: [u8; 32] = plain.as_slice().try_into().map_err(|_| KeyringError::WrongRoot)?;
    Ok(Key32::new(bytes))
}

/// One shelf: the key under which the customers' rows of an epoch lie.
pub(crate) struct Shelf<'a> {
    pub(crate) epoch: u32,
    key: &'a Key32,
}

impl Shelf<'_> {
    pub(crate) fn seal(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        keys: &[u8; 64],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, HolderError> {
        let mut wrapped = Vec::with_capacity(NONCE_LEN + 64 + 16);
        wrapped.extend_from_slice(keys);
        let nonce = seal_in_place(self.key, &self.context(tenant, customer), &mut wrapped, entropy)
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
        let both = open(self.key, &self.context(tenant, customer), wrapped).ok_or(HolderError::NotOnShelf)?;
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
