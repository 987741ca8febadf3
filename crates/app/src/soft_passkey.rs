//! A passkey in software, for people who were invented: nobody's browser has it. What it signs, the key holder checks as everybody's.

use crate::failure::Failure;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Millis, PersonId};
use keys::power::{Algorithm, Assertion, Passkey};
use vault::{BoardKeySet, BoardPublic, Change, NewBoardKey, Scope, Vault};
use zeroize::Zeroizing;

/// Whose pages it is for.
const PARTY: &str = "localhost";
const ORIGIN: &str = "http://localhost";
/// The authenticator says: somebody was present, and verified.
const PRESENT_AND_VERIFIED: u8 = 0b101;

pub(crate) struct SoftPasskey(EcdsaKeyPair);

impl SoftPasskey {
    pub(crate) fn new() -> Result<Self, Failure> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map(Self).map_err(|_| failed())
    }

    /// The private key as text (PKCS #8, Base 64 url).
    pub(crate) fn print(&self) -> Result<Zeroizing<String>, Failure> {
        let bytes = self.0.to_pkcs8v1().map_err(|_| failed())?;
        Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
    }

    /// What [`SoftPasskey::print`] gave; `None` for anything else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &bytes).ok().map(Self)
    }

    /// A copy of it.
    pub(crate) fn again(&self) -> Result<Self, Failure> {
        Self::read(&self.print()?).ok_or_else(failed)
    }

    /// What a page sends to sign in with it, on a page of that origin. The browser's own key is the passkey's: nobody goes on with the
    /// session.
    pub(crate) fn sign_in_form(&self, origin: &str, challenge: &[u8]) -> Result<String, Failure> {
        let signed = self.sign_at(origin, challenge)?;
        let said = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok(format!(
            "credential={}&client_data={}&authenticator_data={}&signature={}&handle=&device={}",
            said(&signed.credential),
            said(&signed.client_data),
            said(&signed.authenticator_data),
            said(&signed.signature),
            said(self.0.public_key().as_ref())
        ))
    }

    fn credential(&self) -> Vec<u8> {
        digest(&SHA256, self.0.public_key().as_ref()).as_ref().to_vec()
    }

    /// Its public half.
    pub(crate) fn passkey(&self, person: PersonId, added: Millis) -> Passkey {
        Passkey {
            person,
            credential: self.credential(),
            algorithm: Algorithm::Es256,
            public_key: self.0.public_key().as_ref().to_vec(),
            rp_id: PARTY.to_owned(),
            state: Vec::new(),
            label: "The program's own, in software".to_owned(),
            added,
            leader: None,
        }
    }

    /// The change of power by which it counts, where nobody has one yet.
    pub(crate) fn enrolled(&self, person: PersonId, added: Millis) -> Change {
        let mut id = [0; 16];
        id.copy_from_slice(&keys::hash(&[&self.credential()])[..16]);
        Change::put(id, &self.passkey(person, added))
    }

    /// Registers a key of the board's own for somebody whose passkey this is, with an address for mail or none.
    pub(crate) async fn register_board_key(
        &self,
        vault: &Vault,
        scope: &Scope,
        (key, address): (BoardPublic, Option<&str>),
    ) -> Result<(), Failure> {
        let mut new = NewBoardKey { key, address: address.map(str::to_owned), assertion: None };
        if let BoardKeySet::Sign(challenge) = vault.set_board_key(scope, &new).await? {
            new.assertion = Some(self.sign(&challenge)?);
            vault.set_board_key(scope, &new).await?;
        }
        Ok(())
    }

    /// Signs a challenge, as a browser's authenticator does (WebAuthn, 6.3.3).
    pub(crate) fn sign(&self, challenge: &[u8]) -> Result<Assertion, Failure> {
        self.sign_at(ORIGIN, challenge)
    }

    /// The same on a page of that origin.
    pub(crate) fn sign_at(&self, origin: &str, challenge: &[u8]) -> Result<Assertion, Failure> {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let client_data = serde_json::json!({ "type": "webauthn.get", "challenge": challenge, "origin": origin });
        let client_data = client_data.to_string().into_bytes();
        let party = digest(&SHA256, PARTY.as_bytes());
        // It doesn't count its uses, as synced ones don't.
        let authenticator_data = [party.as_ref(), &[PRESENT_AND_VERIFIED], &[0; 4]].concat();
        let said = [authenticator_data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.0.sign(&SystemRandom::new(), &said).map_err(|_| failed())?.as_ref().to_vec();
        Ok(Assertion { credential: self.credential(), client_data, authenticator_data, signature })
    }
}

fn failed() -> Failure {
    Failure::there("passkeys in software can't be made", "try again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use keys::webauthn::approved;

    #[test]
    fn it_signs_what_a_key_holder_checks_also_after_it_was_kept() {
        let key = SoftPasskey::new().unwrap();
        let passkey = key.passkey(PersonId([1; 16]), Millis(0));
        let kept = SoftPasskey::read(&key.print().unwrap()).unwrap();
        for key in [key, kept] {
            let signed = key.sign(&[7; 32]).unwrap();
            assert_eq!(approved(&passkey, &signed, &[7; 32]), Ok(()));
            assert!(approved(&passkey, &signed, &[8; 32]).is_err());
        }
        assert!(SoftPasskey::read("AAAA").is_none());
    }
}
