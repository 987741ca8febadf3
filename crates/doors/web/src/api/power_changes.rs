//! `POST /v1/power/changes`, `POST /v1/power/changes/{id}/approval`: a security officer changes people and whom they report
//! to, and signs it with a passkey.

use super::{hex, member};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{PersonId, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{Assertion, PowerWish};

/// The longest name of a person or team, in characters.
const LONGEST: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum NewPowerChange {
    /// Somebody new.
    AddPerson {
        #[schema(min_length = 1, max_length = 100)]
        name: String,
        #[schema(example = "team_leader")]
        role: String,
        #[serde(default)]
        #[schema(max_length = 100)]
        team: String,
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        reports_to: Option<String>,
    },
    /// Another role or team.
    SetRole {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
        #[schema(example = "agent")]
        role: String,
        #[serde(default)]
        #[schema(max_length = 100)]
        team: String,
    },
    /// Another manager, or none.
    ReportsTo {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        manager: Option<String>,
    },
    /// Somebody has left.
    Left {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
    },
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DraftedPowerChange {
    /// Names this draft.
    #[schema(pattern = "^chg_[0-9a-f]{32}$")]
    change: String,
    /// What it does, in a sentence: to be shown to who signs it.
    words: String,
    /// The version of people and rights that it makes.
    version: u64,
    /// False where it only takes power away: then it is done without a signature.
    needs_approval: bool,
    /// What the passkey signs; base64url.
    challenge: String,
    /// The passkeys that may.
    passkeys: Vec<ApprovingPasskey>,
    /// To be sent back with the approval; base64url. It stands for ten minutes, on every node.
    draft: String,
}

/// An officer's passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovingPasskey {
    /// The credential's id; base64url.
    id: String,
    rp_id: String,
}

/// Draft a change of people.
///
/// For security officers. Nothing changes yet.
#[utoipa::path(post, path = "/v1/power/changes", tag = "power", operation_id = "draftPowerChange", request_body = NewPowerChange,
    responses((status = 201, body = DraftedPowerChange), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn draft(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<NewPowerChange>, Failed>,
) -> Result<Response, Failed> {
    let Json(asked) = body?;
    let drafted = web.vault.draft_power(&scope, wish(&web, asked)?).await.map_err(|error| web.failed(&error))?;
    let passkeys = drafted.passkeys.iter().map(|(id, rp_id)| ApprovingPasskey { id: text(id), rp_id: rp_id.clone() });
    Ok(answer(
        StatusCode::CREATED,
        &DraftedPowerChange {
            change: named(&drafted.id()),
            words: drafted.words.clone(),
            version: drafted.version,
            needs_approval: drafted.needs_approval,
            challenge: text(&drafted.challenge),
            passkeys: passkeys.collect(),
            draft: text(&drafted.bytes),
        },
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PowerApproval {
    /// The draft, as it was given; base64url.
    #[schema(max_length = 4000)]
    draft: String,
    /// What the passkey signed; none where nothing need be.
    assertion: Option<PasskeyAssertion>,
}

/// A WebAuthn assertion; all members base64url.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAssertion {
    /// The credential's id.
    id: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PowerChangeMade {
    /// The entry that says who did what to whom.
    #[schema(pattern = "^ent_[0-9a-f]{32}$")]
    receipt: String,
    /// The version of people and rights from now on.
    version: u64,
    /// Whom it is about.
    #[schema(pattern = "^per_[0-9a-f]{32}$")]
    person: String,
}

/// Approve a drafted change: then it is made.
///
/// For security officers, each with a passkey of their own, and never about themselves. All nodes go by it within a second.
#[utoipa::path(post, path = "/v1/power/changes/{id}/approval", tag = "power", operation_id = "approvePowerChange", request_body = PowerApproval,
    params(("id" = String, Path, pattern = "^chg_[0-9a-f]{32}$", description = "The draft's name.")),
    responses((status = 200, body = PowerChangeMade), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn approve(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(id): Path<String>,
    body: Result<Json<PowerApproval>, Failed>,
) -> Result<Response, Failed> {
    let Json(approval) = body?;
    let draft = member(&web, &approval.draft, bytes, "draft isn't base64url")?;
    let assertion = approval.assertion.map(|given| assertion(&web, &given)).transpose()?;
    if id != named(&vault::draft_id(&draft)) {
        return Err(web.fault(Fault::NOT_FOUND));
    }
    let made = web.vault.approve_power(&scope, &draft, assertion).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&PowerChangeMade { receipt: made.entry.to_string(), version: made.version, person: made.person.to_string() }))
}

fn wish(web: &Web, asked: NewPowerChange) -> Result<PowerWish, Failed> {
    let person = |text: &str| member(web, text, PersonId::parse, "person isn't a person's id");
    let manager = |text: Option<String>| {
        text.map(|text| member(web, &text, PersonId::parse, "the manager isn't a person's id")).transpose()
    };
    let role = |text: &str| member(web, text, Role::from_slug, "role isn't one of ours");
    let words = |text: &str, least: usize| {
        let trimmed = text.trim();
        let fits = (least..=LONGEST).contains(&trimmed.chars().count()) && !trimmed.contains(char::is_control);
        let fault = Fault::UNPROCESSABLE.detail("name is 1 to 100 letters, team at most 100");
        fits.then(|| trimmed.to_owned()).ok_or_else(|| web.fault(fault))
    };
    Ok(match asked {
        NewPowerChange::AddPerson { name, role: slug, team, reports_to } => PowerWish::AddPerson {
            name: words(&name, 1)?,
            role: role(&slug)?,
            team: words(&team, 0)?,
            reports_to: manager(reports_to)?,
        },
        NewPowerChange::SetRole { person: id, role: slug, team } => {
            PowerWish::SetRole { person: person(&id)?, role: role(&slug)?, team: words(&team, 0)? }
        }
        NewPowerChange::ReportsTo { person: id, manager: above } => {
            PowerWish::ReportsTo { person: person(&id)?, manager: manager(above)? }
        }
        NewPowerChange::Left { person: id } => PowerWish::Left { person: person(&id)? },
    })
}

fn assertion(web: &Web, given: &PasskeyAssertion) -> Result<Assertion, Failed> {
    let read = |text: &str| member(web, text, bytes, "a member of the assertion isn't base64url");
    Ok(Assertion {
        credential: read(&given.id)?,
        client_data: read(&given.client_data)?,
        authenticator_data: read(&given.authenticator_data)?,
        signature: read(&given.signature)?,
    })
}

fn named(id: &[u8; 16]) -> String {
    format!("chg_{}", hex(id))
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
