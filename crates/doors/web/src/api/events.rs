//! `POST /v1/events`: what the telephony and ticket systems say happened, as signed Standard Webhooks.

use crate::body::{answer, read};
use crate::problem::{Failed, Fault, Problem};
use crate::state::{EventSource, Web};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::field::{SearchTerm, query_email, query_phone};
use domain::{Channel, Millis, PersonId};
use serde::{Deserialize, Serialize};
use standardwebhooks::Webhook;
use std::borrow::Cow;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use vault::Heard;
use zeroize::Zeroizing;

/// A message older or newer than this, in milliseconds, isn't taken (Standard Webhooks: five minutes).
const WINDOW_MS: i64 = 5 * 60_000;
/// The longest reference or message id, in characters.
const LONGEST: usize = 128;

/// A message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    /// interaction.connected, .transferred, .held, .resumed, .ended or .code_entered.
    #[serde(rename = "type")]
    #[schema(example = "interaction.connected")]
    kind: String,
    /// When it happened, by the source's clock.
    #[schema(format = DateTime)]
    timestamp: String,
    data: Data,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    /// The source's own name for the interaction.
    #[schema(min_length = 1, max_length = 128)]
    interaction: String,
    /// call, chat or ticket.
    channel: Option<String>,
    #[schema(pattern = "^per_[0-9a-f]{32}$")]
    person: Option<String>,
    from: Option<From>,
    /// The digits the customer entered.
    #[schema(value_type = Option<String>)]
    code: Option<Zeroizing<String>>,
}

/// The caller's number or address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    #[schema(value_type = Option<String>)]
    phone: Option<Zeroizing<String>>,
    #[schema(value_type = Option<String>)]
    email: Option<Zeroizing<String>>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    interaction: String,
}

/// Tell what happened to an interaction.
///
/// A Standard Webhook of a telephony or ticket system. Repeated, late and reordered messages reach the same state; a forged or old one is refused.
#[utoipa::path(post, path = "/v1/events", tag = "events", operation_id = "receiveEvent", request_body = Message,
    params(("webhook-id" = String, Header, description = "The message's id; a repetition changes nothing."),
        ("webhook-timestamp" = String, Header, description = "Seconds since 1970, within five minutes."),
        ("webhook-signature" = String, Header, description = "v1, and the base64 HMAC-SHA256 of id.timestamp.body.")),
    security(()),
    responses((status = 202, body = Taken), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn hear(State(web): State<Web>, headers: HeaderMap, request: Request) -> Result<Response, Failed> {
    // Without the headers of a signed message nothing is read.
    let head = Head::of(&headers).ok_or_else(|| web.fault(Fault::UNAUTHENTICATED))?;
    let body = read(request, &web).await?;
    let source = signed_by(&web, &head, &body).ok_or_else(|| web.fault(Fault::UNAUTHENTICATED))?;
    if !web.vault.believes(source.tenant, &source.name).await.map_err(|error| web.failed(&error))? {
        return Err(web.fault(not_agreed()));
    }
    let message: Message = serde_json::from_slice(&body)
        .map_err(|_| web.fault(Fault::UNPROCESSABLE.detail("the message isn't of a known shape")))?;
    let at = happened_at(&web, &message)?;
    let reference = message.data.interaction.clone();
    if reference.is_empty() || reference.chars().count() > LONGEST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("interaction is 1 to 128 characters")));
    }
    let heard = heard(message).map_err(|detail| web.fault(Fault::UNPROCESSABLE.detail(detail)))?;
    let told = web.vault.hear(source.tenant, &source.name, &reference, head.id, at, heard).await;
    let interaction = told.map_err(|error| web.failed(&error))?.to_string();
    Ok(answer(StatusCode::ACCEPTED, &Taken { interaction }))
}

/// The configuration alone doesn't say who is in touch.
fn not_agreed() -> Fault {
    Fault {
        title: Cow::Borrowed("Two officers haven't agreed to this source of events"),
        next: Cow::Borrowed("Ask two security officers to sign what this node's configuration says, under Proposals."),
        ..Fault::FORBIDDEN
    }
}

struct Head<'a> {
    id: &'a str,
    seconds: i64,
    signatures: &'a str,
}

impl<'a> Head<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let id = text("webhook-id").filter(|id| !id.is_empty() && id.len() <= LONGEST)?;
        Some(Self { id, seconds: text("webhook-timestamp")?.parse().ok()?, signatures: text("webhook-signature")? })
    }
}

/// The source whose secret made one of the signatures, within the window.
fn signed_by<'w>(web: &'w Web, head: &Head<'_>, body: &[u8]) -> Option<&'w EventSource> {
    let sent = Millis(head.seconds.checked_mul(1_000)?);
    if web.vault.now().since(sent).checked_abs().is_none_or(|apart| apart > WINDOW_MS) {
        return None;
    }
    web.config.event_sources.iter().find(|source| signs(source, head, body))
}

fn signs(source: &EventSource, head: &Head<'_>, body: &[u8]) -> bool {
    let expected = Webhook::new(&source.secret).and_then(|webhook| webhook.sign(head.id, head.seconds, body));
    let Ok(expected) = expected else { return false };
    head.signatures.split(' ').any(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes())))
}

/// An event may come late; it can't come from the future.
fn happened_at(web: &Web, message: &Message) -> Result<Millis, Failed> {
    let at = Millis::parse(&message.timestamp)
        .ok_or_else(|| web.fault(Fault::UNPROCESSABLE.detail("timestamp isn't RFC 3339")))?;
    if at.since(web.vault.now()) > WINDOW_MS {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("timestamp lies in the future")));
    }
    Ok(at)
}

fn heard(message: Message) -> Result<Heard, &'static str> {
    let data = message.data;
    let person =
        data.person.as_deref().map(|text| PersonId::parse(text).ok_or("person isn't a person's id")).transpose()?;
    match message.kind.as_str() {
        "interaction.connected" => Ok(Heard::Connected {
            channel: data
                .channel
                .as_deref()
                .and_then(Channel::from_slug)
                .filter(|channel| channel.is_in_touch())
                .ok_or("channel is call, chat or ticket")?,
            person: person.ok_or("person is missing")?,
            from: data.from.and_then(|from| from.term()),
        }),
        "interaction.transferred" => Ok(Heard::Transferred(person.ok_or("person is missing")?)),
        "interaction.held" => Ok(Heard::Held),
        "interaction.resumed" => Ok(Heard::Resumed),
        "interaction.ended" => Ok(Heard::Ended),
        "interaction.code_entered" => Ok(Heard::CodeEntered(data.code.ok_or("code is missing")?)),
        _ => Err("type isn't a kind of event"),
    }
}

impl From {
    /// What can't be a number or address (a withheld number, say) finds nobody.
    fn term(&self) -> Option<SearchTerm> {
        let phone = self.phone.as_deref().and_then(|phone| query_phone(phone).ok());
        phone.or_else(|| self.email.as_deref().and_then(|email| query_email(email).ok()))
    }
}
