//! What the holder knows of every tenant's power, in a file beside the keyring; and who may change it.
//!
//! The file says which version of a tenant's power is the newest that was in the store, and what its root was. So an older
//! store is noticed, also after a restart. It says also since when signed changes wait, and when an officer stepped down last.
//! It is replaced as a whole and durable before an answer depends on it. Whoever
//! puts an older file there, and the store that fits it, isn't noticed here: the log's witnesses notice the store.

mod known;

use crate::file::Stamp;
use crate::{KeyringError, RootKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{Clock, Millis, PersonId, PowerKey, PowerKind, TenantId};
use keys::power::{
    COUNTS_ON_MS, Former, PowerBody, PowerChange, PowerProposal, PowerSeal, Powers, Waits, Warrant, power_challenge,
    proposal_challenge, proposal_id, without_formers,
};
use keys::webauthn::approved;
use keys::{HolderError, Key32, derive};
use known::{All, Known};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const MAC: usize = 32;
/// How far, in milliseconds, a node's clock may be from the holder's where it says when somebody stepped down.
const APART_MS: i64 = 60_000;

/// What is known of all tenants' power.
pub(crate) struct PowerFile {
    path: PathBuf,
    key: Key32,
    clock: Arc<dyn Clock>,
    waits: Waits,
    read: Mutex<(Option<Stamp>, All)>,
}

impl PowerFile {
    /// The file beside this keyring. There is none until power is sealed first.
    pub(crate) fn open(
        keyring: &Path,
        root: &RootKey,
        clock: Arc<dyn Clock>,
        waits: Waits,
    ) -> Result<Self, KeyringError> {
        let path = keyring.with_extension("power");
        let key = derive::subkey(&root.0, &[b"rf1/power/file"]);
        let file = Self { path, key, clock, waits, read: Mutex::default() };
        drop(file.newest()?);
        Ok(file)
    }

    fn lock(&self) -> MutexGuard<'_, (Option<Stamp>, All)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file says now: another process may have changed it.
    fn newest(&self) -> Result<All, KeyringError> {
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
        Ok(read.1.clone())
    }

    fn known(&self, tenant: TenantId) -> Result<Option<Known>, KeyringError> {
        Ok(self.newest()?.tenants.get(&tenant).copied())
    }

    /// Edits the file of this moment, one process at a time; what `edit` says it did is durable then.
    fn change<T>(&self, edit: impl FnOnce(&mut All) -> (bool, T)) -> Result<T, KeyringError> {
        let path = self.path.with_extension("power.lock");
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        lock.lock()?;
        let mut all = self.newest()?;
        let (changed, done) = edit(&mut all);
        if changed {
            self.write(&self.encode(&all))?;
        }
        Ok(done)
    }

    /// What is known, and `mac[32] = MAC(X(R, "rf1/power/file", 32), all before it)`.
    fn encode(&self, all: &All) -> Vec<u8> {
        let mut out = all.encode();
        let mac = derive::mac(&self.key, &[&out]);
        out.extend_from_slice(&mac);
        out
    }

    fn decode(&self, bytes: &[u8]) -> Result<All, KeyringError> {
        let body = bytes.len().checked_sub(MAC).ok_or(KeyringError::NotAKeyring)?;
        let (said, mac) = bytes.split_at(body);
        let all = All::decode(said).ok_or(KeyringError::NotAKeyring)?;
        verify_slices_are_equal(mac, &derive::mac(&self.key, &[said])).map_err(|_| KeyringError::WrongRoot)?;
        Ok(all)
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
        let known = match known {
            Some(known) if known.seq >= seal.seq => Some(known),
            _ => {
                let now = self.clock.now();
                let saw =
                    |all: &mut All| (all.saw(tenant, seal.seq, seal.root, now), all.tenants.get(&tenant).copied());
                self.change(saw).map_err(unreadable)?
            }
        };
        if known.is_some_and(|known| known.is(seal.seq, &seal.root)) { Ok(()) } else { Err(HolderError::OtherPower) }
    }

    /// See [`keys::KeyHolder::seal_power`].
    pub(crate) fn seal(
        &self,
        tenant_key: &Key32,
        tenant: TenantId,
        proposal: &PowerProposal<'_>,
    ) -> Result<PowerSeal, HolderError> {
        let (before, now) = (proposal.before, self.clock.now());
        let known = self.known(tenant).map_err(|_| HolderError::Keyring)?;
        match known {
            Some(known) if known.is(proposal.from, &before.root()) => {}
            Some(_) => return Err(HolderError::OtherPower),
            None if *proposal.warrant == Warrant::Setup && before.officers().next().is_none() => {}
            None => return Err(HolderError::Unwarranted),
        }
        let seq = proposal.from.checked_add(1).ok_or(HolderError::OtherPower)?;
        let signed = without_formers(proposal.changes);
        // Versions may come between a proposal's signatures and its making; what it changes, and from what, may not differ.
        let challenge = match proposal_id(&signed) {
            Some(_) => proposal_challenge(tenant, before, &signed),
            None => power_challenge(tenant, seq, &before.after(&signed).root()),
        };
        let mut formers = before.formers(now);
        // By this holder's clock: a version that was sealed long ago may have been kept back.
        if known.and_then(|known| known.stepped).is_some_and(|at| now.since(at) < COUNTS_ON_MS) {
            formers.append(&mut before.newest_formers());
        }
        may_change(before, &signed, proposal.warrant, &challenge, &formers)?;
        self.has_waited(tenant, before, &signed, challenge)?;
        let steps = says_who_steps_down(before, proposal.changes, now)?;
        if steps {
            let stepping = |all: &mut All| {
                let known = all.tenants.get_mut(&tenant);
                (known.map(|known| known.stepping = Some(seq)).is_some(), ())
            };
            self.change(stepping).map_err(|_| HolderError::Keyring)?;
        }
        let root = before.after(proposal.changes).root();
        Ok(PowerSeal { seq, root, tag: seal_tag(tenant_key, tenant, seq, &root) })
    }

    /// What lets somebody do more waits, by this holder's own clock, from when it was first shown with its signatures.
    fn has_waited(
        &self,
        tenant: TenantId,
        before: &Powers,
        signed: &[PowerChange],
        challenge: [u8; 32],
    ) -> Result<(), HolderError> {
        let governs = before.officers().next().is_some() && signed.iter().any(|change| before.governs(change));
        let waits = if governs { (self.waits)(before, signed) } else { 0 };
        if waits <= 0 {
            return Ok(());
        }
        let now = self.clock.now();
        let note = |all: &mut All| {
            let (since, news) = all.note(tenant, challenge, now);
            (news, since)
        };
        let since = self.change(note).map_err(|_| HolderError::Keyring)?;
        if now.since(since) < waits { Err(HolderError::TooSoon) } else { Ok(()) }
    }
}

fn seal_tag(tenant_key: &Key32, tenant: TenantId, seq: u64, root: &[u8; 32]) -> [u8; 16] {
    let key = derive::subkey(tenant_key, &[b"rf1/power"]);
    derive::short(derive::mac(&key, &[b"rf1/power/seal", &tenant.bytes(), &seq.to_be_bytes(), root]))
}

/// Is there a right to these changes?
fn may_change(
    before: &Powers,
    changes: &[PowerChange],
    warrant: &Warrant,
    challenge: &[u8; 32],
    formers: &BTreeSet<PersonId>,
) -> Result<(), HolderError> {
    // Who has left has left, and who was there stays known: the log names them.
    let undone = |(kind, _): &PowerKey| matches!(kind, PowerKind::Person | PowerKind::Left | PowerKind::Settled);
    if changes.iter().any(|(key, body)| undone(key) && body.is_none()) {
        return Err(HolderError::Unwarranted);
    }
    // What was signed for a proposal counts once.
    let made = |(kind, id): &PowerKey| *kind == PowerKind::Settled && before.0.contains_key(&(*kind, *id));
    if changes.iter().any(|(key, _)| made(key)) {
        return Err(HolderError::NotApproved);
    }
    let claimed = before.officers().next().is_some();
    if claimed && before.after(changes).officers().next().is_none() {
        return Err(HolderError::LastOfficer);
    }
    if changes.iter().all(|change| before.is_narrowing(change)) {
        return Ok(());
    }
    // Not even by two people: a node that was changed could let this pass.
    if before.newly_forbidden(changes).is_some() {
        return Err(HolderError::NotApproved);
    }
    // Whoever sets a tenant up can't confirm what they made themselves.
    let confirms = changes.iter().any(|((kind, _), body)| *kind == PowerKind::Confirmed && body.is_some());
    match warrant {
        Warrant::Setup if !claimed && !confirms => Ok(()),
        Warrant::Officers(assertions) if !assertions.is_empty() => {
            if before.pass_over_a_leader(changes) {
                return Err(HolderError::NotApproved);
            }
            let mut approvers = BTreeSet::new();
            for assertion in assertions {
                let passkey = before.officers().find(|passkey| passkey.credential == assertion.credential);
                let passkey = passkey.ok_or(HolderError::NotApproved)?;
                // Two accounts of one name are one human.
                let another = approvers.insert(before.human(passkey.person));
                let fits = another && approved(&passkey, assertion, challenge).is_ok();
                if !fits || before.concern(changes, passkey.person) {
                    return Err(HolderError::NotApproved);
                }
            }
            let enough = approvers.len() >= before.officers_needed(changes, formers);
            if enough { Ok(()) } else { Err(HolderError::Unwarranted) }
        }
        _ => Err(HolderError::Unwarranted),
    }
}

/// The changes' rows about who was an officer: exactly for those who stop being one, of this moment. Says whether there are any.
fn says_who_steps_down(before: &Powers, changes: &[PowerChange], now: Millis) -> Result<bool, HolderError> {
    let mut said = BTreeSet::new();
    for ((_, id), body) in changes.iter().filter(|((kind, _), _)| *kind == PowerKind::Former) {
        let former = body.as_deref().and_then(Former::decode).ok_or(HolderError::Unwarranted)?;
        if now.since(former.at).abs() > APART_MS {
            return Err(HolderError::Stale);
        }
        said.insert(PersonId(*id));
    }
    let steps = before.stepping_down(&without_formers(changes));
    if said == steps { Ok(!steps.is_empty()) } else { Err(HolderError::Unwarranted) }
}

#[cfg(test)]
mod assertions;
#[cfg(test)]
mod tests;
