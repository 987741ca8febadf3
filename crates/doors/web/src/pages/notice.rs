//! `/notice`: what a tenant's customers are told, made from the plan in force. Public: it says what anybody may know.

use super::{error_page, page};
use crate::problem::Fault;
use crate::state::Web;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use plan::{Language, Notice};

/// `/notice/{tenant}/{language}`.
#[derive(Debug, Clone, Template)]
#[template(path = "notice.html")]
struct NoticePage {
    language: &'static str,
    title: String,
    /// Made by [`Notice::html`], which escapes what it writes.
    body: String,
    /// The same in the other languages: address and name.
    others: Vec<(String, &'static str)>,
    text: String,
    banner: Option<String>,
}

/// `/notice` where there are several tenants.
#[derive(Debug, Clone, Template)]
#[template(path = "notices.html")]
struct Notices {
    tenants: Vec<String>,
    banner: Option<String>,
}

pub(crate) fn name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::German => "Deutsch",
    }
}

/// The language that a browser prefers among those there are; English where it says nothing.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = said.split(',').filter_map(|part| part.trim().get(..2));
    tags.into_iter().find_map(|tag| Language::from_tag(&tag.to_ascii_lowercase())).unwrap_or(Language::English)
}

pub(super) async fn start(State(web): State<Web>, headers: HeaderMap) -> Response {
    let tenants: Vec<String> = web.vault.tenants().iter().map(|tenant| tenant.slug.clone()).collect();
    match tenants.as_slice() {
        [only] => Redirect::to(&format!("/notice/{only}/{}", preferred(&headers).tag())).into_response(),
        _ => page(StatusCode::OK, &Notices { tenants, banner: web.config.banner.clone() }),
    }
}

pub(super) async fn of_tenant(State(web): State<Web>, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    match web.vault.tenant(&tenant) {
        Some(_) => Redirect::to(&format!("/notice/{tenant}/{}", preferred(&headers).tag())).into_response(),
        None => error_page(&web, Fault::NOT_FOUND),
    }
}

pub(super) async fn show(State(web): State<Web>, Path((tenant, language)): Path<(String, String)>) -> Response {
    match found(&web, &tenant, &language).await {
        Ok(notice) => page(StatusCode::OK, &shown(&notice, &tenant, web.config.banner.clone())),
        Err(response) => *response,
    }
}

pub(super) async fn text(State(web): State<Web>, Path((tenant, language)): Path<(String, String)>) -> Response {
    match found(&web, &tenant, &language).await {
        Ok(notice) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, notice.to_string()).into_response()
        }
        Err(response) => *response,
    }
}

async fn found(web: &Web, tenant: &str, language: &str) -> Result<Notice, Box<Response>> {
    let asked = web.vault.tenant(tenant).zip(Language::from_tag(language));
    let (tenant, language) = asked.ok_or_else(|| Box::new(error_page(web, Fault::NOT_FOUND)))?;
    let in_force = web.vault.plan_in_force(tenant.id).await;
    let in_force = in_force.map_err(|error| Box::new(error_page(web, Fault::of(web, &error))))?;
    Ok(in_force.planned.plan().notice(language, in_force.day))
}

fn shown(notice: &Notice, tenant: &str, banner: Option<String>) -> NoticePage {
    let others = Language::ALL.into_iter().filter(|other| *other != notice.language);
    NoticePage {
        language: notice.language.tag(),
        title: notice.title.clone(),
        body: notice.html(),
        others: others.map(|other| (format!("/notice/{tenant}/{}", other.tag()), name(other))).collect(),
        text: format!("/notice/{tenant}/{}/text", notice.language.tag()),
        banner,
    }
}

/// The pages as samples of them are looked at.
///
/// # Errors
/// If they can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let day = plan::Date::constant(2026, 11, 27);
    let sample = plan::Plan::parse(plan::DEFAULT).map_err(|_| askama::Error::Fmt)?;
    let page = |language| shown(&sample.notice(language, day), "acme", banner.clone()).render();
    let several = Notices { tenants: vec!["acme".to_owned(), "zenith".to_owned()], banner: banner.clone() };
    Ok(vec![
        ("notice-en.html", page(Language::English)?),
        ("notice-de.html", page(Language::German)?),
        ("notices.html", several.render()?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_browser_is_led_to_its_language() {
        let of = |said: &'static str| {
            preferred(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(said))]))
        };
        assert_eq!(preferred(&HeaderMap::new()), Language::English);
        assert_eq!((of("de-AT,de;q=0.9,en;q=0.8"), of("fr, DE;q=0.5")), (Language::German, Language::German));
        assert_eq!((of("fr"), of("*"), of("en-GB")), (Language::English, Language::English, Language::English));
    }
}
