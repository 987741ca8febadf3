//! What a browser and its authenticator say at a registration and at a sign-in (Web Authentication, Level 3), checked.
//!
//! In scope: one relying party, ES256, Ed25519 and RS256, user verification always. Out of scope: attestation, which says what make an
//! authenticator is (none is asked for, and what comes is ignored); extensions; whether a challenge was used before.

mod assertion;
mod authenticator;
mod client;
mod registration;

pub use assertion::{approved, asserted};
pub use client::Party;
pub use registration::{Registered, registered};

/// Why an answer doesn't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It can't be read.
    #[error("the browser's answer can't be read")]
    Unreadable,
    /// It is for something else: a registration for a sign-in, or the other way round.
    #[error("the answer is for something else")]
    Ceremony,
    /// It answers another challenge.
    #[error("the answer is to another challenge")]
    Challenge,
    /// It was given on a page of another origin, or within one.
    #[error("the answer was given on another site")]
    Origin,
    /// It is for another relying party.
    #[error("the passkey is another site's")]
    RelyingParty,
    /// Nobody was there, or the authenticator didn't make sure who.
    #[error("the authenticator didn't make sure who used it")]
    NotVerified,
    /// A kind of key that isn't used here.
    #[error("the passkey is of a kind that isn't used here")]
    Algorithm,
    /// Another passkey, or another key, signed.
    #[error("the signature isn't this passkey's")]
    Signature,
}
