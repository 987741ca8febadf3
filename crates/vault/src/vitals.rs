//! What whoever runs a node may watch: how much work goes through the door, not whose.

use crate::error::VaultError;
use crate::private::release::Done;
use crate::wiring::Vault;
use core::sync::atomic::{AtomicU64, Ordering};

/// Counts since the process started, shared by the door's two threads and whoever reads them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) batches: AtomicU64,
    committed: AtomicU64,
    replayed: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    pub(crate) fn count(&self, result: &Result<Done, VaultError>) {
        let counter = match result {
            Ok(Done::Committed { .. }) => &self.committed,
            Ok(Done::Replayed { .. }) => &self.replayed,
            Err(VaultError::Refused { .. }) => &self.refused,
            Err(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Acts of a batch that the store couldn't take.
    pub(crate) fn failed(&self, acts: usize) {
        self.failed.fetch_add(acts as u64, Ordering::Relaxed);
    }
}

/// The door's work since the process started, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Transactions.
    pub batches: u64,
    /// Acts that were committed.
    pub committed: u64,
    /// Repeated requests that were recognised.
    pub replayed: u64,
    /// Acts that were refused; each refusal is committed as well.
    pub refused: u64,
    /// Acts whose outcome is an error, or unknown.
    pub failed: u64,
    /// Acts that wait for a transaction now.
    pub waiting: usize,
}

impl Vault {
    /// How much went through the door.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Tally { batches, committed, replayed, refused, failed } = self.door.tally();
        Vitals {
            batches: read(batches),
            committed: read(committed),
            replayed: read(replayed),
            refused: read(refused),
            failed: read(failed),
            waiting: self.door.waiting(),
        }
    }
}
