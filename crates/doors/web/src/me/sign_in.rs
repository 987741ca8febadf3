//! Signing in with a code, and out.

use super::words::Words;
use super::{ASKED, Frame, Place, SESSION, changing, cookie, with_cookie};
use crate::identify;
use crate::pages::page;
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use vault::{LIFE_MS, VaultError};
use zeroize::Zeroizing;

/// An entered code is answered after this long, or twice, three times as long: what it takes to find out differs by less.
const PACE: Duration = Duration::from_millis(250);
/// How long the browser keeps the name of a code, in seconds.
const CODE_S: i64 = 10 * 60;

/// Asking for a code.
#[derive(Debug, Clone, Template)]
#[template(path = "me-sign-in.html")]
pub(super) struct SignIn {
    pub(super) frame: Frame,
    pub(super) banner: Option<String>,
    /// Can mail be sent at all?
    pub(super) mail: bool,
    /// And text messages?
    pub(super) texts: bool,
}

/// Entering it.
#[derive(Debug, Clone, Template)]
#[template(path = "me-code.html")]
struct CodePage {
    frame: Frame,
    banner: Option<String>,
    wrong: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    address: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    code: Zeroizing<String>,
}

pub(super) async fn sign_in_page(web: &Web, place: &Place) -> Response {
    let mail = web.mailer(place.tenant).await.is_some();
    let texts = web.courier(place.tenant).await.is_ok_and(|courier| courier.is_some());
    page(StatusCode::OK, &SignIn { frame: place.frame.clone(), banner: place.banner.clone(), mail, texts })
}

pub(super) async fn code_page(State(web): State<Web>, Path((slug, tag)): Path<(String, String)>) -> Response {
    match Place::of(&web, &slug, &tag).await {
        Ok(place) => page(StatusCode::OK, &CodePage { frame: place.frame, banner: place.banner, wrong: false }),
        Err(response) => *response,
    }
}

/// A member of staff at work must not be a customer in the same browser: a code that a caller reads out would open all.
pub(super) fn at_work(place: &Place, headers: &HeaderMap) -> Option<Response> {
    let Words { nothing_done, at_work, .. } = place.say;
    identify::cookie(headers).map(|_| place.said(StatusCode::FORBIDDEN, nothing_done, at_work))
}

/// Answers before anybody is looked for: words, status and time are the same whoever's the address is.
pub(super) async fn ask(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    headers: HeaderMap,
    form: Result<Form<Address>, FormRejection>,
) -> Response {
    let place = match changing(&web, (&slug, &tag), &headers).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    if let Some(response) = at_work(&place, &headers) {
        return response;
    }
    let (Ok(Form(Address { address })), Some(mailer)) = (form, web.mailer(place.tenant).await) else {
        return sign_in_page(&web, &place).await;
    };
    let turn = Arc::clone(&web.letters).try_acquire_owned();
    let (asked, Ok(turn)) = (web.vault.ask_for_own_code(place.tenant), turn) else {
        return place.failed(&web, &VaultError::Busy);
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return place.failed(&web, &error),
    };
    let told = asked.cookie();
    let (vault, language) = (Arc::clone(&web.vault), place.language);
    tokio::spawn(async move {
        match vault.send_own_code(&asked, &address, mailer, language).await {
            // The refusal is an entry; whose it is stands nowhere else.
            Ok(()) | Err(VaultError::Refused { .. }) => {}
            Err(error) => tracing::warn!(%error, "a code couldn't be sent to a customer"),
        }
        drop(turn);
    });
    let on = Redirect::to(&format!("{}/code", place.frame.here)).into_response();
    with_cookie(&web, on, ASKED, &told, CODE_S)
}

pub(super) async fn enter(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    headers: HeaderMap,
    form: Result<Form<Code>, FormRejection>,
) -> Response {
    let asked_at = Instant::now();
    let place = match changing(&web, (&slug, &tag), &headers).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    if let Some(response) = at_work(&place, &headers) {
        return response;
    }
    let entered = match (form, cookie(&headers, ASKED)) {
        (Ok(Form(Code { code })), Some(asked)) => {
            let digits = Zeroizing::new(code.chars().filter(char::is_ascii_digit).collect::<String>());
            web.vault.enter_own_code(place.tenant, asked, &digits).await
        }
        _ => Err(VaultError::Unauthenticated),
    };
    paced(asked_at).await;
    match entered {
        Ok(session) => {
            let on = Redirect::to(&place.frame.here).into_response();
            let on = with_cookie(&web, on, ASKED, "", 0);
            with_cookie(&web, on, SESSION, &session, LIFE_MS / 1_000)
        }
        Err(VaultError::Refused { .. } | VaultError::Unauthenticated) => {
            page(StatusCode::FORBIDDEN, &CodePage { frame: place.frame, banner: place.banner, wrong: true })
        }
        Err(error) => place.failed(&web, &error),
    }
}

/// Waits for the next whole number of paces.
pub(crate) async fn paced(asked_at: Instant) {
    let paces = asked_at.elapsed().as_millis() / PACE.as_millis() + 1;
    tokio::time::sleep_until(asked_at + PACE * u32::try_from(paces).unwrap_or(u32::MAX)).await;
}

pub(super) async fn leave(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let place = match changing(&web, (&slug, &tag), &headers).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    // Whoever has no session here is signed out already.
    if let Ok(scope) = place.customer(&web, &headers).await
        && let Err(error) = web.vault.customer_leaves(&scope).await
    {
        return place.failed(&web, &error);
    }
    with_cookie(&web, Redirect::to(&place.frame.here).into_response(), SESSION, "", 0)
}
