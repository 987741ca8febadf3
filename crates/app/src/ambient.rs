//! The machine's own clock and randomness: the only place that asks for them. Everything else takes a
//! [`Clock`] and an [`Entropy`].

use domain::{Clock, Entropy, Millis};
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::{Zeroize as _, Zeroizing};

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

/// How many bytes are asked for at once, and the most that one caller is served from them.
const AHEAD: usize = 4096;

/// The operating system's generator. Small requests are served from bytes asked for ahead, each given out once and
/// wiped: sealing a customer takes dozens of salts, and a system call for each would cost more than the sealing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) {
        if out.len() > AHEAD / 8 {
            return ask(out);
        }
        AHEAD_BYTES.with_borrow_mut(|ahead| ahead.give(out));
    }
}

thread_local! {
    static AHEAD_BYTES: RefCell<Ahead> =
        RefCell::new(Ahead { bytes: Zeroizing::new([0; AHEAD]), used: AHEAD });
}

struct Ahead {
    bytes: Zeroizing<[u8; AHEAD]>,
    used: usize,
}

impl Ahead {
    fn give(&mut self, out: &mut [u8]) {
        if AHEAD - self.used < out.len() {
            ask(self.bytes.as_mut_slice());
            self.used = 0;
        }
        let given = &mut self.bytes[self.used..self.used + out.len()];
        out.copy_from_slice(given);
        given.zeroize();
        self.used += out.len();
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system for randomness")]
fn ask(out: &mut [u8]) {
    if getrandom::fill(out).is_err() {
        // Without unpredictable bytes every key made from here on would be worthless, and there is nobody to hand the
        // failure to: stopping is the only safe answer.
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::{AHEAD, SystemEntropy};
    use domain::Entropy;
    use std::collections::BTreeSet;

    #[test]
    fn no_bytes_are_given_twice() {
        let fresh = || domain::time::fresh::<16>(&SystemEntropy);
        let here: BTreeSet<[u8; 16]> = (0..2 * AHEAD).map(|_| fresh()).collect();
        let there = std::thread::spawn(move || (0..AHEAD).map(|_| fresh()).collect::<BTreeSet<_>>()).join().unwrap();
        assert_eq!((here.len(), there.len()), (2 * AHEAD, AHEAD));
        assert!(here.is_disjoint(&there) && !here.contains(&[0; 16]));
    }

    #[test]
    fn requests_of_any_size_are_filled() {
        for size in [0, 1, AHEAD / 8, AHEAD / 8 + 1, 3 * AHEAD] {
            let mut out = vec![0; size];
            SystemEntropy.fill(&mut out);
            let zeros = out.iter().filter(|byte| **byte == 0).count();
            assert!(zeros <= 8 + size / 16, "{zeros} zeros in {size} bytes");
        }
    }
}
