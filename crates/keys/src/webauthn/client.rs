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

/// Was this asked by a page whose origin fits, not framed by another's, with this challenge?
pub(super) fn check(
    bytes: &[u8],
    ceremony: &str,
    challenge: &[u8],
    fits: impl FnOnce(&str) -> bool,
) -> Result<(), Misfit> {
    let client: ClientData = serde_json::from_slice(bytes).map_err(|_| Misfit::Unreadable)?;
    let require = |fits: bool, otherwise| fits.then_some(()).ok_or(otherwise);
    require(client.r#type == ceremony, Misfit::Ceremony)?;
    require(fits(&client.origin) && !client.cross_origin, Misfit::Origin)?;
    let said = URL_SAFE_NO_PAD.decode(&client.challenge).map_err(|_| Misfit::Unreadable)?;
    verify_slices_are_equal(&said, challenge).map_err(|_| Misfit::Challenge)
}

/// Is this origin the relying party's: its domain or one below, over TLS or on this machine?
pub(super) fn belongs(origin: &str, rp_id: &str) -> bool {
    let local = rp_id == "localhost";
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://").filter(|_| local));
    let Some(host) = host else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let below = name.strip_suffix(rp_id).is_some_and(|rest| rest.ends_with('.'));
    !rp_id.is_empty() && (name == rp_id || below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_domain_and_below_belong_to_it() {
        let yes = ["https://example.org", "https://example.org:8443", "https://desk.example.org"];
        let no = ["http://example.org", "https://example.org.evil.net", "https://evilexample.org", "https://", ""];
        assert!(yes.iter().all(|origin| belongs(origin, "example.org")));
        assert!(no.iter().all(|origin| !belongs(origin, "example.org") && !belongs(origin, "")));
        assert!(belongs("http://localhost:8480", "localhost") && !belongs("http://127.0.0.1", "localhost"));
    }
}
