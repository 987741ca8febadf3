//! A witness for drills, with a memory of its own, and a log that it trusts.

use crate::ambient::SystemEntropy;
use crate::commands::witness::seconds;
use crate::failure::Failure;
use domain::{Entropy as _, time};
use drills::{AskedWitness, Declined};
use std::path::Path;
use transparency::{AddCheckpoint, Checkpoint, Error, Frontier, NoteSigner, OriginKeys, leaf_hash, sign_checkpoint};
use witness::{Home, NewHome, Reply, Witness};

/// What the log is called.
const LOG: &str = "drill.ringfence.internal/log";

/// The witness, and who signs the log: its keeper, or somebody under its name.
pub(super) struct Watching {
    witness: Witness,
    keeper: [NoteSigner; 2],
    stranger: [NoteSigner; 2],
}

impl Watching {
    /// Makes one in a new directory.
    pub(super) fn made(dir: &Path) -> Result<Self, Failure> {
        let entropy = |out: &mut [u8]| SystemEntropy.fill(out);
        let home = NewHome { dir, name: "witness.example/drill", same_user: true, entropy: &entropy };
        let home = Home::create(&home)?;
        let (keeper, stranger) = (signers().map_err(|_| not_made())?, signers().map_err(|_| not_made())?);
        let [ed25519, ml_dsa] = keeper.each_ref().map(|signer| signer.verifier_key().clone());
        let keys = OriginKeys::new(ed25519, ml_dsa).map_err(|_| not_made())?;
        Witness::trust(&home, &keys, None)?;
        Ok(Self { witness: Witness::open(home, seconds)?, keeper, stranger })
    }

    fn submission(&self, kept: u64, entries: &[&str], by_own_keys: bool) -> Result<AddCheckpoint, Error> {
        let mut log = Frontier::new();
        let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
        leaves.iter().try_for_each(|leaf| log.append(*leaf))?;
        let checkpoint = Checkpoint { origin: LOG.to_owned(), size: log.size(), root: log.root() };
        let signers = if by_own_keys { &self.keeper } else { &self.stranger };
        let checkpoint = sign_checkpoint(&checkpoint, &signers.each_ref())?;
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
            Reply::Conflict(_) | Reply::Refused(400..500, _) => Err("not-cosigned".to_owned()),
            Reply::Refused(..) => Err("out-of-order".to_owned()),
        }
    }
}

/// New keys for a log of that name.
fn signers() -> Result<[NoteSigner; 2], Error> {
    let seeds: [[u8; 32]; 2] = [time::fresh(&SystemEntropy), time::fresh(&SystemEntropy)];
    Ok([NoteSigner::ed25519(LOG, &seeds[0])?, NoteSigner::ml_dsa_44(LOG, &seeds[1])?])
}

fn not_made() -> Failure {
    Failure::there("the drills' witness can't be made", "try again")
}
