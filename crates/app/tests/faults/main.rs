//! Several nodes on PostgreSQL while something fails: connections cut at every message, servers restarted, disks slow,
//! connections used up, clocks apart. After each fault: no value without its entry, no allowance overspent, one log,
//! nothing lost that was acknowledged. A failure prints the seed that brings it back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests: a step that fails must stop the test there, and real processes live in real time"
)]

#[path = "../live/centre.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod centre;
#[path = "../live/http.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod http;
#[path = "../live/machine.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod machine;
#[path = "../live/server.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod server;
#[path = "../live/wait.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod wait;

mod allotments;
mod clocks;
mod cluster;
mod codes;
mod cuts;
mod desk;
mod history;
mod leavers;
mod orders;
mod outages;
mod page;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use testkit::{Act, Message};

/// Are the tests to be run in their long form?
fn long() -> bool {
    std::env::var_os("RINGFENCE_LONG").is_some()
}

/// Held for reading by tests that run beside others, for writing by those that measure.
static CORES: RwLock<()> = RwLock::new(());

/// Others may run beside this test.
fn beside() -> RwLockReadGuard<'static, ()> {
    CORES.read().unwrap_or_else(PoisonError::into_inner)
}

/// This test measures, so nothing else of this program runs.
fn alone() -> RwLockWriteGuard<'static, ()> {
    CORES.write().unwrap_or_else(PoisonError::into_inner)
}

/// The seeds to try: the given number of new ones, or the one that `RINGFENCE_SEED` names.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("RINGFENCE_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
            let first = now.as_nanos() as u64 % 1_000_000_000;
            (first..first + count).collect()
        }
    }
}

/// Says, when a test fails while this lives, which seed it ran with.
struct SeedOnFailure(u64);

impl Drop for SeedOnFailure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("again with: RINGFENCE_SEED={}", self.0);
        }
    }
}

/// Runs so many threads to their end, each with chance of its own.
fn threads(chance: &mut Chance, count: u64, run: impl Fn(u64, &mut Chance) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..count {
            let (mut chance, run) = (chance.fork(), &run);
            scope.spawn(move || run(number, &mut chance));
        }
    });
}

/// What a proxy does to messages at random: once in so many they are lost with their session; commits more often.
fn trouble(mut chance: Chance, one_in: u64) -> impl FnMut(&Message<'_>) -> Act + Send {
    move |message| match chance.below(one_in) {
        0 => Act::CutBefore,
        1 => Act::CutAfter,
        2..42 if message.is_commit() => Act::CutAfter,
        2..8 => Act::Wait(Duration::from_millis(chance.below(20))),
        _ => Act::Pass,
    }
}

/// Chance from a seed: splitmix64.
#[derive(Clone)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Sometimes: once in so many.
    fn once_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// Another chance, of this one's making.
    fn fork(&mut self) -> Self {
        Self(self.next())
    }
}
