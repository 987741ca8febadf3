//! Why a field was refused, without repeating the field.

use std::fmt;

use super::FieldKind;

/// A refusal to accept a value: which kind, what is wrong and what to do next.
///
/// Both texts are fixed at compile time, so the error can be logged and shown: it can't carry the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldError {
    kind: FieldKind,
    problem: &'static str,
    next: &'static str,
}

impl FieldError {
    pub(super) const fn new(kind: FieldKind, problem: &'static str, next: &'static str) -> Self {
        Self { kind, problem, next }
    }

    /// The kind of field that was being read.
    #[must_use]
    pub const fn kind(&self) -> FieldKind {
        self.kind
    }

    /// What is wrong, in lower case and without a full stop.
    #[must_use]
    pub const fn problem(&self) -> &'static str {
        self.problem
    }

    /// What to do next, in lower case and without a full stop.
    #[must_use]
    pub const fn next(&self) -> &'static str {
        self.next
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.kind.label().to_lowercase();
        write!(f, "{label}: {}; {}", self.problem, self.next)
    }
}

impl std::error::Error for FieldError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_kind_problem_next() {
        let error = FieldError::new(FieldKind::PostalAddress, "the town is missing", "add the town");
        assert_eq!(error.to_string(), "postal address: the town is missing; add the town");
    }
}
