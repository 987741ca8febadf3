//! What is fuzzed: plain functions of bytes, shared by the fuzzer in `fuzz/` and by the regression test over a corpus.

use plan::{Date, Plan, Volumes, diff, forecast};

/// A target: it may not panic, and what it accepts is a plan that can be used.
pub(crate) type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub(crate) const TARGETS: [(&str, Target); 1] = [("plan", plan)];

/// Any text is a plan, or is refused with lines that it has.
pub(crate) fn plan(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    match Plan::parse(text) {
        Ok(plan) => {
            assert!(diff(&plan, &plan).is_empty());
            let today = Date::constant(2026, 11, 27);
            let told = forecast(&plan, &Volumes::new(), today);
            assert_eq!(told.years.len(), 5);
            let _ = (plan.on(today), plan.counts_from(today));
        }
        Err(faults) => {
            let lines = text.lines().count() + 1;
            assert!(faults.all().iter().all(|fault| (1..=lines).contains(&fault.line) && !fault.next.is_empty()));
        }
    }
}
