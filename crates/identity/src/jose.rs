//! Signed JSON Web Tokens (RFC 7515, 7519), as strictly as RFC 8725 wants them.
//!
//! INVARIANT: the key says which algorithm counts, not the token. So there is no `none`, no HMAC with a public key for
//! its secret, and no key from the token's own header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;
/// The smallest RSA modulus that counts, in bytes: 2048 bits.
const SMALLEST_RSA: usize = 256;
/// The most keys of one set.
const MOST_KEYS: usize = 64;

/// A token's claims.
pub type Claims = Map<String, Value>;

/// Why a token or key doesn't count. Repeats nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// Not a key of a kind that counts.
    #[error("a key is a public JSON Web Key: EC on P-256, OKP on Ed25519, or RSA of 2048 bits or more")]
    Key,
    /// Not a signed token.
    #[error("the token isn't a signed JSON Web Token")]
    Token,
    /// Another algorithm than the key's.
    #[error("the token isn't signed with the key's own algorithm")]
    Algorithm,
    /// No key fits the signature.
    #[error("the token's signature isn't of a key that is known")]
    Signature,
}

/// Which way a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Signs {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
            Self::Rs256 => Algorithm::RS256,
        }
    }
}

/// A public key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    jwk: Jwk,
    signs: Signs,
}

impl PublicKey {
    /// Reads a JSON Web Key (RFC 7517).
    ///
    /// # Errors
    /// `Key` for a private, symmetric, small or unknown one, and for one that isn't for signatures.
    pub fn parse(json: &str) -> Result<Self, JoseError> {
        Self::of(&serde_json::from_str(json).map_err(|_| JoseError::Key)?)
    }

    fn of(value: &Value) -> Result<Self, JoseError> {
        // A private key that was given by mistake isn't kept.
        if value.get("d").is_some() || value.get("k").is_some() {
            return Err(JoseError::Key);
        }
        let jwk: Jwk = serde_json::from_value(value.clone()).map_err(|_| JoseError::Key)?;
        if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
            return Err(JoseError::Key);
        }
        let length = |text: &str| URL_SAFE_NO_PAD.decode(text).map(|bytes| bytes.len()).map_err(|_| JoseError::Key);
        let signs = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key)
                if key.curve == EllipticCurve::P256 && length(&key.x)? == 32 && length(&key.y)? == 32 =>
            {
                Signs::Es256
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 && length(&key.x)? == 32 => {
                Signs::EdDsa
            }
            AlgorithmParameters::RSA(key) if length(&key.n)? >= SMALLEST_RSA => Signs::Rs256,
            _ => return Err(JoseError::Key),
        };
        Ok(Self { jwk, signs })
    }

    /// Which way it signs.
    #[must_use]
    pub fn signs(&self) -> Signs {
        self.signs
    }

    /// As text again, without what doesn't belong to it.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(&self.jwk).unwrap_or_default()
    }

    /// Its thumbprint (RFC 7638) with SHA-256, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.jwk.thumbprint(ThumbprintHash::SHA256).unwrap_or_default()
    }

    /// The claims of a token that it signed.
    ///
    /// # Errors
    /// If it didn't.
    pub fn verify(&self, token: &str) -> Result<Claims, JoseError> {
        let header = header(token)?;
        if header.alg != self.signs.algorithm() {
            return Err(JoseError::Algorithm);
        }
        let key = DecodingKey::from_jwk(&self.jwk).map_err(|_| JoseError::Key)?;
        // Times are checked by whoever asks, against the program's own clock.
        let mut only = Validation::new(self.signs.algorithm());
        only.required_spec_claims.clear();
        (only.validate_exp, only.validate_nbf, only.validate_aud) = (false, false, false);
        let read = jsonwebtoken::decode::<Claims>(token, &key, &only);
        read.map(|read| read.claims).map_err(|_| JoseError::Signature)
    }
}

