//! One sign-in, from the question to the tokens.

use super::discovery::Metadata;
use super::id_token::{self, Identity};
use super::{Fetch, OidcError};
use crate::jose::KeySet;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Millis;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What stands unescaped in a form (RFC 3986, 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Ringfence as a client of one provider.
#[derive(Clone)]
pub struct Client {
    /// The provider's name, exactly as in its tokens.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; without one PKCE alone binds the code to us.
    pub secret: Option<Zeroizing<String>>,
    /// Our page that the provider leads back to: the only one.
    pub redirect: String,
}

/// What binds an answer to the browser that asked. Kept in that browser's cookie until the answer.
#[derive(Clone)]
pub struct Attempt {
    /// In the answer's address.
    pub state: String,
    /// In the identity token.
    pub nonce: String,
    /// What the code is worth something with (RFC 7636).
    pub verifier: Zeroizing<String>,
}

/// The parameters with which a provider leads back.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// The code.
    pub code: Option<String>,
    /// Ours, given back.
    pub state: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// What a code became.
pub struct Tokens {
    id_token: Zeroizing<String>,
    access_token: Option<Zeroizing<String>>,
}

impl Attempt {
    /// From 96 random bytes.
    #[must_use]
    pub fn new(chance: &[u8; 96]) -> Self {
        let part = |range: core::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&chance[range]);
        Self { state: part(0..32), nonce: part(32..64), verifier: Zeroizing::new(part(64..96)) }
    }

    /// As a cookie's value.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}.{}", self.state, self.nonce, *self.verifier))
    }

    /// From a cookie's value.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next().filter(|part| part.len() == 43).map(str::to_owned);
        let (state, nonce, verifier) = (next()?, next()?, next()?);
        parts.next().is_none().then(|| Self { state, nonce, verifier: Zeroizing::new(verifier) })
    }

    /// Is this an answer to this attempt?
    ///
    /// # Errors
    /// `State` if it isn't.
    pub fn answered_by(&self, callback: &Callback) -> Result<(), OidcError> {
        let state = callback.state.as_deref().unwrap_or_default();
        bool::from(state.as_bytes().ct_eq(self.state.as_bytes())).then_some(()).ok_or(OidcError::State)
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()))
    }
}

impl Client {
    /// Where the browser is led to. Only who somebody is is asked for: the scope `openid`.
    #[must_use]
    pub fn question(&self, provider: &Metadata, attempt: &Attempt) -> String {
        let join = if provider.authorization.contains('?') { '&' } else { '?' };
        let form = form(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect),
            ("scope", "openid"),
            ("state", &attempt.state),
            ("nonce", &attempt.nonce),
            ("code_challenge", &attempt.challenge()),
            ("code_challenge_method", "S256"),
        ]);
        format!("{}{join}{form}", provider.authorization)
    }

    /// The code of an answer to this attempt.
    ///
    /// # Errors
    /// `State` for an answer to another question, `MixedUp` for another provider's, `Refused` for none.
    pub fn accept(&self, provider: &Metadata, attempt: &Attempt, callback: &Callback) -> Result<String, OidcError> {
        attempt.answered_by(callback)?;
        match &callback.iss {
            Some(iss) if *iss != self.issuer => return Err(OidcError::MixedUp),
            None if provider.names_itself => return Err(OidcError::MixedUp),
            _ => {}
        }
        match (&callback.error, &callback.code) {
            (None, Some(code)) if !code.is_empty() => Ok(code.clone()),
            _ => Err(OidcError::Refused),
        }
    }

    /// Exchanges a code.
    ///
    /// # Errors
    /// `Refused` if the provider doesn't take it, `Unreachable` if it doesn't answer as one.
    pub fn exchange(
        &self,
        fetch: &dyn Fetch,
        provider: &Metadata,
        attempt: &Attempt,
        code: &str,
    ) -> Result<Tokens, OidcError> {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", attempt.verifier.as_str()),
        ];
        if self.secret.is_none() {
            pairs.push(("client_id", &self.client_id));
        }
        let basic = self.basic();
        let body = Zeroizing::new(fetch.post(
            &provider.token,
            &Zeroizing::new(form(&pairs)),
            basic.as_ref().map(|basic| basic.as_str()),
        )?);
        let body: Value = serde_json::from_slice(&body).map_err(|_| OidcError::Unreachable)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(|text| Zeroizing::new(text.to_owned()));
        Ok(Tokens { id_token: text("id_token").ok_or(OidcError::Unreachable)?, access_token: text("access_token") })
    }

    /// `base64(name:secret)`, each escaped as in a form (RFC 6749, 2.3.1).
    fn basic(&self) -> Option<Zeroizing<String>> {
        let escaped = |text: &str| Zeroizing::new(utf8_percent_encode(text, ESCAPED).to_string());
        let secret = escaped(self.secret.as_ref()?);
        let both = Zeroizing::new(format!("{}:{}", *escaped(&self.client_id), *secret));
        Some(Zeroizing::new(STANDARD.encode(both.as_bytes())))
    }

    /// Who the tokens say it is.
    ///
    /// # Errors
    /// `Signature` or `Claims`.
    pub fn identity(
        &self,
        keys: &KeySet,
        attempt: &Attempt,
        tokens: &Tokens,
        now: Millis,
    ) -> Result<Identity, OidcError> {
        let access = tokens.access_token.as_ref().map(|token| token.as_str());
        id_token::check(self, keys, &attempt.nonce, &tokens.id_token, access, now)
    }
}

