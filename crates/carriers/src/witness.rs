//! Checkpoints to a witness (C2SP tlog-witness). They are public; only who sends them to whom is told.

use std::time::Duration;
use transparency::{AddCheckpoint, read_size};
use ureq::Agent;

/// From connecting to the answer's end.
const DEADLINE: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes: some lines of signatures.
const ANSWER_BYTES: u64 = 64 * 1024;

/// What a witness answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// Lines that claim to be its signature.
    Lines(String),
    /// It signed this size last, and not the one that was sent.
    Size(u64),
    /// It refuses, with this HTTP status.
    Refused(u16),
    /// It doesn't answer, or not what a witness answers.
    Silent,
}

/// A way to one witness.
pub struct WitnessClient {
    url: String,
    agent: Agent,
}

impl WitnessClient {
    /// A way to the witness under this submission prefix.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let agent = Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).http_status_as_error(false);
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        Self { url, agent: agent.proxy(None).build().into() }
    }

    /// Submits a checkpoint; waits for the answer.
    #[must_use]
    pub fn submit(&self, request: &AddCheckpoint) -> WitnessAnswer {
        let sent = self.agent.post(&self.url).content_type("text/plain; charset=utf-8").send(request.encode());
        let Ok(mut answer) = sent else { return WitnessAnswer::Silent };
        let status = answer.status().as_u16();
        let read = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_string();
        match (status, read) {
            (200, Ok(lines)) => WitnessAnswer::Lines(lines),
            (409, Ok(size)) => read_size(&size).map_or(WitnessAnswer::Silent, WitnessAnswer::Size),
            (_, Ok(_)) => WitnessAnswer::Refused(status),
            (_, Err(_)) => WitnessAnswer::Silent,
        }
    }
}
