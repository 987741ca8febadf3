//! `GET /v1/certificates/{id}`: the certificate of an erasure.

use super::{hex, id};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{EntryId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;
use vault::{Certificate, CertificateAnswer, KEPT_DIGEST};

/// What its readers know it by.
const FORMAT: &str = "ringfence erasure certificate v1";

#[derive(Serialize, ToSchema)]
pub(crate) struct ErasureCertificate {
    /// `ringfence erasure certificate v1`.
    format: &'static str,
    /// The name under which the log signs.
    origin: String,
    /// The erasure's entry: the number that whoever was erased was given.
    receipt: String,
    /// Why: `asked`, by whoever it was about, or `expired`, by the data plan. Everything of the customer's was destroyed.
    because: &'static str,
    /// How many values that were, where the entry tells.
    values: Option<u64>,
    #[schema(format = DateTime)]
    at: String,
    /// The day by which the shelf key is destroyed that wraps the customer's keys in every backup.
    #[schema(format = Date)]
    backups_unreadable_by: String,
    /// Has that been done? By the key holder's word.
    backups_unreadable: bool,
    /// What is kept, in one sentence: digests, so that no old file brings who was erased back.
    kept: &'static str,
    opening: CertificateOpening,
    /// That the entry is in the log: a C2SP tlog-proof, whose extra data is the entry's leaf.
    proof: String,
}

/// What shows that the entry says so, all in hex.
#[derive(Serialize, ToSchema)]
pub(crate) struct CertificateOpening {
    /// Blinds the audit half.
    ra: String,
    /// The audit half: CBOR.
    audit: String,
    /// H(rc ‖ C), of the customer's half.
    customer: String,
}

impl ErasureCertificate {
    pub(crate) fn of(web: &Web, tenant: TenantId, one: &Certificate) -> Self {
        let origin = web.vault.tenants().iter().find(|known| known.id == tenant).map(|known| known.origin.clone());
        Self {
            origin: origin.unwrap_or_default(),
            format: FORMAT,
            receipt: one.entry.to_string(),
            because: if one.destroyed.expired { "expired" } else { "asked" },
            values: one.destroyed.values,
            at: one.destroyed.at.to_string(),
            backups_unreadable_by: one.destroyed.backups_unreadable_by.to_string().chars().take(10).collect(),
            backups_unreadable: one.backups_unreadable,
            kept: KEPT_DIGEST,
            opening: CertificateOpening {
                ra: hex(&one.opening.ra),
                audit: hex(&one.opening.audit),
                customer: hex(&one.opening.customer),
            },
            proof: one.proof.clone(),
        }
    }
}

/// Get the certificate of an erasure.
///
/// For the data protection officer and for who reads the log. What was destroyed and when, that the log holds it, and by when no backup opens it either: to be checked offline with `ringfence verify`. It names nobody. Giving it is an entry.
#[utoipa::path(get, path = "/v1/certificates/{id}", tag = "customers", operation_id = "getErasureCertificate",
    params(("id" = String, Path, pattern = "^ent_[0-9a-f]{32}$", description = "The erasure's entry, as its receipt names it.")),
    responses((status = 200, body = ErasureCertificate), (status = 202, description = "Durable, not yet in the log: ask again in a moment."),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let entry = id(&web, &text, EntryId::parse)?;
    match web.vault.erasure_certificate(&scope, entry).await.map_err(|error| web.failed(&error))? {
        CertificateAnswer::Ready(certificate) => Ok(ok(&ErasureCertificate::of(&web, scope.tenant(), &certificate))),
        CertificateAnswer::Pending => Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, "1")]).into_response()),
    }
}
