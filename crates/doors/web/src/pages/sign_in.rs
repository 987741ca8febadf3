//! Signing in and out on a page.

use super::templates::sign_in::{PickPerson, RolePicker, SignIn, SignInAs};
use super::{error_page, home};
use crate::body::ok;
use crate::identify::{COOKIE, Signed, same_origin};
use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{PersonId, Role, TenantId};
use serde::{Deserialize, Serialize};
use vault::{DeviceKey, NewSession, VaultError};
use zeroize::Zeroizing;

pub(super) async fn start(State(web): State<Web>, headers: HeaderMap) -> Response {
    if !web.vault.config().role_picker {
        return Redirect::to("/sign-in").into_response();
    }
    if !on_loopback(&headers) {
        return error_page(&web, Fault::FORBIDDEN);
    }
    match people(&web).await {
        Ok(people) => super::page(
            StatusCode::OK,
            &RolePicker {
                people: people.into_iter().map(|(_, person)| person).collect(),
                banner: web.config.banner.clone(),
            },
        ),
        Err(response) => response,
    }
}

async fn people(web: &Web) -> Result<Vec<(TenantId, PickPerson)>, Response> {
    let mut out = Vec::new();
    for tenant in web.vault.tenants() {
        let rows = web.vault.pickable(tenant.id).await.map_err(|error| error_page(web, Fault::of(web, &error)))?;
        out.extend(rows.into_iter().map(|row| {
            let person = PickPerson {
                id: row.id.to_string(),
                name: row.name,
                role_label: row.role.label().to_owned(),
                what: sees(row.role).to_owned(),
            };
            (tenant.id, person)
        }));
    }
    Ok(out)
}

fn sees(role: Role) -> &'static str {
    match role {
        Role::Agent => "Serves one customer at a time on masked records.",
        Role::TeamLeader => "Leads agents and takes calls as well, on the same masks.",
        Role::QualityAnalyst => "Judges how customers were served; sees no value and no log.",
        Role::SecurityAnalyst => "Watches for the security officer; sees no customer value and changes no rule.",
        Role::BoardMember => "Answers for all of it; reads nothing in stock.",
        Role::Auditor => "Checks from outside what was looked at; sees no customer value.",
        Role::SecurityOfficer => "Watches every look and every refusal as it happens; sees no customer value.",
        Role::ItOperator => "Runs the machines; reads nothing and changes no rule.",
        Role::DataProtectionOfficer => "Erases customers who ask for it; sees no value.",
        Role::Integrator => "A machine that brings data in; sees nothing.",
    }
}

/// Choosing who to be works on this machine only, under its own name: a page elsewhere that a name points here
/// (DNS rebinding) gets nothing.
fn on_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    crate::state::on_loopback(host)
}

pub(super) async fn page(State(web): State<Web>) -> Response {
    super::page(StatusCode::OK, &shell(&web, None).await)
}

async fn shell(web: &Web, error: Option<String>) -> SignIn {
    let mut unclaimed = false;
    for tenant in web.vault.tenants() {
        unclaimed |= web.vault.needs_officer(tenant.id).await.unwrap_or(false);
    }
    // Where one chooses who to be, nobody is waited for.
    unclaimed &= !web.vault.config().role_picker;
    let mut providers = Vec::new();
    for tenant in web.vault.tenants() {
        providers.extend(web.provider(tenant.id).await.map(|_| tenant.slug.clone()));
    }
    let tokens = web.vault.tokens_sign_in();
    SignIn { error, tokens, unclaimed, providers, banner: web.config.banner.clone() }
}

#[derive(Deserialize)]
pub(super) struct Token {
    token: Zeroizing<String>,
    #[serde(default)]
    device: String,
}

pub(super) async fn with_token(
    State(web): State<Web>,
    headers: HeaderMap,
    form: Result<Form<Token>, FormRejection>,
) -> Response {
    let asked = Asked::of(&web, &headers);
    if !same_origin(&web, &headers) {
        return asked.refused(Fault::FORBIDDEN);
    }
    let Ok(Form(form)) = form else { return asked.refused(Fault::INVALID) };
    match web.vault.sign_in(form.token.trim(), device(&form.device)).await {
        Err(VaultError::Unauthenticated) => asked.unknown().await,
        session => asked.signed_in(session),
    }
}

