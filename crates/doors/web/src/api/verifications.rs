//! `POST /v1/customers/{id}/verifications`: does what the caller says fit?

use super::{aim, id};
use crate::body::{Json, maybe_whole, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::CustomerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::VerifyCommand;
use zeroize::Zeroizing;

/// The longest answer, in characters.
const LONGEST: usize = 2_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verify {
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    interaction: String,
    #[schema(
        pattern = "^(name|postal_address|phone|email|date_of_birth|card|bank_account|order|preference|note)$",
        example = "postal_address"
    )]
    field: String,
    /// Which of several; the first unless said.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    #[serde(default, deserialize_with = "maybe_whole")]
    instance: Option<u32>,
    /// What the caller said.
    #[schema(value_type = String, max_length = 2000)]
    said: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Checked {
    #[serde(rename = "match")]
    matched: bool,
    /// How many more answers may be checked.
    attempts_left: u32,
    receipt: String,
    /// Why what was said can't be read, and what to do, if so; no attempt was spent then.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Check a caller's answer; nothing stored is shown.
///
/// Attempts are limited per interaction, customer and person, and counted before the value is touched.
#[utoipa::path(post, path = "/v1/customers/{id}/verifications", tag = "customers", operation_id = "verifyCaller", request_body = Verify,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = Checked), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn verify(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<Verify>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(verify) = body?;
    if verify.said.chars().count() > LONGEST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("said is at most 2,000 characters")));
    }
    let (interaction, field) = aim(&web, &verify.interaction, &verify.field)?;
    let command =
        VerifyCommand { customer, interaction, field, instance: verify.instance.unwrap_or(1), said: verify.said };
    let checked = web.vault.verify(&scope, &command).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Checked {
        matched: checked.matched,
        attempts_left: checked.attempts_left,
        receipt: checked.receipt.to_string(),
        hint: checked.hint.map(|hint| hint.to_string()),
    }))
}
