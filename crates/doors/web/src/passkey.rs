//! Passkeys as browsers say them: Base 64 url of the bytes.

use crate::identify::origin;
use crate::problem::Fault;
use crate::state::Web;
use crate::words::Base64Url;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{Assertion, NewPasskey, Party};

/// The longest name of a passkey, in characters.
const LONGEST: usize = 60;

/// Our name and origin, for passkeys.
pub(crate) struct Site {
    pub(crate) rp_id: String,
    origin: String,
}

impl Site {
    /// Passkeys are made for names only.
    #[expect(clippy::result_large_err, reason = "made once a sign-in, and turned into an answer at once")]
    pub(crate) fn of(web: &Web, headers: &HeaderMap) -> Result<Self, Fault> {
        let origin = origin(web, headers).ok_or(Fault::NAMELESS)?;
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let numbers = name.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok();
        let rp_id = name.to_owned();
        if rp_id.is_empty() || numbers { Err(Fault::NAMELESS) } else { Ok(Self { rp_id, origin }) }
    }

    pub(crate) fn party(&self) -> Party<'_> {
        Party { rp_id: &self.rp_id, origin: &self.origin }
    }
}

pub(crate) fn said(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An authenticator's answer, as a page sends it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// The credential's id.
    #[schema(inline)]
    pub(crate) credential: Base64Url,
    #[schema(inline)]
    pub(crate) client_data: Base64Url,
    #[schema(inline)]
    pub(crate) authenticator_data: Base64Url,
    #[schema(inline)]
    pub(crate) signature: Base64Url,
}

impl From<Answer> for Assertion {
    fn from(given: Answer) -> Self {
        Self {
            credential: given.credential.0,
            client_data: given.client_data.0,
            authenticator_data: given.authenticator_data.0,
            signature: given.signature.0,
        }
    }
}

/// A new passkey, as a page sends it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    #[schema(inline)]
    pub(crate) client_data: Base64Url,
    #[schema(inline)]
    pub(crate) attestation: Base64Url,
    /// What its owner calls it.
    #[schema(min_length = 1, max_length = 60)]
    pub(crate) label: String,
}

impl Made {
    pub(crate) fn read(self) -> Option<NewPasskey> {
        let label = self.label.trim();
        let fits = (1..=LONGEST).contains(&label.chars().count()) && !label.contains(char::is_control);
        let label = fits.then(|| label.to_owned())?;
        Some(NewPasskey { client_data: self.client_data.0, attestation: self.attestation.0, label })
    }
}

/// What a browser needs to make a passkey, or to answer with one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Asking {
    pub(crate) challenge: String,
    pub(crate) rp_id: String,
}

impl Asking {
    #[expect(clippy::result_large_err, reason = "made once a sign-in, and turned into an answer at once")]
    pub(crate) fn new(web: &Web, site: &Site) -> Result<Self, Fault> {
        let challenge = web.vault.passkey_challenge().map_err(|error| Fault::of(web, &error))?;
        Ok(Self { challenge: said(&challenge), rp_id: site.rp_id.clone() })
    }
}
