//! `/oauth2/token`: short access tokens for machine clients that hold a private key (RFC 6749, 4.4; RFC 7523; RFC 8414).

use crate::body::ok;
use crate::problem::Fault;
use crate::state::Web;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use identity::assertion::ASSERTION_TYPE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::VaultError;
use zeroize::Zeroizing;

/// The longest form that is read, in bytes.
const LONGEST: usize = 32 * 1024;

/// Where the token endpoint and its description are.
pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/oauth2/token", post(token).layer(DefaultBodyLimit::max(LONGEST)))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

/// What a client posts, as a form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// client_credentials
    #[schema(pattern = "^client_credentials$")]
    grant_type: String,
    /// urn:ietf:params:oauth:client-assertion-type:jwt-bearer
    client_assertion_type: Option<String>,
    /// A JSON Web Token, signed with the client's key (ES256, EdDSA or RS256): iss and sub are the client's id, aud this
    /// endpoint or its issuer, exp at most five minutes ahead, jti used once.
    #[schema(value_type = Option<String>)]
    client_assertion: Option<Zeroizing<String>>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    #[schema(value_type = String)]
    access_token: Zeroizing<String>,
    /// Bearer
    token_type: &'static str,
    /// Seconds.
    expires_in: u32,
}

/// An OAuth error (RFC 6749, 5.2).
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenError {
    error: &'static str,
    error_description: &'static str,
}

/// What is served here (RFC 8414).
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerMetadata {
    issuer: String,
    token_endpoint: String,
    grant_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 0],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
}

/// Get an access token.
///
/// For machine clients whose key security enrolled. It counts for five minutes, and no longer than until people or rights
/// change; then ask again. Each assertion counts once.
#[utoipa::path(post, path = "/oauth2/token", tag = "machines", operation_id = "grantToken", security(()),
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenAnswer), (status = 400, body = TokenError), (status = 401, body = TokenError), (status = 503, body = TokenError)))]
pub(crate) async fn token(
    State(web): State<Web>,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    let wrong = |detail| refused(StatusCode::BAD_REQUEST, "invalid_request", detail);
    let Some(issuer) = web.origin(&headers) else {
        return wrong("this address isn't the server's own: use the one in [server] origin");
    };
    let Ok(Form(form)) = form else {
        return wrong("send a form (application/x-www-form-urlencoded) with grant_type, and each member once");
    };
    if form.grant_type != "client_credentials" {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type is client_credentials");
    }
    let of_key = form.client_assertion_type.as_deref() == Some(ASSERTION_TYPE);
    let Some(assertion) = form.client_assertion.filter(|_| of_key) else {
        let detail = "show who you are by client_assertion, a JSON Web Token (RFC 7523)";
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", detail);
    };
    let endpoint = format!("{issuer}/oauth2/token");
    match web.vault.grant_token(&assertion, &[&endpoint, &issuer]).await {
        Ok(granted) => {
            let answer =
                TokenAnswer { access_token: granted.token, token_type: "Bearer", expires_in: granted.expires_in };
            no_store(ok(&answer))
        }
        Err(error) => denied(&web, &error),
    }
}

/// Why not: nothing is told of what was wrong with the assertion.
fn denied(web: &Web, error: &VaultError) -> Response {
    match error {
        VaultError::Unauthenticated | VaultError::Refused { .. } => {
            let detail = "the assertion doesn't count: check its key, audience, time and that its jti is new";
            refused(StatusCode::UNAUTHORIZED, "invalid_client", detail)
        }
        error => {
            let fault = Fault::of(web, error);
            refused(fault.status, "temporarily_unavailable", "ask again in a moment")
        }
    }
}

fn refused(status: StatusCode, error: &'static str, error_description: &'static str) -> Response {
    no_store(crate::body::answer(status, &TokenError { error, error_description }))
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What the token endpoint takes.
///
/// So that a client finds it from the server's address alone (RFC 8414).
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "machines", operation_id = "authorizationServer", security(()),
    responses((status = 200, body = ServerMetadata), (status = 404, body = crate::problem::Problem, content_type = "application/problem+json")))]
pub(crate) async fn metadata(State(web): State<Web>, headers: HeaderMap) -> Response {
    let Some(issuer) = web.origin(&headers) else { return web.fault(Fault::NOT_FOUND).into_response() };
    ok(&ServerMetadata {
        token_endpoint: format!("{issuer}/oauth2/token"),
        issuer,
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["ES256", "EdDSA", "RS256"],
    })
}
