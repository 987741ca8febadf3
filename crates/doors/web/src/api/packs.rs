//! `/v1/packs`: what partner packs are made of, and the entry that makes one whole.

use super::pack_state::PackState;
use super::{hex, id};
use crate::body::{Json, answer, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::EntryId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::ProvenAnswer;

/// Thirty-two bytes from lower-case hex.
pub(crate) fn unhex32(text: &str) -> Option<[u8; 32]> {
    let (first, second) = text.split_at_checked(32)?;
    let halves = [super::unhex(first, "")?, super::unhex(second, "")?];
    halves.concat().try_into().ok()
}

/// A pack whose parts are ready.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPack {
    /// What the buyer's nonce hashes to, in hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    nonce: String,
    /// What the list of its parts hashes to, in hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    manifest: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PackEntry {
    /// The pack's entry in the log.
    entry: String,
}

/// Tell that a partner pack was built.
///
/// For security. It becomes an entry: so the log's signature, and its witnesses', are the pack's.
#[utoipa::path(post, path = "/v1/packs", tag = "packs", operation_id = "buildPack", request_body = NewPack,
    responses((status = 201, body = PackEntry), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn build(
    State(web): State<Web>,
    Signed(scope): Signed,
    body: Result<Json<NewPack>, Failed>,
) -> Result<Response, Failed> {
    web.vault.builds_packs(&scope).await.map_err(|error| web.failed(&error))?;
    let Json(NewPack { nonce, manifest }) = body?;
    let wrong = || web.fault(Fault::UNPROCESSABLE.detail("nonce and manifest are 64 digits of lower-case hex"));
    let (nonce, manifest) = unhex32(&nonce).zip(unhex32(&manifest)).ok_or_else(wrong)?;
    let entry = web.vault.build_pack(&scope, nonce, manifest).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &PackEntry { entry: entry.to_string() }))
}

/// Get what is in force, as a partner pack has it.
///
/// For security. Rules are proved for it where that wasn't done today, which may take seconds.
#[utoipa::path(get, path = "/v1/packs/state", tag = "packs", operation_id = "getPackState",
    responses((status = 200, body = PackState), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn state(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let all = web.vault.pack_state(&scope).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&PackState::of(&all)))
}

/// That the log has an entry, and what it says.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackProven {
    /// Blinds the audit half; in hex, as the rest of the opening.
    ra: String,
    /// The audit half: CBOR.
    audit: String,
    /// H(rc ‖ C), of the customer's half.
    customer: String,
    /// A C2SP tlog-proof, whose extra data is the entry's leaf.
    proof: String,
}

/// Get what shows a partner that the log has a drill's or a pack's entry, and what it says.
///
/// For security.
#[utoipa::path(get, path = "/v1/packs/proofs/{id}", tag = "packs", operation_id = "getPackProof",
    params(("id" = String, Path, pattern = "^ent_[0-9a-f]{32}$", description = "The entry, as `POST /v1/drills` or `POST /v1/packs` named it.")),
    responses((status = 200, body = PackProven), (status = 202, description = "Durable, not yet in the log: ask again in a moment."),
        (status = 401, body = Problem, content_type = "application/problem+json"), (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn proof(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let entry = id(&web, &text, EntryId::parse)?;
    match web.vault.pack_proof(&scope, entry).await.map_err(|error| web.failed(&error))? {
        ProvenAnswer::Pending => Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, "1")]).into_response()),
        ProvenAnswer::Ready(proven) => Ok(ok(&PackProven {
            ra: hex(&proven.opening.ra),
            audit: hex(&proven.opening.audit),
            customer: hex(&proven.opening.customer),
            proof: proven.proof.clone(),
        })),
    }
}
