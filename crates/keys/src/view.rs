//! The customer's own key of the log, and what follows from it: which entries are about them, and how lists name them.

use crate::derive::{expand, mac, subkey};
use crate::secret::Key32;
use aws_lc_rs::digest::{Context, SHA256};

/// `V_c`: finds a customer's entries among all, and opens the customer's half of each. It opens no value. Whoever has
/// it can't write entries with it, as an entry counts by being in the log.
#[derive(Clone)]
pub struct ViewKey(Key32);

impl ViewKey {
    /// From the customer's log key `L_c`: `X(L_c, "rf1/view", 32)`.
    #[must_use]
    pub fn derived(log: &Key32) -> Self {
        Self(subkey(log, &[b"rf1/view"]))
    }

    /// Takes the key itself over.
    #[must_use]
    pub fn new(key: Key32) -> Self {
        Self(key)
    }

    /// The key itself, for whoever hands it on.
    #[must_use]
    pub fn key(&self) -> &Key32 {
        &self.0
    }

    /// The label of the customer's n-th entry, from 1: `MAC(V_c, "rf1/label" ‖ n)`.
    #[must_use]
    pub fn label(&self, n: u64) -> [u8; 32] {
        mac(&self.0, &[b"rf1/label", &n.to_be_bytes()])
    }

    /// What seals the customer's halves of entries: `X(V_c, "rf1/c", 32)`.
    #[must_use]
    pub fn body_key(&self) -> Key32 {
        subkey(&self.0, &[b"rf1/c"])
    }

    /// A short pseudonym for security's readers: `X(V_c, "rf1/alias", 4)`.
    #[must_use]
    pub fn alias(&self) -> u32 {
        u32::from_be_bytes(expand(&self.0, &[b"rf1/alias"]))
    }

    /// The name of a counter about the customer, or about an interaction of theirs.
    #[must_use]
    pub fn counter(&self, subject: &[u8; 16]) -> [u8; 16] {
        crate::derive::short(mac(&self.0, &[b"rf1/counter", subject]))
    }

    /// Under which label close `close` lists the customer: `MAC(V_c, "rf1/led" ‖ close)`.
    #[must_use]
    pub fn listed_as(&self, close: u64) -> [u8; 32] {
        mac(&self.0, &[b"rf1/led", &close.to_be_bytes()])
    }

    /// What close `close` says of the customer with `n` entries whose chain's head is `head`:
    /// `H(MAC(V_c, "rf1/r" ‖ close) ‖ n ‖ head)`.
    #[must_use]
    pub fn state(&self, close: u64, n: u64, head: &[u8; 32]) -> [u8; 32] {
        hash(&[&mac(&self.0, &[b"rf1/r", &close.to_be_bytes()]), &n.to_be_bytes(), head])
    }
}

/// The head of a customer's chain after one more entry: `H(head ‖ leaf hash)`, from zeros on.
#[must_use]
pub fn next_head(head: &[u8; 32], leaf_hash: &[u8; 32]) -> [u8; 32] {
    hash(&[head, leaf_hash])
}

/// SHA-256 of the concatenation.
#[must_use]
pub fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}
