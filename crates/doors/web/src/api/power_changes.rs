//! `POST /v1/power/changes`, `POST /v1/power/changes/{id}/approval`: a security officer changes people and whom they report
//! to, and signs it with a passkey.

use super::{hex, member};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::passkey::{Answer, said};
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use crate::words::{Base64Url, RoleName};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::PowerWish;

/// The longest name of a person or team, in characters.
const LONGEST: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum NewPowerChange {
    /// Somebody new.
    AddPerson {
        #[schema(
            min_length = 1,
            max_length = 100,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )]
        name: String,
        #[schema(inline)]
        role: RoleName,
        #[serde(default)]
        #[schema(max_length = 100, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
        team: String,
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        reports_to: Option<String>,
    },
    /// Another role or team.
    SetRole {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
        #[schema(inline)]
        role: RoleName,
        #[serde(default)]
        #[schema(max_length = 100, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
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
    let passkeys = drafted.passkeys.iter().map(|(id, rp_id)| ApprovingPasskey { id: said(id), rp_id: rp_id.clone() });
    Ok(answer(
        StatusCode::CREATED,
        &DraftedPowerChange {
            change: named(&drafted.id()),
            words: drafted.words.clone(),
            version: drafted.version,
            needs_approval: drafted.needs_approval,
            challenge: said(&drafted.challenge),
            passkeys: passkeys.collect(),
            draft: said(&drafted.bytes),
        },
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PowerApproval {
    /// The draft, as it was given; base64url.
    #[schema(inline)]
    draft: Base64Url,
    /// What the passkey signed; none where nothing need be.
    assertion: Option<Answer>,
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
    let draft = approval.draft.0;
    let assertion = approval.assertion.map(Into::into);
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
    let words = |text: &str, least: usize| {
        let trimmed = text.trim();
        let fits = (least..=LONGEST).contains(&trimmed.chars().count()) && !trimmed.contains(char::is_control);
        let fault = Fault::UNPROCESSABLE.detail("name is 1 to 100 letters, team at most 100");
        fits.then(|| trimmed.to_owned()).ok_or_else(|| web.fault(fault))
    };
    Ok(match asked {
        NewPowerChange::AddPerson { name, role, team, reports_to } => PowerWish::AddPerson {
            name: words(&name, 1)?,
            role: role.0,
            team: words(&team, 0)?,
            reports_to: manager(reports_to)?,
        },
        NewPowerChange::SetRole { person: id, role, team } => {
            PowerWish::SetRole { person: person(&id)?, role: role.0, team: words(&team, 0)? }
        }
        NewPowerChange::ReportsTo { person: id, manager: above } => {
            PowerWish::ReportsTo { person: person(&id)?, manager: manager(above)? }
        }
        NewPowerChange::Left { person: id } => PowerWish::Left { person: person(&id)? },
    })
}

fn named(id: &[u8; 16]) -> String {
    format!("chg_{}", hex(id))
}