pub(super) async fn choice_page(State(web): State<Web>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match choice(&web, &headers, &id).await {
        Ok((_, person)) => super::page(StatusCode::OK, &SignInAs { person, banner: web.config.banner.clone() }),
        Err(response) => response,
    }
}

async fn choice(web: &Web, headers: &HeaderMap, id: &str) -> Result<(TenantId, PickPerson), Response> {
    if !on_loopback(headers) {
        return Err(error_page(web, Fault::FORBIDDEN));
    }
    people(web).await?.into_iter().find(|(_, person)| person.id == id).ok_or_else(|| error_page(web, Fault::NOT_FOUND))
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    device: String,
}

pub(super) async fn choose(
    State(web): State<Web>,
    headers: HeaderMap,
    Path(id): Path<String>,
    form: Result<Form<Chosen>, FormRejection>,
) -> Response {
    let asked = Asked::of(&web, &headers);
    if !same_origin(&web, &headers) {
        return asked.refused(Fault::FORBIDDEN);
    }
    let (tenant, person) = match choice(&web, &headers, &id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(person) = PersonId::parse(&person.id) else { return asked.refused(Fault::NOT_FOUND) };
    let device = form.ok().and_then(|Form(form)| device(&form.device));
    asked.signed_in(web.vault.pick_role(tenant, person, device).await)
}

/// The browser's key, as a page sends it: Base 64 url of the point.
pub(super) fn device(text: &str) -> Option<DeviceKey> {
    DeviceKey::read(&URL_SAFE_NO_PAD.decode(text).ok()?)
}

/// What a page's script needs to go on.
#[derive(Serialize)]
struct Begun {
    /// The page to go on to.
    next: &'static str,
    session: String,
    /// Ringfence's key of the session, to agree on a key with; none where sessions aren't bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    /// This moment, in milliseconds since 1970: the browser's clock may be wrong.
    now: i64,
}

/// How a sign-in is answered: to the page's script, or to a form that was sent without it.
pub(super) struct Asked<'a> {
    web: &'a Web,
    by_script: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn of(web: &'a Web, headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self { web, by_script: accept.contains("application/json") }
    }

    pub(super) fn refused(&self, fault: Fault) -> Response {
        if self.by_script { fault.response(self.web) } else { error_page(self.web, fault) }
    }

    async fn unknown(&self) -> Response {
        const WORDS: &str = "No one here holds this token. Check that you pasted all of it.";
        if self.by_script {
            return self.refused(Fault::NO_SUCH_TOKEN);
        }
        super::page(StatusCode::UNAUTHORIZED, &shell(self.web, Some(WORDS.to_owned())).await)
    }

    pub(super) fn signed_in(&self, session: Result<NewSession, VaultError>) -> Response {
        let session = match session {
            Ok(session) => session,
            Err(error) => return self.refused(Fault::of(self.web, &error)),
        };
        let next = home(session.role);
        let mut response = match self.by_script {
            true => ok(&Begun {
                next,
                session: session.id.to_string(),
                public: session.public.map(|public| URL_SAFE_NO_PAD.encode(public)),
                now: self.web.vault.now().0,
            }),
            false => Redirect::to(next).into_response(),
        };
        if let Ok(value) = HeaderValue::from_str(&set_cookie(self.web, &session.cookie, "")) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn set_cookie(web: &Web, value: &str, more: &str) -> Zeroizing<String> {
    let https = web.config.origin.as_deref().is_some_and(|origin| origin.starts_with("https:"));
    let secure = if https { "; Secure" } else { "" };
    Zeroizing::new(format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/{secure}{more}"))
}

pub(super) async fn out(State(web): State<Web>, headers: HeaderMap, signed: Result<Signed, Failed>) -> Response {
    if !same_origin(&web, &headers) {
        return error_page(&web, Fault::FORBIDDEN);
    }
    // Whoever has no session here is signed out already.
    if let Ok(Signed(scope)) = signed
        && let Err(error) = web.vault.sign_out(&scope).await
    {
        return error_page(&web, Fault::of(&web, &error));
    }
    ([(header::SET_COOKIE, set_cookie(&web, "", "; Max-Age=0").as_str())], Redirect::to("/")).into_response()
}
