//! `DELETE /v1/customers/{id}`: erase a customer.

use super::id;
use crate::body::answer;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::CustomerId;
use serde::Serialize;
use utoipa::ToSchema;
use vault::Erasing;

#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Erased {
    receipt: String,
    /// Until when it waits for a second officer who asks for the same; none where they are erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    waits_until: Option<String>,
    /// The day by which the shelf key that wraps the customer's rows is destroyed: from then on no old copy of the
    /// database opens them. (An old copy of the keyring, kept against the advice, still does.)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    backups_unreadable_by: Option<String>,
}

/// Erase a customer.
///
/// A data protection officer asks for it, then another one or a security officer within seven days, each on a page in a browser of their own. It destroys the customer's keys, values and index rows in one transaction with its log entry. The log stays whole; nothing in it leads to the customer any more.
#[utoipa::path(delete, path = "/v1/customers/{id}", tag = "customers", operation_id = "eraseCustomer",
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = Erased), (status = 202, body = Erased, description = "A second officer must ask for the same."),
        (status = 401, body = Problem, content_type = "application/problem+json"),
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
    Ok(match web.vault.erase(&scope, customer).await.map_err(|error| web.failed(&error))? {
        Erasing::Waits { receipt, until } => {
            let waits_until = Some(until.to_string());
            answer(StatusCode::ACCEPTED, &Erased { receipt: receipt.to_string(), waits_until, ..Erased::default() })
        }
        Erasing::Done(erased) => {
            let day = erased.backups_unreadable_by.to_string().chars().take(10).collect();
            let receipt = erased.receipt.to_string();
            answer(StatusCode::OK, &Erased { receipt, backups_unreadable_by: Some(day), ..Erased::default() })
        }
    })
}
