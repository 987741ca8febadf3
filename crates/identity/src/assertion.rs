//! A client's assertion: a token that it signs with its private key to say who it is (RFC 7523, 3).

use crate::jose::{Claims, PublicKey, for_audience, time, unchecked};
use domain::Millis;
use serde_json::Value;

/// The value of `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far clocks may be apart, in milliseconds.
const CLOCK_MS: i64 = 60_000;
/// How long an assertion may last, in milliseconds.
const LONGEST_MS: i64 = 5 * 60_000;
/// The longest `jti` or client name, in bytes.
const LONGEST: usize = 128;

/// Why an assertion doesn't count. Repeats nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Not a signed token with the claims of one.
    #[error("the assertion isn't a signed JSON Web Token with iss, sub, aud, exp and jti")]
    Shape,
    /// Not of this client's key.
    #[error("the assertion isn't signed with the client's key")]
    Signature,
    /// For somebody else.
    #[error("the assertion is for another audience: aud is this token endpoint or its issuer")]
    Audience,
    /// Too old, too new, or for too long.
    #[error("the assertion's time is over, yet to come, or longer than five minutes")]
    Time,
}

/// An assertion that counts, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The client.
    pub client: String,
    /// Its name for this assertion: whoever takes it must take it once only.
    pub jti: String,
}

/// Which client an assertion claims to be of: to find its key, and for nothing else.
#[must_use]
pub fn claimed_client(token: &str) -> Option<String> {
    text(&unchecked(token)?, "sub")
}

/// Checks an assertion with the key of the client that it claims to be of.
///
/// # Errors
/// Why it doesn't count.
pub fn check(token: &str, key: &PublicKey, audiences: &[&str], now: Millis) -> Result<Assertion, AssertionError> {
    let claims = key.verify(token).map_err(|_| AssertionError::Signature)?;
    let client = text(&claims, "sub").ok_or(AssertionError::Shape)?;
    if text(&claims, "iss").as_ref() != Some(&client) {
        return Err(AssertionError::Shape);
    }
    let jti = text(&claims, "jti").ok_or(AssertionError::Shape)?;
    if !audiences.iter().any(|audience| for_audience(&claims, audience)) {
        return Err(AssertionError::Audience);
    }
    let expires = time(&claims, "exp").ok_or(AssertionError::Shape)?;
    let begins = [time(&claims, "iat"), time(&claims, "nbf")].into_iter().flatten().max();
    let over = expires <= now.0 - CLOCK_MS;
    let long = expires > now.0 + LONGEST_MS + CLOCK_MS;
    let early = begins.is_some_and(|begins| begins > now.0 + CLOCK_MS);
    if over || long || early {
        return Err(AssertionError::Time);
    }
    Ok(Assertion { client, jti })
}

fn text(claims: &Claims, name: &str) -> Option<String> {
    let text = claims.get(name).and_then(Value::as_str)?;
    (!text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::tests::Signer;
    use serde_json::json;

    const NOW: Millis = Millis(1_800_000_000_000);
    const OWN: [&str; 2] = ["https://desk.example/oauth2/token", "https://desk.example"];

    fn claims() -> Value {
        json!({"iss": "per_1", "sub": "per_1", "aud": OWN[0], "jti": "a", "iat": 1_800_000_000, "exp": 1_800_000_060})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut all = claims();
        all[name] = value;
        all
    }

    #[test]
    fn one_that_counts() {
        for signer in [Signer::es256(), Signer::ed25519()] {
            let token = signer.sign(&claims());
            assert_eq!(claimed_client(&token).as_deref(), Some("per_1"));
            let counted = check(&token, &signer.public(), &OWN, NOW).unwrap();
            assert_eq!(counted, Assertion { client: "per_1".to_owned(), jti: "a".to_owned() });
            let several = signer.sign(&with("aud", json!(["https://other.example", OWN[1]])));
            assert!(check(&several, &signer.public(), &OWN, NOW).is_ok());
        }
    }

    #[test]
    fn what_is_another_clients_for_another_or_of_another_time_doesnt() {
        let signer = Signer::es256();
        let wrong = |claims: &Value| check(&signer.sign(claims), &signer.public(), &OWN, NOW).unwrap_err();
        assert_eq!(wrong(&with("iss", json!("per_2"))), AssertionError::Shape);
        assert_eq!(wrong(&with("jti", json!(""))), AssertionError::Shape);
        assert_eq!(wrong(&with("jti", Value::Null)), AssertionError::Shape);
        assert_eq!(wrong(&with("aud", json!("https://other.example/oauth2/token"))), AssertionError::Audience);
        assert_eq!(wrong(&with("aud", json!("https://desk.example/"))), AssertionError::Audience);
        assert_eq!(wrong(&with("exp", Value::Null)), AssertionError::Shape);
        assert_eq!(wrong(&with("exp", json!(1_799_999_940))), AssertionError::Time);
        assert_eq!(wrong(&with("exp", json!(1_800_000_361))), AssertionError::Time);
        assert_eq!(wrong(&with("exp", json!(1e300))), AssertionError::Shape);
        assert_eq!(wrong(&with("iat", json!(1_800_000_061))), AssertionError::Time);
        assert_eq!(wrong(&with("nbf", json!(1_800_000_061))), AssertionError::Time);
        // Clocks may be a minute apart.
        for near in [with("exp", json!(1_799_999_941)), with("iat", json!(1_800_000_060))] {
            assert!(check(&signer.sign(&near), &signer.public(), &OWN, NOW).is_ok(), "{near}");
        }
        let theirs = Signer::es256();
        let forged = check(&theirs.sign(&claims()), &signer.public(), &OWN, NOW);
        assert_eq!(forged, Err(AssertionError::Signature));
    }
}
