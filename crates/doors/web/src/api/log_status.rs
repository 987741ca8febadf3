//! `GET /v1/log/status`: how the log stands with its witnesses, and what is wrong with it.

use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use domain::Millis;
use serde::Serialize;
use utoipa::ToSchema;
use vault::{Alarm, WhenMissing, WitnessLine, WitnessStatus};

#[derive(Serialize, ToSchema)]
pub(crate) struct LogStatus {
    /// Entries in the newest signed checkpoint.
    size: u64,
    /// none: no witnesses are configured; witnessed: every entry is within what they signed; waiting: some entries aren't yet;
    /// missing: some haven't been for too long; set_back: a witness signed more entries than this log holds.
    #[schema(pattern = "^(none|witnessed|waiting|missing|set_back)$", example = "witnessed")]
    state: &'static str,
    /// What happens while witnesses are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(warn|stop)$", example = "warn")]
    when_missing: Option<&'static str>,
    /// How many witnesses must sign for a checkpoint to count.
    quorum: u64,
    witnesses: Vec<Witness>,
    /// The newest checkpoint that enough witnesses signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    witnessed: Option<Cosigned>,
    /// What is wrong right now, the worst first; empty when nothing is. Told to who may read the log only.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarms: Option<Vec<AlarmLine>>,
}

/// An alarm that stands, for programs and, on /security, for people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AlarmLine {
    /// What kind: stable, for programs.
    #[schema(example = "witnesses_missing")]
    pub kind: &'static str,
    /// Since when, as far as this node knows; RFC 3339.
    #[schema(format = DateTime)]
    pub since: String,
    /// What happened, for people.
    pub what: &'static str,
    /// What to do now.
    pub next: &'static str,
}

impl AlarmLine {
    /// The line of an alarm.
    #[must_use]
    pub fn of(Alarm { kind, since }: Alarm) -> Self {
        Self { kind: kind.slug(), since: since.to_string(), what: kind.what(), next: kind.next() }
    }

    /// Since when, for people: to the second, UTC.
    #[must_use]
    pub fn moment(&self) -> String {
        self.since.get(..19).unwrap_or(&self.since).replace('T', " ")
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Witness {
    name: String,
    /// Whether it signed the newest checkpoint.
    newest: bool,
    /// What it signed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<Cosigned>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Cosigned {
    /// Entries.
    size: u64,
    /// When, by the witness's clock; RFC 3339.
    #[schema(format = DateTime)]
    at: String,
}

/// How does the log stand: with its witnesses, and with its alarms?
///
/// Witnesses are outside parties that cosign the log, so that it can't be rewritten unseen. It tells nothing about anyone.
#[utoipa::path(get, path = "/v1/log/status", tag = "log", operation_id = "getLogStatus",
    responses((status = 200, body = LogStatus), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn status(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let tenant = web.vault.tenants().iter().find(|tenant| tenant.id == scope.tenant());
    let tenant = tenant.ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    let status = web.vault.witness_status(tenant).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&LogStatus {
        size: status.size,
        state: state(&status),
        when_missing: status.when_missing.map(when_missing),
        quorum: status.quorum as u64,
        witnesses: status.witnesses.into_iter().map(witness).collect(),
        witnessed: status.witnessed.map(|(size, at)| signed(size, at)),
        alarms: web.vault.alarms_shown(&scope).map(|alarms| alarms.into_iter().map(AlarmLine::of).collect()),
    }))
}

pub(crate) fn when_missing(when: WhenMissing) -> &'static str {
    match when {
        WhenMissing::Warn => "warn",
        WhenMissing::Stop => "stop",
    }
}

pub(crate) fn state(status: &WitnessStatus) -> &'static str {
    match status {
        WitnessStatus { when_missing: None, .. } => "none",
        WitnessStatus { set_back: true, .. } => "set_back",
        WitnessStatus { missing: true, .. } => "missing",
        WitnessStatus { covered: true, .. } => "witnessed",
        _ => "waiting",
    }
}

fn signed(size: u64, at: Millis) -> Cosigned {
    Cosigned { size, at: at.to_string() }
}

fn witness(line: WitnessLine) -> Witness {
    Witness { name: line.name, newest: line.newest, signed: line.size.zip(line.at).map(|(size, at)| signed(size, at)) }
}
