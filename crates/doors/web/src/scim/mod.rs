//! `/scim/v2`: how the company's identity provider keeps the list of people (RFC 7644). It may propose and take away.
//!
//! Errors are of SCIM's own shape. A program's token is wanted: no page's cookie counts here.

pub(crate) mod discovery;
mod reading;
pub(crate) mod users;

use crate::problem::Fault;
use crate::state::Web;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::Refusal;
use identity::scim::{Kind, MEDIA_TYPE, ScimError};
use serde_json::Value;
use vault::{Scope, VaultError};

/// Where the list of people is.
pub(crate) fn routes() -> Router<Web> {
    let one = get(users::show).put(users::replace).patch(users::patch).delete(users::delete);
    let known = Router::new()
        .route("/ServiceProviderConfig", get(discovery::service_provider))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .route("/Users", get(users::list).post(users::create))
        .route("/Users/.search", post(users::search))
        .route("/.search", post(users::search))
        .route("/Users/{id}", one)
        .fallback(nowhere)
        .method_not_allowed_fallback(no_method);
    Router::new().nest("/scim/v2", known.layer(from_fn(no_store)))
}

/// No cache keeps an answer, and no browser guesses its type.
async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn nowhere() -> Failed {
    Failed(ScimError::new(404, "there is nothing at this address; /ResourceTypes lists what there is"))
}

/// The router adds `Allow`.
async fn no_method() -> Failed {
    Failed(ScimError::new(405, "this address doesn't take that method"))
}

/// What a handler gives instead of an answer.
pub(crate) struct Failed(ScimError);

impl From<ScimError> for Failed {
    fn from(error: ScimError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = answer(status, &self.0.body());
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn failed(web: &Web, error: &VaultError) -> Failed {
    let fault = Fault::of(web, error);
    let kind = match error {
        VaultError::Refused { refusal: Refusal::NameTaken, .. } => Some(Kind::Uniqueness),
        _ => None,
    };
    let detail = format!("{}. {} {}", fault.title, fault.why, fault.next);
    Failed(ScimError { status: fault.status.as_u16(), kind, detail })
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// A program that shows a token.
pub(crate) struct Program(Scope);

impl FromRequestParts<Web> for Program {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        let token = crate::identify::bearer(&parts.headers);
        let token = token.ok_or_else(|| Failed(ScimError::new(401, "show an access token of /oauth2/token")))?;
        web.vault.authenticate(token).await.map(Self).map_err(|error| failed(web, &error))
    }
}

/// The address of the service, as the one who asks knows it.
fn base(web: &Web, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let origin = web.config.origin.clone().unwrap_or_else(|| format!("http://{host}"));
    format!("{origin}/scim/v2")
}

/// A body as JSON.
async fn json(web: &Web, request: Request) -> Result<Value, Failed> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != MEDIA_TYPE && kind != "application/json" {
        return Err(Failed(ScimError::new(415, format!("send the body as {MEDIA_TYPE}"))));
    }
    let bytes =
        crate::body::read(request, web).await.map_err(|_| ScimError::new(413, "send at most 64 KiB, at once"))?;
    let read = serde_json::from_slice(&bytes);
    Ok(read.map_err(|_| ScimError::of(Kind::InvalidSyntax, "the body isn't JSON"))?)
}

/// The right to keep the list. Whoever only reads what the service is like needs it too.
async fn keeps(web: &Web, scope: &Scope) -> Result<(), Failed> {
    web.vault.keeps_directory(scope).await.map_err(|error| failed(web, &error))
}
