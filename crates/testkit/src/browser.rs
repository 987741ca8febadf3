//! A browser's side of a bound session, in software: its key, and the signatures that the pages' worker makes.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::{digest, hkdf, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::fmt::Write as _;
use vault::{DeviceKey, SignedRequest};

/// A browser before it has signed in.
pub struct Browser {
    secret: PrivateKey,
    point: [u8; 65],
}

/// A browser with a session's key.
#[derive(Clone)]
pub struct BoundBrowser {
    key: hmac::Key,
}

/// The headers that sign one request.
#[derive(Clone, Debug)]
pub struct Signature {
    /// `Signature-Input`.
    pub input: String,
    /// `Signature`.
    pub signature: String,
    /// `Content-Digest`, where the request may change something.
    pub digest: Option<String>,
    /// What was signed.
    pub base: String,
    /// The signature itself.
    pub mac: Vec<u8>,
    /// When, in seconds.
    pub created: i64,
    /// Its nonce.
    pub nonce: [u8; 16],
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// One with a new key.
    ///
    /// # Panics
    /// If no key can be made.
    #[must_use]
    pub fn new() -> Self {
        let secret = PrivateKey::generate(&ECDH_P256).unwrap();
        let point = secret.compute_public_key().unwrap().as_ref().try_into().unwrap();
        Self { secret, point }
    }

    /// What the vault is told of it.
    ///
    /// # Panics
    /// Never: its point is one of the curve's.
    #[must_use]
    pub fn device(&self) -> DeviceKey {
        DeviceKey::read(&self.point).unwrap()
    }

    /// The same as a page sends it.
    #[must_use]
    pub fn shown(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.point)
    }

    /// Agrees on a session's key with the other side's public key.
    ///
    /// # Panics
    /// If that is none.
    #[must_use]
    pub fn agree(&self, session: &[u8; 16], public: &[u8]) -> BoundBrowser {
        let key = agree(&self.secret, UnparsedPublicKey::new(&ECDH_P256, public), (), |shared| {
            let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, session).extract(shared);
            let info = [b"rf1/bound".as_slice(), &self.point, public];
            Ok(hmac::Key::from(prk.expand(&info, hmac::HMAC_SHA256).unwrap()))
        });
        BoundBrowser { key: key.unwrap() }
    }
}

impl BoundBrowser {
    /// Signs a request at a time, in seconds; `body` is none for what changes nothing. `path` may have a query.
    ///
    /// # Panics
    /// If there is no randomness.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a browser has chance of its own")]
    pub fn sign(&self, method: &str, path: &str, body: Option<&[u8]>, created: i64) -> Signature {
        let mut nonce = [0; 16];
        rand::fill(&mut nonce).unwrap();
        self.sign_with(method, path, body, created, nonce)
    }

    /// The same with a nonce of one's own.
    #[must_use]
    pub fn sign_with(&self, method: &str, path: &str, body: Option<&[u8]>, created: i64, nonce: [u8; 16]) -> Signature {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut base = format!("\"@method\": {method}\n\"@path\": {path}\n\"@query\": ?{query}\n");
        let digest = body.map(|body| format!("sha-256=:{}:", STANDARD.encode(digest::digest(&digest::SHA256, body))));
        let mut names = "\"@method\" \"@path\" \"@query\"".to_owned();
        if let Some(digest) = &digest {
            names.push_str(" \"content-digest\"");
            let _ = writeln!(base, "\"content-digest\": {digest}");
        }
        let nonce_text = URL_SAFE_NO_PAD.encode(nonce);
        let input = format!("({names});created={created};nonce=\"{nonce_text}\";alg=\"hmac-sha256\"");
        let _ = write!(base, "\"@signature-params\": {input}");
        let mac = hmac::sign(&self.key, base.as_bytes()).as_ref().to_vec();
        let signature = format!("rf=:{}:", STANDARD.encode(&mac));
        Signature { input: format!("rf={input}"), signature, digest, base, mac, created, nonce }
    }
}

impl Signature {
    /// As the vault is shown it.
    #[must_use]
    pub fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            base: self.base.as_bytes(),
            mac: &self.mac,
            created: self.created,
            nonce: self.nonce,
            unsafe_method: self.digest.is_some(),
        }
    }

    /// As headers.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let digest = self.digest.iter().map(|digest| ("content-digest", digest.clone()));
        digest.chain([("signature-input", self.input.clone()), ("signature", self.signature.clone())]).collect()
    }
}
