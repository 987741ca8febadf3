//! Sessions as a node last saw them, so that a request needs no look into the store.

use super::body::Body;
use aws_lc_rs::hmac;
use domain::{Millis, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::AdmissionRow;

/// For how long, in milliseconds, a session is believed without looking at its row.
const BELIEVED_MS: i64 = 250;
/// More than these are swept for old ones.
const SWEEP: usize = 10_000;
/// A session that nobody asked for so long is forgotten when it gets crowded, in milliseconds.
const OLD_MS: i64 = 60_000;
/// Of one session's misuse an entry is written at most so often, in milliseconds: whoever has a stolen cookie doesn't fill
/// the log with it.
const TOLD_MS: i64 = 60_000;

/// A session as it was read.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) row: Arc<AdmissionRow>,
    pub(crate) body: Arc<Body>,
    /// The key agreed on with its browser, if it is bound.
    pub(crate) key: Option<Arc<hmac::Key>>,
}

struct Kept {
    seen: Seen,
    read: Millis,
    /// Nonces that were used, and until when they matter.
    nonces: HashMap<[u8; 16], Millis>,
    told: Option<Millis>,
}

type Name = (TenantId, [u8; 16]);

/// The sessions that this node has seen.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Name, Kept>>);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that was read a moment ago.
    pub(crate) fn fresh(&self, name: &Name, now: Millis) -> Option<Seen> {
        let all = self.lock();
        all.get(name).filter(|kept| now.since(kept.read).abs() < BELIEVED_MS).map(|kept| kept.seen.clone())
    }

    /// A session as it was last read, however long ago: its key may still be right.
    pub(crate) fn last(&self, name: &Name) -> Option<Seen> {
        self.lock().get(name).map(|kept| kept.seen.clone())
    }

    /// Keeps what was read. Nonces stay.
    pub(crate) fn keep(&self, name: Name, seen: Seen, now: Millis) {
        let mut all = self.lock();
        if all.len() > SWEEP {
            all.retain(|_, kept| now.since(kept.read).abs() < OLD_MS);
        }
        match all.get_mut(&name) {
            Some(kept) => (kept.seen, kept.read) = (seen, now),
            None => drop(all.insert(name, Kept { seen, read: now, nonces: HashMap::new(), told: None })),
        }
    }

    /// The next request looks at the row again.
    pub(crate) fn doubt(&self, name: &Name) {
        if let Some(kept) = self.lock().get_mut(name) {
            kept.read = Millis(i64::MIN / 2);
        }
    }

    /// Is this nonce new here? It isn't afterwards.
    pub(crate) fn use_nonce(&self, name: &Name, nonce: [u8; 16], until: Millis, now: Millis) -> bool {
        let mut all = self.lock();
        let Some(kept) = all.get_mut(name) else { return false };
        kept.nonces.retain(|_, until| *until >= now);
        kept.nonces.insert(nonce, until).is_none()
    }

    /// Is it time to tell of this session's misuse? Not again for a while then.
    pub(crate) fn tells(&self, name: &Name, now: Millis) -> bool {
        let mut all = self.lock();
        let Some(kept) = all.get_mut(name) else { return true };
        let tells = kept.told.is_none_or(|told| now.since(told).abs() >= TOLD_MS);
        if tells {
            kept.told = Some(now);
        }
        tells
    }
}
