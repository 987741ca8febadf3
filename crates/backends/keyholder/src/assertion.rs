//! Verifies a WebAuthn assertion (Level 3, 7.2): an officer, present and verified by their authenticator, signed this
//! challenge for this relying party.
//!
//! Not checked: the signature counter, which synced passkeys don't keep, and whether the page was framed: a challenge fits
//! one change of one moment, so an assertion can't be used for another.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keys::hash;
use keys::power::{Algorithm, Assertion, Passkey};
use serde::Deserialize;

/// `authenticatorData`: `SHA-256(rp id)[32] ‖ flags ‖ counter u32 ‖ …`.
const SHORTEST: usize = 37;
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;

#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
}

/// Did the owner of this passkey sign this challenge?
pub(crate) fn approves(passkey: &Passkey, assertion: &Assertion, challenge: &[u8; 32]) -> bool {
    assertion.credential == passkey.credential
        && client_fits(passkey, &assertion.client_data, challenge)
        && authenticator_fits(passkey, &assertion.authenticator_data)
        && signed(passkey, assertion)
}

fn client_fits(passkey: &Passkey, bytes: &[u8], challenge: &[u8; 32]) -> bool {
    let Ok(client) = serde_json::from_slice::<ClientData>(bytes) else { return false };
    let said = URL_SAFE_NO_PAD.decode(&client.challenge).unwrap_or_default();
    client.r#type == "webauthn.get"
        && verify_slices_are_equal(&said, challenge).is_ok()
        && belongs(&client.origin, &passkey.rp_id)
}

/// Is this origin the relying party's: its domain or one below, over TLS or on this machine?
fn belongs(origin: &str, rp_id: &str) -> bool {
    let local = rp_id == "localhost";
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://").filter(|_| local));
    let Some(host) = host else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let below = name.strip_suffix(rp_id).is_some_and(|rest| rest.ends_with('.'));
    !rp_id.is_empty() && (name == rp_id || below)
}

fn authenticator_fits(passkey: &Passkey, data: &[u8]) -> bool {
    let Some((rp, rest)) = data.split_first_chunk::<32>() else { return false };
    let flags = rest.first().copied().unwrap_or(0);
    data.len() >= SHORTEST
        && *rp == hash(&[passkey.rp_id.as_bytes()])
        && flags & USER_PRESENT != 0
        && flags & USER_VERIFIED != 0
}

fn signed(passkey: &Passkey, assertion: &Assertion) -> bool {
    let said = [assertion.authenticator_data.as_slice(), &hash(&[&assertion.client_data])].concat();
    match passkey.algorithm {
        Algorithm::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &passkey.public_key)
            .verify(&said, &assertion.signature)
            .is_ok(),
        Algorithm::EdDsa => {
            UnparsedPublicKey::new(&ED25519, &passkey.public_key).verify(&said, &assertion.signature).is_ok()
        }
    }
}

#[cfg(test)]
mod tests;
