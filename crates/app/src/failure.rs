//! What a command says when it can't do what was asked: one line, what is wrong and what to do next.

use std::fmt;
use std::process::ExitCode;

/// Why a command failed. Holds no value of a customer's and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    whose: Whose,
    problem: String,
    next: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Here,
    There,
    Asker,
}

impl Failure {
    /// A mistake in what was asked (exit code 1).
    #[must_use]
    pub fn here(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { whose: Whose::Here, problem: problem.into(), next: next.into() }
    }

    /// A problem with what was asked for: a store, a server, a log that doesn't hold (exit code 2).
    #[must_use]
    pub fn there(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { whose: Whose::There, problem: problem.into(), next: next.into() }
    }

    /// The other side doesn't let who asks do it: another token or role may (exit code 2).
    pub(crate) fn of_asker(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { whose: Whose::Asker, problem: problem.into(), next: next.into() }
    }

    /// Was who asks refused, rather than what they asked for?
    pub(crate) fn is_of_asker(&self) -> bool {
        self.whose == Whose::Asker
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// 1 for a mistake here, 2 for a problem there.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self.whose {
            Whose::Here => 1,
            Whose::There | Whose::Asker => 2,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}; next: {}", self.problem, self.next)
    }
}

impl std::error::Error for Failure {}

impl From<&Failure> for ExitCode {
    fn from(failure: &Failure) -> Self {
        Self::from(failure.code())
    }
}

impl From<vault::VaultError> for Failure {
    fn from(error: vault::VaultError) -> Self {
        use vault::VaultError::{Damaged, Holder, Input, Refused, Rules, Store, Unfit};
        if let Unfit { refusal, said, .. } = &error {
            let said =
                if said.is_empty() { refusal.title().to_owned() } else { format!("{}: {said}", refusal.title()) };
            return Self::there(said, refusal.next().trim_end_matches('.'));
        }
        let next = match &error {
            Refused { refusal, .. } => refusal.next(),
            Input(_) => return Self::here(error.to_string(), "correct the value and try again"),
            Store(store::StoreError::Full) => "make room on the disk, or check who owns the data directory",
            Store(_) => "run ringfence doctor on the data directory",
            Holder(keys::HolderError::Unreachable) => {
                "start the key holder, or correct [keyholder]; it must name this user under allow_uids, or on another machine this node's certificate"
            }
            Holder(keys::HolderError::Sealed) => "have custodians hand in their shares: ringfence keyholder unseal",
            Holder(_) => "check that the key file is the one of this data directory",
            Damaged => "run ringfence verify on the data directory",
            Rules(_) => "report this as a fault of the program",
            _ => "try again",
        };
        Self::there(error.to_string(), next)
    }
}

impl From<witness::Failure> for Failure {
    fn from(failure: witness::Failure) -> Self {
        let make = if failure.there { Self::there } else { Self::here };
        make(failure.problem, failure.next)
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        vault::VaultError::Store(error).into()
    }
}

/// A failure to read or write standard output or a file, whose name the caller adds.
pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind::{AlreadyExists, NotFound, PermissionDenied, StorageFull};
    let (problem, next) = match error.kind() {
        NotFound => ("there is no such file".to_owned(), "check the path"),
        AlreadyExists => ("it is there already".to_owned(), "name a new file"),
        PermissionDenied => ("permission denied".to_owned(), "check who may read and write it"),
        StorageFull => ("the disk is full".to_owned(), "make room on the disk"),
        other => (other.to_string(), "check the file and try again"),
    };
    Failure::here(format!("{}: {problem}", path.display()), next)
}

/// A file with a secret is its owner's alone, or isn't used.
pub(crate) fn own_alone(path: &std::path::Path, secret: &str, next: &str) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map_err(|error| file(path, &error))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Failure::here(format!("{}: others may read {secret}", path.display()), next))
}
