//! `clientDataJSON`: what the browser says of the page that asked (5.8.1).

use super::Misfit;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The relying party: whose pages ask, under which name.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// The name that passkeys are made for: the origin's host, such as `desk.example`.
    pub rp_id: &'a str,
    /// The pages' origin, such as `https://desk.example`.
    pub origin: &'a str,
}

#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// Was this asked by one of our own pages, not framed by another's, with this challenge?
pub(super) fn check(bytes: &[u8], ceremony: &str, challenge: &[u8], party: &Party<'_>) -> Result<(), Misfit> {
    let client: ClientData = serde_json::from_slice(bytes).map_err(|_| Misfit::Unreadable)?;
    let require = |fits: bool, otherwise| fits.then_some(()).ok_or(otherwise);
    require(client.r#type == ceremony, Misfit::Ceremony)?;
    require(client.origin == party.origin && !client.cross_origin, Misfit::Origin)?;
    let said = URL_SAFE_NO_PAD.decode(&client.challenge).map_err(|_| Misfit::Unreadable)?;
    verify_slices_are_equal(&said, challenge).map_err(|_| Misfit::Challenge)
}
