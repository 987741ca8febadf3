//! When a checkpoint counts as witnessed: k of n witnesses signed it, beside its log (C2SP tlog-cosignature).

use std::collections::BTreeMap;

use crate::checkpoint::{Checkpoint, OriginKeys, signature_of, verify_checkpoint};
use crate::error::Error;
use crate::keys::{SignatureType, VerifierKey};
use crate::note::Note;

/// Which witnesses are trusted, and how many of them must have signed. A witness is a name with one or more keys; it
/// counts only if each of these keys signed, so that a stripped line shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessPolicy {
    witnesses: BTreeMap<String, Vec<VerifierKey>>,
    quorum: usize,
}

/// A witness that signed, and the earliest time that one of its keys states, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    /// The witness's name.
    pub name: String,
    /// When it says the checkpoint was the largest that it had seen; never zero.
    pub time: u64,
}

/// A checkpoint that its log signed with both keys and enough witnesses signed too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// What log and witnesses state.
    pub checkpoint: Checkpoint,
    /// Who signed, by name; at least as many as the quorum.
    pub by: Vec<Cosigner>,
}

impl WitnessPolicy {
    /// A policy from the witnesses' keys, those of one witness under one name. `quorum` counts names; zero asks for
    /// none.
    ///
    /// # Errors
    /// [`Error::WitnessPolicy`] if the quorum is larger than the number of names, a key is given twice, or is of type
    /// 0x01, which states no time and would let a note that isn't about witnessing count as a cosignature.
    pub fn new(keys: impl IntoIterator<Item = VerifierKey>, quorum: usize) -> Result<Self, Error> {
        let mut witnesses: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
        for key in keys {
            if key.kind() == SignatureType::Ed25519 {
                return Err(Error::WitnessPolicy("a witness's key must be of type 0x04 or 0x06"));
            }
            let same = witnesses.entry(key.name().to_owned()).or_default();
            if same.iter().any(|known| known.public_key() == key.public_key()) {
                return Err(Error::WitnessPolicy("a key is given twice"));
            }
            same.push(key);
        }
        if shared_key(&witnesses) {
            return Err(Error::WitnessPolicy("two witnesses have the same key"));
        }
        if quorum > witnesses.len() {
            return Err(Error::WitnessPolicy("the quorum is larger than the number of witnesses"));
        }
        Ok(Self { witnesses, quorum })
    }

    /// How many witnesses must have signed.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// The witnesses' names with their keys.
    pub fn witnesses(&self) -> impl Iterator<Item = (&str, &[VerifierKey])> {
        self.witnesses.iter().map(|(name, keys)| (name.as_str(), keys.as_slice()))
    }

    /// The witnesses that signed this note with all of their keys, by name. Lines of unknown keys are ignored.
    ///
    /// # Errors
    /// [`Error::SignatureWrong`] for a line under a known key that doesn't verify, and what [`VerifierKey::verify`]
    /// says of a text that is no checkpoint.
    pub fn cosigners(&self, note: &Note) -> Result<Vec<Cosigner>, Error> {
        let signed = self.witnesses.iter().map(|(name, keys)| {
            let time = time_of(note, keys)?;
            Ok(time.map(|time| Cosigner { name: name.clone(), time }))
        });
        signed.filter_map(Result::transpose).collect()
    }
}

/// Ed25519 cosignatures don't name their signer: under two names one party would count as two.
fn shared_key(witnesses: &BTreeMap<String, Vec<VerifierKey>>) -> bool {
    let mut keys: Vec<&[u8]> = witnesses.values().flatten().map(VerifierKey::public_key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}

/// The earliest time that one of the keys states, if all of them signed and state one.
fn time_of(note: &Note, keys: &[VerifierKey]) -> Result<Option<u64>, Error> {
    let mut earliest = u64::MAX;
    let mut whole = true;
    for key in keys {
        match signature_of(note, key)?.flatten().filter(|time| *time > 0) {
            Some(time) => earliest = earliest.min(time),
            None => whole = false,
        }
    }
    Ok(whole.then_some(earliest))
}

/// Reads a checkpoint that its log signed with both keys and at least the policy's quorum of witnesses signed.
///
/// # Errors
/// Those of [`verify_checkpoint`] and [`WitnessPolicy::cosigners`]; [`Error::QuorumMissed`] if too few signed, and
/// [`Error::WitnessPolicy`] if a witness bears the log's name: the log can't be its own witness.
pub fn verify_witnessed(note: &str, keys: &OriginKeys, policy: &WitnessPolicy) -> Result<Witnessed, Error> {
    let checkpoint = verify_checkpoint(note, keys)?;
    if policy.witnesses.contains_key(keys.origin()) {
        return Err(Error::WitnessPolicy("a witness bears the log's name"));
    }
    let by = policy.cosigners(&Note::parse(note)?)?;
    if by.len() < policy.quorum {
        return Err(Error::QuorumMissed { signed: by.len(), quorum: policy.quorum });
    }
    Ok(Witnessed { checkpoint, by })
}
