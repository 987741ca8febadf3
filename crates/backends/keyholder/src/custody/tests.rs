mod kem;
mod sharing;
mod sheets;

use super::*;
use crate::RootKey;
use domain::Entropy;
use domain::time::fresh;
use keys::Key32;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::Seeded;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// An edited sheet with check words that fit.
fn checked_anew(edited: &str) -> String {
    let body = edited.split_once("check:").unwrap().0;
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes());
    format!("{body}check: {}\n", words(&sum.as_ref()[..10]).join(" "))
}

fn root(entropy: &dyn Entropy) -> RootKey {
    RootKey(Key32::new(fresh(entropy)))
}

/// A ceremony of made-up custodians, with the keys of all of them.
struct World {
    root: RootKey,
    keys: Vec<CustodianKey>,
    ceremony: Ceremony,
    sealed: Vec<SealedShare>,
}

impl World {
    fn new(needed: u8, of: u8) -> Self {
        let entropy = Seeded::new(NEXT.fetch_add(1, Ordering::Relaxed));
        let root = root(&entropy);
        let keys: Vec<_> =
            (1..=of).map(|number| CustodianKey::generate(&format!("Custodian {number}")).unwrap()).collect();
        let custodians = keys.iter().map(|key| key.public().unwrap()).collect();
        let (ceremony, sealed) = Ceremony::begin(&root, needed, custodians, &entropy).unwrap();
        Self { root, keys, ceremony, sealed }
    }

    fn record(&self) -> Ceremony {
        Ceremony::read(&self.ceremony.text()).unwrap()
    }

    fn gathering(&self, purpose: Purpose) -> Gathering {
        Gathering::new(self.record(), purpose, None).unwrap()
    }

    /// What custodian `at` hands in.
    fn handed(&self, at: usize, to: &Gathering) -> Handed {
        let share = self.sealed[at].open(&self.keys[at]).unwrap();
        let invitation = Invitation::read(&to.invitation().unwrap().text()).unwrap();
        let handed = invitation.hand_in(&self.sealed[at], &share).unwrap();
        Handed::read(&handed.text()).unwrap()
    }
}
