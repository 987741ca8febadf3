//! What a provider says of itself (OpenID Connect Discovery 1.0; RFC 8414).

use super::OidcError;
use serde_json::Value;

/// A provider's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Its name.
    pub issuer: String,
    /// Where people sign in.
    pub authorization: String,
    /// Where codes become tokens.
    pub token: String,
    /// Where its keys are.
    pub keys: String,
    /// Does it name itself in its answers (RFC 9207)? Then one without the name doesn't count.
    pub names_itself: bool,
}

impl Metadata {
    /// Where an issuer describes itself.
    #[must_use]
    pub fn address(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Reads the description of this issuer; `safe` says whether an address carries nothing in the clear.
    ///
    /// # Errors
    /// `Metadata` if it is another's, an address isn't safe, or it lacks codes or S256.
    pub fn parse(issuer: &str, json: &[u8], safe: impl Fn(&str) -> bool) -> Result<Self, OidcError> {
        let body: Value = serde_json::from_slice(json).map_err(|_| OidcError::Metadata)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned).ok_or(OidcError::Metadata);
        let address =
            |name: &str| text(name).and_then(|url| if safe(&url) { Ok(url) } else { Err(OidcError::Metadata) });
        let offers = |name: &str, wanted: &str| {
            body.get(name).and_then(Value::as_array).is_none_or(|all| all.iter().any(|one| one == wanted))
        };
        let fits = text("issuer")? == issuer
            && safe(issuer)
            && offers("response_types_supported", "code")
            && offers("code_challenge_methods_supported", "S256");
        if !fits {
            return Err(OidcError::Metadata);
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization: address("authorization_endpoint")?,
            token: address("token_endpoint")?,
            keys: address("jwks_uri")?,
            names_itself: body.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn described(name: &str, value: Value) -> Result<Metadata, OidcError> {
        let mut all = json!({
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/jwks",
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
        });
        all[name] = value;
        Metadata::parse("https://id.example", all.to_string().as_bytes(), |url| url.starts_with("https://"))
    }

    #[test]
    fn only_the_issuers_own_description_counts() {
        assert!(described("more", json!(1)).is_ok_and(|one| !one.names_itself));
        assert!(
            described("authorization_response_iss_parameter_supported", json!(true)).is_ok_and(|one| one.names_itself)
        );
        for (name, value) in [
            ("issuer", json!("https://id.example/")),
            ("issuer", json!("https://evil.example")),
            ("token_endpoint", json!("http://id.example/token")),
            ("jwks_uri", json!("http://id.example/jwks")),
            ("authorization_endpoint", Value::Null),
            ("code_challenge_methods_supported", json!(["plain"])),
            ("response_types_supported", json!(["id_token"])),
        ] {
            assert_eq!(described(name, value), Err(OidcError::Metadata), "{name}");
        }
    }
}
