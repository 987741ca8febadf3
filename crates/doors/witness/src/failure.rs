//! Why the witness can't do what was asked: what is wrong and what to do next.

use std::fmt;
use std::path::Path;

/// What is wrong, in one line, and the next step. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub next: String,
    /// Whether the trouble is with what was asked for (a log, a memory, an alarm) and not with how it was asked.
    pub there: bool,
}

impl Failure {
    pub(crate) fn here(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { problem: problem.into(), next: next.into(), there: false }
    }

    pub(crate) fn there(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { problem: problem.into(), next: next.into(), there: true }
    }

    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::here(format!("{}: {}", path.display(), error.kind()), "check the path, its owner and the disk")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; next: {}", self.problem, self.next)
    }
}

impl std::error::Error for Failure {}
