//! Challenges: `nonce[16] ‖ expires i64 ‖ MAC[16]`. Whoever answers one gives it back; nothing is kept of it before.

use crate::error::VaultError;
use crate::wiring::Vault;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::time::fresh;
use domain::{Millis, Refusal, TenantId};
use keys::derive::{mac, short};
use store::{AdmissionKind, AdmissionRow, Condition, Effect};

/// How long a challenge counts, in milliseconds.
const LIFE_MS: i64 = 5 * 60_000;

/// A challenge that was answered, as far as one can tell before the commit.
pub(super) struct Answered {
    nonce: [u8; 16],
    expires: Millis,
}

impl Answered {
    /// Used once, on all nodes.
    pub(super) fn spend(&self) -> (Condition, Effect) {
        let key = super::key(AdmissionKind::Challenge, self.nonce);
        let row = AdmissionRow { key, body: Vec::new(), expires: self.expires, tag: [0; 16] };
        (Condition::Admission { key, tag: None, otherwise: Refusal::RequestReplayed }, Effect::PutAdmission(row))
    }
}

/// The challenge that a browser says it answers.
pub(super) fn said(client_data: &[u8]) -> Vec<u8> {
    let json: Option<serde_json::Value> = serde_json::from_slice(client_data).ok();
    let text = json.as_ref().and_then(|json| json["challenge"].as_str()).unwrap_or_default();
    URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
}

impl Vault {
    /// A challenge for a browser to answer with a passkey, new or old. Counts for five minutes.
    ///
    /// # Errors
    /// If there is no tenant.
    pub fn passkey_challenge(&self) -> Result<Vec<u8>, VaultError> {
        let (nonce, expires) = (fresh(&*self.entropy), self.clock.now().plus(LIFE_MS));
        let tag = self.challenge_tag(&nonce, expires)?;
        Ok([nonce.as_slice(), &expires.0.to_be_bytes(), &tag].concat())
    }

    /// Under the first tenant's key: whoever signs in hasn't said whose they are.
    fn challenge_tag(&self, nonce: &[u8; 16], expires: Millis) -> Result<[u8; 16], VaultError> {
        let first = self.tenants.first().map_or(TenantId(0), |tenant| tenant.id);
        let key = &self.keys(first)?.session;
        Ok(short(mac(key, &[b"rf1/challenge", nonce, &expires.0.to_be_bytes()])))
    }

    /// Was this challenge one of ours, and does it still count?
    pub(super) fn answered(&self, challenge: &[u8]) -> Result<Option<Answered>, VaultError> {
        let Some((nonce, rest)) = challenge.split_first_chunk::<16>() else { return Ok(None) };
        let Some((expires, tag)) = rest.split_first_chunk::<8>() else { return Ok(None) };
        let expires = Millis(i64::from_be_bytes(*expires));
        let ours = verify_slices_are_equal(tag, &self.challenge_tag(nonce, expires)?).is_ok();
        Ok((ours && self.clock.now() < expires).then_some(Answered { nonce: *nonce, expires }))
    }
}
