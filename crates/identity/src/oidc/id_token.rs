//! Whether an identity token says who signed in, to us, just now (OpenID Connect Core 1.0, 3.1.3.7).

use super::OidcError;
use super::flow::Client;
use crate::jose::{Claims, KeySet, Signs, for_audience, time};
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Millis;
use serde_json::Value;
use subtle::ConstantTimeEq;

/// How far clocks may be apart, in milliseconds.
const CLOCK_MS: i64 = 60_000;
/// The longest subject, in characters (OpenID Connect Core 1.0, 2).
const LONGEST: usize = 255;

/// Who somebody is to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Its own, never reused name for the person.
    pub subject: String,
}

pub(super) fn check(
    client: &Client,
    keys: &KeySet,
    nonce: &str,
    token: &str,
    access_token: Option<&str>,
    now: Millis,
) -> Result<Identity, OidcError> {
    let (claims, signs) = keys.verify(token)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject = text("sub").filter(|sub| !sub.is_empty() && sub.is_ascii() && sub.len() <= LONGEST);
    let said = text("nonce").unwrap_or_default();
    let fits = text("iss") == Some(client.issuer.as_str())
        && to(&claims, &client.client_id)
        && bool::from(said.as_bytes().ct_eq(nonce.as_bytes()))
        && current(&claims, now)
        && of_access_token(&claims, signs, access_token);
    match subject {
        Some(subject) if fits => Ok(Identity { issuer: client.issuer.clone(), subject: subject.to_owned() }),
        _ => Err(OidcError::Claims),
    }
}

/// For us, and for nobody else beside us unless we are the party it was given to.
fn to(claims: &Claims, client_id: &str) -> bool {
    let several = claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
    let party = claims.get("azp");
    for_audience(claims, client_id) && party.map_or(!several, |party| party == client_id)
}

fn current(claims: &Claims, now: Millis) -> bool {
    let (Some(expires), Some(issued)) = (time(claims, "exp"), time(claims, "iat")) else { return false };
    let begins = time(claims, "nbf").unwrap_or(issued).max(issued);
    expires > now.0 - CLOCK_MS && begins <= now.0 + CLOCK_MS
}

/// `at_hash`, where it is given, is that of the access token which came along.
fn of_access_token(claims: &Claims, signs: Signs, token: Option<&str>) -> bool {
    let Some(said) = claims.get("at_hash") else { return true };
    let (Some(said), Some(token)) = (said.as_str(), token) else { return false };
    let algorithm = if signs == Signs::EdDsa { &SHA512 } else { &SHA256 };
    let whole = digest(algorithm, token.as_bytes());
    let half = &whole.as_ref()[..whole.as_ref().len() / 2];
    said == URL_SAFE_NO_PAD.encode(half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::tests::Signer;
    use serde_json::json;

    const NOW: Millis = Millis(1_800_000_000_000);

    fn client() -> Client {
        let owned = str::to_owned;
        Client {
            issuer: owned("https://id.example"),
            client_id: owned("ringfence"),
            secret: None,
            redirect: owned("https://desk.example/back"),
        }
    }

    fn claims(name: &str, value: Value) -> Value {
        let mut all = json!({"iss": "https://id.example", "sub": "ada", "aud": "ringfence", "nonce": "n", "iat": 1_800_000_000, "exp": 1_800_000_300});
        all[name] = value;
        all
    }

    fn told(signer: &Signer, claims: &Value) -> Result<Identity, OidcError> {
        let keys = KeySet::parse(json!({"keys": [signer.2]}).to_string().as_bytes()).unwrap();
        check(&client(), &keys, "n", &signer.sign(claims), Some("access"), NOW)
    }

    #[test]
    fn an_identity_is_an_issuer_and_a_subject_whatever_else_is_claimed() {
        let ada = Identity { issuer: "https://id.example".to_owned(), subject: "ada".to_owned() };
        for signer in [Signer::es256(), Signer::ed25519()] {
            assert_eq!(told(&signer, &claims("role", json!("security_officer"))), Ok(ada.clone()));
            let hash = if signer.public().signs() == Signs::EdDsa {
                digest(&SHA512, b"access")
            } else {
                digest(&SHA256, b"access")
            };
            let half = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2]);
            assert_eq!(told(&signer, &claims("at_hash", json!(half))), Ok(ada.clone()));
        }
        let mut several = claims("aud", json!(["ringfence", "other"]));
        several["azp"] = json!("ringfence");
        assert_eq!(told(&Signer::es256(), &several), Ok(ada));
    }

    #[test]
    fn what_isnt_for_us_now_and_here_counts_for_nothing() {
        let signer = Signer::es256();
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("aud", json!("other")),
            ("aud", json!(["ringfence", "other"])),
            ("azp", json!("other")),
            ("nonce", json!("m")),
            ("nonce", Value::Null),
            ("exp", json!(1_799_999_940)),
            ("exp", Value::Null),
            ("iat", json!(1_800_000_061)),
            ("nbf", json!(1_800_000_061)),
            ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
            ("sub", json!("")),
            ("sub", json!("é")),
        ] {
            assert_eq!(told(&signer, &claims(name, value)), Err(OidcError::Claims), "{name}");
        }
        let keys = KeySet::parse(json!({"keys": [signer.2]}).to_string().as_bytes()).unwrap();
        let forged = Signer::es256().sign(&claims("sub", json!("ada")));
        assert_eq!(check(&client(), &keys, "n", &forged, None, NOW), Err(OidcError::Signature));
    }
}
