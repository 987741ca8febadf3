//! Proofs about the rules. An invariant says in words what no change may break, and what holds it: the rules, proved
//! here for every person, act and situation; or the commit or a type, each with the test that tries to break it.
//!
//! The prover is cedar-policy-symcc, which turns rules into formulas, and cvc5, a solver that runs as a program of its
//! own. Out of scope: decisions (`policy`), and who may change rules.

mod invariant;
mod prove;
mod told;

pub use invariant::{Bound, HeldBy, Invariant, invariants};
pub use prove::{ProverError, Status, Verdict, prove, solver_program};
