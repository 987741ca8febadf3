//! Questions to an identity provider, over HTTPS.

use identity::oidc::{Fetch, OidcError};
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::address::is_safe;

/// From connecting to the answer's end.
const DEADLINE: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 256 * 1024;

/// A way to identity providers: no redirect is followed, no connection kept, and nothing goes in the clear to another
/// machine.
pub struct ProviderClient(Agent);

impl Default for ProviderClient {
    fn default() -> Self {
        let agent = Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).max_idle_connections(0);
        Self(agent.http_status_as_error(false).proxy(None).build().into())
    }
}

impl Fetch for ProviderClient {
    fn is_safe(&self, url: &str) -> bool {
        is_safe(url)
    }

    fn get(&self, url: &str) -> Result<Vec<u8>, OidcError> {
        if !is_safe(url) {
            return Err(OidcError::Metadata);
        }
        read(self.0.get(url).header("accept", "application/json").call())
    }

    fn post(&self, url: &str, form: &str, basic: Option<&str>) -> Result<Vec<u8>, OidcError> {
        if !is_safe(url) {
            return Err(OidcError::Metadata);
        }
        let mut request = self.0.post(url).content_type("application/x-www-form-urlencoded");
        request = request.header("accept", "application/json");
        if let Some(basic) = basic {
            request = request.header("authorization", format!("Basic {basic}"));
        }
        read(request.send(form))
    }
}

fn read(answer: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, OidcError> {
    let mut answer = answer.map_err(|_| OidcError::Unreachable)?;
    match answer.status().as_u16() {
        200 => answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec().map_err(|_| OidcError::Unreachable),
        400 | 401 => Err(OidcError::Refused),
        _ => Err(OidcError::Unreachable),
    }
}
