//! `/v1/me/passkeys` and `/v1/enrolments`: one's own passkeys, and those that wait for a team leader and a security officer.

use super::{hex, id, unhex};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::passkey::{Answer, Asking, Made, Site, said};
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;
use vault::{Enrolled, OwnPasskey, Waiting};

#[derive(Serialize, ToSchema)]
pub(crate) struct Passkeys {
    items: Vec<Passkey>,
    /// What a browser needs to make one more; none where this address has no name to make one for.
    asking: Option<Asking>,
    /// What an authenticator keeps of the person, Base 64 url.
    handle: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Passkey {
    #[schema(pattern = "^pky_[0-9a-f]{32}$")]
    passkey: String,
    /// The credential's id, Base 64 url.
    credential: String,
    label: String,
    /// The check words of its public key: whoever lets it count sees the same, and has its owner read them out.
    check: String,
    #[schema(format = DateTime)]
    added: String,
    /// When it last signed in.
    #[schema(format = DateTime)]
    used: Option<String>,
    /// Does it wait for a security officer?
    waits: bool,
}

fn own(passkey: OwnPasskey) -> Passkey {
    Passkey {
        passkey: format!("pky_{}", hex(&passkey.id)),
        credential: said(&passkey.credential),
        label: passkey.label,
        check: passkey.check,
        added: passkey.added.to_string(),
        used: passkey.used.map(|at| at.to_string()),
        waits: passkey.waits,
    }
}

/// My passkeys.
///
/// Those that count and those that wait for a security officer, with a challenge for making one more.
#[utoipa::path(get, path = "/v1/me/passkeys", tag = "staff", operation_id = "listMyPasskeys",
    responses((status = 200, body = Passkeys), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let items = web.vault.own_passkeys(&scope).await.map_err(|error| web.failed(&error))?;
    let asking = match Site::of(&web, &headers) {
        Ok(site) => Some(Asking::new(&web, &site).map_err(|fault| web.fault(fault))?),
        Err(_) => None,
    };
    Ok(ok(&Passkeys { items: items.into_iter().map(own).collect(), asking, handle: said(&scope.person().0) }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Offered {
    /// Does it wait for a security officer?
    waiting: bool,
    /// The check words of its public key, to be read out to whoever lets it count; of one that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

impl From<Enrolled> for Offered {
    fn from(enrolled: Enrolled) -> Self {
        match enrolled {
            Enrolled::AtOnce => Self { waiting: false, check: None },
            Enrolled::Waiting { check } => Self { waiting: true, check: Some(check) },
        }
    }
}

/// Register one more passkey of mine.
///
/// It counts once a security officer has approved it.
#[utoipa::path(post, path = "/v1/me/passkeys", tag = "staff", operation_id = "addMyPasskey", request_body = Made,
    responses((status = 201, body = Offered), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn offer(
    State(web): State<Web>,
    Signed(scope): Signed,
    headers: HeaderMap,
    body: Result<Json<Made>, Failed>,
) -> Result<Response, Failed> {
    let Json(made) = body?;
    let site = Site::of(&web, &headers).map_err(|fault| web.fault(fault))?;
    let new = made.read().ok_or_else(|| web.fault(Fault::UNPROCESSABLE.detail("the passkey can't be read")))?;
    let enrolled = web.vault.enrol_another(&scope, &site.party(), &new).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &Offered::from(enrolled)))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// The entry in the log.
    receipt: String,
}

/// Take one of my passkeys back.
///
/// Its sessions end with it. The last passkey of the last security officer stays.
#[utoipa::path(delete, path = "/v1/me/passkeys/{id}", tag = "staff", operation_id = "dropMyPasskey",
    params(("id" = String, Path, pattern = "^pky_[0-9a-f]{32}$", description = "The passkey's id.")),
    responses((status = 200, body = Done), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn take_back(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let passkey = id(&web, &text, |text| unhex(text, "pky_"))?;
    let receipt = web.vault.drop_passkey(&scope, passkey).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Done { receipt: receipt.to_string() }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Enrolments {
    items: Vec<Enrolment>,
    /// The officer's own credentials, Base 64 url: one of them approves.
    credentials: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Enrolment {
    #[schema(pattern = "^enr_[0-9a-f]{32}$")]
    enrolment: String,
    person: String,
    name: String,
    /// Role, in words.
    role: &'static str,
    /// What its owner calls the passkey.
    label: String,
    /// The check words of its public key: have its owner, who sees the same, read them out.
    check: String,
    #[schema(format = DateTime)]
    added: String,
    /// What the officer's passkey signs: the change, as the key holder will check it. Base 64 url.
    challenge: String,
    /// How many officers must sign. More than one do it as a change of people and rights (`let_passkey`), which then waits
    /// among the proposals.
    signatures: usize,
    /// Does it need the yes of their team leader first (`POST /v1/enrolments/{id}/agreements`)? An agent's does.
    needs_leader: bool,
    /// The team leader who agreed.
    agreed_by: Option<String>,
    /// It needs that yes, and nobody leads that team: security gives it a leader first.
    leader_missing: bool,
}

fn waiting(waiting: Waiting) -> Enrolment {
    Enrolment {
        enrolment: format!("enr_{}", hex(&waiting.id)),
        person: waiting.person.to_string(),
        name: waiting.name,
        role: waiting.role.label(),
        label: waiting.label,
        check: waiting.check,
        added: waiting.added.to_string(),
        challenge: said(&waiting.challenge),
        signatures: waiting.signatures,
        needs_leader: waiting.needs_leader,
        agreed_by: waiting.agreed_by,
        leader_missing: waiting.leader_missing,
    }
}

/// New passkeys that wait.
///
/// For security officers, and for team leaders those of their own team's agents. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/enrolments", tag = "staff", operation_id = "listEnrolments",
    responses((status = 200, body = Enrolments), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn enrolments(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let list = web.vault.enrolments(&scope).await.map_err(|error| web.failed(&error))?;
    let credentials = list.credentials.iter().map(|credential| said(credential)).collect();
    Ok(ok(&Enrolments { items: list.items.into_iter().map(waiting).collect(), credentials }))
}

/// Agree to an agent's passkey.
///
/// For the team leader of whose passkey it is; then a security officer lets it count.
#[utoipa::path(post, path = "/v1/enrolments/{id}/agreements", tag = "staff", operation_id = "agreeToEnrolment",
    params(("id" = String, Path, pattern = "^enr_[0-9a-f]{32}$", description = "The enrolment's id.")),
    responses((status = 204, description = "Agreed."), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn agree(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let enrolment = id(&web, &text, |text| unhex(text, "enr_"))?;
    web.vault.agree_to_passkey(&scope, enrolment).await.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Decline a passkey that waits.
///
/// It never counts. For security officers, and for the team leader of an agent: whoever could let it. Its owner makes another.
#[utoipa::path(delete, path = "/v1/enrolments/{id}", tag = "staff", operation_id = "declineEnrolment",
    params(("id" = String, Path, pattern = "^enr_[0-9a-f]{32}$", description = "The enrolment's id.")),
    responses((status = 204, description = "Declined."), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn decline(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let enrolment = id(&web, &text, |text| unhex(text, "enr_"))?;
    web.vault.decline_enrolment(&scope, enrolment).await.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Let a passkey count.
///
/// With the answer of the officer's own passkey to the enrolment's challenge; the key holder checks it. Somebody's who decides
/// (a team leader, of security, of data protection, of the board) needs two officers as soon as there are two
/// (`two-officers-needed`); an agent's needs their team leader's yes first (`two-people-needed`; `leader-missing` where their team has none).
#[utoipa::path(post, path = "/v1/enrolments/{id}/approvals", tag = "staff", operation_id = "approveEnrolment", request_body = Answer,
    params(("id" = String, Path, pattern = "^enr_[0-9a-f]{32}$", description = "The enrolment's id.")),
    responses((status = 200, body = Done), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn approve(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<Answer>, Failed>,
) -> Result<Response, Failed> {
    let enrolment = id(&web, &text, |text| unhex(text, "enr_"))?;
    let Json(answer) = body?;
    let assertion = answer.into();
    let receipt =
        web.vault.approve_enrolment(&scope, enrolment, assertion).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Done { receipt: receipt.to_string() }))
}
