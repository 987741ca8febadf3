//! `GET /v1/devices` and below: devices that wait to be enrolled, and those who agree to them.

use super::paging::{Cursor, Limit, Paging};
use crate::body::{Json, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Devices {
    items: Vec<DeviceLine>,
    /// Give it as `cursor` for the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A device's name.
pub(crate) struct DeviceId([u8; 16]);

impl Cursor for DeviceId {
    fn print(&self) -> String {
        format!("{PREFIX}{}", super::hex(&self.0))
    }

    fn read(text: &str) -> Option<Self> {
        parse(text).map(Self)
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceLine {
    device: String,
    /// Who wants to work from it.
    person: String,
    name: String,
    /// Has the team leader agreed?
    leader_agreed: bool,
    /// Until when it waits.
    #[schema(format = DateTime)]
    until: String,
}

/// Devices that wait.
///
/// For team leaders, their own team's; for security, all. The code isn't told here: it stands on the device's screen. Each
/// reading is a log entry.
#[utoipa::path(get, path = "/v1/devices", tag = "people", operation_id = "listDevices",
    params(("cursor" = Option<String>, Query, pattern = "^dev_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Devices), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<DeviceId>, Failed>,
) -> Result<Response, Failed> {
    let Paging { after, limit } = paging?;
    let after = after.map(|DeviceId(id)| id);
    let found = web.vault.devices_asked(&scope, after, limit).await.map_err(|error| web.failed(&error))?;
    let line = |one: vault::WaitingDevice| DeviceLine {
        device: DeviceId(one.id).print(),
        person: one.person.to_string(),
        name: one.name,
        leader_agreed: one.leader_agreed,
        until: one.until.to_string(),
    };
    let items = found.items.into_iter().map(line).collect();
    Ok(ok(&Devices { items, next: found.next.map(|next| DeviceId(next).print()) }))
}

const PREFIX: &str = "dev_";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agreement {
    /// The code on the device's screen.
    #[schema(min_length = 8, max_length = 16)]
    code: String,
}

/// Agree to a device.
///
/// For the team leader of whose device it is. Security enrols it then, by a change of power (`POST /v1/power/changes`). Nobody
/// is both, and nobody agrees to their own.
#[utoipa::path(post, path = "/v1/devices/{id}/agreements", tag = "people", operation_id = "agreeToDevice", request_body = Agreement,
    params(("id" = String, Path, pattern = "^dev_[0-9a-f]{32}$")),
    responses((status = 204, description = "Agreed."), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn agree(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(id): Path<String>,
    body: Result<Json<Agreement>, Failed>,
) -> Result<Response, Failed> {
    let (id, Json(asked)) = (device(&web, &id)?, body?);
    web.vault.agree_to_device(&scope, id, &asked.code).await.map_err(|error| web.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn device(web: &Web, text: &str) -> Result<[u8; 16], Failed> {
    super::id(web, text, parse)
}

/// A device's id.
pub(super) fn parse(text: &str) -> Option<[u8; 16]> {
    super::unhex(text, PREFIX)
}
