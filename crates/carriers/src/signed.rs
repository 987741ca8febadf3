//! Signed posts, as Standard Webhooks describe them: who is posted to can tell that it was us, when, and which message it is.

use crate::address::is_private;
use domain::Millis;
use standardwebhooks::Webhook;
use ureq::Agent;
use ureq::http::Uri;

/// Why somebody can't be posted to. Repeats neither address nor secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not an address, or one that would carry messages in the clear.
    #[error("the url must be https, or http to this machine (127.0.0.1, [::1] or localhost)")]
    Url,
    /// Not a webhook secret.
    #[error("the secret must be whsec_ and Base 64")]
    Secret,
    /// Not certificates.
    #[error("ca_file must hold certificates in PEM")]
    Authority,
}

/// The address of a URL, if nothing would go to another machine in the clear.
pub(crate) fn address(url: &str) -> Result<Uri, UrlError> {
    url.parse().ok().filter(is_private).ok_or(UrlError::Url)
}

/// Posts to one address with one secret.
pub(crate) struct SignedPost {
    url: Uri,
    signer: Webhook,
    agent: Agent,
}

impl SignedPost {
    pub(crate) fn new(url: &str, secret: &str, agent: Agent) -> Result<Self, UrlError> {
        let signer = Webhook::new(secret).map_err(|_| UrlError::Secret)?;
        Ok(Self { url: address(url)?, signer, agent })
    }

    /// Posts a message of this id; gives the answer's status, none where there was no answer. The id tells a message that comes
    /// twice, the moment one that is old.
    pub(crate) fn post(&self, id: &str, at: Millis, body: &[u8]) -> Option<u16> {
        let seconds = at.0.div_euclid(1_000);
        let signature = self.signer.sign(id, seconds, body).ok()?;
        let request = self.agent.post(&self.url).content_type("application/json");
        let request = request.header("webhook-id", id).header("webhook-timestamp", seconds.to_string());
        let answer = request.header("webhook-signature", signature).send(body).ok()?;
        Some(answer.status().as_u16())
    }
}
