//! `POST /v1/power/changes`, `POST /v1/power/changes/{id}/approval`: a security officer changes people, whom they report to and
//! how they get in, or grants what others asked for, and signs it with a passkey.

use super::power_proposals::proposal;
use super::{devices, hex, member, unhex};
use crate::body::{Json, answer, large, ok};
use crate::identify::Signed;
use crate::passkey::{Answer, said};
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use crate::words::{Base64Url, PublicJwk, RoleName};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{Access, Approved, Asked, Governing, PowerDraft, PowerWish, Scope};

/// The longest name of a person or team, in characters.
const LONGEST: usize = 100;
/// The longest subject, in bytes (OpenID Connect Core, 2).
const LONGEST_SUBJECT: usize = 255;
/// The most files of rules.
const MOST_FILES: usize = 16;

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
    /// Other rules, all of them; those that the program comes with, where there are no files.
    SetRules {
        #[schema(max_items = 16)]
        files: Vec<RuleFile>,
    },
    /// Other limits; what isn't said is as by default.
    SetLimits {
        /// As `[budgets]` of the configuration is written, in TOML.
        #[schema(max_length = 20000)]
        limits: String,
    },
    /// Another data plan; the one that the program comes with, where it is empty.
    SetPlan {
        /// As `plan.toml` is written (docs/plan.md).
        plan: String,
    },
    /// Other settings.
    SetSettings {
        /// All of them, in TOML (docs/policy.md); what isn't said is as the program has it. Left out: what the configuration of the
        /// node that is asked says.
        #[schema(max_length = 20000)]
        settings: Option<String>,
    },
    /// Rules, limits, settings or a data plan as they were until a version of people and rights was made (`GET /v1/power/texts`).
    RollBack {
        #[serde(deserialize_with = "large")]
        #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
        version: u64,
    },
    /// A machine client's public key; the one before it ends.
    AddKey {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
        #[schema(inline)]
        key: PublicJwk,
    },
    /// A machine client's key ends.
    DropKey {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
    },
    /// Whom the identity provider's subject is.
    BindLogin {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
        /// The tenant's identity provider, exactly as its tokens name it.
        issuer: String,
        /// The provider's own name for the person.
        #[schema(pattern = "^[ -~]{1,255}$")]
        subject: String,
    },
    /// All logins of somebody end.
    DropLogin {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
    },
    /// Somebody's bearer token ends, which whoever set the centre up gave them.
    DropToken {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
    },
    /// Somebody's bearer token, which whoever set the centre up gave them, goes on counting.
    KeepToken {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        person: String,
    },
    /// What the identity provider proposes.
    ApplyProposal {
        #[schema(pattern = "^per_[0-9a-f]{32}$")]
        proposal: String,
        /// The role to be given, where none is proposed.
        #[schema(inline)]
        role: Option<RoleName>,
    },
    /// A passkey that waits (`GET /v1/enrolments`), of somebody who decides: two officers sign it.
    LetPasskey {
        #[schema(pattern = "^enr_[0-9a-f]{32}$")]
        enrolment: String,
    },
    /// A device to which a team leader agreed.
    EnrolDevice {
        #[schema(pattern = "^dev_[0-9a-f]{32}$")]
        device: String,
        /// The code on the device's screen.
        #[schema(min_length = 8, max_length = 16)]
        code: String,
    },
}

