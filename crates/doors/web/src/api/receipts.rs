//! `GET /v1/receipts/{id}`: the proof that an entry is in the log.

use super::id;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::EntryId;
use vault::ReceiptAnswer;

/// A receipt: a C2SP tlog-proof, to be checked offline with `ringfence verify`.
///
/// It holds the entry's leaf, the inclusion proof and a checkpoint with two signatures; it tells nothing about anyone.
#[utoipa::path(get, path = "/v1/receipts/{id}", tag = "log", operation_id = "getReceipt",
    params(("id" = String, Path, pattern = "^ent_[0-9a-f]{32}$", description = "The entry's id.")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 202, description = "Durable, not yet in the tree: ask again in a moment."),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn receipt(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let entry = id(&web, &text, EntryId::parse)?;
    match web.vault.receipt(scope.tenant(), entry).await.map_err(|error| web.failed(&error))? {
        ReceiptAnswer::Ready(receipt) => {
            Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], receipt).into_response())
        }
        ReceiptAnswer::Pending => Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, "1")]).into_response()),
    }
}
