//! The solver as the vault's prover: asked on a thread of its own, and not waited for beyond its time.

use policy::Rules;
use prover::{Status, solver_program};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use vault::{Broken, Fut, Prover, RulesProof};

/// All proofs take some seconds; longer than this is no answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks cvc5, where there is one.
pub(crate) struct Solver {
    program: Option<PathBuf>,
}

impl Solver {
    /// The one that `CVC5` names, or that lies in `PATH`.
    pub(crate) fn found() -> Self {
        let named = std::env::var_os("CVC5").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self { program: solver_program(named.as_deref(), &path) }
    }
}

impl Prover for Solver {
    fn prove(&self, rules: Arc<Rules>) -> Fut<'_, RulesProof> {
        Box::pin(async {
            let program = self.program.clone();
            // Making formulas of rules keeps a processor busy: not one that serves.
            let proving = tokio::task::spawn_blocking(move || {
                crate::wire::block_on(async {
                    Ok(tokio::time::timeout(PATIENCE, prover::prove(&rules, program.as_deref())).await)
                })
            });
            let verdicts = match proving.await {
                Ok(Ok(Ok(Ok(verdicts)))) => verdicts,
                Ok(Ok(Ok(Err(error)))) => return RulesProof::Unknown(error.to_string()),
                Ok(Ok(Err(_))) => return RulesProof::Unknown("the solver took longer than a minute".to_owned()),
                Ok(Err(_)) | Err(_) => return RulesProof::Unknown("the prover broke down".to_owned()),
            };
            let (mut broken, mut unknown) = (Vec::new(), None);
            for verdict in verdicts {
                match verdict.status {
                    Status::Refuted(example) => {
                        broken.push(Broken { invariant: verdict.invariant.name, says: verdict.invariant.says, example })
                    }
                    Status::Unknown(why) => unknown = Some(why),
                    Status::Proved | Status::Tested => {}
                }
            }
            match unknown {
                _ if !broken.is_empty() => RulesProof::Refuted(broken),
                Some(why) => RulesProof::Unknown(why),
                None => RulesProof::Proved,
            }
        })
    }
}
