//! `/me`: the customer's own page. No member of staff's session counts here, and none of a customer's anywhere else.

mod acts;
mod claim;
mod consent_receipt;
mod consents;
mod copy;
mod correct;
mod sign_in;
mod told;
mod who;
mod whole;
mod words;

use crate::identify::same_origin;
use crate::pages::notice::{name, preferred};
use crate::pages::{self, error_page};
use crate::problem::Fault;
use crate::state::Web;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::{Refusal, TenantId};
use plan::Language;
use vault::{CustomerScope, VaultError};
use words::Words;

pub(crate) use sign_in::paced;
use zeroize::Zeroizing;

/// The session's cookie.
const SESSION: &str = "rf_me";
/// The cookie of a code that was asked for.
const ASKED: &str = "rf_me_code";

/// Where the customer's page is.
pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/me", get(start))
        .route("/me/{tenant}", get(of_tenant))
        .route("/me/{tenant}/{language}", get(whole::show))
        .route("/me/{tenant}/{language}/who/{entry}", get(who::show))
        .route("/me/{tenant}/{language}/code", get(sign_in::code_page).post(sign_in::ask))
        .route("/me/{tenant}/{language}/enter", post(sign_in::enter))
        .route("/me/{tenant}/{language}/leave", post(sign_in::leave))
        .route("/me/{tenant}/{language}/doubt", post(acts::doubt))
        .route("/me/{tenant}/{language}/consents", post(consents::answer))
        .route("/me/{tenant}/{language}/consent-receipt", post(consents::receipt))
        .route("/me/{tenant}/{language}/correct", post(correct::correct))
        .route("/me/{tenant}/{language}/objection/{named}", get(correct::objection_page).post(correct::object))
        .route("/me/{tenant}/{language}/statement", post(acts::statement))
        .route("/me/{tenant}/{language}/copy", post(copy::copy))
        .route("/me/{tenant}/{language}/sealed", post(copy::sealed))
        .route("/me/{tenant}/{language}/claim", get(claim::claim_page).post(claim::enter))
        .route("/me/{tenant}/{language}/receipt/{entry}", get(acts::receipt))
        .route("/me/{tenant}/{language}/forget", post(acts::forget))
        .route("/me/{tenant}/{language}/certificate/{entry}/{proof}", get(acts::certificate))
}

/// What each of the pages has.
#[derive(Debug, Clone)]
struct Frame {
    language: &'static str,
    say: &'static Words,
    /// `/me/acme/en`.
    here: String,
    company: String,
    contact: String,
    /// The other languages: address and name.
    others: Vec<(String, &'static str)>,
    notice: String,
}

/// As samples of the pages have it.
fn sample_frame(language: Language) -> Frame {
    Frame {
        language: language.tag(),
        say: Words::of(language),
        here: format!("/me/acme/{}", language.tag()),
        company: "Example Retail".to_owned(),
        contact: "privacy@example.org".to_owned(),
        others: Language::ALL
            .into_iter()
            .filter(|other| *other != language)
            .map(|other| (format!("/me/acme/{}", other.tag()), name(other)))
            .collect(),
        notice: format!("/notice/acme/{}", language.tag()),
    }
}

/// The pages as samples of them are looked at.
///
/// # Errors
/// If they can't be drawn.
pub(crate) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let mut pages = whole::gallery(banner.clone())?;
    pages.extend(correct::gallery(banner.clone())?);
    pages.extend(copy::gallery(banner.clone())?);
    pages.extend(claim::gallery(banner)?);
    Ok(pages)
}

/// At whose customers' page somebody is, and in which language.
struct Place {
    tenant: TenantId,
    language: Language,
    say: &'static Words,
    frame: Frame,
    banner: Option<String>,
}

