//! What the holder knows of every tenant's power, in a file beside the keyring; and who may change it.
//!
//! The file says which version of a tenant's power is the newest that was in the store, and what its root was. So an older
//! store is noticed, also after a restart. It is replaced as a whole and durable before an answer depends on it. Whoever
//! puts an older file there, and the store that fits it, isn't noticed here: the log's witnesses notice the store.

use crate::file::Stamp;
use crate::{KeyringError, RootKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{PowerKind, TenantId};
use keys::power::{
    PowerProposal, PowerSeal, Powers, Warrant, concerns, power_challenge, proposal_challenge, proposal_id,
};
use keys::webauthn::approved;
use keys::{HolderError, Key32, derive};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

const HEAD: &[u8] = b"ringfence power v1\n";
const MAC: usize = 32;
const ENTRY: usize = 4 + 8 + 32;

/// The newest version that was seen, and its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    seq: u64,
    root: [u8; 32],
}

type All = BTreeMap<TenantId, Known>;

/// What is known of all tenants' power.
pub(crate) struct PowerFile {
    path: PathBuf,
    key: Key32,
    read: Mutex<(Option<Stamp>, All)>,
}

impl PowerFile {
    /// The file beside this keyring. There is none until power is sealed first.
    pub(crate) fn open(keyring: &Path, root: &RootKey) -> Result<Self, KeyringError> {
        let path = keyring.with_extension("power");
        let file = Self { path, key: derive::subkey(&root.0, &[b"rf1/power/file"]), read: Mutex::default() };
        drop(file.newest()?);
        Ok(file)
    }

    fn lock(&self) -> MutexGuard<'_, (Option<Stamp>, All)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file says now: another process may have changed it.
    fn newest(&self) -> Result<MutexGuard<'_, (Option<Stamp>, All)>, KeyringError> {
        let mut read = self.lock();
        let about = match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            about => Some(about?),
        };
        let stamp = about.as_ref().map(Stamp::of);
        if stamp != read.0 {
            if about.is_some_and(|about| about.permissions().mode() & 0o077 != 0) {
                return Err(KeyringError::TooOpen);
            }
            let all = if stamp.is_some() { self.decode(&fs::read(&self.path)?)? } else { All::default() };
            *read = (stamp, all);
        }
        Ok(read)
    }

    fn known(&self, tenant: TenantId) -> Result<Option<Known>, KeyringError> {
        Ok(self.newest()?.1.get(&tenant).copied())
    }

    /// Remembers a version, unless a newer one is known by now: then that one is given.
    fn remember(&self, tenant: TenantId, seen: Known) -> Result<Known, KeyringError> {
        let path = self.path.with_extension("power.lock");
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        lock.lock()?;
        let mut all = self.newest()?.1.clone();
        let known = all.get(&tenant).copied().filter(|known| known.seq >= seen.seq);
        if let Some(known) = known {
            return Ok(known);
        }
        all.insert(tenant, seen);
        self.write(&self.encode(&all))?;
        Ok(seen)
    }

    /// `"ringfence power v1\n" ‖ (tenant u32 ‖ seq u64 ‖ root[32])… ‖ mac[32]`, where
    /// `mac = MAC(X(R, "rf1/power/file", 32), all before it)`.
    fn encode(&self, all: &All) -> Vec<u8> {
        let mut out = HEAD.to_vec();
        for (tenant, known) in all {
            out.extend_from_slice(&tenant.bytes());
            out.extend_from_slice(&known.seq.to_be_bytes());
            out.extend_from_slice(&known.root);
        }
        let mac = derive::mac(&self.key, &[&out]);
        out.extend_from_slice(&mac);
        out
    }

    fn decode(&self, bytes: &[u8]) -> Result<All, KeyringError> {
        let body = bytes.len().checked_sub(MAC).ok_or(KeyringError::NotAKeyring)?;
        let (said, mac) = bytes.split_at(body);
        let entries = said.strip_prefix(HEAD).ok_or(KeyringError::NotAKeyring)?;
        verify_slices_are_equal(mac, &derive::mac(&self.key, &[said])).map_err(|_| KeyringError::WrongRoot)?;
        let read = |entry: &[u8]| {
            let (tenant, rest) = entry.split_first_chunk::<4>()?;
            let (seq, root) = rest.split_first_chunk::<8>()?;
            let known = Known { seq: u64::from_be_bytes(*seq), root: root.try_into().ok()? };
            Some((TenantId(u32::from_be_bytes(*tenant)), known))
        };
        entries.chunks(ENTRY).map(read).collect::<Option<All>>().ok_or(KeyringError::NotAKeyring)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), KeyringError> {
        let new = self.path.with_extension("power.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(File::open(folder)?.sync_all()?)
    }

    /// See [`keys::KeyHolder::check_power`].
    pub(crate) fn check(
        &self,
        tenant_key: &Key32,
        tenant: TenantId,
        seal: Option<PowerSeal>,
    ) -> Result<(), HolderError> {
        let unreadable = |_| HolderError::Keyring;
        let known = self.known(tenant).map_err(unreadable)?;
        let Some(seal) = seal else {
            return if known.is_none() { Ok(()) } else { Err(HolderError::OtherPower) };
        };
        let tag = seal_tag(tenant_key, tenant, seal.seq, &seal.root);
        verify_slices_are_equal(&seal.tag, &tag).map_err(|_| HolderError::OtherPower)?;
        let seen = Known { seq: seal.seq, root: seal.root };
        let known = match known {
            Some(known) if known.seq >= seen.seq => known,
            _ => self.remember(tenant, seen).map_err(unreadable)?,
        };
        if known == seen { Ok(()) } else { Err(HolderError::OtherPower) }
    }

    /// See [`keys::KeyHolder::seal_power`].
    pub(crate) fn seal(
        &self,
        tenant_key: &Key32,
        tenant: TenantId,
        proposal: &PowerProposal<'_>,
    ) -> Result<PowerSeal, HolderError> {
        match self.known(tenant).map_err(|_| HolderError::Keyring)? {
            Some(known) if known == (Known { seq: proposal.from, root: proposal.before.root() }) => {}
            Some(_) => return Err(HolderError::OtherPower),
            None if *proposal.warrant == Warrant::Setup && proposal.before.officers().next().is_none() => {}
            None => return Err(HolderError::Unwarranted),
        }
        let after = proposal.before.after(proposal.changes);
        let seq = proposal.from.checked_add(1).ok_or(HolderError::OtherPower)?;
        let root = after.root();
        // Versions may come between a proposal's signatures and its making; what it changes, and from what, may not differ.
        let challenge = match proposal_id(proposal.changes) {
            Some(_) => proposal_challenge(tenant, proposal.before, proposal.changes),
            None => power_challenge(tenant, seq, &root),
        };
        may_change(proposal, &after, &challenge)?;
        Ok(PowerSeal { seq, root, tag: seal_tag(tenant_key, tenant, seq, &root) })
    }
}

