//! Calls to a running Ringfence's API, with a person's token from a file.

use crate::failure::{self, Failure};
use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Request, Uri};
use zeroize::Zeroizing;

const ADDRESS: &str = "RINGFENCE_ADDR";
const TOKEN_FILE: &str = "RINGFENCE_TOKEN_FILE";
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a long answer may pause.
const PAUSE: Duration = Duration::from_secs(120);

/// A signed-in caller.
pub struct Client {
    address: String,
    token: Zeroizing<String>,
    agent: Agent,
}

impl Client {
    /// The caller that the environment names.
    ///
    /// # Errors
    /// If it names none, or the address would carry the token in the clear to another machine.
    pub fn from_environment() -> Result<Self, Failure> {
        let address = std::env::var(ADDRESS).map_err(|_| {
            Failure::here(format!("{ADDRESS} isn't set"), "set it to the address, such as https://desk.example.com")
        })?;
        let file = std::env::var_os(TOKEN_FILE).map(PathBuf::from);
        let file = file.ok_or_else(|| {
            Failure::here(
                format!("{TOKEN_FILE} isn't set"),
                "set it to a file made with: ringfence person token ID --token-file PATH",
            )
        })?;
        let token = Zeroizing::new(std::fs::read_to_string(&file).map_err(|error| failure::file(&file, &error))?);
        Self::new(&address, token)
    }

    /// The caller with that token.
    ///
    /// # Errors
    /// If the address would carry it in the clear to another machine.
    pub(crate) fn new(address: &str, token: Zeroizing<String>) -> Result<Self, Failure> {
        if !is_safe(address) {
            return Err(Failure::here(format!("{ADDRESS} must be https, or http to this machine"), "correct it"));
        }
        // No proxy: one from the environment would be given tokens that are to go to this machine alone.
        let agent = Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).proxy(None);
        let agent = agent.http_status_as_error(false).build();
        Ok(Self { address: address.trim_end_matches('/').to_owned(), token, agent: agent.into() })
    }

    /// Where it calls.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Calls a path whose answer may be long; gives the answer as it comes.
    ///
    /// # Errors
    /// As [`Client::call`], before the answer begins.
    pub fn stream(&self, path: &str, query: Vec<(&'static str, String)>) -> Result<impl Read + use<>, Failure> {
        let request = self.agent.get(format!("{}{path}", self.address)).query_pairs(query);
        let request = request.header("authorization", self.bearer().as_str()).config();
        let request =
            request.timeout_global(None).timeout_connect(Some(DEADLINE)).timeout_per_read(Some(PAUSE)).build();
        let mut answer = request.call().map_err(|_| self.unreachable())?;
        let status = answer.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(answer.into_body().into_reader());
        }
        let value: Value = answer.body_mut().read_json().map_err(|_| self.unreachable())?;
        Err(problem(status, &value))
    }

    fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.token.trim()))
    }

    fn unreachable(&self) -> Failure {
        Failure::there(
            format!("{} doesn't answer", self.address),
            format!("check {ADDRESS} and that ringfence serve runs there"),
        )
    }

    /// Calls a path; `body` makes the request's JSON.
    ///
    /// # Errors
    /// If there is no answer, or it is a problem: then what the problem says.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            .header("authorization", self.bearer().as_str());
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = if body.is_some() { request.header("content-type", "application/json") } else { request };
        let request = request
            .body(text)
            .map_err(|_| Failure::here("the token can't be sent", format!("check the file in {TOKEN_FILE}")))?;
        let mut answer = self.agent.run(request).map_err(|_| self.unreachable())?;
        let status = answer.status().as_u16();
        if status == 202 {
            // Done, and what comes of it isn't there yet.
            return Ok(answer.body_mut().read_json().unwrap_or(Value::Null));
        }
        let value: Value = answer.body_mut().read_json().map_err(|_| self.unreachable())?;
        if (200..300).contains(&status) { Ok(value) } else { Err(problem(status, &value)) }
    }
}

/// Would a token reach only this machine, or another one under TLS?
pub(crate) fn is_safe(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && here)
}

fn problem(status: u16, value: &Value) -> Failure {
    let word = |name: &str| value[name].as_str().map(|text| text.trim_end_matches('.').replace(char::is_control, " "));
    let title = word("title").unwrap_or_else(|| format!("the answer was {status}"));
    let detail = word("detail").filter(|detail| *detail != title).map(|detail| format!(": {detail}"));
    let kind = value["type"].as_str().unwrap_or_default();
    let asker = status == 401 || (status == 403 && kind.ends_with("/role-not-allowed"));
    let make = if asker { Failure::of_asker } else { Failure::there };
    make(title + &detail.unwrap_or_default(), word("next").unwrap_or_else(|| "try again".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Client, problem};
    use zeroize::Zeroizing;

    #[test]
    fn tokens_leave_this_machine_only_under_tls() {
        let token = || Zeroizing::new("rft_x".to_owned());
        for address in ["https://desk.example.com", "http://127.0.0.1:8480/", "http://[::1]:1"] {
            assert!(Client::new(address, token()).is_ok(), "{address}");
        }
        for address in ["http://desk.example.com", "desk", "", "ftp://localhost"] {
            assert!(Client::new(address, token()).is_err(), "{address}");
        }
    }

    #[test]
    fn a_problem_says_what_and_what_next() {
        let value = serde_json::json!({"title": "No live interaction", "next": "Take the call first."});
        assert_eq!(problem(403, &value).to_string(), "error: No live interaction; next: Take the call first");
        let value =
            serde_json::json!({"title": "It can't be used", "detail": "from is a moment", "next": "Correct it."});
        assert_eq!(problem(422, &value).to_string(), "error: It can't be used: from is a moment; next: Correct it");
        assert_eq!((problem(500, &serde_json::Value::Null).code(), problem(500, &value).code()), (2, 2));
        let kind = |slug: &str| serde_json::json!({"type": format!("https://ringfence.dev/problems/{slug}")});
        let asker = [(401, "unauthenticated"), (403, "role-not-allowed"), (403, "tampered"), (503, "x")]
            .map(|(status, slug)| problem(status, &kind(slug)).is_of_asker());
        assert_eq!(asker, [true, true, false, false]);
    }
}
