//! The cryptographic inventory: what is declared, what is found, and where both differ; as a bill of materials in CycloneDX.
//!
//! In scope: algorithms that this program runs; the envelopes, keys, signatures and passkeys that a data directory holds, from
//! their heads and public halves (nothing is opened); and a handshake with each TLS peer that the configuration names. Out of
//! scope: whatever the machine, the proxy's own keys and the disk do.

mod cbom;
mod certificate;
mod declared;
mod found;
mod handshake;

pub use cbom::{Serial, cbom};
pub use declared::{Algorithm, DECLARED};
pub use found::{Asset, Found, Kind, stored};
pub use handshake::{Peer, peers, shake_hands};