/// A set of keys, such as a provider publishes.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of kinds that don't count are left out.
    ///
    /// # Errors
    /// `Key` if it isn't a set or none of its keys counts.
    pub fn parse(json: &[u8]) -> Result<Self, JoseError> {
        let value: Value = serde_json::from_slice(json).map_err(|_| JoseError::Key)?;
        let keys = value.get("keys").and_then(Value::as_array).ok_or(JoseError::Key)?;
        let keys: Vec<PublicKey> = keys.iter().take(MOST_KEYS).filter_map(|key| PublicKey::of(key).ok()).collect();
        if keys.is_empty() { Err(JoseError::Key) } else { Ok(Self(keys)) }
    }

    /// The claims of a token that one of the keys signed: the one that its header names, where it names one.
    ///
    /// # Errors
    /// If none did.
    pub fn verify(&self, token: &str) -> Result<(Claims, Signs), JoseError> {
        let header = header(token)?;
        let named = |key: &&PublicKey| match (&header.kid, &key.jwk.common.key_id) {
            (Some(wanted), Some(own)) => wanted == own,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let mut wrong = JoseError::Signature;
        for key in self.0.iter().filter(named) {
            match key.verify(token) {
                Ok(claims) => return Ok((claims, key.signs)),
                Err(error) => wrong = error,
            }
        }
        Err(wrong)
    }
}

/// What a token says of its signature. Nothing in it is believed.
fn header(token: &str) -> Result<jsonwebtoken::Header, JoseError> {
    if token.len() > LONGEST {
        return Err(JoseError::Token);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| JoseError::Token)?;
    // An extension that must be understood isn't (RFC 7515, 4.1.11).
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(JoseError::Token);
    }
    Ok(header)
}

/// What a token claims before anybody has checked it: enough to find the key that it should be signed with.
pub(crate) fn unchecked(token: &str) -> Option<Claims> {
    header(token).ok()?;
    let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Whether an `aud` claim, one value or several, names this audience.
pub(crate) fn for_audience(claims: &Claims, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(all)) => all.iter().any(|one| one == audience),
        _ => false,
    }
}

