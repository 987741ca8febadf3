//! What a page's browser signed of a request: HTTP Message Signatures (RFC 9421), one fixed set of components.
//!
//! In scope: one signature, `rf`, with HMAC-SHA256 over method, path and query, and for whatever may change something also
//! over the body's digest (RFC 9530). Out of scope: any other choice of components; whose key it is.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use vault::SignedRequest;

/// The one name under which requests are signed.
const LABEL: &str = "rf=";
const SAFE: &str = r#"("@method" "@path" "@query")"#;
const UNSAFE: &str = r#"("@method" "@path" "@query" "content-digest")"#;

/// Does a request of this method change nothing?
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A signature, with what it was made over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    base: Vec<u8>,
    mac: Vec<u8>,
    created: i64,
    nonce: [u8; 16],
    unsafe_method: bool,
}

impl Signed {
    /// The request's signature; `None` if there is none, or not of the one form.
    pub(crate) fn read(parts: &Parts) -> Option<Self> {
        Self::of(&parts.method, &parts.uri, &parts.headers)
    }

    fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let input = only(headers, "signature-input")?.strip_prefix(LABEL)?;
        let mac = only(headers, "signature")?.strip_prefix(LABEL)?;
        let mac = STANDARD.decode(mac.strip_prefix(':')?.strip_suffix(':')?).ok()?;
        let unsafe_method = !is_safe(method);
        let parameters = input.strip_prefix(if unsafe_method { UNSAFE } else { SAFE })?;
        let (created, nonce) = read_parameters(parameters)?;
        let mut base = format!(
            "\"@method\": {method}\n\"@path\": {}\n\"@query\": ?{}\n",
            uri.path(),
            uri.query().unwrap_or_default()
        );
        if unsafe_method {
            base.push_str(&format!("\"content-digest\": {}\n", only(headers, "content-digest")?));
        }
        base.push_str(&format!("\"@signature-params\": {input}"));
        Some(Self { base: base.into_bytes(), mac, created, nonce, unsafe_method })
    }

    /// For the vault, which has the key.
    pub(crate) fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            base: &self.base,
            mac: &self.mac,
            created: self.created,
            nonce: self.nonce,
            unsafe_method: self.unsafe_method,
        }
    }
}

/// The one value of a header that must not be repeated.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let value = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(value)
}

/// `;created=1700000000;nonce="…22 of Base 64 url…";alg="hmac-sha256"`, each once, in any order.
fn read_parameters(text: &str) -> Option<(i64, [u8; 16])> {
    let (mut created, mut nonce, mut alg) = (None, None, None);
    for pair in text.strip_prefix(';')?.split(';') {
        let (name, value) = pair.split_once('=')?;
        let place = match name {
            "created" => &mut created,
            "nonce" => &mut nonce,
            "alg" => &mut alg,
            _ => return None,
        };
        place.is_none().then_some(())?;
        *place = Some(value);
    }
    (alg? == "\"hmac-sha256\"").then_some(())?;
    let nonce = nonce?.strip_prefix('"')?.strip_suffix('"')?;
    let digits = created?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    Some((digits.parse().ok()?, URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?))
}

/// The SHA-256 that `Content-Digest` names: `sha-256=:…:`, alone.
pub(crate) fn content_digest(headers: &HeaderMap) -> Option<[u8; 32]> {
    let value = only(headers, "content-digest")?.strip_prefix("sha-256=:")?.strip_suffix(':')?;
    STANDARD.decode(value).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const INPUT: &str =
        r#"rf=("@method" "@path" "@query");created=1700000000;nonce="AAAAAAAAAAAAAAAAAAAAAA";alg="hmac-sha256""#;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn read(method: Method, uri: &'static str, pairs: &[(&'static str, &str)]) -> Option<Signed> {
        Signed::of(&method, &Uri::from_static(uri), &headers(pairs))
    }

    #[test]
    fn a_signature_is_over_method_path_and_query() {
        let signed =
            read(Method::GET, "/v1/me?a=b%20c", &[("signature-input", INPUT), ("signature", "rf=:AQI=:")]).unwrap();
        let base = format!(
            "\"@method\": GET\n\"@path\": /v1/me\n\"@query\": ?a=b%20c\n\"@signature-params\": {}",
            &INPUT["rf=".len()..]
        );
        assert_eq!(String::from_utf8(signed.base).unwrap(), base);
        assert_eq!((signed.mac, signed.created, signed.nonce), (vec![1, 2], 1_700_000_000, [0; 16]));
    }

    #[test]
    fn what_may_change_something_is_signed_with_its_body() {
        let mac = ("signature", "rf=:AQI=:");
        assert_eq!(read(Method::POST, "/x", &[("signature-input", INPUT), mac]), None);
        let input = INPUT.replace("\"@query\")", "\"@query\" \"content-digest\")");
        assert_eq!(read(Method::POST, "/x", &[("signature-input", &input), mac]), None, "no digest");
        let digest = format!("sha-256=:{}:", STANDARD.encode([7; 32]));
        let all = [("signature-input", input.as_str()), mac, ("content-digest", &digest)];
        let base = String::from_utf8(read(Method::POST, "/x", &all).unwrap().base).unwrap();
        assert!(base.contains(&format!("\"@query\": ?\n\"content-digest\": {digest}\n")), "{base}");
        assert_eq!(content_digest(&headers(&all)), Some([7; 32]));
        assert_eq!(read(Method::GET, "/x", &all), None, "another set of components");
    }

    #[test]
    fn whatever_is_of_another_form_is_no_signature() {
        let mac = ("signature", "rf=:AQI=:");
        for (from, to) in [
            ("rf=", "sig=\""),
            ("\"@path\" ", ""),
            (";created=1700000000", ""),
            ("1700000000", "-1"),
            ("1700000000", "+1"),
            ("1700000000", "99999999999999999999"),
            ("AAAAAAAAAAAAAAAAAAAAAA", "AAAA"),
            ("hmac-sha256", "none"),
            (";alg=", ";expires=1;alg="),
            (";alg=", ";created=1;alg="),
        ] {
            let input = INPUT.replacen(from, to, 1);
            assert_eq!(read(Method::GET, "/x", &[("signature-input", &input), mac]), None, "{input}");
        }
        for wrong in ["rf=AQI=", "sig=:AQI=:", "rf=:A:", ""] {
            assert_eq!(read(Method::GET, "/x", &[("signature-input", INPUT), ("signature", wrong)]), None, "{wrong}");
        }
        let mut twice = headers(&[("signature-input", INPUT), mac]);
        twice.append("signature", HeaderValue::from_static("rf=:AQI=:"));
        assert_eq!(Signed::of(&Method::GET, &Uri::from_static("/x"), &twice), None);
    }
}
