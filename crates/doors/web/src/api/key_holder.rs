//! `GET /v1/keyholder`: how the key holder stands, and who has shares of the root key.

use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use vault::{Apart, CeremonyStanding, HolderHealth, KeysHealth};

#[derive(Serialize, ToSchema)]
pub(crate) struct KeyHolderStatus {
    /// When it was looked at.
    #[schema(format = DateTime)]
    at: String,
    /// embedded: the keys are in the node's own process; serving: a separate key holder releases them; sealed: it waits for its
    /// custodians' shares; unreachable: it doesn't answer.
    #[schema(pattern = "^(embedded|serving|sealed|unreachable)$", example = "serving")]
    state: &'static str,
    /// When it last answered this node; none if it hasn't since the node started.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    answered: Option<String>,
    /// What a separate one says of itself while it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    serving: Option<ServingKeyHolder>,
    /// The entry of this reading.
    receipt: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ServingKeyHolder {
    /// Since when it serves, by its own clock.
    #[schema(format = DateTime)]
    since: String,
    /// Keys of this tenant that it released since the full hour.
    released: u32,
    /// How many it releases at most from one full hour to the next.
    tenant_per_hour: u32,
    /// The same to one person.
    person_per_hour: u32,
    /// How many of its newest alarms about this tenant nobody has acknowledged.
    open_alarms: usize,
    /// Its newest alarms about this tenant, newest first.
    alarms: Vec<KeyHolderAlarm>,
    /// Who has the root key.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceremony: Option<RootKeyCeremony>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct KeyHolderAlarm {
    /// When, in RFC 3339; empty where its line can't be read.
    at: String,
    #[schema(example = "ceiling")]
    kind: String,
    /// Has somebody looked?
    acknowledged: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RootKeyCeremony {
    /// The ceremony that counts; none while none was held.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// How many custodians it takes.
    needed: u8,
    custodians: Vec<ShareHolder>,
    /// Is the root key in a file?
    root_file: bool,
    /// Does each step follow the one before it?
    steps_hold: bool,
    /// The hash of the newest step, in hex.
    head: String,
    /// When it was rehearsed last; none for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsed: Option<String>,
    /// The newest steps, newest first.
    steps: Vec<CeremonyStep>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ShareHolder {
    share: usize,
    name: String,
    /// The check words of their key.
    check: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CeremonyStep {
    /// When, in RFC 3339.
    at: String,
    #[schema(example = "share-taken")]
    step: String,
    /// Of which share.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<u8>,
}

/// What stands there, if anything does.
pub(crate) fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl RootKeyCeremony {
    fn of(standing: &CeremonyStanding) -> Self {
        let custodians = (1..).zip(&standing.custodians);
        let custodian = |(share, (name, check)): (usize, &(String, String))| ShareHolder {
            share,
            name: name.clone(),
            check: check.clone(),
        };
        let step = |(at, step, share): &(String, String, u8)| CeremonyStep {
            at: at.clone(),
            step: step.clone(),
            share: (*share > 0).then_some(*share),
        };
        Self {
            id: said(&standing.id),
            needed: standing.needed,
            custodians: custodians.map(custodian).collect(),
            root_file: standing.root_file,
            steps_hold: standing.whole,
            head: standing.head.clone(),
            rehearsed: said(&standing.rehearsed),
            steps: standing.steps.iter().map(step).collect(),
        }
    }
}

impl ServingKeyHolder {
    fn of(apart: &Apart) -> Self {
        let alarm = |alarm: &vault::HolderAlarm| KeyHolderAlarm {
            at: alarm.at.clone(),
            kind: alarm.kind.clone(),
            acknowledged: alarm.acknowledged,
        };
        Self {
            since: apart.since.to_string(),
            released: apart.released,
            tenant_per_hour: apart.tenant_per_hour,
            person_per_hour: apart.person_per_hour,
            open_alarms: apart.alarms.iter().filter(|alarm| !alarm.acknowledged).count(),
            alarms: apart.alarms.iter().map(alarm).collect(),
            ceremony: apart.ceremony.as_ref().map(RootKeyCeremony::of),
        }
    }
}

impl KeyHolderStatus {
    fn of(health: &KeysHealth) -> Self {
        let (state, serving) = match &health.holder {
            HolderHealth::Embedded => ("embedded", None),
            HolderHealth::Serving(apart) => ("serving", Some(ServingKeyHolder::of(apart))),
            HolderHealth::Sealed => ("sealed", None),
            HolderHealth::Unreachable => ("unreachable", None),
        };
        let answered = health.answered.map(|at| at.to_string());
        Self { at: health.at.to_string(), state, answered, serving, receipt: health.receipt.to_string() }
    }
}

/// How does the key holder stand?
///
/// For those who watch and the board: does it serve, how much has it released, which alarms has it raised, who has shares of the
/// root key. Nothing secret. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/keyholder", tag = "power", operation_id = "getKeyHolder",
    responses((status = 200, body = KeyHolderStatus), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let health = web.vault.keys_health(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&KeyHolderStatus::of(&health)))
}
