//! `PUT` and `DELETE /v1/customers/{id}/hold`: nothing of a held customer's is destroyed.

use super::{id, member};
use crate::body::{Json, answer};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{CustomerId, Hold};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::MarkSet;

/// Why a customer is held. They are told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldWanted {
    /// litigation, authority or fraud_evidence.
    #[schema(pattern = "^(litigation|authority|fraud_evidence)$", example = "litigation")]
    reason: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct HoldAnswer {
    receipt: String,
    /// Until when it waits for a second officer who asks for the same; none where this was the second, and it is so now.
    #[schema(format = DateTime)]
    waits_until: Option<String>,
}

fn answered(set: MarkSet) -> Response {
    let status = if set.waits_until.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    let waits_until = set.waits_until.map(|until| until.to_string());
    answer(status, &HoldAnswer { receipt: set.receipt.to_string(), waits_until })
}

/// Hold a customer.
///
/// For officers of data protection and of security. It is so once a second officer asks for the same within seven days: then the customer is neither erased nor expires, and their statement tells why.
#[utoipa::path(put, path = "/v1/customers/{id}/hold", tag = "customers", operation_id = "holdCustomer", request_body = HoldWanted,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = HoldAnswer), (status = 202, body = HoldAnswer, description = "A second officer must ask for the same."),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn put(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<HoldWanted>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(wanted) = body?;
    let reason = member(&web, &wanted.reason, Hold::from_slug, "reason is litigation, authority or fraud_evidence")?;
    web.vault.hold(&scope, customer, Some(reason)).await.map(answered).map_err(|error| web.failed(&error))
}

/// Hold a customer no longer.
///
/// For officers of data protection and of security; it takes two of them, as holding does.
#[utoipa::path(delete, path = "/v1/customers/{id}/hold", tag = "customers", operation_id = "releaseCustomer",
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = HoldAnswer), (status = 202, body = HoldAnswer, description = "A second officer must ask for the same."),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn drop(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    web.vault.hold(&scope, customer, None).await.map(answered).map_err(|error| web.failed(&error))
}
