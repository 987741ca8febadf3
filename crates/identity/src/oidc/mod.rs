//! OpenID Connect, authorisation code with PKCE (OpenID Connect Core 1.0; RFC 6749, 7636, 9207, 9700): what to ask a
//! provider and what to believe of its answers. An identity is an issuer and a subject, and nothing more: no claim is
//! read that could say what somebody may do.

mod discovery;
mod flow;
mod id_token;

pub use discovery::Metadata;
pub use flow::{Attempt, Callback, Client, Tokens};
pub use id_token::Identity;

use crate::jose::JoseError;

/// Asks an identity provider over HTTPS, without following a redirect.
pub trait Fetch: Send + Sync {
    /// Does this address carry nothing in the clear to another machine?
    fn is_safe(&self, url: &str) -> bool;

    /// The body of a 200.
    ///
    /// # Errors
    /// `Unreachable` for everything else.
    fn get(&self, url: &str) -> Result<Vec<u8>, OidcError>;

    /// Posts a form, with Basic credentials where there are some; gives the body of a 200.
    ///
    /// # Errors
    /// `Refused` for a 400 or 401, `Unreachable` for everything else.
    fn post(&self, url: &str, form: &str, basic: Option<&str>) -> Result<Vec<u8>, OidcError>;
}

/// Why nobody was signed in. Repeats nothing that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// No answer, or none that counts.
    #[error("the identity provider can't be reached, or doesn't answer as one")]
    Unreachable,
    /// Its description isn't that of this issuer, or leads into the clear.
    #[error(
        "the identity provider's description isn't of the configured issuer, lacks what is needed, or has an address that isn't https"
    )]
    Metadata,
    /// It said no.
    #[error("the identity provider refused")]
    Refused,
    /// The answer isn't to a question that this browser asked.
    #[error("the answer isn't to a sign-in that was begun in this browser")]
    State,
    /// The answer is another provider's.
    #[error("the answer comes from another identity provider than was asked")]
    MixedUp,
    /// The token isn't signed by the provider.
    #[error("the identity token isn't the provider's")]
    Signature,
    /// The token isn't for us, for this sign-in, or of this time.
    #[error("the identity token isn't for this client, this sign-in or this time")]
    Claims,
}

impl From<JoseError> for OidcError {
    fn from(_: JoseError) -> Self {
        Self::Signature
    }
}
