//! `/speak-up`: reporting without a name. It works without a script and without a cookie; nothing of the connection, of the browser or of
//! the moment is looked at, but whether another site's page sent a form; and nothing about a request is measured or written down.

mod foreign;
mod form;
mod parts;
mod reading;
mod words;

pub use form::told as report_proof;
pub(crate) use reading::Places;

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
use vault::VaultError;
use words::Words;

/// Where it is.
pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/speak-up", get(start))
        .route("/speak-up/{tenant}", get(of_tenant))
        .route("/speak-up/{tenant}/{language}", get(form::show).post(form::send))
        .route("/speak-up/{tenant}/{language}/follow", get(form::enter).post(form::follow))
        .route("/speak-up/{tenant}/{language}/more", post(form::more))
        .route("/speak-up/{tenant}/{language}/proof", post(form::proof))
}

/// What each of the pages has.
#[derive(Debug, Clone)]
struct Frame {
    language: &'static str,
    say: &'static Words,
    /// `/speak-up/acme/en`.
    here: String,
    company: String,
    /// The other language: address and name.
    other: (String, &'static str, &'static str),
    banner: Option<String>,
}

impl Frame {
    fn of(slug: &str, language: Language, company: String, banner: Option<String>) -> Self {
        let (other, name) = match language {
            Language::English => (Language::German, "Deutsch"),
            Language::German => (Language::English, "English"),
        };
        Self {
            language: language.tag(),
            say: Words::of(language),
            here: format!("/speak-up/{slug}/{}", language.tag()),
            company,
            other: (format!("/speak-up/{slug}/{}", other.tag()), other.tag(), name),
            banner,
        }
    }
}

/// At whose page somebody is.
struct Place {
    tenant: TenantId,
    frame: Frame,
}

impl Place {
    async fn of(web: &Web, slug: &str, tag: &str) -> Result<Self, Box<Response>> {
        let found = web.vault.tenant(slug).zip(Language::from_tag(tag));
        let (tenant, language) = found.ok_or_else(|| Box::new(secret(error_page(web, Fault::NOT_FOUND))))?;
        let tenant = tenant.id;
        // The company's name is a courtesy: a plan that can't be read keeps nobody from speaking up.
        let in_force = web.vault.plan_in_force(tenant).await;
        let company = in_force.map_or_else(|_| slug.to_owned(), |plan| plan.planned.plan().head.company.clone());
        Ok(Self { tenant, frame: Frame::of(slug, language, company, web.config.banner.clone()) })
    }

    /// A page.
    fn shown(&self, status: StatusCode, template: &impl Template) -> Response {
        secret(pages::page(status, template))
    }

    /// Too much comes just now.
    fn busy(&self, template: &impl Template) -> Response {
        let mut response = self.shown(StatusCode::SERVICE_UNAVAILABLE, template);
        // What is read now is read within a minute.
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        response
    }

    /// Why something wasn't done.
    fn why(&self, error: &VaultError) -> (StatusCode, &'static str) {
        let say = self.frame.say;
        match error {
            VaultError::Refused { refusal: Refusal::ReceiptUnknown, .. } => (StatusCode::NOT_FOUND, say.no_such_code),
            VaultError::Refused { refusal: Refusal::Tampered, .. } => (StatusCode::CONFLICT, say.edited),
            VaultError::Refused { refusal: Refusal::ReportOver, .. } => (StatusCode::GONE, say.over),
            VaultError::Refused { refusal: Refusal::FileUnfit, .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, say.file_unfit)
            }
            _ => (StatusCode::SERVICE_UNAVAILABLE, say.full),
        }
    }
}

/// With headers by which nothing of it is kept or told on.
fn secret(mut response: Response) -> Response {
    let late = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if late {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("3600"));
    }
    response
}

/// `/speak-up` where there are several.
#[derive(Debug, Clone, Template)]
#[template(path = "speak-up-whose.html")]
struct Whose {
    tenants: Vec<String>,
    banner: Option<String>,
}

async fn start(State(web): State<Web>, headers: HeaderMap) -> Response {
    let tenants: Vec<String> = web.vault.tenants().iter().map(|tenant| tenant.slug.clone()).collect();
    match tenants.as_slice() {
        [only] => secret(Redirect::to(&address(only, &headers)).into_response()),
        _ => secret(pages::page(StatusCode::OK, &Whose { tenants, banner: web.config.banner.clone() })),
    }
}

async fn of_tenant(State(web): State<Web>, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    match web.vault.tenant(&tenant) {
        Some(_) => secret(Redirect::to(&address(&tenant, &headers)).into_response()),
        None => secret(error_page(&web, Fault::NOT_FOUND)),
    }
}

fn address(slug: &str, headers: &HeaderMap) -> String {
    format!("/speak-up/{slug}/{}", pages::notice::preferred(headers).tag())
}

/// The pages with sample data.
///
/// # Errors
/// If they can't be drawn.
pub(crate) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let whose = Whose { tenants: vec!["acme".to_owned(), "globex".to_owned()], banner: banner.clone() };
    let mut all = vec![("speak-up-whose.html", whose.render()?)];
    all.extend(form::gallery(banner)?);
    Ok(all)
}
