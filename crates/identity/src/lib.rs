//! Protocols by which others say who somebody is: SCIM 2.0 (RFC 7643, 7644), JSON Web Tokens (RFC 7519, 8725), client
//! assertions (RFC 7523) and OpenID Connect with PKCE.
//!
//! In scope: reading, checking and answering, without a socket, a clock or chance of its own. Out of scope: what any of
//! it is worth. Nothing here gives anybody a role: the vault decides, on what its security made.

pub mod assertion;
pub mod jose;
pub mod oidc;
pub mod scim;
