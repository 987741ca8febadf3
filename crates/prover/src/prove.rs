//! Proving: each bound against the rules, in each kind of request that the schema knows.

use crate::invariant::{Bound, HeldBy, Invariant};
use crate::told::told;
use cedar_policy::{Policy, PolicyId, PolicySet, RequestEnv};
use cedar_policy_symcc::err::Error;
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet};
use policy::Rules;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// What was found out about an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It holds for every person, act and situation.
    Proved,
    /// It doesn't: here is a situation, in a sentence.
    Refuted(String),
    /// The solver gave no answer, or there is none; and why.
    Unknown(String),
    /// It is held by something else than the rules, which a test tries to break.
    Tested,
}

impl Status {
    /// The word of the contract.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted(_) => "refuted",
            Self::Unknown(_) => "unknown",
            Self::Tested => "tested",
        }
    }
}

/// An invariant with what was found out.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which.
    pub invariant: Invariant,
    /// What.
    pub status: Status,
}

/// Why nothing could be proved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProverError {
    /// The bounds can't be read.
    #[error("the invariants can't be read: {0}; next: report this as a fault of the program")]
    Bounds(String),
}

/// How long the solver may take for one question, in milliseconds.
const PATIENCE_MS: u32 = 10_000;

/// The solver's program: `CVC5` where it is set, else `cvc5` in `PATH`. `None` where there is none.
#[must_use]
pub fn solver_program(named: Option<&Path>, path: &std::ffi::OsStr) -> Option<PathBuf> {
    match named {
        Some(program) => program.is_file().then(|| program.to_owned()),
        None => std::env::split_paths(path).map(|folder| folder.join("cvc5")).find(|program| program.is_file()),
    }
}

/// Proves every invariant about these rules. Without a solver those of the rules are `Unknown`.
///
/// # Errors
/// If the invariants can't be read.
pub async fn prove(rules: &Rules, solver: Option<&Path>) -> Result<Vec<Verdict>, ProverError> {
    let invariants = crate::invariants().map_err(ProverError::Bounds)?;
    let mut prover = match solver {
        None => Err("no cvc5 was found".to_owned()),
        Some(program) => Prover::new(rules, program),
    };
    let mut verdicts = Vec::with_capacity(invariants.len());
    for invariant in invariants {
        let status = match (&invariant.held_by, &mut prover) {
            (HeldBy::Settle(_) | HeldBy::Type(..), _) => Status::Tested,
            (_, Err(why)) => Status::Unknown(why.clone()),
            (HeldBy::Rules(bound), Ok(prover)) => prover.within(bound).await,
            (HeldBy::RulesThemselves, Ok(prover)) => prover.evaluable().await,
        };
        verdicts.push(Verdict { invariant, status });
    }
    Ok(verdicts)
}

struct Prover<'a> {
    rules: &'a Rules,
    compiler: CedarSymCompiler<LocalSolver>,
    compiled: Vec<(RequestEnv, CompiledPolicySet)>,
}

impl<'a> Prover<'a> {
    fn new(rules: &'a Rules, program: &Path) -> Result<Self, String> {
        let said = |error: Error| error.to_string();
        let mut command = Command::new(program);
        command.args(["--lang", "smt", &format!("--tlimit-per={PATIENCE_MS}")]).kill_on_drop(true);
        let compiler =
            CedarSymCompiler::new(LocalSolver::from_command(&mut command).map_err(|error| error.to_string())?)
                .map_err(said)?;
        let mut compiled = Vec::new();
        for kind in rules.schema().request_envs() {
            let set = CompiledPolicySet::compile(rules.policies(), &kind, rules.schema()).map_err(said)?;
            compiled.push((kind, set));
        }
        Ok(Self { rules, compiler, compiled })
    }

    /// Do the rules permit nothing that the bound forbids?
    async fn within(&mut self, bound: &Bound) -> Status {
        let limit = match everything_but(&bound.0) {
            Ok(limit) => limit,
            Err(error) => return Status::Unknown(error),
        };
        for (kind, rules) in &self.compiled {
            let found = match CompiledPolicySet::compile(&limit, kind, self.rules.schema()) {
                Ok(limit) => self.compiler.check_implies_with_counterexample_opt(rules, &limit).await,
                Err(error) => Err(error),
            };
            match found {
                Ok(None) => {}
                Ok(Some(found)) => return Status::Refuted(format!("{}.", told(&found))),
                Err(error) => return Status::Unknown(error.to_string()),
            }
        }
        Status::Proved
    }

    /// Can each rule be evaluated in every situation?
    async fn evaluable(&mut self) -> Status {
        for (kind, _) in &self.compiled {
            for rule in self.rules.policies().policies() {
                let found = match CompiledPolicy::compile(rule, kind, self.rules.schema()) {
                    Ok(rule) => self.compiler.check_never_errors_with_counterexample_opt(&rule).await,
                    Err(error) => Err(error),
                };
                match found {
                    Ok(None) => {}
                    Ok(Some(found)) => return Status::Refuted(format!("Rule {} fails: {}.", rule.id(), told(&found))),
                    Err(error) => return Status::Unknown(error.to_string()),
                }
            }
        }
        Status::Proved
    }
}

/// What a bound allows: everything but what it forbids.
fn everything_but(bound: &Policy) -> Result<PolicySet, String> {
    let all = Policy::parse(Some(PolicyId::new("everything")), "permit (principal, action, resource);")
        .map_err(|error| error.to_string())?;
    PolicySet::from_policies([all, bound.clone()]).map_err(|error| error.to_string())
}
