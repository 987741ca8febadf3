//! Who is asking, from a bearer token or a page's cookie. Runs before the body is read.

use crate::body::read;
use crate::problem::{Failed, Fault};
use crate::signature::{Signed as Signature, content_digest, is_safe};
use crate::state::Web;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex, PoisonError};
use vault::Scope;

/// The session cookie's name.
pub(crate) const COOKIE: &str = "rf_session";

/// Where one gets in: nobody is asked there who they are, and the handlers look for foreign pages themselves.
const LETS_IN: [&str; 3] = ["/sign-in", "/ceremony", "/speak-up"];

/// The signed-in person.
pub(crate) struct Signed(pub(crate) Scope);

impl FromRequestParts<Web> for Signed {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        if let Some(Checked(known)) = parts.extensions.get() {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner).take();
            return known.unwrap_or_else(|| Err(web.fault(Fault::UNAUTHENTICATED))).map(Self);
        }
        if let Some(token) = bearer(&parts.headers) {
            return web.vault.authenticate(token).await.map(Self).map_err(|error| web.failed(&error));
        }
        // What may change something by cookie was checked with its body, or it is nobody's.
        if is_safe(&parts.method) {
            by_cookie(web, parts).await.map(Self)
        } else {
            Err(web.fault(Fault::UNAUTHENTICATED))
        }
    }
}

async fn by_cookie(web: &Web, parts: &Parts) -> Result<Scope, Failed> {
    let cookie = cookie(&parts.headers).ok_or_else(|| web.fault(Fault::UNAUTHENTICATED))?;
    let signed = Signature::read(parts);
    let signed = signed.as_ref().map(Signature::request);
    let resumed = match unattended(parts) {
        true => web.vault.resume_unattended(cookie, signed.as_ref()).await,
        false => web.vault.resume(cookie, signed.as_ref()).await,
    };
    resumed.map_err(|error| web.failed(&error))
}

/// Does the page say that it asks by itself, and that nobody touched it since it last did? It can only shorten a session.
fn unattended(parts: &Parts) -> bool {
    is_safe(&parts.method) && parts.headers.contains_key("x-unattended")
}

/// Who asks for something that may change something, by cookie: found out once, for the handler to take.
#[derive(Clone)]
struct Checked(Arc<Mutex<Option<Result<Scope, Failed>>>>);

/// What may change something and comes with a cookie must come from our own page and be signed by its browser, body
/// and all. So no handler can read a body that wasn't signed.
pub(crate) async fn checked(State(web): State<Web>, request: Request, next: Next) -> Response {
    let by_page = !is_safe(request.method())
        && bearer(request.headers()).is_none()
        && cookie(request.headers()).is_some()
        && !LETS_IN.iter().any(|start| request.uri().path().starts_with(start));
    if !by_page {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let known = match same_origin(&web, &parts.headers) {
        true => by_cookie(&web, &parts).await,
        false => Err(web.fault(Fault::FORBIDDEN)),
    };
    let named = content_digest(&parts.headers);
    let mut request = Request::from_parts(parts, body);
    if known.is_ok() {
        request = match signed_body(&web, request, named).await {
            Ok(request) => request,
            Err(failed) => return failed.into_response(),
        };
    }
    request.extensions_mut().insert(Checked(Arc::new(Mutex::new(Some(known)))));
    next.run(request).await
}

/// The request, if its body is the one that was signed. A session that isn't bound needs no digest.
async fn signed_body(web: &Web, request: Request, named: Option<[u8; 32]>) -> Result<Request, Failed> {
    let (parts, body) = request.into_parts();
    let bytes = read(Request::new(body), web).await?;
    if named.is_some_and(|named| named != vault::sha256(&bytes)) {
        return Err(web.fault(Fault::INVALID.detail("the body isn't the one that Content-Digest names")));
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The page session's cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Our pages' origin, as the browser says it.
pub(crate) fn origin(web: &Web, headers: &HeaderMap) -> Option<String> {
    let host = || headers.get(header::HOST).and_then(|value| value.to_str().ok());
    web.config.origin.clone().or_else(|| host().map(|host| format!("http://{host}")))
}

/// Did our own page send this? Browsers set `Origin` on every unsafe request and pages can't forge it.
pub(crate) fn same_origin(web: &Web, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else { return false };
    self::origin(web, headers).is_some_and(|own| own == origin)
}
