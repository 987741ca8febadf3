//! Which certificates are let in from other machines. That may change while the key holder serves.

use std::collections::BTreeSet;
use tokio::sync::watch;

/// The SHA-256 digest of a certificate.
pub type Digest = [u8; 32];

/// The certificates that are let in, by their digests; a clone names the same.
#[derive(Clone)]
pub struct Named(watch::Sender<BTreeSet<Digest>>);

impl Named {
    /// These, for now.
    #[must_use]
    pub fn new(digests: BTreeSet<Digest>) -> Self {
        Self(watch::Sender::new(digests))
    }

    /// From now on these: who isn't among them any more is cut off. Says whether that differs.
    pub fn become_these(&self, digests: BTreeSet<Digest>) -> bool {
        self.0.send_if_modified(|named| {
            let differs = *named != digests;
            *named = digests;
            differs
        })
    }

    /// Whoever showed this certificate, if it is let in now.
    pub(crate) fn admit(&self, digest: Digest) -> Option<Admitted> {
        let now = self.0.subscribe();
        let named = now.borrow().contains(&digest);
        named.then_some(Admitted { digest, now })
    }
}

/// Somebody who was let in by a certificate.
pub(crate) struct Admitted {
    digest: Digest,
    now: watch::Receiver<BTreeSet<Digest>>,
}

impl Admitted {
    /// Ends once the certificate isn't named any more.
    pub(crate) async fn struck(&mut self) {
        let digest = self.digest;
        // Where nobody can change it any more, serving is over.
        drop(self.now.wait_for(|named| !named.contains(&digest)).await);
    }
}
