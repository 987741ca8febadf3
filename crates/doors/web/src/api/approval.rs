//! A security officer's approval of one change, made with a passkey.

use crate::problem::{Failed, Fault};
use crate::state::Web;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::ToSchema;
use vault::{Assertion, Warrant};

/// The most approvals of one change.
const MOST: usize = 8;

/// What a browser gives for the challenge of a draft (WebAuthn, `AuthenticatorAssertionResponse`), each in base64url.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// The passkey's id.
    credential: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

/// The right to a change: officers' approvals; without any, the setting up, which ends when officers have passkeys.
pub(super) fn warrant(web: &Web, approvals: Vec<Approval>) -> Result<Warrant, Failed> {
    if approvals.is_empty() {
        return Ok(Warrant::Setup);
    }
    if approvals.len() > MOST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("approvals are at most eight")));
    }
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let read = |one: &Approval| {
        Some(Assertion {
            credential: bytes(&one.credential)?,
            client_data: bytes(&one.client_data)?,
            authenticator_data: bytes(&one.authenticator_data)?,
            signature: bytes(&one.signature)?,
        })
    };
    let all = approvals.iter().map(read).collect::<Option<Vec<_>>>();
    let all =
        all.ok_or_else(|| web.fault(Fault::UNPROCESSABLE.detail("approvals are in base64url, without padding")))?;
    Ok(Warrant::Officers(all))
}
