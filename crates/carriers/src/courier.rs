//! One-time codes, and word to a number of what is replaced, as signed Standard Webhooks to whoever sends text messages.

use crate::signed::{SignedPost, UrlError};
use domain::{EntryId, FieldKind, Millis};
use plan::Language;
use std::time::Duration;
use ureq::Agent;
use vault::{Courier, CourierError, SendCode, ValueChanged};
use zeroize::Zeroizing;

/// From connecting to the answer's end.
const DEADLINE: Duration = Duration::from_secs(3);

/// Posts `{"type":"code.deliver","timestamp":…,"data":{"interaction":…,"code":…,"to":…}}`, signed; what the customer enters on their
/// own page is of the type `code.own_page`, and its data says also `page`. A number that was replaced is told by a message of the type
/// `number.changed`, with `{"to":…,"language":…,"text":…}`: whoever knows codes alone refuses it, and nothing waits for it. Of another
/// bank account it is told by one of the type `account.changed`, and that waits for it.
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

impl WebhookCourier {
    fn post(&self, id: EntryId, at: Millis, body: Option<Zeroizing<Vec<u8>>>) -> Result<(), CourierError> {
        let body = body.ok_or(CourierError)?;
        let status = self.0.post(&id.to_string(), at, &body).ok_or(CourierError)?;
        if (200..300).contains(&status) { Ok(()) } else { Err(CourierError) }
    }
}

impl Courier for WebhookCourier {
    fn deliver(&self, message: &SendCode<'_>) -> Result<(), CourierError> {
        self.post(message.id, message.at, code_body(message))
    }

    fn warn(&self, notice: &ValueChanged<'_>) -> Result<(), CourierError> {
        let text = warning(notice);
        let data = [("to", notice.to), ("language", notice.language.tag()), ("text", text.as_str())];
        let kind = if is_account(notice) { "account.changed" } else { "number.changed" };
        self.post(notice.id, notice.at, body(kind, notice.at, &data))
    }
}

fn code_body(message: &SendCode<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let data = [("interaction", message.reference), ("code", message.code), ("to", message.to)];
    match message.page {
        None => body("code.deliver", message.at, &data),
        Some(page) => {
            let [interaction, code, to] = data;
            body("code.own_page", message.at, &[interaction, code, to, ("page", page)])
        }
    }
}

fn is_account(notice: &ValueChanged<'_>) -> bool {
    notice.field == FieldKind::BankAccount
}

/// Short, and of letters that a text message has room for: no quotation marks of books.
fn warning(notice: &ValueChanged<'_>) -> String {
    let (company, contact) = (notice.company, notice.contact);
    let what = match (notice.language, is_account(notice)) {
        (Language::English, false) => "Your phone number",
        (Language::English, true) => "Your bank account",
        (Language::German, false) => "Ihre Telefonnummer",
        (Language::German, true) => "Ihr Bankkonto",
    };
    match notice.language {
        Language::English => format!(
            "{what} at {company} is being changed on the page \"Your data\". If that wasn't you, tell us at once: {contact}"
        ),
        Language::German => format!(
            "{what} bei {company} wird auf der Seite \"Ihre Daten\" geändert. Waren Sie das nicht, sagen Sie es uns gleich: {contact}"
        ),
    }
}

/// Written into memory that is wiped and, being large enough from the start, never moved.
fn body(kind: &str, at: Millis, data: &[(&str, &str)]) -> Option<Zeroizing<Vec<u8>>> {
    let text: usize = data.iter().map(|(_, text)| text.len()).sum();
    let mut body = Zeroizing::new(Vec::with_capacity(512 + 6 * text));
    body.extend_from_slice(format!(r#"{{"type":"{kind}","timestamp":"{at}","data":"#).as_bytes());
    for (place, (name, text)) in data.iter().enumerate() {
        body.push(if place == 0 { b'{' } else { b',' });
        body.extend_from_slice(format!(r#""{name}":"#).as_bytes());
        serde_json::to_writer(&mut *body, text).ok()?;
    }
    body.extend_from_slice(b"}}");
    Some(body)
}

#[cfg(test)]
mod tests;
