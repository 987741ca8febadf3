//! Server-rendered pages and their files.

pub(crate) mod ask;
pub mod templates;

use crate::api::log_status::AlarmLine;
use crate::identify::{Signed, cookie, same_origin};
use crate::problem::{Failed, Fault};
use crate::sessions::COOKIE;
use crate::state::Web;
use ask::Question;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, body::Body};
use domain::{EntryId, PersonId, Role, TenantId};
use serde::Deserialize;
use templates::{
    ASSETS, CONTENT_SECURITY_POLICY, Desk, ErrorPage, PickPerson, Proof, RolePicker, Security, SignIn, SignInAs,
};
use vault::{ReceiptAnswer, Scope, Session, VaultError};
use zeroize::Zeroizing;

/// Where the pages are.
pub(crate) fn routes() -> Router<Web> {
    let mut router = Router::new()
        .route("/", get(start))
        .route("/desk", get(desk))
        .route("/security", get(security))
        .route("/security/export", get(export))
        .route("/security/proof/{id}", get(proof))
        .route("/sign-in", get(sign_in).post(sign_in_with_token))
        .route("/sign-in/{person}", get(sign_in_as).post(pick))
        .route("/sign-out", post(sign_out));
    for asset in ASSETS {
        let asset = *asset;
        let file = move || async move {
            ([(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, "public, max-age=3600")], asset.body)
        };
        router = router.route(asset.path, get(file));
    }
    router
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    let Ok(html) = template.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (status, headers, html).into_response()
}

/// A fault as a page.
fn error_page(web: &Web, fault: Fault) -> Response {
    let page_of = ErrorPage {
        status: fault.status.as_u16(),
        title: fault.title.into_owned(),
        why: fault.why.into_owned(),
        next: fault.next.into_owned(),
        banner: web.config.banner.clone(),
    };
    page(fault.status, &page_of)
}

/// The page that a role works on.
fn home(role: Role) -> &'static str {
    match role {
        Role::Agent | Role::TeamLeader => "/desk",
        Role::SecurityOfficer | Role::SecurityAnalyst | Role::Auditor => "/security",
        Role::QualityAnalyst
        | Role::ItOperator
        | Role::DataProtectionOfficer
        | Role::BoardMember
        | Role::Integrator => "/sign-in",
    }
}

