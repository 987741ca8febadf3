//! Somebody else on the same machine, who does a little of the same thing all the time: what they meet is the machine's doing,
//! not the server's.

use crate::load::wait_until;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(250);
/// Enough for its time to be measured, too little to be felt.
const HASHED: [u8; 256 * 1_024] = [7; 256 * 1_024];

pub(crate) struct Neighbour(File);

/// What a neighbour met within a window.
pub(crate) struct Met {
    /// The slowest of the disk's answers, in milliseconds, to four kibibytes written until the disk has them.
    pub(crate) disk: f64,
    /// What hashing the same bytes took of a processor, each time, in milliseconds: waiting for one isn't in it.
    pub(crate) hashing: Vec<f64>,
}

impl Neighbour {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempfile().unwrap())
    }

    pub(crate) fn until(&self, end: Instant) -> Met {
        let mut met = Met { disk: 0.0, hashing: Vec::new() };
        while Instant::now() < end {
            let began = Instant::now();
            self.0.write_all_at(&[1; 4_096], 0).unwrap();
            self.0.sync_data().unwrap();
            met.disk = met.disk.max(began.elapsed().as_secs_f64() * 1_000.0);
            let before = on_a_processor();
            std::hint::black_box(vault::sha256(std::hint::black_box(&HASHED)));
            met.hashing.push((on_a_processor() - before) * 1_000.0);
            wait_until(end.min(began + EVERY));
        }
        met
    }
}

/// Seconds that this thread has had a processor (`schedstat` in proc(5): nanoseconds).
fn on_a_processor() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}
