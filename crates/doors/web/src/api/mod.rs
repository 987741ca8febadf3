//! The API: one endpoint, one file.

pub(crate) mod blast_radius;
pub(crate) mod board;
pub(crate) mod budgets;
pub(crate) mod cases;
pub(crate) mod certificates;
pub(crate) mod claims;
pub(crate) mod closes;
pub(crate) mod codes;
pub(crate) mod culture;
pub(crate) mod customers;
pub(crate) mod decisions;
pub(crate) mod desk;
pub(crate) mod devices;
pub(crate) mod disclosures;
pub(crate) mod drills;
pub(crate) mod events;
pub(crate) mod glass;
pub(crate) mod guard;
pub(crate) mod health;
pub(crate) mod hold;
pub(crate) mod interactions;
pub(crate) mod key_holder;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod log_filter;
pub(crate) mod log_status;
pub(crate) mod me;
pub(crate) mod notes;
pub(crate) mod pack_state;
pub(crate) mod packs;
pub(crate) mod paging;
pub(crate) mod passkeys;
pub(crate) mod people;
pub(crate) mod power_changes;
pub(crate) mod power_proposals;
pub(crate) mod power_trial;
pub(crate) mod privacy;
pub(crate) mod privacy_shown;
pub(crate) mod proposals;
pub(crate) mod receipts;
pub(crate) mod reports;
pub(crate) mod reveals;
pub(crate) mod rules;
pub(crate) mod searches;
pub(crate) mod second_person;
pub(crate) mod sessions;
pub(crate) mod statements;
pub(crate) mod stream;
pub(crate) mod team;
pub(crate) mod trust;
pub(crate) mod verifications;
pub(crate) mod views;

use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use domain::{FieldKind, InteractionId};

/// Where everything but the pages is.
pub(crate) fn routes() -> Router<Web> {
    let v1 = Router::new()
        .route("/v1/me", get(me::me))
        .route("/v1/me/sessions", get(sessions::own))
        .route("/v1/me/passkeys", get(passkeys::list).post(passkeys::offer))
        .route("/v1/me/passkeys/{id}", delete(passkeys::take_back))
        .route("/v1/enrolments", get(passkeys::enrolments))
        .route("/v1/enrolments/{id}", delete(passkeys::decline))
        .route("/v1/enrolments/{id}/agreements", post(passkeys::agree))
        .route("/v1/enrolments/{id}/approvals", post(passkeys::approve))
        .route("/v1/sessions", get(sessions::list))
        .route("/v1/keyholder", get(key_holder::show))
        .route("/v1/keyholder/mark", get(key_holder::mark))
        .route("/v1/sessions/{id}", delete(sessions::end))
        .route("/v1/interactions", get(interactions::list))
        .route("/v1/interactions/{id}", get(interactions::show))
        .route("/v1/interactions/{id}/searches", post(searches::search))
        .route("/v1/interactions/{id}/claims", post(claims::claim))
        .route("/v1/interactions/{id}/codes", post(codes::send))
        .route("/v1/customers/{id}", delete(customers::erase))
        .route("/v1/customers/{id}/views", post(views::view))
        .route("/v1/customers/{id}/verifications", post(verifications::verify))
        .route("/v1/customers/{id}/reveals", post(reveals::reveal))
        .route("/v1/customers/{id}/approvals", post(second_person::ask))
        .route("/v1/customers/{id}/cases", post(cases::follow_up))
        .route("/v1/cases", get(cases::list).post(cases::assign))
        .route("/v1/cases/{id}", delete(cases::close))
        .route("/v1/privacy/requests", get(privacy::list).post(privacy::file))
        .route("/v1/privacy/requests/{id}", get(privacy::show))
        .route("/v1/privacy/requests/{id}/steps", post(privacy::step))
        .route("/v1/customers/{id}/guard", put(guard::put).delete(guard::drop))
        .route("/v1/guards", get(guard::list))
        .route("/v1/glass", get(glass::list).post(glass::ask))
        .route("/v1/glass/{id}/answers", post(glass::answer))
        .route("/v1/glass/{id}/reveal", post(glass::reveal))
        .route("/v1/glass/{id}/review", post(glass::review))
        .route("/v1/customers/{id}/limit-ends", post(limits::end))
        .route("/v1/customers/{id}/hold", put(hold::put).delete(hold::drop))
        .route("/v1/approvals", get(second_person::list))
        .route("/v1/approvals/{id}/answers", post(second_person::answer))
        .route("/v1/customers/{id}/notes", post(notes::write))
        .route("/v1/customers/{id}/statements", post(statements::give))
        .route("/v1/people", get(people::list))
        .route("/v1/budgets", get(budgets::all))
        .route("/v1/team/budgets", get(team::budgets))
        .route("/v1/power/changes", get(power_proposals::list).post(power_changes::draft))
        .route("/v1/power/changes/{id}", delete(power_proposals::withdraw))
        .route("/v1/power/changes/{id}/trial", post(power_trial::run))
        .route("/v1/power/texts", get(power_proposals::texts))
        .route("/v1/power/changes/{id}/approval", post(power_changes::approve))
        .route("/v1/proposals", get(proposals::list))
        .route("/v1/proposals/{id}", delete(proposals::decline))
        .route("/v1/devices", get(devices::list))
        .route("/v1/devices/{id}/agreements", post(devices::agree))
        .route("/v1/reports", get(reports::list).post(reports::report))
        .route("/v1/reports/outside", get(reports::outside))
        .route("/v1/reports/mine", get(reports::mine))
        .route("/v1/reports/{id}/replies", post(reports::reply))
        .route("/v1/reports/{id}/steps", post(reports::step))
        .route("/v1/reports/{id}/files/{number}", get(reports::file))
        .route("/v1/rules", get(rules::list))
        .route("/v1/decisions", get(decisions::decide))
        .route("/v1/culture", get(culture::show))
        .route("/v1/people-drills", post(culture::plan))
        .route("/v1/people-drills/{id}", delete(culture::call_off))
        .route("/v1/desk/message", get(desk::message))
        .route("/v1/desk/message/answers", post(desk::answer_message))
        .route("/v1/lessons", post(desk::see_lesson))
        .route("/v1/drills", get(drills::list).post(drills::tell))
        .route("/v1/packs", post(packs::build))
        .route("/v1/packs/state", get(packs::state))
        .route("/v1/packs/proofs/{id}", get(packs::proof))
        .route("/v1/board", get(board::show))
        .route("/v1/board/reports/{number}", get(board::file))
        .route("/v1/board/key", put(board::set_key))
        .route("/v1/board/messages", get(board::messages).post(board::write))
        .route("/v1/board/answers", post(board::answer_board))
        .route("/v1/log/status", get(log_status::status))
        .route("/v1/receipts/{id}", get(receipts::receipt))
        .route("/v1/certificates/{id}", get(certificates::get))
        .route("/v1/disclosures", get(disclosures::list))
        .route("/v1/disclosures/export", get(disclosures::export))
        .route("/v1/blast-radius", get(blast_radius::measure))
        .route("/v1/disclosures/stream", get(stream::stream))
        .route("/v1/events", post(events::hear))
        .layer(from_fn(no_store));
    Router::new()
        .merge(v1)
        .route("/v1/trust", get(trust::show))
        .route("/log", get(log::logs))
        .route("/log/{tenant}/checkpoint", get(log::checkpoint))
        .route("/log/{tenant}/witnessed", get(log::witnessed))
        .route("/log/{tenant}/key", get(log::key))
        .route("/log/{tenant}/tile/{*path}", get(log::tile))
        .route("/log/{tenant}/closes", get(closes::list))
        .route("/log/{tenant}/closes/{number}", get(closes::show))
        .route("/log/{tenant}/closes/{number}/pages/{page}", get(closes::page))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(health::openapi))
}

