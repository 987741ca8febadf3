//! A sign-in with a passkey (7.2).

use super::authenticator::AuthenticatorData;
use super::client::{belongs, check};
use super::{Misfit, Party};
use crate::power::{Algorithm, Assertion, Passkey};
use crate::view::hash;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// Checks that this passkey's owner signed this challenge on one of our pages; gives the authenticator's counter, zero
/// where it keeps none.
///
/// # Errors
/// What doesn't fit.
pub fn asserted(passkey: &Passkey, assertion: &Assertion, challenge: &[u8], party: &Party<'_>) -> Result<u32, Misfit> {
    if passkey.rp_id != party.rp_id {
        return Err(Misfit::RelyingParty);
    }
    verified(passkey, assertion, challenge, |origin| origin == party.origin)
}

/// The same for whoever doesn't know the pages' origin, as a key holder: on any page of the passkey's own relying party.
///
/// # Errors
/// What doesn't fit.
pub fn approved(passkey: &Passkey, assertion: &Assertion, challenge: &[u8]) -> Result<(), Misfit> {
    verified(passkey, assertion, challenge, |origin| belongs(origin, &passkey.rp_id)).map(drop)
}

fn verified(
    passkey: &Passkey,
    assertion: &Assertion,
    challenge: &[u8],
    fits: impl FnOnce(&str) -> bool,
) -> Result<u32, Misfit> {
    check(&assertion.client_data, "webauthn.get", challenge, fits)?;
    let data = AuthenticatorData::read(&assertion.authenticator_data, &passkey.rp_id)?;
    let said = [assertion.authenticator_data.as_slice(), &hash(&[&assertion.client_data])].concat();
    let verified = match passkey.algorithm {
        Algorithm::Es256 => {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &passkey.public_key).verify(&said, &assertion.signature)
        }
        Algorithm::EdDsa => UnparsedPublicKey::new(&ED25519, &passkey.public_key).verify(&said, &assertion.signature),
        Algorithm::Rs256 => rsa(&passkey.public_key).and_then(|(n, e)| {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, &said, &assertion.signature)
        }),
    };
    let own = assertion.credential == passkey.credential;
    verified.ok().filter(|()| own).map(|()| data.counter).ok_or(Misfit::Signature)
}

/// `length of n u16 ‖ n ‖ e`.
fn rsa(key: &[u8]) -> Result<(&[u8], &[u8]), Unspecified> {
    let (length, rest) = key.split_first_chunk().ok_or(Unspecified)?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(Unspecified)
}
