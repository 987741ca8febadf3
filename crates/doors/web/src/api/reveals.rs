//! `POST /v1/customers/{id}/reveals`: one field, for one purpose, for a little while.

use super::{aim, id, idempotency_key, member};
use crate::body::{Json, disclosed, whole};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{CustomerId, Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::RevealCommand;

/// One field, for one purpose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    interaction: String,
    #[schema(
        pattern = "^(name|postal_address|phone|email|date_of_birth|card|bank_account|order|preference|note)$",
        example = "postal_address"
    )]
    field: String,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    #[serde(deserialize_with = "whole")]
    instance: u32,
    #[schema(
        pattern = "^(delivery|callback|correspondence|payment|verification|complaint|correction)$",
        example = "delivery"
    )]
    purpose: String,
}

impl Wanted {
    /// As the vault is asked.
    pub(super) fn command(
        &self,
        web: &Web,
        customer: CustomerId,
        key: Option<String>,
    ) -> Result<RevealCommand, Failed> {
        let (interaction, field) = aim(web, &self.interaction, &self.field)?;
        let purpose = member(web, &self.purpose, Purpose::from_slug, "purpose isn't one of the plan's purposes")?;
        Ok(RevealCommand { customer, interaction, field, instance: self.instance, purpose, key })
    }
}

/// A value for a screen. (It is written byte by byte, not through this type.)
#[derive(Serialize, ToSchema)]
pub(crate) struct Shown {
    value: String,
    /// Seconds until it must be masked again.
    remask_in_s: u32,
    receipt: String,
}

/// Reveal one field.
///
/// For one purpose, to the person who is talking to that customer, within a budget. The log entry is durable before the value leaves.
#[utoipa::path(post, path = "/v1/customers/{id}/reveals", tag = "customers", operation_id = "revealField", request_body = Wanted,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id."),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The same key within the countdown and session is a logged re-delivery.")),
    responses((status = 200, body = Shown), (status = 410, body = Problem, content_type = "application/problem+json"), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn reveal(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Wanted>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(wanted) = body?;
    let command = wanted.command(&web, customer, idempotency_key(&web, &headers)?)?;
    let revealed = web.vault.reveal(&scope, &command).await.map_err(|error| web.failed(&error))?;
    let after = format!(",\"remask_in_s\":{},\"receipt\":\"{}\"}}", revealed.remask_in_s, revealed.receipt);
    Ok(disclosed(revealed.value.to_screen(b"{\"value\":", after.as_bytes())))
}
