//! Signing in with a passkey, and the ceremony in which one gets the first.

use super::sign_in::{Asked, device};
use super::templates::sign_in::Ceremony;
use crate::api::passkeys::Offered;
use crate::body::{Json, ok};
use crate::identify::same_origin;
use crate::passkey::{Answer, Asking, Made, Site, said};
use crate::problem::{Failed, Fault};
use crate::state::Web;
use crate::words::Base64Url;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use vault::VaultError;
use zeroize::Zeroizing;

/// Our own page asks, under a name.
fn asked_here(web: &Web, headers: &HeaderMap) -> Result<Site, Failed> {
    if !same_origin(web, headers) {
        return Err(web.fault(Fault::FORBIDDEN));
    }
    Site::of(web, headers).map_err(|fault| web.fault(fault))
}

/// A challenge for whichever passkey somebody has.
pub(super) async fn challenge(State(web): State<Web>, headers: HeaderMap) -> Result<Response, Failed> {
    let site = asked_here(&web, &headers)?;
    Ok(ok(&Asking::new(&web, &site).map_err(|fault| web.fault(fault))?))
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    credential: Base64Url,
    client_data: Base64Url,
    authenticator_data: Base64Url,
    signature: Base64Url,
    #[serde(default)]
    handle: Base64Url,
    #[serde(default)]
    device: String,
}

pub(super) async fn sign_in(
    State(web): State<Web>,
    headers: HeaderMap,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Response {
    let asked = Asked::of(&web, &headers);
    if !same_origin(&web, &headers) {
        return asked.refused(Fault::FORBIDDEN);
    }
    let site = match Site::of(&web, &headers) {
        Ok(site) => site,
        Err(fault) => return asked.refused(fault),
    };
    let Ok(Form(form)) = form else { return asked.refused(Fault::INVALID) };
    let SignInForm { credential, client_data, authenticator_data, signature, handle, device: shown } = form;
    let assertion = Answer { credential, client_data, authenticator_data, signature }.into();
    match web.vault.sign_in_with_passkey(&site.party(), &assertion, &handle.0, device(&shown)).await {
        Err(VaultError::Unauthenticated) => asked.refused(Fault::NO_SUCH_PASSKEY),
        session => asked.signed_in(session),
    }
}

/// The invitation's code stands behind the address's `#`: no server and no log gets to see it there.
pub(super) async fn ceremony(State(web): State<Web>) -> Response {
    super::page(StatusCode::OK, &Ceremony { banner: web.config.banner.clone() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    code: Zeroizing<String>,
}

/// Who is invited, and what their browser needs to make a passkey.
#[derive(Serialize)]
struct Invitation {
    name: String,
    role: &'static str,
    officer: bool,
    /// Does the passkey count at once?
    at_once: bool,
    /// What the authenticator keeps of the person.
    handle: String,
    #[serde(flatten)]
    asking: Asking,
}

pub(super) async fn invitation(
    State(web): State<Web>,
    headers: HeaderMap,
    body: Result<Json<Code>, Failed>,
) -> Result<Response, Failed> {
    let site = asked_here(&web, &headers)?;
    let Json(Code { code }) = body?;
    let invited = web.vault.invited(&code).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Invitation {
        name: invited.name,
        role: invited.role.label(),
        officer: invited.role == domain::Role::SecurityOfficer,
        at_once: invited.at_once,
        handle: said(&invited.person.0),
        asking: Asking::new(&web, &site).map_err(|fault| web.fault(fault))?,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    code: Zeroizing<String>,
    passkey: Made,
}

pub(super) async fn register(
    State(web): State<Web>,
    headers: HeaderMap,
    body: Result<Json<Register>, Failed>,
) -> Result<Response, Failed> {
    let site = asked_here(&web, &headers)?;
    let Json(Register { code, passkey }) = body?;
    let new = passkey.read().ok_or_else(|| web.fault(Fault::UNPROCESSABLE.detail("the passkey can't be read")))?;
    let enrolled = web.vault.enrol_invited(&code, &site.party(), &new).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Offered::from(enrolled)))
}