/// A time claim, in milliseconds.
pub(crate) fn time(claims: &Claims, name: &str) -> Option<i64> {
    let seconds = claims.get(name)?.as_f64()?;
    (seconds.is_finite() && seconds.abs() < 1e11).then_some((seconds * 1_000.0) as i64)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::json;

    /// A private key, and its public half as JSON.
    pub(crate) struct Signer(EncodingKey, Algorithm, pub(crate) Value);

    impl Signer {
        pub(crate) fn es256() -> Self {
            let document =
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
            let point = pair.public_key().as_ref().to_vec();
            let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let public = json!({"kty": "EC", "crv": "P-256", "x": part(&point[1..33]), "y": part(&point[33..])});
            Self(EncodingKey::from_ec_der(document.as_ref()), Algorithm::ES256, public)
        }

        pub(crate) fn ed25519() -> Self {
            let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
            let public = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key())});
            Self(EncodingKey::from_ed_der(document.as_ref()), Algorithm::EdDSA, public)
        }

        pub(crate) fn public(&self) -> PublicKey {
            PublicKey::of(&self.2).unwrap()
        }

        pub(crate) fn sign(&self, claims: &Value) -> String {
            jsonwebtoken::encode(&Header::new(self.1), claims, &self.0).unwrap()
        }

        fn sign_with(&self, header: &Header, claims: &Value) -> String {
            jsonwebtoken::encode(header, claims, &self.0).unwrap()
        }
    }

    fn raw(header: &Value, claims: &Value, signature: &[u8]) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn the_keys_own_algorithm_counts_and_no_other() {
        let claims = json!({"sub": "ada"});
        for signer in [Signer::es256(), Signer::ed25519()] {
            let key = signer.public();
            let token = signer.sign(&claims);
            assert_eq!(Value::Object(key.verify(&token).unwrap()), claims);
            for (alg, expected) in [
                ("none", JoseError::Token),
                ("None", JoseError::Token),
                ("HS256", JoseError::Algorithm),
                ("RS256", JoseError::Algorithm),
            ] {
                assert_eq!(key.verify(&raw(&json!({"alg": alg}), &claims, b"")), Err(expected), "{alg}");
            }
            // The public key as the secret of an HMAC, as text and as bytes.
            let bytes = URL_SAFE_NO_PAD.decode(signer.2["x"].as_str().unwrap()).unwrap();
            for secret in [signer.2.to_string().into_bytes(), bytes] {
                let header = Header::new(Algorithm::HS256);
                let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
                assert_eq!(key.verify(&forged), Err(JoseError::Algorithm));
            }
            let other = if signer.1 == Algorithm::ES256 { Signer::es256() } else { Signer::ed25519() };
            assert_eq!(key.verify(&other.sign(&claims)), Err(JoseError::Signature));
        }
    }

    #[test]
    fn a_key_in_the_token_and_unknown_extensions_count_for_nothing() {
        let (own, theirs) = (Signer::es256(), Signer::es256());
        let mut header = Header::new(Algorithm::ES256);
        header.jwk = Some(serde_json::from_value(theirs.2.clone()).unwrap());
        assert_eq!(own.public().verify(&theirs.sign_with(&header, &json!({}))), Err(JoseError::Signature));
        let mut header = Header::new(Algorithm::ES256);
        header.crit = Some(vec!["exp".to_owned()]);
        assert_eq!(own.public().verify(&own.sign_with(&header, &json!({}))), Err(JoseError::Token));
        let cut = own.sign(&json!({"sub": "ada"}));
        assert!(own.public().verify(cut.rsplit_once('.').unwrap().0).is_err());
        assert!(own.public().verify(&"a".repeat(20_000)).is_err());
    }

    #[test]
    fn keys_that_dont_count() {
        let (good, small) = (Signer::es256().2, URL_SAFE_NO_PAD.encode([0xff; 128]));
        assert!(PublicKey::of(&good).is_ok());
        let with = |name: &str, value: Value| {
            let mut key = good.clone();
            key[name] = value;
            key
        };
        for wrong in [
            with("d", json!("secret")),
            with("crv", json!("P-384")),
            with("x", json!("AA")),
            with("use", json!("enc")),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"kty": "RSA", "n": small, "e": "AQAB"}),
            json!({"kty": "EC"}),
            json!([]),
        ] {
            assert_eq!(PublicKey::of(&wrong).err(), Some(JoseError::Key), "{wrong}");
        }
        let rsa = json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xff; 256]), "e": "AQAB"});
        assert_eq!(PublicKey::of(&rsa).unwrap().signs(), Signs::Rs256);
    }

    #[test]
    fn a_set_is_asked_for_the_key_that_is_named() {
        let (one, other) = (Signer::es256(), Signer::es256());
        let named = |signer: &Signer, kid: &str| {
            let mut key = signer.2.clone();
            key["kid"] = json!(kid);
            key
        };
        let set = json!({"keys": [named(&one, "1"), named(&other, "2"), {"kty": "oct", "k": "AA"}]});
        let set = KeySet::parse(set.to_string().as_bytes()).unwrap();
        let token = |signer: &Signer, kid: Option<&str>| {
            let mut header = Header::new(Algorithm::ES256);
            header.kid = kid.map(str::to_owned);
            signer.sign_with(&header, &json!({"sub": "ada"}))
        };
        assert!(set.verify(&token(&one, Some("1"))).is_ok());
        assert!(set.verify(&token(&other, None)).is_ok());
        assert_eq!(set.verify(&token(&one, Some("2"))).err(), Some(JoseError::Signature));
        assert_eq!(set.verify(&token(&one, Some("3"))).err(), Some(JoseError::Signature));
        for wrong in [&b"{}"[..], b"[]", br#"{"keys": []}"#, br#"{"keys": [{"kty": "oct", "k": "AA"}]}"#] {
            assert!(KeySet::parse(wrong).is_err());
        }
    }
}
