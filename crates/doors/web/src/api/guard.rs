//! `PUT` and `DELETE /v1/customers/{id}/guard`, `GET /v1/guards`: nothing of a guarded customer's is shown to one person alone.

use super::paging::{Cursor as _, Limit, Paging};
use super::{id, member};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{CustomerId, Guard};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::MarkSet;

/// Why a customer is guarded. Whoever serves isn't told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardWanted {
    /// well_known, vulnerable, own_staff or contested.
    #[schema(pattern = "^(well_known|vulnerable|own_staff|contested)$", example = "well_known")]
    reason: String,
}

/// The mark was put or taken away, or its end was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct GuardSet {
    /// The entry in the log.
    receipt: String,
    /// Until when it waits for a second one of security who asks for the same; none where it is so now.
    #[schema(format = DateTime)]
    waits_until: Option<String>,
}

impl GuardSet {
    fn of(set: &MarkSet) -> Self {
        Self { receipt: set.receipt.to_string(), waits_until: set.waits_until.map(|until| until.to_string()) }
    }
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
    let reason =
        member(&web, &wanted.reason, Guard::from_slug, "reason is well_known, vulnerable, own_staff or contested")?;
    let set = web.vault.guard(&scope, customer, Some(reason)).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&GuardSet::of(&set)))
}

/// Guard a customer no longer.
///
/// For security. It is so once a second one of security asks for the same within seven days.
#[utoipa::path(delete, path = "/v1/customers/{id}/guard", tag = "customers", operation_id = "unguardCustomer",
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = GuardSet), (status = 202, body = GuardSet, description = "A second one of security must ask for the same."),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn drop(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let set = web.vault.guard(&scope, customer, None).await.map_err(|error| web.failed(&error))?;
    let status = if set.waits_until.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(answer(status, &GuardSet::of(&set)))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GuardedCustomers {
    /// By id. There may be more although there are fewer than asked for: only without `next` is it the end.
    items: Vec<GuardedCustomer>,
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GuardedCustomer {
    #[schema(pattern = "^cus_[0-9a-f]{32}$")]
    customer: String,
    /// Why: well_known, vulnerable, own_staff or contested; none where the row was edited, so that nothing of theirs is shown.
    #[schema(pattern = "^(well_known|vulnerable|own_staff|contested)$")]
    reason: Option<&'static str>,
}

/// Who is guarded.
///
/// For security. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/guards", tag = "customers", operation_id = "listGuardedCustomers",
    params(("cursor" = Option<String>, Query, pattern = "^cus_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = GuardedCustomers), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Paging<CustomerId>,
) -> Result<Response, Failed> {
    let page = web.vault.guarded(&scope, paging.after, paging.limit).await.map_err(|error| web.failed(&error))?;
    let items = page
        .items
        .into_iter()
        .map(|one| GuardedCustomer { customer: one.customer.to_string(), reason: one.why.map(Guard::slug) });
    Ok(ok(&GuardedCustomers { items: items.collect(), next: page.next.map(|next| next.print()) }))
}
