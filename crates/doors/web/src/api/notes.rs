//! `POST /v1/customers/{id}/notes`: a note in the customer's record, sealed like everything else.

use super::{id, idempotency_key, interaction};
use crate::body::{Json, answer};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::CustomerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    interaction: String,
    #[schema(value_type = String, pattern = "[!-~]", max_length = 2000)]
    text: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Kept {
    /// Which of the notes.
    instance: u32,
    receipt: String,
}

/// Write a note.
///
/// Sealed like every other field; a text with a card or account number in it is refused.
#[utoipa::path(post, path = "/v1/customers/{id}/notes", tag = "customers", operation_id = "writeNote", request_body = Note,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id."),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The same key again gives the same answer.")),
    responses((status = 201, body = Kept), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn write(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Note>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(note) = body?;
    let interaction = interaction(&web, &note.interaction)?;
    let key = idempotency_key(&web, &headers)?;
    let noted = web
        .vault
        .note(&scope, interaction, customer, &pasted(&note.text), key.as_deref())
        .await
        .map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &Kept { instance: noted.instance, receipt: noted.receipt.to_string() }))
}

/// Text as it was meant: control characters come along when it is pasted, and say nothing.
fn pasted(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if c.is_control() && c != '\n' => {}
            c => out.push(c),
        }
    }
    out
}
