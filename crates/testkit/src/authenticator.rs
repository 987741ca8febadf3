//! A passkey in software, with the browser around it: what the pages' script would send.

use aws_lc_rs::digest;
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keys::Assertion;

/// One passkey. Its fields may be bent for attacks.
pub struct Authenticator {
    key: EcdsaKeyPair,
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The page's origin, as the browser says it.
    pub origin: String,
    /// Whose passkey.
    pub rp_id: String,
    /// The counter that goes with the next answer.
    pub counter: u32,
    /// User present and verified.
    pub flags: u8,
}

/// The answer to a request for a new passkey.
pub struct Attestation {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// The attestation object.
    pub object: Vec<u8>,
}

const PRESENT_AND_VERIFIED: u8 = 0b101;
const ATTESTED: u8 = 1 << 6;

impl Authenticator {
    /// A new one for an origin such as `http://localhost:8480`.
    ///
    /// # Panics
    /// If no key can be made.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let mut credential = vec![0; 32];
        fill(&mut credential).unwrap();
        let host = origin.split("://").nth(1).unwrap_or_default();
        let rp_id = host.split(':').next().unwrap_or_default().to_owned();
        Self { key, credential, origin: origin.to_owned(), rp_id, counter: 0, flags: PRESENT_AND_VERIFIED }
    }

    fn client_data(&self, ceremony: &str, challenge: &[u8]) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let origin = &self.origin;
        format!(r#"{{"type":"{ceremony}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#)
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let party = digest::digest(&digest::SHA256, self.rp_id.as_bytes());
        [party.as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// `navigator.credentials.create`.
    ///
    /// # Panics
    /// Never: writing to a vector can't fail.
    #[must_use]
    pub fn create(&self, challenge: &[u8]) -> Attestation {
        let point = self.key.public_key().as_ref();
        let mut cose = Vec::new();
        let mut e = minicbor::Encoder::new(&mut cose);
        e.map(5).unwrap().i8(1).unwrap().u8(2).unwrap().i8(3).unwrap().i8(-7).unwrap();
        e.i8(-1).unwrap().u8(1).unwrap().i8(-2).unwrap().bytes(&point[1..33]).unwrap();
        e.i8(-3).unwrap().bytes(&point[33..]).unwrap();
        let length = u16::try_from(self.credential.len()).unwrap().to_be_bytes();
        let data = [self.data(self.flags | ATTESTED).as_slice(), &[0; 16], &length, &self.credential, &cose].concat();
        let mut object = Vec::new();
        let mut e = minicbor::Encoder::new(&mut object);
        e.map(3).unwrap().str("fmt").unwrap().str("none").unwrap().str("attStmt").unwrap().map(0).unwrap();
        e.str("authData").unwrap().bytes(&data).unwrap();
        Attestation { client_data: self.client_data("webauthn.create", challenge), object }
    }

    /// `navigator.credentials.get`.
    ///
    /// # Panics
    /// If there is no randomness.
    #[must_use]
    pub fn get(&mut self, challenge: &[u8]) -> Assertion {
        self.counter = self.counter.wrapping_add(1);
        let client_data = self.client_data("webauthn.get", challenge);
        let authenticator_data = self.data(self.flags);
        let said = [authenticator_data.as_slice(), digest::digest(&digest::SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &said).unwrap().as_ref().to_vec();
        Assertion { credential: self.credential.clone(), client_data, authenticator_data, signature }
    }
}