/// `name=value&…`, escaped.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, ESCAPED));
    pairs.iter().map(one).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client {
            issuer: "https://id.example".to_owned(),
            client_id: "ringfence".to_owned(),
            secret: None,
            redirect: "https://desk.example/sign-in/oidc/back".to_owned(),
        }
    }

    fn provider(names_itself: bool) -> Metadata {
        let at = |path: &str| format!("https://id.example/{path}");
        Metadata {
            issuer: client().issuer,
            authorization: at("auth"),
            token: at("token"),
            keys: at("jwks"),
            names_itself,
        }
    }

    fn attempt(of: u8) -> Attempt {
        let mut chance = [of; 96];
        chance[64..].fill(!of);
        Attempt::new(&chance)
    }

    fn answer(state: &str, iss: Option<&str>) -> Callback {
        let owned = |text: &str| Some(text.to_owned());
        Callback { code: owned("code"), state: owned(state), iss: iss.and_then(owned), error: None }
    }

    #[test]
    fn the_question_binds_the_answer() {
        let url = client().question(&provider(true), &attempt(1));
        assert!(url.starts_with("https://id.example/auth?response_type=code&client_id=ringfence&"), "{url}");
        assert!(url.contains("redirect_uri=https%3A%2F%2Fdesk.example%2Fsign-in%2Foidc%2Fback&scope=openid&"), "{url}");
        assert!(url.ends_with("code_challenge_method=S256") && !url.contains(attempt(1).verifier.as_str()));
        // RFC 7636, appendix B.
        let known = Attempt {
            verifier: Zeroizing::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned()),
            ..attempt(1)
        };
        assert_eq!(known.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn only_the_answer_to_this_browsers_question_counts() {
        let (client, own) = (client(), attempt(1));
        let told = |names, callback: &Callback| client.accept(&provider(names), &own, callback);
        let iss = Some("https://id.example");
        assert_eq!(told(true, &answer(&own.state, iss)).as_deref(), Ok("code"));
        assert_eq!(told(false, &answer(&own.state, None)).as_deref(), Ok("code"));
        assert_eq!(told(true, &answer(&own.state, None)), Err(OidcError::MixedUp));
        assert_eq!(told(false, &answer(&own.state, Some("https://evil.example"))), Err(OidcError::MixedUp));
        assert_eq!(told(true, &answer(&attempt(2).state, iss)), Err(OidcError::State));
        assert_eq!(told(true, &Callback { state: None, ..answer("", iss) }), Err(OidcError::State));
        let denied = Callback { error: Some("access_denied".to_owned()), ..answer(&own.state, iss) };
        assert_eq!(told(true, &denied), Err(OidcError::Refused));
    }

    #[test]
    fn a_cookie_that_isnt_ours_is_no_attempt() {
        let own = attempt(7);
        assert!(Attempt::decode(&own.encode()).is_some_and(|read| read.state == own.state && read.nonce == own.nonce));
        for wrong in ["", "a.b.c", &format!("{}.x", *own.encode()), &own.encode()[1..]] {
            assert!(Attempt::decode(wrong).is_none());
        }
    }
}
