//! A passkey in software, with the browser around it: what the pages' script would send. Its fields may be bent for attacks.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Millis, PersonId};
use keys::Assertion;
use keys::power::{Algorithm, Passkey};

/// User present and user verified.
pub const PRESENT_AND_VERIFIED: u8 = 0b101;
/// The authenticator's data has a new credential in it.
const ATTESTED: u8 = 1 << 6;

enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// One passkey with its private half.
pub struct Authenticator {
    signer: Signer,
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The page's origin, as the browser says it.
    pub origin: String,
    /// Whose passkey: the relying party.
    pub rp_id: String,
    /// The type that the client says of an assertion.
    pub kind: &'static str,
    /// The counter that goes with the next answer.
    pub counter: u32,
    /// The authenticator's flags.
    pub flags: u8,
}

/// The answer to a request for a new passkey.
pub struct Attestation {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// The attestation object.
    pub object: Vec<u8>,
}

impl Authenticator {
    /// A new one for an origin such as `http://localhost:8480`.
    ///
    /// # Panics
    /// If there is no randomness.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "it stands for somebody else's device, which has chance of its own")]
    pub fn new(origin: &str) -> Self {
        let mut credential = vec![0; 32];
        fill(&mut credential).unwrap();
        Self::of(Algorithm::Es256, credential, origin)
    }

    /// The same of another algorithm.
    #[must_use]
    pub fn with(algorithm: Algorithm, origin: &str) -> Self {
        Self::of(algorithm, b"a credential of the test's own".to_vec(), origin)
    }

    /// One of that algorithm and name, for `localhost`.
    #[must_use]
    pub fn named(algorithm: Algorithm, name: &str) -> Self {
        Self::of(algorithm, name.as_bytes().to_vec(), "http://localhost:8480")
    }

    fn of(algorithm: Algorithm, credential: Vec<u8>, origin: &str) -> Self {
        let signer = match algorithm {
            Algorithm::Es256 => Signer::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()),
            Algorithm::EdDsa => Signer::EdDsa(Ed25519KeyPair::generate().unwrap()),
            Algorithm::Rs256 => Signer::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        };
        let host = origin.split("://").nth(1).unwrap_or_default();
        let rp_id = host.split(':').next().unwrap_or_default().to_owned();
        let (origin, kind) = (origin.to_owned(), "webauthn.get");
        Self { signer, credential, origin, rp_id, kind, counter: 0, flags: PRESENT_AND_VERIFIED }
    }

    /// Its public half, as a person's.
    #[must_use]
    pub fn passkey(&self, person: PersonId) -> Passkey {
        let algorithm = match &self.signer {
            Signer::Es256(_) => Algorithm::Es256,
            Signer::EdDsa(_) => Algorithm::EdDsa,
            Signer::Rs256(_) => Algorithm::Rs256,
        };
        Passkey {
            person,
            credential: self.credential.clone(),
            algorithm,
            public_key: self.public_key(),
            rp_id: self.rp_id.clone(),
            state: Vec::new(),
            label: "a key in software".to_owned(),
            added: Millis(0),
            leader: None,
        }
    }

    fn public_key(&self) -> Vec<u8> {
        match &self.signer {
            Signer::Es256(key) => key.public_key().as_ref().to_vec(),
            Signer::EdDsa(key) => key.public_key().as_ref().to_vec(),
            Signer::Rs256(key) => {
                let PublicKeyComponents { n, e } = components(key);
                [&u16::try_from(n.len()).unwrap().to_be_bytes()[..], &n, &e].concat()
            }
        }
    }

    fn client_data(&self, ceremony: &str, challenge: &[u8]) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let origin = &self.origin;
        format!(r#"{{"type":"{ceremony}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#)
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let party = digest(&SHA256, self.rp_id.as_bytes());
        [party.as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// The public key as COSE has it (RFC 9053).
    fn cose(&self) -> Vec<u8> {
        let mut cose = Vec::new();
        let mut e = minicbor::Encoder::new(&mut cose);
        let key = self.public_key();
        match &self.signer {
            Signer::Es256(_) => {
                e.map(5).unwrap().i8(1).unwrap().u8(2).unwrap().i8(3).unwrap().i8(-7).unwrap();
                e.i8(-1).unwrap().u8(1).unwrap().i8(-2).unwrap().bytes(&key[1..33]).unwrap();
                e.i8(-3).unwrap().bytes(&key[33..]).unwrap();
            }
            Signer::EdDsa(_) => {
                e.map(4).unwrap().i8(1).unwrap().u8(1).unwrap().i8(3).unwrap().i8(-8).unwrap();
                e.i8(-1).unwrap().u8(6).unwrap().i8(-2).unwrap().bytes(&key).unwrap();
            }
            Signer::Rs256(key) => {
                let PublicKeyComponents { n, e: exponent } = components(key);
                e.map(4).unwrap().i8(1).unwrap().u8(3).unwrap().i8(3).unwrap().i16(-257).unwrap();
                e.i8(-1).unwrap().bytes(&n).unwrap().i8(-2).unwrap().bytes(&exponent).unwrap();
            }
        }
        cose
    }

    /// `navigator.credentials.create`.
    ///
    /// # Panics
    /// Never: writing to a vector can't fail.
    #[must_use]
    pub fn create(&self, challenge: &[u8]) -> Attestation {
        let length = u16::try_from(self.credential.len()).unwrap().to_be_bytes();
        let flags = self.flags | ATTESTED;
        let data = [self.data(flags).as_slice(), &[0; 16], &length, &self.credential, &self.cose()].concat();
        let mut object = Vec::new();
        let mut e = minicbor::Encoder::new(&mut object);
        e.map(3).unwrap().str("fmt").unwrap().str("none").unwrap().str("attStmt").unwrap().map(0).unwrap();
        e.str("authData").unwrap().bytes(&data).unwrap();
        Attestation { client_data: self.client_data("webauthn.create", challenge), object }
    }

    /// `navigator.credentials.get`; the counter goes on.
    #[must_use]
    pub fn get(&mut self, challenge: &[u8]) -> Assertion {
        self.counter = self.counter.wrapping_add(1);
        self.assert(challenge)
    }

    /// The same by a passkey that doesn't count, as synced ones don't.
    ///
    /// # Panics
    /// If signing fails.
    #[must_use]
    pub fn assert(&self, challenge: &[u8]) -> Assertion {
        let client_data = self.client_data(self.kind, challenge);
        let authenticator_data = self.data(self.flags);
        let said = [authenticator_data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = match &self.signer {
            Signer::Es256(key) => key.sign(&SystemRandom::new(), &said).unwrap().as_ref().to_vec(),
            Signer::EdDsa(key) => key.sign(&said).as_ref().to_vec(),
            Signer::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &said, &mut signature).unwrap();
                signature
            }
        };
        Assertion { credential: self.credential.clone(), client_data, authenticator_data, signature }
    }
}

fn components(key: &RsaKeyPair) -> PublicKeyComponents<Vec<u8>> {
    let key = key.public_key();
    let bytes = |number: aws_lc_rs::io::Positive<'_>| number.big_endian_without_leading_zero().to_vec();
    PublicKeyComponents { n: bytes(key.modulus()), e: bytes(key.exponent()) }
}
