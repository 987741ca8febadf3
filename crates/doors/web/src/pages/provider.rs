//! Signing in through a company's identity provider (OpenID Connect). The provider leads back to one page of ours, whose
//! script sends the answer on together with this browser's key; what bound the question to this browser is in its cookie.

use super::sign_in::{Asked, device};
use super::templates::sign_in::Arrived;
use super::{error_page, page};
use crate::body::answer;
use crate::identify::same_origin;
use crate::problem::Fault;
use crate::state::{Provider, Web};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Millis;
use identity::jose::KeySet;
use identity::oidc::{Attempt, Callback, Client, Fetch, Identity, Metadata, OidcError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use vault::{Arrival, LoggedIn};
use zeroize::Zeroizing;

/// The cookie of a sign-in that is under way.
const COOKIE: &str = "rf_login";
/// How long one may take, in seconds.
const PATIENCE_S: u32 = 600;

/// A tenant's provider that counts, as its pages name it, with where it leads back to.
async fn provider(web: &Web, headers: &HeaderMap, slug: &str) -> Option<(Provider, Arc<dyn Fetch>)> {
    let tenant = web.vault.tenant(slug)?.id;
    let known = web.provider(tenant).await?.clone();
    let redirect = format!("{}/sign-in/with/{slug}/back", web.origin(headers)?);
    let client = Client { redirect, ..known.client };
    Some((Provider { client, ..known }, Arc::clone(web.config.fetch.as_ref()?)))
}

/// Leads to the provider.
pub(super) async fn begin(State(web): State<Web>, headers: HeaderMap, Path(slug): Path<String>) -> Response {
    let Some((provider, fetch)) = provider(&web, &headers, &slug).await else {
        return error_page(&web, Fault::NOT_FOUND);
    };
    let attempt = Attempt::new(&web.vault.secret());
    let client = provider.client;
    let cookie = cookie(&web, &attempt.encode(), PATIENCE_S);
    let asked = blocking(move || {
        let described = described(&client, &*fetch)?;
        Ok(client.question(&described, &attempt))
    });
    match asked.await {
        Ok(url) => ([(header::SET_COOKIE, cookie.as_str())], Redirect::to(&url)).into_response(),
        Err(error) => error_page(&web, fault(error)),
    }
}

/// The page that the provider leads back to. Its script does the rest: nothing in the address counts without this
/// browser's cookie and key.
pub(super) async fn back(State(web): State<Web>, headers: HeaderMap, Path(slug): Path<String>) -> Response {
    if provider(&web, &headers, &slug).await.is_none() {
        return error_page(&web, Fault::NOT_FOUND);
    }
    page(StatusCode::OK, &Arrived { tenant: slug, banner: web.config.banner.clone() })
}

#[derive(Deserialize)]
pub(super) struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    #[serde(default)]
    device: String,
}

/// What a page shows of a device that isn't enrolled yet.
#[derive(Serialize)]
struct Wait {
    code: String,
}

/// Takes the provider's answer.
pub(super) async fn finish(
    State(web): State<Web>,
    headers: HeaderMap,
    Path(slug): Path<String>,
    form: Result<Form<Answer>, FormRejection>,
) -> Response {
    let asked = Asked::of(&web, &headers);
    if !same_origin(&web, &headers) {
        return asked.refused(Fault::FORBIDDEN);
    }
    let Some((provider, fetch)) = provider(&web, &headers, &slug).await else { return asked.refused(Fault::NOT_FOUND) };
    let Ok(Form(form)) = form else { return asked.refused(Fault::INVALID) };
    let attempt = under_way(&headers).and_then(Attempt::decode);
    let Some(attempt) = attempt else { return asked.refused(fault(OidcError::State)) };
    let (state, key, tenant, now) = (attempt.state.clone(), device(&form.device), provider.tenant, web.vault.now());
    let callback = Callback { code: form.code, state: form.state, iss: form.iss, error: form.error };
    let told = blocking(move || identity(&provider.client, &*fetch, &attempt, &callback, now)).await;
    let mut response = match told {
        Err(error) => {
            tracing::warn!(%error, "an identity provider's answer doesn't count");
            asked.refused(fault(error))
        }
        Ok(Identity { issuer, subject }) => {
            let arrival = Arrival { issuer: &issuer, subject: &subject, state: &state, device: key };
            match web.vault.log_in(tenant, &arrival).await {
                Ok(LoggedIn::Session(session)) => asked.signed_in(Ok(session)),
                Ok(LoggedIn::DeviceAsked(code)) => answer(StatusCode::ACCEPTED, &Wait { code }),
                Err(error) => asked.refused(Fault::of(&web, &error)),
            }
        }
    };
    // Whatever came of it, the attempt is over.
    if let Ok(gone) = HeaderValue::from_str(&cookie(&web, "", 0)) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}

fn described(client: &Client, fetch: &dyn Fetch) -> Result<Metadata, OidcError> {
    let described = fetch.get(&Metadata::address(&client.issuer))?;
    Metadata::parse(&client.issuer, &described, |url| fetch.is_safe(url))
}

/// Who the provider says it is. The state is looked at before anybody is asked anything.
fn identity(
    client: &Client,
    fetch: &dyn Fetch,
    attempt: &Attempt,
    callback: &Callback,
    now: Millis,
) -> Result<Identity, OidcError> {
    attempt.answered_by(callback)?;
    let described = described(client, fetch)?;
    let code = client.accept(&described, attempt, callback)?;
    let tokens = client.exchange(fetch, &described, attempt, &code)?;
    let keys = KeySet::parse(&fetch.get(&described.keys)?)?;
    client.identity(&keys, attempt, &tokens, now)
}

/// Asks over a connection that blocks, on a thread for that.
async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, OidcError> + Send + 'static,
) -> Result<T, OidcError> {
    tokio::task::spawn_blocking(ask).await.unwrap_or(Err(OidcError::Unreachable))
}

fn fault(error: OidcError) -> Fault {
    match error {
        OidcError::Unreachable | OidcError::Metadata => Fault::PROVIDER_SILENT,
        OidcError::Refused | OidcError::State | OidcError::MixedUp | OidcError::Signature | OidcError::Claims => {
            Fault::NOT_SIGNED_IN
        }
    }
}

fn name(secure: bool) -> &'static str {
    // The prefix keeps other hosts of the same site from setting it.
    if secure { "__Host-rf_login" } else { COOKIE }
}

fn cookie(web: &Web, value: &str, seconds: u32) -> Zeroizing<String> {
    let https = web.config.origin.as_deref().is_some_and(|origin| origin.starts_with("https:"));
    let secure = if https { "; Secure" } else { "" };
    let name = name(https);
    Zeroizing::new(format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}"))
}

fn under_way(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| name.trim_start_matches("__Host-") == COOKIE).map(|(_, value)| value)
}
