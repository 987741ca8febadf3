//! `POST /v1/interactions/{id}/codes`: a one-time code to the customer's own device.

use super::id;
use crate::body::{Json, answer};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::InteractionId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// What the code is for; the number is the one on file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendCode {
    /// To sign in on the customer's own page: only for one of whom there is no e-mail address, once it is proven who is in touch.
    #[serde(default)]
    own_page: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Sent {
    /// When it stops counting.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Did the courier take it?
    sent: bool,
    receipt: String,
}

/// Send a one-time code to the customer's number on file.
///
/// Neither the code nor the number is shown. When the customer enters it, outside the agent's hands, the binding becomes *proven*; with `own_page`, they enter it on their own page, together with something that they know of themselves.
#[utoipa::path(post, path = "/v1/interactions/{id}/codes", tag = "interactions", operation_id = "sendCode", request_body = SendCode,
    params(("id" = String, Path, pattern = "^int_[0-9a-f]{32}$", description = "The live interaction.")),
    responses((status = 202, body = Sent), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn send(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Result<Json<SendCode>, Failed>,
) -> Result<Response, Failed> {
    let interaction = id(&web, &text, InteractionId::parse)?;
    let Json(SendCode { own_page }) = body?;
    let courier = web.courier(scope.tenant()).await.map_err(|error| web.failed(&error))?;
    let courier = courier.ok_or_else(|| web.fault(no_courier()))?;
    let sent = if own_page {
        let origin = web.leads_to(scope.tenant(), &headers).await.ok_or_else(|| web.fault(no_origin()))?;
        let page = format!("{origin}/me/{}/en/claim", web.slug(scope.tenant()));
        web.vault.send_own_claim(&scope, interaction, &page, courier).await
    } else {
        web.vault.send_code(&scope, interaction, courier).await
    };
    let sent = sent.map_err(|error| web.failed(&error))?;
    Ok(answer(
        StatusCode::ACCEPTED,
        &Sent { expires_at: sent.expires.to_string(), sent: sent.sent, receipt: sent.receipt.to_string() },
    ))
}

fn no_origin() -> Fault {
    Fault {
        title: Cow::Borrowed("It isn't known here where customers reach their own page"),
        next: Cow::Borrowed(
            "Ask the operator to set origin under [server] in the configuration, and two officers to agree to it.",
        ),
        ..Fault::NOT_FOUND
    }
}

fn no_courier() -> Fault {
    Fault {
        title: Cow::Borrowed("No courier takes codes here"),
        next: Cow::Borrowed(
            "Ask the operator to set [courier] in the configuration, and security whether two officers signed it (Proposals).",
        ),
        ..Fault::NOT_FOUND
    }
}
