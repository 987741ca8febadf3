//! Server-rendered pages and their files.

mod approvals;
pub(crate) mod ask;
mod board;
mod budgets;
mod ceremony;
mod culture;
mod glass;
mod governing;
mod guard;
mod keys;
pub(crate) mod notice;
mod outlets;
mod passkeys;
mod people;
mod plan;
mod posture;
mod promises;
mod provider;
mod reports;
mod requests;
mod retention;
mod roles;
mod rules;
mod sessions;
mod sign_in;
pub mod templates;
mod trust;
pub(crate) mod who;

use crate::api::log_status::AlarmLine;
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use ask::Question;
use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, body::Body};
use domain::{EntryId, Millis, Refusal, Role};
use templates::sign_in::{Account, Resume};
use templates::{ASSETS, Alarms, CONTENT_SECURITY_POLICY, Desk, ErrorPage, Proof, Security, Team, WORKER};
use vault::{ReceiptAnswer, Scope};

/// Where the pages are.
pub(crate) fn routes() -> Router<Web> {
    let mut router = Router::new()
        .route("/", get(sign_in::start))
        .route("/desk", get(desk))
        .route("/team", get(team))
        .route("/approvals", get(approvals::approvals))
        .route("/board", get(board::show))
        .route("/plan", get(plan::show))
        .route("/notice", get(notice::start))
        .route("/notice/{tenant}", get(notice::of_tenant))
        .route("/notice/{tenant}/{language}", get(notice::show))
        .route("/notice/{tenant}/{language}/text", get(notice::text))
        .route("/trust", get(trust::start))
        .route("/trust/{tenant}", get(trust::of_tenant))
        .route("/trust/{tenant}/pack", get(trust::pack))
        .route("/security", get(security))
        .route("/security/export", get(export))
        .route("/security/people", get(people::people))
        .route("/security/change", get(governing::change))
        .route("/security/proposals", get(governing::proposals))
        .route("/security/roles", get(roles::roles))
        .route("/security/rules", get(rules::rules))
        .route("/security/decisions", get(rules::decisions))
        .route("/security/glass", get(glass::glass))
        .route("/security/board", get(board::officers))
        .route("/security/guard", get(guard::guard))
        .route("/security/defences", get(posture::show))
        .route("/security/culture", get(culture::show))
        .route("/security/retention", get(retention::show))
        .route("/security/requests", get(requests::show))
        .route("/security/reports", get(reports::show))
        .route("/security/budgets", get(budgets::budgets))
        .route("/security/sessions", get(sessions::sessions))
        .route("/security/keys", get(keys::keys))
        .route("/security/ceremony", get(ceremony::ceremony))
        .route("/security/proof/{id}", get(proof))
        .route("/sign-in", get(sign_in::page).post(sign_in::with_token))
        .route("/sign-in/passkey", post(passkeys::sign_in))
        .route("/sign-in/passkey/challenge", post(passkeys::challenge))
        .route("/ceremony", get(passkeys::ceremony))
        .route("/ceremony/invitation", post(passkeys::invitation))
        .route("/ceremony/passkey", post(passkeys::register))
        .route("/account", get(account))
        .route("/sign-in/{person}", get(sign_in::choice_page).post(sign_in::choose))
        .route("/sign-in/with/{tenant}", get(provider::begin))
        .route("/sign-in/with/{tenant}/back", get(provider::back))
        .route("/sign-in/with/{tenant}/finish", post(provider::finish))
        .route("/sign-out", post(sign_in::out))
        .route("/worker.js", get(worker));
    for asset in ASSETS {
        let asset = *asset;
        let file = move || async move {
            ([(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, "public, max-age=3600")], asset.body)
        };
        router = router.route(asset.path, get(file));
    }
    router
}

/// The worker that signs requests. From the root, since it may only serve pages below where it comes from; asked for
/// anew each time, so that a mended one is used at once.
async fn worker() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; script-src 'self'; connect-src 'self'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, WORKER)
}

pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
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

