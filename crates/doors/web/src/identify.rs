//! Who is asking, from a bearer token or a page's cookie. Runs before the body is read.

use crate::problem::{Failed, Fault};
use crate::sessions::{COOKIE, SessionKey};
use crate::state::Web;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use vault::Scope;

/// The signed-in person.
pub(crate) struct Signed(pub(crate) Scope);

impl FromRequestParts<Web> for Signed {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        Lasting::from_request_parts(parts, web).await.map(|who| Self(who.scope))
    }
}

/// The signed-in person, for what goes on after the request: it ends with the page's session, where there is one.
pub(crate) struct Lasting {
    pub(crate) scope: Scope,
    pub(crate) session: Option<SessionKey>,
}

impl FromRequestParts<Web> for Lasting {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        if let Some(token) = bearer(&parts.headers) {
            let scope = web.vault.authenticate(token).await.map_err(|error| web.failed(&error))?;
            return Ok(Self { scope, session: None });
        }
        let secret = cookie(&parts.headers).ok_or_else(|| web.fault(Fault::UNAUTHENTICATED))?;
        let session = web.sessions.find(secret, web.vault.now()).ok_or_else(|| web.fault(Fault::UNAUTHENTICATED))?;
        if !safe(&parts.method) && !same_origin(web, &parts.headers) {
            return Err(web.fault(Fault::FORBIDDEN));
        }
        let scope = web.vault.resume(&session).await.map_err(|error| web.failed(&error))?;
        Ok(Self { scope, session: Some(web.sessions.key(secret)) })
    }
}

fn safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The page session's secret.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Did our own page send this? Browsers set `Origin` on every unsafe request and pages can't forge it.
pub(crate) fn same_origin(web: &Web, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else { return false };
    match &web.config.origin {
        Some(own) => origin == own,
        None => headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|host| origin == format!("http://{host}")),
    }
}
