//! Calls to Ringfence: signed events of the telephone system, and requests of agents.

use super::player::PlayerError;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One request takes no longer than this.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What came back: the status, or 0 if nothing did, and the JSON body, or null if it wasn't JSON.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    const NONE: Self = Self { status: 0, body: Value::Null };

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The text member `name` of the body.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.body.get(name).and_then(Value::as_str).map(str::to_owned)
    }
}

/// The connection to one Ringfence.
pub(super) struct Client {
    agent: ureq::Agent,
    base_url: String,
    signer: Webhook,
    now: fn() -> SystemTime,
    last_event_ms: u128,
}

impl Client {
    pub(super) fn new(base_url: &str, event_secret: &str, now: fn() -> SystemTime) -> Result<Self, PlayerError> {
        let signer = Webhook::new(event_secret).map_err(|_| PlayerError::Secret("event_secret"))?;
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).proxy(None).build();
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Self { agent: config.into(), base_url, signer, now, last_event_ms: 0 })
    }

    /// Tells Ringfence what the telephone system saw: `kind` is the part of the type after `interaction.`,
    /// `data` an object without its `interaction`.
    pub(super) fn event(&mut self, kind: &str, reference: &str, mut data: Value) -> Answer {
        let at = self.event_time();
        data["interaction"] = json!(reference);
        let body = json!({"type": format!("interaction.{kind}"), "timestamp": rfc3339(at), "data": data}).to_string();
        let id = format!("msg_{reference}_{at}");
        let seconds = i64::try_from(at / 1_000).unwrap_or(i64::MAX);
        let Ok(signature) = self.signer.sign(&id, seconds, body.as_bytes()) else { return Answer::NONE };
        let request = self
            .agent
            .post(format!("{}/v1/events", self.base_url))
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature);
        answer(request.send(&body))
    }

    /// An agent reads.
    pub(super) fn get(&self, token: &str, path: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.base_url));
        answer(request.header("authorization", format!("Bearer {token}")).call())
    }

    /// An agent acts.
    pub(super) fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        let request = self
            .agent
            .post(format!("{}{path}", self.base_url))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"));
        answer(request.send(body.to_string()))
    }

    /// Milliseconds since 1970, later than every event before: a call that is connected and held within one
    /// millisecond was still connected first.
    fn event_time(&mut self) -> u128 {
        let now = (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.last_event_ms = now.max(self.last_event_ms + 1);
        self.last_event_ms
    }
}

fn rfc3339(ms: u128) -> String {
    let timestamp = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    timestamp.map(|timestamp| format!("{timestamp:.3}")).unwrap_or_default()
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let Ok(mut response) = result else { return Answer::NONE };
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().unwrap_or_default();
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_536_412_007), "2026-11-24T16:06:52.007Z");
    }
}
