//! What a signed-in customer does, one form each.

use super::{Frame, Place, SESSION, changing, with_cookie};
use crate::api::certificates::ErasureCertificate;
use crate::api::statements::Statement;
use crate::pages::{error_page, page};
use crate::problem::Fault;
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::EntryId;
use serde::{Deserialize, Serialize};
use vault::{CertificateAnswer, CustomerScope, ReceiptAnswer};

pub(super) type At = Path<(String, String)>;

/// The signed-in customer behind a form, or the answer to whoever isn't one.
pub(super) async fn who(
    web: &Web,
    at: &(String, String),
    headers: &HeaderMap,
) -> Result<(Place, CustomerScope), Box<Response>> {
    let place = changing(web, (&at.0, &at.1), headers).await?;
    match place.customer(web, headers).await {
        Ok(scope) => Ok((place, scope)),
        Err(error) => Err(Box::new(place.failed(web, &error))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Doubted {
    entry: String,
}

pub(super) async fn doubt(
    State(web): State<Web>,
    Path(at): At,
    headers: HeaderMap,
    form: Result<Form<Doubted>, FormRejection>,
) -> Response {
    let (place, scope) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let Some(entry) = form.ok().and_then(|Form(form)| EntryId::parse(&form.entry)) else {
        return place.said(StatusCode::UNPROCESSABLE_ENTITY, place.say.nothing_done, place.say.unreadable);
    };
    match web.vault.own_doubt(&scope, entry).await {
        Ok(_) => place.said(StatusCode::OK, place.say.doubted, place.say.doubted_lead),
        Err(error) => place.failed(&web, &error),
    }
}

/// A statement's file, as `ringfence verify --customer` reads it.
#[derive(Serialize)]
struct StatementFile {
    format: &'static str,
    #[serde(flatten)]
    statement: Statement,
}

pub(super) async fn statement(State(web): State<Web>, Path(at): At, headers: HeaderMap) -> Response {
    let (place, scope) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let given_at = web.vault.now();
    match web.vault.own_statement(&scope).await {
        Ok(statement) => {
            let statement = Statement::of(&web, scope.tenant(), scope.customer(), given_at, statement);
            file("statement.json", &StatementFile { format: "ringfence customer statement v1", statement })
        }
        Err(error) => place.failed(&web, &error),
    }
}

/// A file of JSON, to be kept.
pub(super) fn file(name: &str, content: &impl Serialize) -> Response {
    let Ok(bytes) = serde_json::to_vec_pretty(content) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// The receipt of an entry: it tells nothing of anybody, and whoever knows the entry's id may have it.
pub(super) async fn receipt(
    State(web): State<Web>,
    Path((slug, tag, entry)): Path<(String, String, String)>,
) -> Response {
    let place = match Place::of(&web, &slug, &tag).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    let Some(entry) = EntryId::parse(&entry) else { return error_page(&web, Fault::NOT_FOUND) };
    match web.vault.receipt(place.tenant, entry).await {
        Ok(ReceiptAnswer::Ready(receipt)) => {
            let kept = format!("attachment; filename=\"{entry}.receipt\"");
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CONTENT_DISPOSITION, &kept)], receipt)
                .into_response()
        }
        Ok(ReceiptAnswer::Pending) => place.failed(&web, &vault::VaultError::Busy),
        Err(error) => error_page(&web, Fault::of(&web, &error)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sure {
    sure: String,
}

/// Said once, after an erasure.
#[derive(Debug, Clone, Template)]
#[template(path = "me-forgotten.html")]
struct Gone {
    frame: Frame,
    banner: Option<String>,
    backups: String,
    certificate: String,
}

pub(super) async fn forget(
    State(web): State<Web>,
    Path(at): At,
    headers: HeaderMap,
    form: Result<Form<Sure>, FormRejection>,
) -> Response {
    let (place, scope) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    if !form.is_ok_and(|Form(form)| form.sure == "yes") {
        return Redirect::to(&format!("{}#forget", place.frame.here)).into_response();
    }
    match web.vault.forget_me(&scope).await {
        Ok(gone) => {
            let proof: String = gone.proof.iter().map(|byte| format!("{byte:02x}")).collect();
            let certificate = format!("{}/certificate/{}/{proof}", place.frame.here, gone.erased.receipt);
            let backups = gone.erased.backups_unreadable_by.to_string().chars().take(10).collect();
            let said = page(StatusCode::OK, &Gone { frame: place.frame, banner: place.banner, backups, certificate });
            with_cookie(&web, said, SESSION, "", 0)
        }
        Err(error) => place.failed(&web, &error),
    }
}

pub(super) async fn certificate(
    State(web): State<Web>,
    Path((slug, tag, entry, proof)): Path<(String, String, String, String)>,
) -> Response {
    let place = match Place::of(&web, &slug, &tag).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    // Sixteen bytes in hex, as an entry's id has.
    let proof = EntryId::parse(&format!("ent_{proof}"));
    let Some((entry, EntryId(proof))) = EntryId::parse(&entry).zip(proof) else {
        return error_page(&web, Fault::NOT_FOUND);
    };
    match web.vault.forgotten_certificate(place.tenant, entry, &proof).await {
        Ok(CertificateAnswer::Ready(certificate)) => {
            file("certificate.json", &ErasureCertificate::of(&web, place.tenant, &certificate))
        }
        Ok(CertificateAnswer::Pending) => place.failed(&web, &vault::VaultError::Busy),
        Err(_) => error_page(&web, Fault::NOT_FOUND),
    }
}
