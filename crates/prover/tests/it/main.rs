//! Invariants hold, each can be broken, and planted changes of the rules are found.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests: a failed step is a failed test, counterexamples are worth reading, and time is measured"
)]

mod planted;
mod proofs;
mod world;
