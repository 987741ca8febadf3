//! One-time codes, as signed Standard Webhooks to whoever sends text messages.

use crate::address::is_private;
use standardwebhooks::Webhook;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Uri;
use vault::{Courier, CourierError, SendCode};
use zeroize::Zeroizing;

/// From connecting to the answer's end.
const DEADLINE: Duration = Duration::from_secs(3);

/// Why a courier can't be made. Repeats neither address nor secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not an address, or one that would carry codes in the clear.
    #[error("the url must be https, or http to this machine (127.0.0.1, [::1] or localhost)")]
    Url,
    /// Not a webhook secret.
    #[error("the secret must be whsec_ and Base 64")]
    Secret,
}

/// Posts `{"type":"code.deliver","timestamp":…,"data":{"interaction":…,"code":…,"to":…}}`, signed; what the customer enters on their
/// own page is of the type `code.own_page`, and its data says also `page`.
pub struct WebhookCourier {
    url: Uri,
    signer: Webhook,
    agent: Agent,
}

impl WebhookCourier {
    /// A courier that posts to `url`, signing with `secret` (`whsec_…`).
    ///
    /// # Errors
    /// If the address would carry codes in the clear to another machine, or the secret isn't one.
    pub fn new(url: &str, secret: &str) -> Result<Self, UrlError> {
        let url: Uri = url.parse().map_err(|_| UrlError::Url)?;
        if !is_private(&url) {
            return Err(UrlError::Url);
        }
        let signer = Webhook::new(secret).map_err(|_| UrlError::Secret)?;
        // A redirect could lead a code anywhere: none is followed. No proxy from the environment either.
        // No connection is kept either: its buffers would keep the number that went through them.
        let agent = Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).max_idle_connections(0);
        let agent = agent.http_status_as_error(false).proxy(None).build();
        Ok(Self { url, signer, agent: agent.into() })
    }

    fn post(&self, message: &SendCode<'_>, body: &[u8]) -> Option<u16> {
        let id = message.id.to_string();
        let seconds = message.at.0.div_euclid(1_000);
        let signature = self.signer.sign(&id, seconds, body).ok()?;
        let request = self.agent.post(&self.url).content_type("application/json");
        let request = request.header("webhook-id", id).header("webhook-timestamp", seconds.to_string());
        let answer = request.header("webhook-signature", signature).send(body).ok()?;
        Some(answer.status().as_u16())
    }
}

impl Courier for WebhookCourier {
    fn deliver(&self, message: &SendCode<'_>) -> Result<(), CourierError> {
        let body = body(message).ok_or(CourierError)?;
        let status = self.post(message, &body).ok_or(CourierError)?;
        if (200..300).contains(&status) { Ok(()) } else { Err(CourierError) }
    }
}

/// Written into memory that is wiped and, being large enough from the start, never moved.
fn body(message: &SendCode<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let page = message.page.unwrap_or_default();
    let text = message.reference.len() + message.code.len() + message.to.len() + page.len();
    let mut body = Zeroizing::new(Vec::with_capacity(512 + 6 * text));
    let kind = if message.page.is_some() { "code.own_page" } else { "code.deliver" };
    let parts = [
        (r#"{"type":"#, kind),
        (r#","timestamp":"#, &*message.at.to_string()),
        (r#","data":{"interaction":"#, message.reference),
        (r#","code":"#, message.code),
        (r#","to":"#, message.to),
    ];
    let page = message.page.map(|page| (r#","page":"#, page));
    for (before, text) in parts.into_iter().chain(page) {
        body.extend_from_slice(before.as_bytes());
        serde_json::to_writer(&mut *body, text).ok()?;
    }
    body.extend_from_slice(b"}}");
    Some(body)
}

#[cfg(test)]
mod tests;
