//! `PUT` and `DELETE /v1/customers/{id}/guard`: nothing of a guarded customer's is shown to one person alone.

use super::{id, member};
use crate::body::{Json, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{CustomerId, Guard};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a customer is guarded. Whoever serves isn't told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardWanted {
    /// well_known, vulnerable or own_staff.
    #[schema(pattern = "^(well_known|vulnerable|own_staff)$", example = "well_known")]
    reason: String,
}

/// The mark was put or taken away.
#[derive(Serialize, ToSchema)]
pub(crate) struct GuardSet {
    /// The entry in the log.
    receipt: String,
}

/// Guard a customer.
///
/// For security: from now on every value of theirs that is shown to a person needs a second one. The entry has the reason; another reason replaces it.
#[utoipa::path(put, path = "/v1/customers/{id}/guard", tag = "customers", operation_id = "guardCustomer", request_body = GuardWanted,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = GuardSet), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn put(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<GuardWanted>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(wanted) = body?;
    let reason = member(&web, &wanted.reason, Guard::from_slug, "reason is well_known, vulnerable or own_staff")?;
    let receipt = web.vault.guard(&scope, customer, Some(reason)).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&GuardSet { receipt: receipt.to_string() }))
}

/// Guard a customer no longer.
///
/// For security. It changes nothing for a customer who isn't guarded, and is an entry all the same.
#[utoipa::path(delete, path = "/v1/customers/{id}/guard", tag = "customers", operation_id = "unguardCustomer",
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = GuardSet), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn drop(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let receipt = web.vault.guard(&scope, customer, None).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&GuardSet { receipt: receipt.to_string() }))
}
