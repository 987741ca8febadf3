//! Signing in with a code that came to the customer's own number, and with something that they know of themselves.

use super::sign_in::{at_work, paced};
use super::words::Words;
use super::{ASKED, Frame, Place, SESSION, changing, sample_frame, with_cookie};
use crate::pages::page;
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::FieldKind;
use plan::Language;
use serde::Deserialize;
use tokio::time::Instant;
use vault::{LIFE_MS, OwnClaim, VaultError};
use zeroize::Zeroizing;

/// Entering it.
#[derive(Debug, Clone, Template)]
#[template(path = "me-claim.html")]
struct ClaimPage {
    frame: Frame,
    banner: Option<String>,
    kinds: Vec<(&'static str, &'static str)>,
    /// Why it didn't count.
    wrong: Option<&'static str>,
}

impl ClaimPage {
    fn at(frame: Frame, banner: Option<String>, wrong: Option<&'static str>) -> Self {
        let kinds = OwnClaim::FIELDS.map(|kind| (kind.slug(), named(kind, frame.say)));
        Self { frame, banner, kinds: kinds.to_vec(), wrong }
    }
}

fn named(kind: FieldKind, say: &Words) -> &'static str {
    match kind {
        FieldKind::DateOfBirth => say.claim_born,
        FieldKind::PostalAddress => say.claim_address,
        _ => say.claim_order,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entered {
    code: Zeroizing<String>,
    kind: String,
    said: Zeroizing<String>,
}

pub(super) async fn claim_page(State(web): State<Web>, Path((slug, tag)): Path<(String, String)>) -> Response {
    match Place::of(&web, &slug, &tag).await {
        Ok(place) => page(StatusCode::OK, &ClaimPage::at(place.frame, place.banner, None)),
        Err(response) => *response,
    }
}

pub(super) async fn enter(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    headers: HeaderMap,
    form: Result<Form<Entered>, FormRejection>,
) -> Response {
    let asked_at = Instant::now();
    let place = match changing(&web, (&slug, &tag), &headers).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    // A member of staff at work must not be the customer: a code that a caller reads out would open all.
    if let Some(response) = at_work(&place, &headers) {
        return response;
    }
    let entered = match form {
        Ok(Form(Entered { code, kind, said })) => {
            let code = Zeroizing::new(code.chars().filter(char::is_ascii_digit).collect::<String>());
            match FieldKind::from_slug(&kind) {
                Some(field) => {
                    let claim = OwnClaim { code: &code, field, said: &said };
                    web.vault.enter_own_claim(place.tenant, &claim).await
                }
                None => Err(VaultError::Unauthenticated),
            }
        }
        Err(_) => Err(VaultError::Unauthenticated),
    };
    paced(asked_at).await;
    let say = place.say;
    match entered {
        Ok(session) => {
            let on = Redirect::to(&place.frame.here).into_response();
            let on = with_cookie(&web, on, ASKED, "", 0);
            with_cookie(&web, on, SESSION, &session, LIFE_MS / 1_000)
        }
        Err(VaultError::Input(_)) => {
            let page_of = ClaimPage::at(place.frame, place.banner, Some(say.unreadable));
            page(StatusCode::UNPROCESSABLE_ENTITY, &page_of)
        }
        Err(VaultError::Refused { .. } | VaultError::Unauthenticated) => {
            page(StatusCode::FORBIDDEN, &ClaimPage::at(place.frame, place.banner, Some(say.claim_wrong)))
        }
        Err(error) => place.failed(&web, &error),
    }
}

/// The pages as samples of them are looked at.
///
/// # Errors
/// If they can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let shown = |language, wrong: fn(&Words) -> Option<&'static str>| {
        let frame = sample_frame(language);
        let wrong = wrong(frame.say);
        ClaimPage::at(frame, banner.clone(), wrong).render()
    };
    Ok(vec![
        ("me-claim-en.html", shown(Language::English, |_| None)?),
        ("me-claim-de.html", shown(Language::German, |_| None)?),
        ("me-claim-wrong.html", shown(Language::English, |say| Some(say.claim_wrong))?),
    ])
}
