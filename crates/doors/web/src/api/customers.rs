//! `DELETE /v1/customers/{id}`: erase a customer.

use super::id;
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::CustomerId;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Erased {
    receipt: String,
    /// The day by which the shelf key that wraps the customer's rows is destroyed: from then on no old copy of the
    /// database opens them. (An old copy of the keyring, kept against the advice, still does.)
    #[schema(format = Date)]
    backups_unreadable_by: String,
}

/// Erase a customer.
///
/// Destroys the customer's keys, values and index rows in one transaction with its log entry. The log stays whole; nothing in it leads to the customer any more.
#[utoipa::path(delete, path = "/v1/customers/{id}", tag = "customers", operation_id = "eraseCustomer",
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = Erased), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn erase(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let erased = web.vault.erase(&scope, customer).await.map_err(|error| web.failed(&error))?;
    let day = erased.backups_unreadable_by.to_string().chars().take(10).collect();
    Ok(ok(&Erased { receipt: erased.receipt.to_string(), backups_unreadable_by: day }))
}
