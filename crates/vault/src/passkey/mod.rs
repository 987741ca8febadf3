//! Passkeys: how people get one, and how they sign in with it.
//!
//! A passkey is power: its public key is a row of power, sealed by the key holder, and a security officer approves each new one,
//! but for those of the setting up, while no officer has any. Challenges are kept nowhere until they are answered:
//! every node knows its own tenants', and the store takes each answer once.

mod challenge;
mod enrol;
mod enrolment;
mod invitation;
mod own;
mod sign_in;

pub use enrol::{Enrolled, NewPasskey};
pub use enrolment::{Waiting, WaitingList};
pub use invitation::Invited;
pub use own::OwnPasskey;

use store::{AdmissionKey, AdmissionKind};

/// How long an invitation counts, in milliseconds.
pub(crate) const INVITATION_MS: i64 = 60 * 60_000;

/// The name of a credential's rows: the first sixteen bytes of its id's hash.
fn row_id(credential: &[u8]) -> [u8; 16] {
    crate::auth::short(&keys::hash(&[credential]))
}

fn key(kind: AdmissionKind, id: [u8; 16]) -> AdmissionKey {
    AdmissionKey { kind, id }
}
