//! Requests to a deployment, and what comes back.

use crate::Broken;
use crate::stage::Person;
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Request;

const DEADLINE: Duration = Duration::from_secs(10);
const PROBLEM: &str = "https://ringfence.dev/problems/";

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It got what it was after.
    Through,
    /// It was refused: the end of the problem's type.
    Refused(String),
}

/// A whole answer.
pub(crate) struct Answer {
    what: &'static str,
    pub(crate) status: u16,
    body: Value,
}

impl Answer {
    /// A refusal, or whether what was asked for is in it.
    pub(crate) fn seen(&self, got: impl FnOnce(&Value) -> bool) -> Result<Seen, Broken> {
        match self.status {
            200..300 if got(&self.body) => Ok(Seen::Through),
            // What is damaged or stopped is told as the server's own state.
            400..504 => self.refusal().map(Seen::Refused).ok_or(Broken::Odd(self.what, self.status)),
            other => Err(Broken::Odd(self.what, other)),
        }
    }

    /// A step on the way: its answer, if it was taken.
    pub(crate) fn taken(self) -> Result<Value, Broken> {
        match self.status {
            200..300 => Ok(self.body),
            status => Err(self.refusal().map_or(Broken::Odd(self.what, status), |why| Broken::Step(self.what, why))),
        }
    }

    /// The end of the problem's type.
    fn refusal(&self) -> Option<String> {
        self.body["type"].as_str()?.strip_prefix(PROBLEM).map(str::to_owned)
    }
}

/// Any of the texts that a member of an answer has.
pub(crate) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// A deployment's address.
pub(crate) struct Faces {
    url: String,
    agent: Agent,
}

impl Faces {
    pub(crate) fn at(url: &str) -> Self {
        let config =
            Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).http_status_as_error(false);
        Self { url: url.trim_end_matches('/').to_owned(), agent: config.build().into() }
    }

    /// Sends a request; `what` is what it is called if it goes wrong.
    pub(crate) fn ask(&self, what: &'static str, asked: Asked<'_>) -> Result<Answer, Broken> {
        let gone = Broken::Unreachable(what);
        let mut request = Request::builder().method(asked.method).uri(format!("{}{}", self.url, asked.path));
        if let Some(person) = asked.by {
            request = request.header("authorization", person.bearer().as_str());
        }
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        if !asked.body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(asked.body).map_err(|_| gone.clone())?;
        let mut answer = self.agent.run(request).map_err(|_| gone)?;
        let body = answer.body_mut().read_json().unwrap_or(Value::Null);
        Ok(Answer { what, status: answer.status().as_u16(), body })
    }
}

/// A request.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) by: Option<&'a Person>,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: String,
}

impl<'a> Asked<'a> {
    /// A question of somebody's.
    pub(crate) fn get(by: Option<&'a Person>, path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), by, headers: &[], body: String::new() }
    }

    /// Something to be done for somebody.
    pub(crate) fn post(by: Option<&'a Person>, path: impl Into<String>, body: &Value) -> Self {
        Self { method: "POST", path: path.into(), by, headers: &[], body: body.to_string() }
    }

    pub(crate) fn with(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }
}