fn seal_tag(tenant_key: &Key32, tenant: TenantId, seq: u64, root: &[u8; 32]) -> [u8; 16] {
    let key = derive::subkey(tenant_key, &[b"rf1/power"]);
    derive::short(derive::mac(&key, &[b"rf1/power/seal", &tenant.bytes(), &seq.to_be_bytes(), root]))
}

/// Is there a right to this change?
fn may_change(proposal: &PowerProposal<'_>, after: &Powers, challenge: &[u8; 32]) -> Result<(), HolderError> {
    let before = proposal.before;
    // Who has left has left, and who was there stays known: the log names them.
    let undone =
        |(kind, _): &domain::PowerKey| matches!(kind, PowerKind::Person | PowerKind::Left | PowerKind::Settled);
    if proposal.changes.iter().any(|(key, body)| undone(key) && body.is_none()) {
        return Err(HolderError::Unwarranted);
    }
    // What was signed for a proposal counts once.
    let made = |(kind, id): &domain::PowerKey| *kind == PowerKind::Settled && before.0.contains_key(&(*kind, *id));
    if proposal.changes.iter().any(|(key, _)| made(key)) {
        return Err(HolderError::NotApproved);
    }
    let claimed = before.officers().next().is_some();
    if claimed && after.officers().next().is_none() {
        return Err(HolderError::LastOfficer);
    }
    if proposal.changes.iter().all(|change| before.is_narrowing(change)) {
        return Ok(());
    }
    match proposal.warrant {
        Warrant::Setup if !claimed => Ok(()),
        Warrant::Officers(assertions) if !assertions.is_empty() => {
            let mut approvers = BTreeSet::new();
            for assertion in assertions {
                let passkey = before.officers().find(|passkey| passkey.credential == assertion.credential);
                let passkey = passkey.ok_or(HolderError::NotApproved)?;
                let fits = approved(&passkey, assertion, challenge).is_ok() && approvers.insert(passkey.person);
                if !fits || concerns(proposal.changes, passkey.person) {
                    return Err(HolderError::NotApproved);
                }
            }
            let enough = approvers.len() >= before.officers_needed(proposal.changes);
            if enough { Ok(()) } else { Err(HolderError::Unwarranted) }
        }
        _ => Err(HolderError::Unwarranted),
    }
}

#[cfg(test)]
mod assertions;
#[cfg(test)]
mod tests;
