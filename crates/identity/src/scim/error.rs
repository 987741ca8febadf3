//! Errors in SCIM's own shape (RFC 7644, 3.12).

use serde_json::{Value, json};

/// Which detail of an error programs tell apart: `scimType` (RFC 7644, table 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A filter that can't be read.
    InvalidFilter,
    /// A body of the wrong shape.
    InvalidSyntax,
    /// A path that names nothing.
    InvalidPath,
    /// An operation without what it is to change.
    NoTarget,
    /// A value that doesn't fit, or one that is missing.
    InvalidValue,
    /// What only the server writes.
    Mutability,
    /// Another person has it.
    Uniqueness,
}

impl Kind {
    fn slug(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::Mutability => "mutability",
            Self::Uniqueness => "uniqueness",
        }
    }
}

/// An error. Its words repeat nothing that was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// What programs tell apart.
    pub kind: Option<Kind>,
    /// What is the case and what to do, for people.
    pub detail: String,
}

impl ScimError {
    /// One of a status, without a kind.
    #[must_use]
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into() }
    }

    /// 400 of a kind; 409 where somebody else has the value.
    #[must_use]
    pub fn of(kind: Kind, detail: impl Into<String>) -> Self {
        let status = if kind == Kind::Uniqueness { 409 } else { 400 };
        Self { status, kind: Some(kind), detail: detail.into() }
    }

    /// As sent: the status is a string there.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.to_string(),
            "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            body["scimType"] = kind.slug().into();
        }
        body
    }
}
