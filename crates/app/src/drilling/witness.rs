//! A witness for drills, with a memory of its own, and a log that it trusts.

use crate::ambient::SystemEntropy;
use crate::commands::witness::seconds;
use crate::failure::Failure;
use domain::{Entropy as _, time};
use drills::{AskedWitness, Declined};
use std::path::Path;
use transparency::{AddCheckpoint, Checkpoint, Error, Frontier, Hash, Note, NoteSigner, OriginKeys};
use transparency::{leaf_hash, sign_checkpoint};
use witness::{Home, NewHome, Reply, Witness};

/// What the log is called.
const LOG: &str = "drill.ringfence.internal/log";

/// The witness, and who signs the log.
pub(super) struct Watching {
    witness: Witness,
    keeper: [NoteSigner; 2],
}

impl Watching {
    /// Makes one in a new directory.
    pub(super) fn made(dir: &Path) -> Result<Self, Failure> {
        let entropy = |out: &mut [u8]| SystemEntropy.fill(out);
        let home = NewHome { dir, name: "witness.example/drill", same_user: true, entropy: &entropy };
        let home = Home::create(&home)?;
        let keeper = signers().map_err(|_| not_made())?;
        let [ed25519, ml_dsa] = keeper.each_ref().map(|signer| signer.verifier_key().clone());
        let keys = OriginKeys::new(ed25519, ml_dsa).map_err(|_| not_made())?;
        Witness::trust(&home, &keys, None)?;
        Ok(Self { witness: Witness::open(home, seconds)?, keeper })
    }

    fn submission(&self, kept: u64, entries: &[&str], by_own_keys: bool) -> Result<AddCheckpoint, Error> {
        let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
        let checkpoint = head(&leaves)?;
        let signed = if by_own_keys { checkpoint.clone() } else { head(leaves.get(..1).unwrap_or_default())? };
        // Lines under other ids than the log's are passed over, so these bear its own: each is read, and found wrong.
        let lines = Note::parse(&sign_checkpoint(&signed, &self.keeper.each_ref())?)?.signatures().to_vec();
        let checkpoint = Note::new(&checkpoint.encode(), lines)?.to_string();
        // From one entry to two, the proof is the second one; nothing else is submitted here that needs one.
        let proof = leaves.get(1).copied().filter(|_| kept == 1).into_iter().collect();
        Ok(AddCheckpoint { old: kept, proof, checkpoint })
    }
}

impl AskedWitness for Watching {
    fn cosigns(&self, kept: u64, entries: &[&str], by_own_keys: bool) -> Result<(), Declined> {
        let submission = self.submission(kept, entries, by_own_keys).map_err(|_| "not-submitted".to_owned())?;
        match self.witness.add(&submission.encode()) {
            Reply::Cosigned(_) => Ok(()),
            reply => Err(word(&reply).to_owned()),
        }
    }
}

fn word(reply: &Reply) -> &'static str {
    match reply {
        Reply::Refused(403, _) => "not-signed",
        Reply::Conflict(_) => "conflict",
        Reply::Refused(422, _) => "not-consistent",
        _ => "something-else",
    }
}

/// The head of a log of these leaves.
fn head(leaves: &[Hash]) -> Result<Checkpoint, Error> {
    let mut log = Frontier::new();
    leaves.iter().try_for_each(|leaf| log.append(*leaf))?;
    Ok(Checkpoint { origin: LOG.to_owned(), size: log.size(), root: log.root() })
}

/// New keys for a log of that name.
fn signers() -> Result<[NoteSigner; 2], Error> {
    let seeds: [[u8; 32]; 2] = [time::fresh(&SystemEntropy), time::fresh(&SystemEntropy)];
    Ok([NoteSigner::ed25519(LOG, &seeds[0])?, NoteSigner::ml_dsa_44(LOG, &seeds[1])?])
}

fn not_made() -> Failure {
    Failure::there("the drills' witness can't be made", "try again")
}