/// Rules in Cedar, with their annotations. Files speak in the order in which they are given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFile {
    #[schema(max_length = 100, example = "1-roles.cedar")]
    name: String,
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DraftedPowerChange {
    /// Names this draft, or the proposal that it has become.
    #[schema(pattern = "^chg_[0-9a-f]{32}$")]
    change: String,
    /// What it does, in a sentence: to be shown to who signs it.
    words: String,
    /// Of rules: each that comes, goes or changes, with what it says and its text. Of a data plan: each difference in words.
    details: Vec<String>,
    /// The version of people and rights that it makes.
    version: u64,
    /// False where it only takes power away, or no officer has a passkey yet: then it is done without a signature.
    needs_approval: bool,
    /// How many officers must still sign it, each with a passkey of their own.
    signatures: usize,
    /// Who has signed it.
    signed_by: Vec<String>,
    /// Two would have to sign it, but only one can: then one signature counts, and the log says so.
    only_one_officer: bool,
    /// It can be tried on the last thirty days (`POST …/trial`).
    can_be_tried: bool,
    /// Why it can't, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    untried: Option<&'static str>,
    /// It lets somebody do more, or that can't be ruled out: once signed it waits.
    widens: bool,
    /// How long, in seconds.
    waits_s: i64,
    /// Signed by as many as must: when it comes into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    in_force_at: Option<String>,
    /// When it was drafted.
    #[schema(format = DateTime)]
    drafted: String,
    /// Until when it can be signed, or, once it is due, made.
    #[schema(format = DateTime)]
    until: String,
    /// Something else changed the same since: it can't be made any more.
    overtaken: bool,
    /// Of rules: proved, or unproved where no solver gave an answer; then two officers must sign. Rules that were refuted
    /// are never drafted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(proved|unproved)$")]
    proof: Option<&'static str>,
    /// What the passkey signs; base64url.
    challenge: String,
    /// The passkeys that may.
    passkeys: Vec<ApprovingPasskey>,
    /// To be sent back with the approval; base64url. It stands for half an hour, on every node. None for a proposal, which
    /// stands in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<String>,
}

/// An officer's passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovingPasskey {
    /// The credential's id; base64url.
    id: String,
    rp_id: String,
}

impl ApprovingPasskey {
    pub(super) fn of((id, rp_id): &(Vec<u8>, String)) -> Self {
        Self { id: said(id), rp_id: rp_id.clone() }
    }
}

/// Draft a change of power.
///
/// For security officers: of people, of what lets them in, or of what others asked for (`GET /v1/proposals`,
/// `GET /v1/devices`). Nothing changes yet.
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
    let drafted =
        web.vault.draft_power(&scope, wish(&web, &scope, asked).await?).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &DraftedPowerChange::of(&drafted)))
}

impl DraftedPowerChange {
    pub(super) fn of(drafted: &PowerDraft) -> Self {
        Self {
            change: named(&drafted.id),
            words: drafted.words.clone(),
            details: drafted.details.clone(),
            signed_by: drafted.signed_by.clone(),
            only_one_officer: drafted.alone,
            can_be_tried: drafted.untried.is_none(),
            untried: drafted.untried,
            widens: drafted.widens,
            waits_s: drafted.waits_ms / 1_000,
            in_force_at: drafted.due.map(|due| due.to_string()),
            drafted: drafted.drafted.to_string(),
            until: drafted.until.to_string(),
            overtaken: drafted.overtaken,
            version: drafted.version,
            needs_approval: drafted.signatures > 0,
            signatures: drafted.signatures,
            proof: drafted.proved.map(|proved| if proved { "proved" } else { "unproved" }),
            challenge: said(&drafted.challenge),
            passkeys: drafted.passkeys.iter().map(ApprovingPasskey::of).collect(),
            draft: (!drafted.bytes.is_empty()).then(|| said(&drafted.bytes)),
        }
    }
}

