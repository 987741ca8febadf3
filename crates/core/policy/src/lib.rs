//! Pure decisions: facts in, permission with its conditions or a refusal out. The rules are Cedar policies
//! (`policies/`); what they need becomes conditions of the commit.
//!
//! A decision here reads no database. It says what must hold (a ground, a binding, an allowance), and the
//! commit checks it in the transaction that writes the log entry, so nothing can change in between.
//! Out of scope: storing or checking those conditions, proofs about rules, and any I/O.

mod decide;
mod facts;
mod granted;
mod needs;
mod request;
mod rules;
mod slices;
mod told;
mod widening;

#[cfg(test)]
mod speed;
#[cfg(test)]
mod tests;

pub use decide::{Decision, Denial};
pub use facts::{Act, Approvals, Asker, Device, Facts, Ground, Situation};
pub use granted::{Granted, GrantedAct};
pub use needs::{DEAREST, Needs, Ways};
pub use rules::{BUILT_IN, Rule, Rules, RulesError, SCHEMA};
pub use told::Told;
