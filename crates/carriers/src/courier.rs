//! One-time codes, as signed Standard Webhooks to whoever sends text messages.

use crate::signed::{SignedPost, UrlError};
use std::time::Duration;
use ureq::Agent;
use vault::{Courier, CourierError, SendCode};
use zeroize::Zeroizing;

/// From connecting to the answer's end.
const DEADLINE: Duration = Duration::from_secs(3);

/// Posts `{"type":"code.deliver","timestamp":…,"data":{"interaction":…,"code":…,"to":…}}`, signed; what the customer enters on their
/// own page is of the type `code.own_page`, and its data says also `page`.
pub struct WebhookCourier(SignedPost);

impl WebhookCourier {
    /// A courier that posts to `url`, signing with `secret` (`whsec_…`).
    ///
    /// # Errors
    /// If the address would carry codes in the clear to another machine, or the secret isn't one.
    pub fn new(url: &str, secret: &str) -> Result<Self, UrlError> {
        // A redirect could lead a code anywhere: none is followed. No proxy from the environment either.
        // No connection is kept either: its buffers would keep the number that went through them.
        let agent = Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).max_idle_connections(0);
        let agent = agent.http_status_as_error(false).proxy(None).build();
        SignedPost::new(url, secret, agent.into()).map(Self)
    }
}

impl Courier for WebhookCourier {
    fn deliver(&self, message: &SendCode<'_>) -> Result<(), CourierError> {
        let body = body(message).ok_or(CourierError)?;
        let status = self.0.post(&message.id.to_string(), message.at, &body).ok_or(CourierError)?;
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
