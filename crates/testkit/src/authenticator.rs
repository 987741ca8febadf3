//! An authenticator in software: passkeys, and assertions that are right or wrong in one way.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Millis, PersonId};
use keys::power::{Algorithm, Assertion, Passkey};

/// User present and user verified.
pub const PRESENT_AND_VERIFIED: u8 = 0b101;

enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// One passkey with its private half.
pub struct Authenticator {
    signer: Signer,
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The relying party.
    pub rp_id: String,
    /// The page's origin.
    pub origin: String,
    /// The type that the client says.
    pub kind: &'static str,
    /// The authenticator's flags.
    pub flags: u8,
}

impl Authenticator {
    /// A passkey for `localhost`.
    ///
    /// # Panics
    /// If no key can be made.
    #[must_use]
    pub fn new(algorithm: Algorithm, name: &str) -> Self {
        let signer = match algorithm {
            Algorithm::Es256 => Signer::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()),
            Algorithm::EdDsa => Signer::EdDsa(Ed25519KeyPair::generate().unwrap()),
        };
        Self {
            signer,
            credential: name.as_bytes().to_vec(),
            rp_id: "localhost".to_owned(),
            origin: "http://localhost:8480".to_owned(),
            kind: "webauthn.get",
            flags: PRESENT_AND_VERIFIED,
        }
    }

    /// Its public half, as a person's.
    #[must_use]
    pub fn passkey(&self, person: PersonId) -> Passkey {
        let (algorithm, public_key) = match &self.signer {
            Signer::Es256(key) => (Algorithm::Es256, key.public_key().as_ref().to_vec()),
            Signer::EdDsa(key) => (Algorithm::EdDsa, key.public_key().as_ref().to_vec()),
        };
        Passkey {
            person,
            credential: self.credential.clone(),
            algorithm,
            public_key,
            rp_id: "localhost".to_owned(),
            state: Vec::new(),
            label: "a key in software".to_owned(),
            added: Millis(0),
        }
    }

    /// Signs a challenge.
    ///
    /// # Panics
    /// If signing fails.
    #[must_use]
    pub fn assert(&self, challenge: &[u8; 32]) -> Assertion {
        let (kind, origin) = (self.kind, &self.origin);
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let client =
            format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#);
        let client_data = client.into_bytes();
        let mut authenticator_data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        authenticator_data.extend_from_slice(&[self.flags, 0, 0, 0, 0]);
        let said = [&*authenticator_data, digest(&SHA256, &client_data).as_ref()].concat();
        let signature = match &self.signer {
            Signer::Es256(key) => key.sign(&SystemRandom::new(), &said).unwrap().as_ref().to_vec(),
            Signer::EdDsa(key) => key.sign(&said).as_ref().to_vec(),
        };
        Assertion { credential: self.credential.clone(), client_data, authenticator_data, signature }
    }
}