/// A moment in UTC, to the second; with its date where that isn't today's.
fn moment(at: Millis, now: Millis) -> String {
    let (at, now) = (at.to_string(), now.to_string());
    let day = |text: &str| text.get(..10).unwrap_or_default().to_owned();
    let time = at.get(11..19).unwrap_or_default();
    if day(&at) == day(&now) { time.to_owned() } else { format!("{} {time}", day(&at)) }
}

/// A fault as a page.
pub(crate) fn error_page(web: &Web, fault: Fault) -> Response {
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
        Role::BoardMember => "/board",
        Role::DataProtectionOfficer => "/security/requests",
        Role::QualityAnalyst | Role::ItOperator | Role::Integrator => "/account",
    }
}

/// A page for whom it is made; others are led to the sign-in.
fn for_role(web: &Web, signed: Result<Signed, Failed>, fits: fn(&Web, &Scope) -> bool) -> Result<Scope, Box<Response>> {
    match signed {
        // The cookie is good, the signature isn't there: the worker may only have been away.
        Err(failed) if failed.is(Refusal::NotThisDevice) || failed.is(Refusal::SignatureLate) => {
            let resume = Resume { banner: web.config.banner.clone() };
            Err(page(StatusCode::UNAUTHORIZED, &resume).into())
        }
        Err(_) => {
            Err(Redirect::to(if web.vault.config().role_picker { "/" } else { "/sign-in" }).into_response().into())
        }
        Ok(Signed(scope)) if fits(web, &scope) => Ok(scope),
        Ok(_) => Err(error_page(web, Fault::refused(domain::Refusal::RoleNotAllowed)).into()),
    }
}

/// Everybody's own: where they are signed in, with which passkeys.
async fn account(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response<Body> {
    match for_role(&web, signed, |_, _| true) {
        Err(response) => *response,
        Ok(scope) => {
            let account = Account {
                person_name: scope.name().to_owned(),
                role_label: scope.role().label().to_owned(),
                home: home(scope.role()),
                approves: web.vault.approves_passkeys(&scope),
                agrees: web.vault.agrees_to_passkeys(&scope),
                banner: web.config.banner.clone(),
            };
            page(StatusCode::OK, &account)
        }
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
                leads: web.vault.reads_team(&scope),
                approves: web.vault.answers_approvals(&scope),
                lessons: web.vault.lessons_due(&scope).await,
                banner: web.config.banner.clone(),
            };
            page(StatusCode::OK, &desk)
        }
    }
}

/// The page itself holds nothing of anybody's: what it shows is asked for by its script, and is an entry.
async fn team(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response<Body> {
    match for_role(&web, signed, |web, scope| web.vault.reads_team(scope)) {
        Err(response) => *response,
        Ok(scope) => {
            let (person_name, team) = (scope.name().to_owned(), scope.team().to_owned());
            let approves = web.vault.answers_approvals(&scope);
            let person_id = scope.person().to_string();
            page(StatusCode::OK, &Team { person_name, person_id, team, approves, banner: web.config.banner.clone() })
        }
    }
}

fn watches(web: &Web, scope: &Scope) -> bool {
    web.vault.reads_log(scope)
}

async fn security(State(web): State<Web>, signed: Result<Signed, Failed>, request: Request) -> Response<Body> {
    let scope = match for_role(&web, signed, |web, scope| web.vault.reads_alarms(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let alarms = web.vault.alarms_shown(&scope).into_iter().flatten().map(AlarmLine::of).collect();
    if !watches(&web, &scope) {
        let banner = web.config.banner.clone();
        return page(StatusCode::OK, &Alarms { person_name: scope.name().to_owned(), alarms, banner });
    }
    let (mut parts, _) = request.into_parts();
    let question = match Question::read(&mut parts, &web, &scope).await {
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
        Ok(question) => question,
    };
    let status =
        if matches!(question, Question::Wrong { .. }) { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    match question.answer(&web, &scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok((form, found)) => {
            let security = Security {
                person_name: scope.name().to_owned(),
                tenant: web.slug(scope.tenant()),
                alarms,
                approves: web.vault.answers_approvals(&scope),
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
    let scope = match for_role(&web, signed, watches) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let (mut parts, _) = request.into_parts();
    let question = match Question::read(&mut parts, &web, &scope).await {
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
        Ok(question) => question,
    };
    match question {
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
