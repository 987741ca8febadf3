//! Both ends of the connection between a node and the separate key holder: requests and answers in bytes, a client that
//! stands behind [`keys::KeyHolder`], and the server in front of one.
//!
//! A frame is a length (u32, big-endian) and so many bytes of CBOR in deterministic form (RFC 8949, 4.2): a request is
//! `[version, operation, body]`, an answer `[version, result]`, where a result is `[value]` or a refusal's number. One
//! connection carries one request after another; a client has a few. What can't be read ends the connection.
//!
//! In scope: the bytes, who may connect, what a lost connection means. Out of scope: keys and what is refused, which are
//! the holder's.

mod client;
mod codec;
mod frame;
mod message;
mod named;
mod server;
mod tls;

pub use client::Remote;
pub use named::{Digest, Named};
pub use server::{Doors, refuse, serve};
pub use tls::{Gate, Identity, TlsError, digest};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;
