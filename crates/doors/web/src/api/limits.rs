//! `POST /v1/customers/{id}/limit-ends`: what a customer had limited by right ends.

use super::{id, member};
use crate::body::{Json, answer};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{CustomerId, UseLimit};
use plan::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitEndWanted {
    /// restriction or objection.
    #[schema(pattern = "^(restriction|objection)$", example = "restriction")]
    limit: String,
    /// In which language the customer is written to: en unless said.
    #[schema(pattern = "^(en|de)$")]
    language: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LimitEnd {
    receipt: String,
    /// Until when it waits for a second person who asks for the same; none where it has ended.
    #[schema(format = DateTime)]
    waits_until: Option<String>,
    /// Was the customer told by letter that it will end? If not, tell them by another way first.
    told: bool,
}

/// End a restriction or an objection.
///
/// A data protection officer asks for it, then another one or a security officer within seven days, each on a page in a browser of their own. The customer is written to when it is first asked for. Until it has ended nobody of staff reads what is restricted.
#[utoipa::path(post, path = "/v1/customers/{id}/limit-ends", tag = "privacy", operation_id = "endLimit", request_body = LimitEndWanted,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = LimitEnd), (status = 202, body = LimitEnd, description = "A second person must ask for the same."),
        (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn end(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<LimitEndWanted>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(wanted) = body?;
    let limit = member(&web, &wanted.limit, UseLimit::from_slug, "limit is restriction or objection")?;
    let tongue = wanted.language.as_deref().unwrap_or("en");
    let language = member(&web, tongue, Language::from_tag, "language is en or de")?;
    let mailer = web.mailer(scope.tenant()).await;
    let ending = web.vault.end_limit(&scope, (customer, limit), language, mailer).await;
    let ending = ending.map_err(|error| web.failed(&error))?;
    let waits_until = ending.waits_until.map(|until| until.to_string());
    let status = if waits_until.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(answer(status, &LimitEnd { receipt: ending.receipt.to_string(), waits_until, told: ending.told }))
}
