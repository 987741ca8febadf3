//! The web door: the `/v1` API, the pages, the public log. It translates; it decides nothing.
//!
//! In scope: HTTP, JSON shapes, RFC 9457 problems, cookies and their cross-site checks, the generated OpenAPI
//! description. Out of scope: who may do what (the vault), TLS (a reverse proxy's), configuration files.

mod api;
mod body;
mod handed_out;
mod identify;
mod me;
mod metrics;
mod oauth;
mod openapi;
mod overtaken;
mod pages;
mod passkey;
mod patience;
mod problem;
#[cfg(test)]
mod reading;
mod scim;
mod serve;
mod signature;
mod spans;
mod speak_up;
mod state;
mod words;

pub use handed_out::MOST_PACK_BYTES;
pub use openapi::openapi;
pub use pages::templates;
pub use serve::serve;
pub use speak_up::report_proof;
pub use state::{EventSource, KnownDrill, KnownPromise, Provider, WebConfig};
