//! The machine's own clock and randomness: the only place that asks for them. Everything else takes a
//! [`Clock`] and an [`Entropy`].

use domain::{Clock, Entropy, Millis};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// This moment, for those who need it as the standard library's type.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
pub fn system_time() -> SystemTime {
    SystemTime::now()
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system for randomness")]
    fn fill(&self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // Without unpredictable bytes every key made from here on would be worthless, and there is nobody to
            // hand the failure to: stopping is the only safe answer.
            std::process::abort();
        }
    }
}
