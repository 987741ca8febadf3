//! What makes a pack whole: its entry in the log, opened, under one signed checkpoint; and under the same one, the entries of its drills.
//!
//! One checkpoint for all: entries with checkpoints of their own could be of two histories that a log tells to two readers.

use super::drilled::Drilled;
use super::manifest::{Manifest, hash};
use crate::failure::Failure;
use crate::log::{Remote, hex, unhex, with_tiles};
use crate::verify::certificate::RawOpening;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use transparency::{
    Checkpoint, Hash, Note, OriginKeys, Receipt, VerifierKey, WitnessPolicy, inclusion_proof, leaf_hash,
    verify_cosignature, verify_inclusion, verify_receipt,
};
use vault::{AuditBody, Kind};

/// The seal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seal {
    opening: RawOpening,
    /// That the pack's entry is in the log: a C2SP tlog-proof, whose extra data is the entry's leaf.
    proof: String,
    /// For each drill, in their order, the inclusion proof of its entry under the same checkpoint: hashes in hex, from the leaf's sibling up.
    drills: Vec<Vec<String>>,
}

/// What a seal shows.
pub(super) struct Sealed {
    pub(super) entry: AuditBody,
    pub(super) checkpoint: Checkpoint,
    /// The witnesses that signed the checkpoint.
    pub(super) witnesses: Vec<String>,
    /// Those of them whose keys whoever checks has from elsewhere.
    pub(super) vouched: Vec<String>,
}

impl Seal {
    /// Of what the deployment says of the pack's entry; proves the drills' from the log's tiles.
    pub(super) fn fetch(proven: &Value, drilled: &[Drilled], log: &Remote) -> Result<Self, Failure> {
        Self::of(proven, drilled, |size, place| with_tiles(log, |find| inclusion_proof(size, place, find)))
    }

    /// The same with whatever proves that a tree of this size has what stands at a place.
    pub(super) fn of(
        proven: &Value,
        drilled: &[Drilled],
        prove: impl Fn(u64, u64) -> Result<Result<Vec<Hash>, transparency::Error>, Failure>,
    ) -> Result<Self, Failure> {
        let odd = || {
            Failure::there("the log doesn't prove an entry of this pack", "ringfence log mirror, and ringfence verify")
        };
        let proof = proven["proof"].as_str().unwrap_or_default().to_owned();
        let mut opening = proven.clone();
        opening.as_object_mut().ok_or_else(odd)?.remove("proof");
        let opening = serde_json::from_value(opening).map_err(|_| odd())?;
        let checkpoint = Receipt::parse(&proof).map_err(|_| odd())?.checkpoint;
        let size = stated(&checkpoint).ok_or_else(odd)?.size;
        let mut drills = Vec::new();
        for one in drilled {
            let hashes = prove(size, one.place)?.map_err(|_| odd())?;
            drills.push(hashes.iter().map(|hash| hex(hash)).collect());
        }
        Ok(Self { opening, proof, drills })
    }

    /// Checks it against keys, the witnesses' keys that the pack names, those that whoever checks has from elsewhere, and what it seals.
    ///
    /// # Errors
    /// What doesn't hold, in words.
    pub(super) fn check(
        &self,
        keys: &OriginKeys,
        witnesses: &[VerifierKey],
        given: Option<&WitnessPolicy>,
        manifest: (&Manifest, &[u8]),
        drilled: &[Drilled],
    ) -> Result<Sealed, String> {
        let wrong = |error: transparency::Error| error.to_string();
        let receipt = Receipt::parse(&self.proof).map_err(wrong)?;
        let leaf = receipt.extra.ok_or("its proof carries no leaf")?;
        let verified = verify_receipt(&self.proof, &leaf, keys).map_err(wrong)?;
        let entry = self.opening.read().and_then(|opening| opening.told(&leaf));
        let entry = entry.ok_or("its opened entry isn't the one in the log")?;
        let note = entry.pack.as_deref().filter(|_| entry.kind == Kind::PackBuilt && entry.decision.is_ok());
        let note = note.ok_or("its entry in the log tells of no pack")?;
        let (list, bytes) = manifest;
        if note.manifest != Some(hash(bytes)) || hex(&note.nonce) != list.nonce {
            return Err("the log tells of another pack".to_owned());
        }
        let checkpoint = verified.checkpoint;
        if self.drills.len() != drilled.len() {
            return Err("it doesn't prove each drill".to_owned());
        }
        for (one, hashes) in drilled.iter().zip(&self.drills) {
            let hashes = hashes.iter().map(|text| unhex(text)?.try_into().ok()).collect::<Option<Vec<[u8; 32]>>>();
            let fits = hashes.zip(one.leaf()).is_some_and(|(hashes, leaf)| {
                verify_inclusion(&leaf_hash(&leaf), one.place, checkpoint.size, &checkpoint.root, &hashes).is_ok()
            });
            if !fits || one.place >= verified.index {
                return Err(format!(
                    "the log doesn't have the result of {} before the pack",
                    super::manifest::plain(&one.drill)
                ));
            }
        }
        let named: Vec<&VerifierKey> = witnesses
            .iter()
            .chain(given.into_iter().flat_map(WitnessPolicy::witnesses).flat_map(|(_, keys)| keys))
            .collect();
        let witnesses = signers(&receipt.checkpoint, keys, &named)?;
        let mut vouched = Vec::new();
        if let Some(policy) = given {
            let by = policy.cosigners(&Note::parse(&receipt.checkpoint).map_err(wrong)?).map_err(wrong)?;
            if by.len() < policy.quorum() {
                return Err(format!("{} of the {} witnesses that you ask for signed it", by.len(), policy.quorum()));
            }
            vouched = by.into_iter().map(|by| by.name).collect();
        }
        Ok(Sealed { entry, checkpoint, witnesses, vouched })
    }
}

/// What a signed note states, unchecked.
pub(super) fn stated(note: &str) -> Option<Checkpoint> {
    Checkpoint::parse(Note::parse(note).ok()?.text()).ok()
}

/// Have as many of these witnesses signed?
pub(super) fn is_witnessed(note: &str, witnesses: &[VerifierKey], quorum: usize) -> bool {
    let policy = WitnessPolicy::new(witnesses.iter().cloned(), quorum);
    let by = policy.and_then(|policy| policy.cosigners(&Note::parse(note)?));
    by.is_ok_and(|by| by.len() >= quorum)
}

/// The witnesses that signed. A line that is neither theirs nor the log's, or doesn't verify, or is there twice, wasn't there when the pack was built.
fn signers(note: &str, keys: &OriginKeys, witnesses: &[&VerifierKey]) -> Result<Vec<String>, String> {
    let parsed = Note::parse(note).map_err(|error| error.to_string())?;
    let (mut seen, mut names) = (BTreeSet::new(), BTreeSet::new());
    for line in parsed.signatures() {
        let own = [keys.ed25519(), keys.ml_dsa_44()];
        let mut known = own
            .into_iter()
            .chain(witnesses.iter().copied())
            .filter(|key| key.name() == line.name() && key.id() == line.key_id());
        let key = known.next().ok_or("somebody signed it whom the pack doesn't name")?;
        verify_cosignature(note, key).map_err(|error| error.to_string())?;
        if !seen.insert((line.name().to_owned(), line.key_id())) {
            return Err("a signature is there twice".to_owned());
        }
        if key.name() != keys.origin() {
            names.insert(key.name().to_owned());
        }
    }
    Ok(names.into_iter().collect())
}
