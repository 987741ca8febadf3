//! Whether rules that are to count keep what must never be broken. Who can prove it stands outside: a solver is a program of
//! its own.

use core::future::Future;
use core::pin::Pin;
use policy::Rules;
use std::sync::Arc;

/// A future that may run on any thread.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that the rules would permit and must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The invariant's name.
    pub invariant: String,
    /// What it says.
    pub says: String,
    /// A situation in which it is broken, in a sentence.
    pub example: String,
}

/// What was found out about rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesProof {
    /// Every invariant of theirs holds.
    Proved,
    /// Some don't.
    Refuted(Vec<Broken>),
    /// Nobody knows, and why.
    Unknown(String),
}

/// Proves.
pub trait Prover: Send + Sync {
    /// Finds out about these rules.
    fn prove(&self, rules: Arc<Rules>) -> Fut<'_, RulesProof>;
}

/// Knows nothing.
pub(crate) struct Unproving;

impl Prover for Unproving {
    fn prove(&self, _: Arc<Rules>) -> Fut<'_, RulesProof> {
        Box::pin(async { RulesProof::Unknown("this program was started without a prover".to_owned()) })
    }
}