async fn start(State(web): State<Web>, headers: HeaderMap) -> Response {
    if !web.vault.config().role_picker {
        return Redirect::to("/sign-in").into_response();
    }
    if !on_loopback(&headers) {
        return error_page(&web, Fault::FORBIDDEN);
    }
    match people(&web).await {
        Ok(people) => page(
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
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

async fn sign_in(State(web): State<Web>) -> Response {
    page(StatusCode::OK, &SignIn { error: None, banner: web.config.banner.clone() })
}

#[derive(Deserialize)]
struct Token {
    token: Zeroizing<String>,
}

async fn sign_in_with_token(
    State(web): State<Web>,
    headers: HeaderMap,
    form: Result<Form<Token>, FormRejection>,
) -> Response {
    if !same_origin(&web, &headers) {
        return error_page(&web, Fault::FORBIDDEN);
    }
    let Ok(Form(form)) = form else { return error_page(&web, Fault::INVALID) };
    match web.vault.sign_in(form.token.trim()).await {
        Ok(session) => signed_in(&web, &session).await,
        Err(VaultError::Unauthenticated) => {
            let error = "No one here holds this token. Check that you pasted all of it.".to_owned();
            page(StatusCode::UNAUTHORIZED, &SignIn { error: Some(error), banner: web.config.banner.clone() })
        }
        Err(error) => error_page(&web, Fault::of(&web, &error)),
    }
}

async fn sign_in_as(State(web): State<Web>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match choice(&web, &headers, &id).await {
        Ok((_, person)) => page(StatusCode::OK, &SignInAs { person, banner: web.config.banner.clone() }),
        Err(response) => response,
    }
}

async fn choice(web: &Web, headers: &HeaderMap, id: &str) -> Result<(TenantId, PickPerson), Response> {
    if !on_loopback(headers) {
        return Err(error_page(web, Fault::FORBIDDEN));
    }
    people(web).await?.into_iter().find(|(_, person)| person.id == id).ok_or_else(|| error_page(web, Fault::NOT_FOUND))
}

async fn pick(State(web): State<Web>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if !same_origin(&web, &headers) {
        return error_page(&web, Fault::FORBIDDEN);
    }
    let (tenant, person) = match choice(&web, &headers, &id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(person) = PersonId::parse(&person.id) else { return error_page(&web, Fault::NOT_FOUND) };
    match web.vault.pick_role(tenant, person).await {
        Ok(session) => signed_in(&web, &session).await,
        Err(error) => error_page(&web, Fault::of(&web, &error)),
    }
}

async fn signed_in(web: &Web, session: &Session) -> Response {
    let scope = match web.vault.resume(session).await {
        Ok(scope) => scope,
        Err(error) => return error_page(web, Fault::of(web, &error)),
    };
    let secret: [u8; 32] = web.vault.secret();
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    web.sessions.begin(&secret, session.clone(), web.vault.now());
    let secure =
        if web.config.origin.as_deref().is_some_and(|origin| origin.starts_with("https:")) { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/{secure}");
    let mut response = Redirect::to(home(scope.role())).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

async fn sign_out(State(web): State<Web>, headers: HeaderMap) -> Response {
    if !same_origin(&web, &headers) {
        return error_page(&web, Fault::FORBIDDEN);
    }
    if let Some(session) = cookie(&headers).and_then(|secret| web.sessions.end(secret))
        && let Err(error) = web.vault.sign_out(&session).await
    {
        // The session is over all the same.
        tracing::warn!(%error, "a sign-out couldn't be logged");
    }
    let gone = format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Redirect::to("/")).into_response()
}

/// A page for whom it is made; others are led to the sign-in.
fn for_role(web: &Web, signed: Result<Signed, Failed>, fits: fn(&Web, &Scope) -> bool) -> Result<Scope, Box<Response>> {
    match signed {
        Err(_) => {
            Err(Redirect::to(if web.vault.config().role_picker { "/" } else { "/sign-in" }).into_response().into())
        }
        Ok(Signed(scope)) if fits(web, &scope) => Ok(scope),
        Ok(_) => Err(error_page(web, Fault::refused(domain::Refusal::RoleNotAllowed)).into()),
    }
}

async fn desk(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response<Body> {
    match for_role(&web, signed, |_, scope| scope.role().serves()) {
        Err(response) => *response,
        Ok(scope) => {
            let desk = Desk {
                person_name: scope.name().to_owned(),
                person_id: scope.person().to_string(),
                tenant: web.slug(scope.tenant()),
                banner: web.config.banner.clone(),
            };
            page(StatusCode::OK, &desk)
        }
    }
}

fn watches(web: &Web, scope: &Scope) -> bool {
    web.vault.reads_log(scope)
}

async fn security(State(web): State<Web>, signed: Result<Signed, Failed>, request: Request) -> Response<Body> {
    let scope = match for_role(&web, signed, watches) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let (mut parts, _) = request.into_parts();
    let question = Question::read(&mut parts, &web).await;
    let status =
        if matches!(question, Question::Wrong { .. }) { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    match question.answer(&web, &scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok((form, found)) => {
            let security = Security {
                person_name: scope.name().to_owned(),
                tenant: web.slug(scope.tenant()),
                alarms: web.vault.alarms_shown(&scope).into_iter().flatten().map(AlarmLine::of).collect(),
                form,
                found,
                banner: web.config.banner.clone(),
            };
            page(status, &security)
        }
    }
}

/// The form's other button: the same question, to the API's export.
async fn export(State(web): State<Web>, signed: Result<Signed, Failed>, request: Request) -> Response<Body> {
    if let Err(response) = for_role(&web, signed, watches) {
        return *response;
    }
    let (mut parts, _) = request.into_parts();
    match Question::read(&mut parts, &web).await {
        Question::Live => Redirect::to(&format!("/v1/disclosures/export?show={}", ask::USUAL.slug())).into_response(),
        Question::Asked { filter, .. } => {
            Redirect::to(&format!("/v1/disclosures/export?{}", ask::address(&filter))).into_response()
        }
        // The page says what is wrong.
        Question::Wrong { .. } => {
            Redirect::to(&format!("/security?{}", parts.uri.query().unwrap_or_default())).into_response()
        }
    }
}

/// One entry's proof. No body is opened for it, so it is no entry.
async fn proof(State(web): State<Web>, signed: Result<Signed, Failed>, Path(text): Path<String>) -> Response<Body> {
    let scope = match for_role(&web, signed, watches) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let Some(entry) = EntryId::parse(&text) else { return error_page(&web, Fault::NOT_FOUND) };
    let receipt = match web.vault.receipt(scope.tenant(), entry).await {
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
        Ok(ReceiptAnswer::Pending) => None,
        Ok(ReceiptAnswer::Ready(receipt)) => Some(receipt),
    };
    let proof = Proof {
        person_name: scope.name().to_owned(),
        tenant: web.slug(scope.tenant()),
        entry: text,
        receipt,
        banner: web.config.banner.clone(),
    };
    page(StatusCode::OK, &proof)
}
