//! JSON bodies, read strictly, and answers that are kept nowhere.

use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::error::Category;
use std::time::Duration;
use zeroize::Zeroizing;

/// The longest body that is read, in bytes.
const MOST: usize = 64 * 1024;
/// How long a client may take to send one: a connection that never goes on is held for nobody.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body of this shape: unknown members are refused.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Web> for Json<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Failed> {
        if !is_json(request.headers()) {
            return Err(web.fault(Fault::MEDIA_TYPE));
        }
        let bytes = read(request, web).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| web.fault(unreadable(&error)))
    }
}

/// Reads a body within the limit and in time; one that says it is larger is refused before it is sent.
pub(crate) async fn read(request: Request, web: &Web) -> Result<Bytes, Failed> {
    match read_up_to(request, MOST, PATIENCE).await {
        Ok(bytes) => Ok(bytes),
        Err(Unread::TooLarge) => Err(web.fault(Fault::TOO_LARGE)),
        Err(Unread::TooSlow) => Err(web.fault(Fault::INVALID.detail("the body didn't arrive in time"))),
    }
}

/// Why a body wasn't read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    TooSlow,
}

/// The same with other limits.
pub(crate) async fn read_up_to(request: Request, most: usize, patience: Duration) -> Result<Bytes, Unread> {
    if request.body().size_hint().lower() > most as u64 {
        return Err(Unread::TooLarge);
    }
    match tokio::time::timeout(patience, to_bytes(request.into_body(), most)).await {
        Ok(read) => read.map_err(|_| Unread::TooLarge),
        Err(_) => Err(Unread::TooSlow),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// serde's own words can repeat what was sent; only their kind is told on.
fn unreadable(error: &serde_json::Error) -> Fault {
    match error.classify() {
        Category::Data => Fault::UNPROCESSABLE.detail("a member is missing, unknown or of the wrong type"),
        _ => Fault::INVALID.detail("the body isn't JSON"),
    }
}

/// An answer as JSON that no cache keeps.
pub(crate) fn answer<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => sent(status, Body::from(bytes)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// 200 with JSON.
pub(crate) fn ok<T: Serialize>(value: &T) -> Response {
    answer(StatusCode::OK, value)
}

struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// 200 with JSON that holds a value: the one buffer goes to the socket as it is (the server writes vectored, without
/// copying) and wipes itself when it was sent.
pub(crate) fn disclosed(json: Zeroizing<Vec<u8>>) -> Response {
    sent(StatusCode::OK, Body::from(wiped(json)))
}

/// Bytes that wipe themselves when they were sent.
pub(crate) fn wiped(bytes: Zeroizing<Vec<u8>>) -> Bytes {
    Bytes::from_owner(Wiped(bytes))
}

fn sent(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The largest number that counts instances.
pub(crate) const LAST_INSTANCE: u32 = i32::MAX as u32;

/// A whole number from 1 on. JSON knows one kind of number: `2.0` is the integer 2 (JSON Schema, 6.1.1).
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    up_to(f64::from(LAST_INSTANCE), deserializer).map(|number| number as u32)
}

/// The greatest whole number that every JSON parser knows from its neighbours: 2^53 - 1 (RFC 8259, 6).
pub(crate) const LAST_WHOLE: u64 = (1 << 53) - 1;

/// A whole number from 1 on, however large JSON lets it be.
pub(crate) fn large<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    up_to(LAST_WHOLE as f64, deserializer).map(|number| number as u64)
}

fn up_to<'de, D: Deserializer<'de>>(most: f64, deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    let fits = number.fract() == 0.0 && (1.0..=most).contains(&number);
    fits.then_some(number).ok_or_else(|| D::Error::custom("not a whole number from 1 on"))
}

/// The same, where it may be left out or null.
pub(crate) fn maybe_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u32);
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|Whole(number)| number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Named {
        #[serde(deserialize_with = "whole")]
        instance: u32,
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let read = |text: &str| serde_json::from_str::<Named>(text).map(|named| named.instance).ok();
        assert_eq!(read(r#"{"instance": 3}"#), Some(3));
        assert_eq!(read(r#"{"instance": 5094.0}"#), Some(5094));
        for wrong in ["0", "-1", "1.5", "2147483648", "1e300", "null", "\"1\""] {
            assert_eq!(read(&format!(r#"{{"instance": {wrong}}}"#)), None, "{wrong}");
        }
    }
}
