//! How long decisions take: each act by each role, whether it comes out as a yes, a no or "with a second person".

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a test that measures time and tells it")]

use crate::{Act, Asker, Decision, Device, Facts, Rules, Situation};
use domain::{Channel, Role};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// The most that a decision may take at the 99th percentile, in nanoseconds.
const WHOLE: u128 = 200_000;
/// And what it takes to know what a person needs for an act, where this version of the rules was asked before.
const KEPT: u128 = 20_000;
/// Other processes and tests share the cores: what this thread itself works counts, and of some rounds the best, as caches are shared
/// as well.
const ROUNDS: usize = 6;

/// How long this thread was on a core so far.
fn worked() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap())
}

/// The 99th percentile and the median over all cases, in nanoseconds.
fn percentiles(cases: &[Facts<'_>], decides: impl Fn(&Facts<'_>)) -> (u128, u128) {
    let round = || {
        let taken = cases.iter().map(|facts| {
            let begun = worked();
            decides(facts);
            (worked() - begun).as_nanos()
        });
        let mut taken: Vec<u128> = taken.collect();
        taken.sort_unstable();
        (taken[taken.len() * 99 / 100], taken[taken.len() / 2])
    };
    (0..ROUNDS).map(|_| round()).min().unwrap()
}

fn cases() -> Vec<Facts<'static>> {
    let by = |role| Asker { role, probation: false, team: "Orders", device: Device::Page, hour: 9 };
    let best = Situation::best(Channel::Call);
    let worse = Situation { guarded: true, ..best };
    let each =
        |role| Act::all().flat_map(move |act| [best, worse].map(|situation| Facts { asker: by(role), act, situation }));
    Role::ALL.into_iter().flat_map(each).collect()
}

#[test]
fn decisions_are_quick() {
    let begun = Instant::now();
    let rules = Rules::built_in().unwrap();
    let loaded = begun.elapsed();
    let cases = cases();
    let permitted = cases.iter().filter(|facts| rules.decide(facts) == Decision::Permit).count();
    assert!(permitted > 100 && cases.len() - permitted > 100, "{permitted} of {}", cases.len());
    let whole = percentiles(&cases, |facts| drop(rules.decide(facts)));
    let kept = percentiles(&cases, |facts| drop(rules.needs(&facts.asker, facts.act)));
    let many = cases.len();
    println!("rules loaded in {loaded:?}; {many} cases, ns (p99, p50): decide {whole:?}, needs from memory {kept:?}");
    assert!(whole.0 < WHOLE && kept.0 < KEPT, "decide {whole:?} ns, needs {kept:?} ns");
}
