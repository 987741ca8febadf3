//! A machine client in software: its key, the assertions that it signs, and the tokens that it gets.

use crate::centre::Centre;
use crate::http::{Answer, Client};
use crate::wait::seconds;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// A client of the centre whose key is enrolled.
pub(crate) struct Machine {
    pub(crate) id: String,
    /// The public half, as a JSON Web Key.
    pub(crate) public: Value,
    key: EncodingKey,
    turn: AtomicU64,
}

impl Machine {
    /// Adds one and enrols its key, as an operator does while the centre is set up.
    pub(crate) fn enrolled(centre: &Centre, name: &str) -> Self {
        let words = ["person", "add", "--name", name, "--role", "integrator", "--output", "json"];
        let added: Value = serde_json::from_str(&centre.good(&words)).unwrap();
        let id = added["person"].as_str().unwrap().to_owned();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": part(&point[1..33]), "y": part(&point[33..])});
        let file = centre.folder().join(format!("{name}.jwk"));
        fs::write(&file, jwk.to_string()).unwrap();
        centre.good(&["person", "key", &id, "--key-file", file.to_str().unwrap()]);
        Self { id, public: jwk, key: EncodingKey::from_ec_der(document.as_ref()), turn: AtomicU64::new(0) }
    }

    /// Claims that count, for a server at this address.
    pub(crate) fn claims(&self, address: &str) -> Value {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        let audience = format!("http://{address}/oauth2/token");
        json!({"iss": self.id, "sub": self.id, "aud": audience, "jti": format!("{turn}"), "iat": seconds(), "exp": seconds() + 60})
    }

    /// A signed assertion.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        encode(&Header::new(Algorithm::ES256), claims, &self.key).unwrap()
    }

    /// A client with a token of its own, fresh.
    pub(crate) fn client(&self, nobody: &Client, address: &str) -> Client {
        let granted = ask_for_token(nobody, &self.sign(&self.claims(address))).expect(200);
        nobody.bearer(granted.json()["access_token"].as_str().unwrap())
    }
}

/// Shows an assertion.
pub(crate) fn ask_for_token(nobody: &Client, assertion: &str) -> Answer {
    let form = format!(
        "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
    );
    let client = nobody.with("content-type", "application/x-www-form-urlencoded");
    client.ask("POST", "/oauth2/token", form.as_bytes()).unwrap()
}
