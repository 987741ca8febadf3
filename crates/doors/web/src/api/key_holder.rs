//! `GET /v1/keyholder`, `/v1/keyholder/mark`: how the key holder stands, and who has shares of the root key.

use super::hex;
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use domain::EntryId;
use serde::Serialize;
use utoipa::ToSchema;
use vault::{Apart, CeremonyStanding, CeremonyStep, HolderHealth, KeysHealth};

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
    /// Who has the root key; none while it tells nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceremony: Option<RootKeyCeremony>,
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
    steps: Vec<WrittenStep>,
    /// New shares that were dealt, and count once enough of them were shown to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    dealt: Option<NewShares>,
    /// Whose shares are waited for in this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    gathering: Option<SharesWanted>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct NewShares {
    /// The new ceremony's id.
    id: String,
    needed: u8,
    custodians: Vec<ShareHolder>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SharesWanted {
    /// unseal: the key holder starts; prove: custodians show that they don't need the root key's file, or that new shares open;
    /// reshare: new shares are dealt.
    #[serde(rename = "for")]
    #[schema(pattern = "^(unseal|prove|reshare)$")]
    purpose: String,
    /// Of which ceremony.
    ceremony: String,
    /// Shares that were handed in.
    taken: Vec<u8>,
    /// How many were refused.
    refused: u32,
    /// The share whose custodian is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<u8>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ShareHolder {
    share: usize,
    name: String,
    /// The check words of their key.
    check: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct WrittenStep {
    /// When, in RFC 3339.
    at: String,
    #[schema(example = "share-taken")]
    step: String,
    /// Of which share.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<u8>,
    /// SHA-256 of its line, in hex.
    hash: String,
    /// Its entry in the log; none for the moment until a node has taken it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CeremonyMark {
    /// Another one once anything of the ceremony has changed.
    #[schema(pattern = "^[0-9a-f]{16}$")]
    mark: String,
}

/// What stands there, if anything does.
pub(crate) fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn share_holders(custodians: &[(String, String)]) -> Vec<ShareHolder> {
    let numbered = (1..).zip(custodians);
    numbered.map(|(share, (name, check))| ShareHolder { share, name: name.clone(), check: check.clone() }).collect()
}

impl WrittenStep {
    fn of((step, entry): (&CeremonyStep, &Option<EntryId>)) -> Self {
        Self {
            at: step.at.clone(),
            step: step.step.clone(),
            share: (step.share > 0).then_some(step.share),
            hash: hex(&step.hash),
            entry: entry.map(|entry| entry.to_string()),
        }
    }
}

impl RootKeyCeremony {
    fn of(standing: &CeremonyStanding, logged: &[Option<EntryId>]) -> Self {
        Self {
            id: said(&standing.id),
            needed: standing.needed,
            custodians: share_holders(&standing.custodians),
            root_file: standing.root_file,
            steps_hold: standing.whole,
            head: standing.head.clone(),
            rehearsed: said(&standing.rehearsed),
            steps: standing.steps.iter().zip(logged).map(WrittenStep::of).collect(),
            dealt: standing.dealt.as_ref().map(|new| NewShares {
                id: new.id.clone(),
                needed: new.needed,
                custodians: share_holders(&new.custodians),
            }),
            gathering: standing.gathering.as_ref().map(|wanted| SharesWanted {
                purpose: wanted.purpose.clone(),
                ceremony: wanted.ceremony.clone(),
                taken: wanted.taken.clone(),
                refused: wanted.refused,
                without: (wanted.without > 0).then_some(wanted.without),
            }),
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
        }
    }
}

impl KeyHolderStatus {
    fn of(health: &KeysHealth) -> Self {
        let serving = match &health.holder {
            HolderHealth::Serving(apart) => Some(ServingKeyHolder::of(apart)),
            _ => None,
        };
        Self {
            at: health.at.to_string(),
            state: health.holder.slug(),
            answered: health.answered.map(|at| at.to_string()),
            serving,
            ceremony: health.holder.ceremony().map(|told| RootKeyCeremony::of(told, &health.logged)),
            receipt: health.receipt.to_string(),
        }
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

/// Has anything of the ceremony changed?
///
/// For a page that shows it and stays open: a mark, another one once a share was handed in, say. It tells nothing else, and is no
/// log entry.
#[utoipa::path(get, path = "/v1/keyholder/mark", tag = "power", operation_id = "getCeremonyMark",
    responses((status = 200, body = CeremonyMark), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn mark(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let mark = web.vault.ceremony_mark(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&CeremonyMark { mark: hex(&mark) }))
}
