//! A lifelike contact centre as a seeded stream of acts.
//!
//! * [`identity`] invents customers: the same seed gives the same people, on any machine.
//! * [`export`] writes them as CSV or JSON Lines for imports and benches.
//! * [`day`] is an ordinary day of the centre as a pure stream of [`day::Act`]s, and a [`day::Player`] that
//!   plays it over HTTP against a running Ringfence.
//!
//! Out of scope: deciding anything. The player only calls the public interface and counts what it is told.
//! Time comes in as a function, chance from the seed.

mod chance;
pub mod day;
pub mod export;
pub mod identity;
