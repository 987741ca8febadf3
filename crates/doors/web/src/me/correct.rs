//! Correcting a value, and objecting to a correction that one was told of by letter.

use super::acts::{At, who};
use super::words::Words;
use super::{Frame, Place, changing, sample_frame};
use crate::pages::page;
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{FieldKind, Refusal};
use plan::Language;
use serde::Deserialize;
use std::sync::Arc;
use vault::{Correction, Masked, Tell, VaultError};
use zeroize::Zeroizing;

/// A value that the customer may correct.
#[derive(Debug, Clone)]
pub(super) struct Fix {
    pub(super) field: &'static str,
    pub(super) instance: u32,
    pub(super) mask: String,
    /// What browsers know it by.
    pub(super) autocomplete: &'static str,
    /// How it is written, where that needs saying.
    pub(super) how: &'static str,
    /// What it means for the next three days, where it means something.
    pub(super) means: &'static str,
}

impl Fix {
    /// None of a kind that isn't corrected here. Without their only e-mail address a customer can't come back for three days.
    pub(super) fn of(masked: &Masked, say: &Words, is_only: bool) -> Option<Self> {
        let (autocomplete, means) = match masked.field {
            FieldKind::Name => ("name", ""),
            FieldKind::PostalAddress => ("street-address", ""),
            FieldKind::Phone => ("tel", say.means_phone),
            FieldKind::Email if is_only => ("email", say.means_only_email),
            FieldKind::Email => ("email", say.means_email),
            FieldKind::BankAccount => ("off", say.means_account),
            FieldKind::DateOfBirth => ("bday", say.means_birth),
            FieldKind::Preference => ("off", ""),
            FieldKind::Card | FieldKind::Order | FieldKind::Note => return None,
        };
        let (field, instance, mask) = (masked.field.slug(), masked.instance, masked.mask.clone());
        Some(Self { field, instance, mask, autocomplete, how: how(masked.field, say), means })
    }
}

/// How a value of this kind is written.
fn how(field: FieldKind, say: &Words) -> &'static str {
    match field {
        FieldKind::PostalAddress => say.address_how,
        FieldKind::Phone => say.phone_how,
        FieldKind::BankAccount => say.account_how,
        FieldKind::DateOfBirth => say.birth_how,
        FieldKind::Preference => say.preference_how,
        _ => "",
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Corrected {
    field: String,
    instance: u32,
    value: Zeroizing<String>,
}

pub(super) async fn correct(
    State(web): State<Web>,
    Path(at): At,
    headers: HeaderMap,
    form: Result<Form<Corrected>, FormRejection>,
) -> Response {
    let (place, scope) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let say = place.say;
    let read = form.ok().and_then(|Form(form)| Some((FieldKind::from_slug(&form.field)?, form)));
    let Some((field, Corrected { instance, value, .. })) = read else {
        return place.said(StatusCode::UNPROCESSABLE_ENTITY, say.nothing_done, say.unreadable);
    };
    let ways = (web.mailer(place.tenant).await, web.leads_to(place.tenant, &headers).await);
    let (Some(mailer), Some(origin)) = ways else {
        return place.said(StatusCode::SERVICE_UNAVAILABLE, say.nothing_done, say.no_mail);
    };
    let Ok(_turn) = Arc::clone(&web.letters).try_acquire_owned() else {
        return place.failed(&web, &VaultError::Busy);
    };
    let objections = format!("{origin}{}/objection/", place.frame.here);
    // In doubt no text message: the letter is what a correction rests on.
    let courier = web.courier(place.tenant).await.ok().flatten();
    let tell = Tell { mailer, courier, language: place.language, objections };
    match web.vault.own_correct(&scope, &Correction { field, instance, text: &value }, &tell).await {
        Ok(Some(_)) if field == FieldKind::Email => place.said(StatusCode::OK, say.corrected, say.corrected_email),
        Ok(Some(_)) if field == FieldKind::Phone => place.said(StatusCode::OK, say.corrected, say.corrected_contact),
        Ok(Some(_)) if field == FieldKind::BankAccount => {
            place.said(StatusCode::OK, say.corrected, say.corrected_account)
        }
        Ok(Some(_)) => place.said(StatusCode::OK, say.corrected, say.corrected_lead),
        Ok(None) => place.said(StatusCode::OK, say.nothing_done, say.same_value),
        Err(VaultError::Input(_)) => {
            let lead = format!("{} {}", say.unreadable, how(field, say));
            place.said(StatusCode::UNPROCESSABLE_ENTITY, say.nothing_done, lead.trim_end())
        }
        Err(error) => place.failed(&web, &error),
    }
}

/// "It wasn't me": one button. A page alone does nothing, as programs that look through mail open every link.
#[derive(Debug, Clone, Template)]
#[template(path = "me-objection.html")]
struct Objection {
    frame: Frame,
    banner: Option<String>,
    named: String,
}

type Named = Path<(String, String, String)>;

pub(super) async fn objection_page(State(web): State<Web>, Path((slug, tag, named)): Named) -> Response {
    match Place::of(&web, &slug, &tag).await {
        Ok(place) => page(StatusCode::OK, &Objection { frame: place.frame, banner: place.banner, named }),
        Err(response) => *response,
    }
}

pub(super) async fn object(State(web): State<Web>, Path((slug, tag, named)): Named, headers: HeaderMap) -> Response {
    let place = match changing(&web, (&slug, &tag), &headers).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    let say = place.say;
    match web.vault.own_objection(place.tenant, &named).await {
        Ok(_) => place.said(StatusCode::OK, say.objected, say.objected_lead),
        Err(VaultError::Refused { refusal: Refusal::NotFound, .. }) => {
            place.said(StatusCode::NOT_FOUND, say.nothing_done, say.objection_over)
        }
        Err(error) => place.failed(&web, &error),
    }
}

/// The page as samples of it are looked at.
///
/// # Errors
/// If it can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let page =
        |language| Objection { frame: sample_frame(language), banner: banner.clone(), named: "ab".repeat(62) }.render();
    Ok(vec![("me-objection-en.html", page(Language::English)?), ("me-objection-de.html", page(Language::German)?)])
}
