//! What a key holder promises, and the derivations that it and the vault share.
//!
//! The key holder alone has the root, tenant, shelf and customers' keys. Everyone else asks it, in batches, for
//! exactly what one act needs: the key of *one field* for one committed log entry, a customer's entry key, a
//! keyed digest for an index. In scope: that contract, the byte formats of keys, envelopes' headers, contexts
//! and tags, what is sealed to somebody's own public key, and one envelope's way to another suite. Out of scope: plaintext (nothing here takes or gives one), storage,
//! where the root key lives.

pub mod derive;
pub mod envelope;
mod holder;
pub mod power;
mod secret;
pub mod standing;
mod view;
pub mod webauthn;
pub mod words;
pub mod xwing;

pub use envelope::{Header, Place};
pub use holder::{
    Counted, Enrolled, Fut, HolderError, KeyHolder, NodeKeys, Published, RELEASES_AFTER_MS, Release, RewrapRequest,
    SHELF_SETTLES_MS, SealRequest, ShelfAge, Shelved, Suites,
};
pub use power::{Assertion, PowerBody, PowerChange, PowerProposal, PowerSeal, Powers, Warrant};
pub use secret::{Key32, Okm};
pub use standing::{Ceremonies, CeremonyStanding, CeremonyStep, DealtShares, HolderStanding, SharesGathered};
pub use view::{ViewKey, hash, next_head};
