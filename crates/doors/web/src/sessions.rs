//! Page sessions: a random secret in a cookie, kept here as its digest, in memory only.

use domain::Millis;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use vault::Session;

/// The cookie's name.
pub(crate) const COOKIE: &str = "rf_session";
/// A session ends after so long without a request, in milliseconds.
const IDLE_MS: i64 = 60 * 60_000;
/// And after so long at all.
const ABSOLUTE_MS: i64 = 12 * 3_600_000;
/// More than these are swept for ended ones.
const SWEEP: usize = 10_000;

struct Entry {
    session: Session,
    begun: Millis,
    seen: Millis,
}

impl Entry {
    fn alive(&self, now: Millis) -> bool {
        now.since(self.seen) < IDLE_MS && now.since(self.begun) < ABSOLUTE_MS
    }
}

/// What a session is found by. Its secret can't be told from it.
#[derive(Clone, Copy)]
pub(crate) struct SessionKey((u64, u64));

/// The sessions of this node, by their cookie's secret: 256 random bits, looked up through a keyed hash, so that
/// timing tells nothing about them.
#[derive(Default)]
pub(crate) struct Sessions {
    by_secret: Mutex<HashMap<(u64, u64), Entry>>,
    keys: (RandomState, RandomState),
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<(u64, u64), Entry>> {
        self.by_secret.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn digest(&self, secret: &str) -> (u64, u64) {
        (self.keys.0.hash_one(secret), self.keys.1.hash_one(secret))
    }

    /// Keeps a session under a secret.
    pub(crate) fn begin(&self, secret: &str, session: Session, now: Millis) {
        let mut all = self.lock();
        if all.len() > SWEEP {
            all.retain(|_, entry| entry.alive(now));
        }
        all.insert(self.digest(secret), Entry { session, begun: now, seen: now });
    }

    /// The session of a secret, if it is alive.
    pub(crate) fn find(&self, secret: &str, now: Millis) -> Option<Session> {
        let mut all = self.lock();
        let key = self.digest(secret);
        let entry = all.get_mut(&key)?;
        if !entry.alive(now) {
            all.remove(&key);
            return None;
        }
        entry.seen = now;
        Some(entry.session.clone())
    }

    /// The key of a secret's session.
    pub(crate) fn key(&self, secret: &str) -> SessionKey {
        SessionKey(self.digest(secret))
    }

    /// Is the session still alive? Asking isn't using it.
    pub(crate) fn lives(&self, key: SessionKey, now: Millis) -> bool {
        self.lock().get(&key.0).is_some_and(|entry| entry.alive(now))
    }

    /// Ends a session; gives it, if there was one.
    pub(crate) fn end(&self, secret: &str) -> Option<Session> {
        self.lock().remove(&self.digest(secret)).map(|entry| entry.session)
    }
}
