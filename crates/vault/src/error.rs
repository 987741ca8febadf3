//! Why a use case gave nothing.

use crate::budgets::Spent;
use domain::field::FieldError;
use domain::{EntryId, Refusal};
use keys::HolderError;
use std::sync::Arc;
use store::StoreError;

/// A refusal with its entry, or a failure. None of them holds a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VaultError {
    /// The answer is no; the refusal's entry is in the log.
    #[error("{}", .refusal.title())]
    Refused {
        /// Why.
        refusal: Refusal,
        /// The refusal's entry, where there is one.
        entry: Option<EntryId>,
        /// The rule that forbade it, where one did: its words say more.
        rule: Option<Arc<policy::Rule>>,
        /// Which allowance was spent, where one was, and until when.
        spent: Option<Spent>,
        /// What the data plan says of it, with the line, where that is why.
        plan: Option<String>,
    },
    /// The input can't be read.
    #[error("{0}")]
    Input(FieldError),
    /// What should count from now on, or was asked about, can't or isn't there; the refusal's entry is in the log.
    #[error("{}", .refusal.title())]
    Unfit {
        /// Why.
        refusal: Refusal,
        /// The refusal's entry.
        entry: Option<EntryId>,
        /// What is wrong with it, in words.
        said: String,
    },
    /// The rules can't be used.
    #[error("{0}")]
    Rules(#[from] policy::RulesError),
    /// The plan that the program comes with can't be used.
    #[error("{0}")]
    Plan(#[from] plan::Faults),
    /// Who asks isn't known.
    #[error("sign in first")]
    Unauthenticated,
    /// The store failed: nothing was disclosed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The key holder failed: nothing was disclosed.
    #[error("{0}")]
    Holder(#[from] HolderError),
    /// It isn't known whether the commit happened: nothing was disclosed.
    #[error("the connection was lost at the commit; nothing was disclosed; ask again with the same key")]
    Unknown,
    /// A letter couldn't be handed to its mail server.
    #[error("a letter couldn't be handed to the mail server; try again, or check [mail] in the configuration")]
    Undelivered,
    /// A sealed value doesn't open in its place.
    #[error("a sealed value doesn't open in its place: it was moved or edited; security has been told in the log")]
    Damaged,
    /// As much waits as may wait: nothing was done.
    #[error("Ringfence has as much to do as it can hold; nothing was done; try again in a moment")]
    Busy,
    /// The vault is shutting down.
    #[error("Ringfence is stopping; try again in a moment")]
    Stopping,
}

impl VaultError {
    /// A refusal without an entry.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        Self::Refused { refusal, entry: None, rule: None, spent: None, plan: None }
    }
}

impl From<FieldError> for VaultError {
    fn from(error: FieldError) -> Self {
        Self::Input(error)
    }
}
