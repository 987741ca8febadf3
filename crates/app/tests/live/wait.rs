//! Waiting on facts, with deadlines.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Long enough for a slow machine; a fact that isn't true by then is false.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Looks until `look` finds something; fails after `within`.
pub(crate) fn found<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "after {within:?} still not so: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Waits until something is so.
pub(crate) fn until(what: &str, within: Duration, mut so: impl FnMut() -> bool) {
    found(what, within, || so().then_some(()));
}

/// Seconds since 1970.
pub(crate) fn seconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// What nodes hold of shared allowances is of one step of ten minutes: a test that counts it must not begin in a step's
/// last half minute.
pub(crate) fn clear_of_the_steps_end() {
    until("a new step", Duration::from_secs(40), || seconds() % 600 < 570);
}