/// The draft, if that is its name.
pub(super) fn named_so(web: &Web, id: &str, draft: Base64Url) -> Result<Vec<u8>, Failed> {
    let fits = id == named(&vault::draft_id(&draft.0));
    fits.then_some(draft.0).ok_or_else(|| web.fault(Fault::NOT_FOUND))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PowerApproval {
    /// The draft, as it was given; base64url. None for a proposal, whose name is enough.
    #[schema(inline)]
    draft: Option<Base64Url>,
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
    /// Whom it is about, where it is about somebody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^per_[0-9a-f]{32}$")]
    person: Option<String>,
}

/// Approve a drafted change: then it is made.
///
/// For security officers, each with a passkey of their own, and never about themselves. All nodes go by it within a second.
/// Rules, limits and roles need two officers as soon as there are two; and what lets somebody do more waits for a day once it
/// is signed. Until then it is a proposal (202; `GET /v1/power/changes`).
#[utoipa::path(post, path = "/v1/power/changes/{id}/approval", tag = "power", operation_id = "approvePowerChange", request_body = PowerApproval,
    params(("id" = String, Path, pattern = "^chg_[0-9a-f]{32}$", description = "The draft's name.")),
    responses((status = 200, body = PowerChangeMade), (status = 202, body = DraftedPowerChange), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
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
    let assertion = approval.assertion.map(Into::into);
    let approved = match approval.draft {
        Some(draft) => web.vault.approve_power(&scope, &named_so(&web, &id, draft)?, assertion).await,
        None => web.vault.sign_proposal(&scope, proposal(&web, &id)?, assertion).await,
    };
    match approved.map_err(|error| web.failed(&error))? {
        Approved::Made(made) => Ok(ok(&PowerChangeMade {
            receipt: made.entry.to_string(),
            version: made.version,
            person: made.person.map(|person| person.to_string()),
        })),
        Approved::Waits(draft) => Ok(answer(StatusCode::ACCEPTED, &DraftedPowerChange::of(&draft))),
    }
}

async fn wish(web: &Web, scope: &Scope, asked: NewPowerChange) -> Result<PowerWish, Failed> {
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
        NewPowerChange::SetRules { files } if files.len() > MOST_FILES => {
            return Err(web.fault(Fault::UNPROCESSABLE.detail("rules are at most sixteen files")));
        }
        NewPowerChange::SetRules { files } => {
            let files = files.into_iter().map(|file| (file.name, file.text)).collect();
            PowerWish::Governing(Governing::Rules { files })
        }
        NewPowerChange::SetLimits { limits } => PowerWish::Governing(Governing::Limits { toml: limits }),
        NewPowerChange::SetPlan { plan } => PowerWish::Governing(Governing::Plan { toml: plan }),
        NewPowerChange::SetSettings { settings } => {
            let file = || web.vault.own_settings(scope.tenant()).toml();
            PowerWish::Governing(Governing::Settings { toml: settings.unwrap_or_else(file) })
        }
        NewPowerChange::RollBack { version } => {
            let found = web.vault.texts_until(scope, version).await.map_err(|error| web.failed(&error))?;
            let none =
                || web.fault(Fault::NOT_FOUND.detail("that version changed no rules, limits, settings or data plan"));
            PowerWish::Governing(found.ok_or_else(none)?)
        }
        NewPowerChange::AddKey { person: id, key } => {
            PowerWish::Access(Access::AddKey { person: person(&id)?, key: key.0.text() })
        }
        NewPowerChange::DropKey { person: id } => PowerWish::Access(Access::DropKey { person: person(&id)? }),
        NewPowerChange::BindLogin { person: id, issuer, subject } => {
            let person = person(&id)?;
            if !(1..=LONGEST_SUBJECT).contains(&subject.len())
                || !subject.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            {
                return Err(web.fault(Fault::UNPROCESSABLE.detail("subject is 1 to 255 printable ASCII characters")));
            }
            if provider(web, scope) != Some(issuer.as_str()) {
                return Err(web.fault(Fault::NOT_FOUND.detail("issuer isn't this tenant's identity provider")));
            }
            PowerWish::Access(Access::BindLogin { person, issuer, subject })
        }
        NewPowerChange::DropToken { person: id } => PowerWish::Access(Access::DropToken { person: person(&id)? }),
        NewPowerChange::KeepToken { person: id } => PowerWish::Access(Access::KeepToken { person: person(&id)? }),
        NewPowerChange::DropLogin { person: id } => PowerWish::Access(Access::DropLogin { person: person(&id)? }),
        NewPowerChange::ApplyProposal { proposal, role } => {
            let id = member(web, &proposal, PersonId::parse, "proposal isn't a proposal's id")?;
            let (role, issuer) = (role.map(|RoleName(role)| role), provider(web, scope).map(str::to_owned));
            PowerWish::Asked(Asked::Proposal { id, role, issuer })
        }
        NewPowerChange::LetPasskey { enrolment } => {
            let id = member(web, &enrolment, |text| unhex(text, "enr_"), "enrolment isn't a waiting passkey's id")?;
            PowerWish::Asked(Asked::Passkey { id })
        }
        NewPowerChange::EnrolDevice { device, code } => {
            let id = member(web, &device, devices::parse, "device isn't a device's id")?;
            PowerWish::Asked(Asked::Device { id, code })
        }
    })
}

/// The tenant's identity provider, as its tokens name it.
pub(crate) fn provider<'w>(web: &'w Web, scope: &Scope) -> Option<&'w str> {
    web.own_provider(scope.tenant()).map(|one| one.client.issuer.as_str())
}

fn named(id: &[u8; 16]) -> String {
    format!("chg_{}", hex(id))
}
