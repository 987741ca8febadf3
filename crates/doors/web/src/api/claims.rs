//! `POST /v1/interactions/{id}/claims`: this hit is the one on the line.

use super::interactions::Interaction;
use super::{id, member, unhex};
use crate::body::{Json, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{CustomerId, InteractionId};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    #[schema(pattern = "^cus_[0-9a-f]{32}$")]
    customer: String,
    /// The hit's proof.
    #[schema(pattern = "^clm_[0-9a-f]{32}$")]
    claim: String,
}

/// Claim a search's hit for the interaction.
///
/// The interaction belongs to that customer from now on, as *claimed*; it can't be changed to another.
#[utoipa::path(post, path = "/v1/interactions/{id}/claims", tag = "interactions", operation_id = "claimCustomer", request_body = Claim,
    params(("id" = String, Path, pattern = "^int_[0-9a-f]{32}$", description = "The live interaction.")),
    responses((status = 200, body = Interaction), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn claim(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<Claim>, Failed>,
) -> Result<Response, Failed> {
    let interaction = id(&web, &text, InteractionId::parse)?;
    let Json(claim) = body?;
    let customer = member(&web, &claim.customer, CustomerId::parse, "customer isn't a customer's id")?;
    let proof = member(&web, &claim.claim, |text| unhex(text, "clm_"), "claim isn't a hit's proof")?;
    web.vault.claim(&scope, interaction, customer, &proof).await.map_err(|error| web.failed(&error))?;
    let row = web.vault.interaction(&scope, interaction).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Interaction::from(row)))
}