/// No cache keeps an answer of the API, and no browser guesses its type.
async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// An address whose percent-encoded bytes are no text names nothing.
pub(crate) async fn readable(State(web): State<Web>, request: Request, next: Next) -> Response {
    if is_text(request.uri().path()) { next.run(request).await } else { web.fault(Fault::NOT_FOUND).into_response() }
}

fn is_text(path: &str) -> bool {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits
            .and_then(|digits| core::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    core::str::from_utf8(&decoded).is_ok()
}

/// An address that isn't there.
pub(crate) async fn nowhere(State(web): State<Web>) -> Response {
    web.fault(Fault::NOT_FOUND).into_response()
}

/// A method that isn't declared; the router adds `Allow`.
pub(crate) async fn no_method(State(web): State<Web>) -> Response {
    web.fault(Fault::METHOD).into_response()
}

/// An id in a path or body, or 404: what can't be an id names nothing.
pub(crate) fn id<T>(web: &Web, text: &str, parse: fn(&str) -> Option<T>) -> Result<T, Failed> {
    parse(text).ok_or_else(|| web.fault(Fault::NOT_FOUND))
}

/// A member of a body that must be an id, or 422.
pub(crate) fn member<T>(web: &Web, text: &str, parse: fn(&str) -> Option<T>, what: &'static str) -> Result<T, Failed> {
    parse(text).ok_or_else(|| web.fault(Fault::UNPROCESSABLE.detail(what)))
}

/// The interaction that a body names, or 422.
pub(crate) fn interaction(web: &Web, text: &str) -> Result<InteractionId, Failed> {
    member(web, text, InteractionId::parse, "interaction isn't an interaction's id")
}

/// One field within an interaction, as the body of a reveal or a check names them.
pub(crate) fn aim(web: &Web, interaction: &str, field: &str) -> Result<(InteractionId, FieldKind), Failed> {
    let interaction = self::interaction(web, interaction)?;
    Ok((interaction, member(web, field, FieldKind::from_slug, "field isn't a kind of field")?))
}

/// Bytes as hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sixteen bytes from 32 lower-case hex digits after a prefix.
pub(crate) fn unhex(text: &str, prefix: &str) -> Option<[u8; 16]> {
    let digits = text.strip_prefix(prefix).filter(|digits| digits.len() == 32)?;
    if !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut out = [0; 16];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(out)
}

/// The longest Idempotency-Key that is taken, in bytes.
const LONGEST_KEY: usize = 255;

/// The caller's key for this request, if it gave one.
pub(crate) fn idempotency_key(web: &Web, headers: &HeaderMap) -> Result<Option<String>, Failed> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let fits = |key: &&str| !key.is_empty() && key.len() <= LONGEST_KEY;
    let key = value.to_str().ok().filter(fits);
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| web.fault(Fault::INVALID.detail("Idempotency-Key is 1 to 255 visible characters")))
}
