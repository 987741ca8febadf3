//! A passkey's registration (7.1).

use super::authenticator::AuthenticatorData;
use super::client::check;
use super::{Misfit, Party};
use crate::power::Algorithm;
use minicbor::Decoder;

/// A new credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id, as the authenticator made it.
    pub credential: Vec<u8>,
    /// With what it signs.
    pub algorithm: Algorithm,
    /// Its public key: see [`Algorithm`].
    pub public_key: Vec<u8>,
    /// The authenticator's counter, zero where it keeps none.
    pub counter: u32,
}

/// Checks the answer to a request for a new passkey: `clientDataJSON` and the attestation object, byte by byte.
///
/// # Errors
/// What doesn't fit.
pub fn registered(
    client_data: &[u8],
    attestation: &[u8],
    challenge: &[u8],
    party: &Party<'_>,
) -> Result<Registered, Misfit> {
    check(client_data, "webauthn.create", challenge, |origin| origin == party.origin)?;
    let data = authenticator_data(attestation).map_err(|_| Misfit::Unreadable)?.ok_or(Misfit::Unreadable)?;
    let data = AuthenticatorData::read(data, party.rp_id)?;
    let (credential, algorithm, public_key) = data.credential()?;
    Ok(Registered { credential, algorithm, public_key, counter: data.counter })
}

/// `{"fmt": text, "attStmt": map, "authData": bytes}`; the statement is ignored.
fn authenticator_data(attestation: &[u8]) -> Result<Option<&[u8]>, minicbor::decode::Error> {
    let mut d = Decoder::new(attestation);
    let members = d.map()?.unwrap_or(0);
    let mut found = None;
    for _ in 0..members {
        match d.str()? {
            "authData" => found = Some(d.bytes()?),
            _ => d.skip()?,
        }
    }
    Ok(found)
}