impl Place {
    async fn of(web: &Web, slug: &str, tag: &str) -> Result<Self, Box<Response>> {
        let found = web.vault.tenant(slug).zip(Language::from_tag(tag));
        let (tenant, language) = found.ok_or_else(|| Box::new(error_page(web, Fault::NOT_FOUND)))?;
        let tenant = tenant.id;
        let in_force = web.vault.plan_in_force(tenant).await;
        let in_force = in_force.map_err(|error| Box::new(error_page(web, Fault::of(web, &error))))?;
        let (say, head) = (Words::of(language), &in_force.planned.plan().head);
        let others = Language::ALL.into_iter().filter(|other| *other != language);
        let frame = Frame {
            language: language.tag(),
            say,
            here: format!("/me/{slug}/{}", language.tag()),
            company: head.company.clone(),
            contact: head.contact.clone(),
            others: others.map(|other| (format!("/me/{slug}/{}", other.tag()), name(other))).collect(),
            notice: format!("/notice/{slug}/{}", language.tag()),
        };
        Ok(Self { banner: web.config.banner.clone(), tenant, language, say, frame })
    }

    /// The customer who is signed in here.
    async fn customer(&self, web: &Web, headers: &HeaderMap) -> Result<CustomerScope, VaultError> {
        let cookie = cookie(headers, SESSION).ok_or(VaultError::Unauthenticated)?;
        web.vault.resume_customer(self.tenant, cookie).await
    }

    /// A page that says one thing.
    fn said(&self, status: StatusCode, title: &str, lead: &str) -> Response {
        let said = Said {
            frame: self.frame.clone(),
            banner: self.banner.clone(),
            title: title.to_owned(),
            lead: lead.to_owned(),
        };
        pages::page(status, &said)
    }

    /// Why something wasn't done, in the customer's words; who isn't signed in any more is led to the beginning.
    fn failed(&self, web: &Web, error: &VaultError) -> Response {
        let say = self.say;
        let refusal = match error {
            VaultError::Unauthenticated => return Redirect::to(&self.frame.here).into_response(),
            VaultError::Input(_) => {
                return self.said(StatusCode::UNPROCESSABLE_ENTITY, say.nothing_done, say.unreadable);
            }
            VaultError::Refused { refusal, .. } => Some(*refusal),
            _ => None,
        };
        let fault = Fault::of(web, error);
        match refusal {
            Some(Refusal::OwnSessionOver) => self.said(StatusCode::UNAUTHORIZED, say.nothing_done, say.over),
            Some(Refusal::GuardedRecord) => self.said(StatusCode::FORBIDDEN, say.nothing_done, say.by_hand),
            Some(Refusal::ContactUnsure) => self.said(fault.status, say.nothing_done, say.too_soon),
            Some(Refusal::AttemptsExhausted) => self.said(fault.status, say.nothing_done, say.enough),
            _ => self.said(fault.status, say.nothing_done, say.busy),
        }
    }
}

/// A page that says one thing.
#[derive(Debug, Clone, Template)]
#[template(path = "me-said.html")]
struct Said {
    frame: Frame,
    banner: Option<String>,
    title: String,
    lead: String,
}

/// The place, if the request that would change something came from this very page.
async fn changing(web: &Web, (slug, tag): (&str, &str), headers: &HeaderMap) -> Result<Place, Box<Response>> {
    let place = Place::of(web, slug, tag).await?;
    match same_origin(web, headers) {
        true => Ok(place),
        false => Err(Box::new(place.said(StatusCode::FORBIDDEN, place.say.nothing_done, place.say.foreign))),
    }
}

async fn start(State(web): State<Web>, headers: HeaderMap) -> Response {
    match web.vault.tenants() {
        [only] => Redirect::to(&format!("/me/{}/{}", only.slug, preferred(&headers).tag())).into_response(),
        // Which companies are served here is on the notices' page already.
        _ => Redirect::to("/notice").into_response(),
    }
}

async fn of_tenant(State(web): State<Web>, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    match web.vault.tenant(&tenant) {
        Some(_) => Redirect::to(&format!("/me/{tenant}/{}", preferred(&headers).tag())).into_response(),
        None => error_page(&web, Fault::NOT_FOUND),
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Sets a cookie that only this page's own requests bring, for so many seconds; none ends it.
fn with_cookie(web: &Web, mut response: Response, name: &str, value: &str, seconds: i64) -> Response {
    let https = web.config.origin.as_deref().is_some_and(|origin| origin.starts_with("https:"));
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/me; Max-Age={seconds}{secure}");
    if let Ok(value) = HeaderValue::from_str(&Zeroizing::new(text)) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
