//! Lists by pages: where to go on, and how much at once.

use super::{hex, unhex};
use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use domain::{CustomerId, EntryId, InteractionId, Millis, PersonId, ReportId};
use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::IntoParams;

/// Where a list goes on, as printed in `next` and read from `cursor`.
pub(crate) trait Cursor: Sized {
    fn print(&self) -> String;
    fn read(text: &str) -> Option<Self>;
}

macro_rules! by_id {
    ($($id:ty),*) => {$(
        impl Cursor for $id {
            fn print(&self) -> String {
                self.to_string()
            }

            fn read(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }
    )*};
}

by_id!(CustomerId, EntryId, PersonId, ReportId);

/// `o` or `c` for open or closed, when it is due or was filed as 16 hex digits, then the request's.
impl Cursor for vault::RequestPlace {
    fn print(&self) -> String {
        format!("{}{:016x}{}", if self.0 { 'c' } else { 'o' }, self.1, hex(&self.2.0))
    }

    fn read(text: &str) -> Option<Self> {
        let (closed, rest) = match text.split_at_checked(1)? {
            ("o", rest) => (false, rest),
            ("c", rest) => (true, rest),
            _ => return None,
        };
        let (at, id) = rest.split_at_checked(16)?;
        let at = u64::from_str_radix(at, 16).ok()?.cast_signed();
        Some(Self(closed, at, vault::RequestId(unhex(id, "")?)))
    }
}

/// `active` as 16 hex digits, then the interaction's.
impl Cursor for (Millis, InteractionId) {
    fn print(&self) -> String {
        format!("{:016x}{}", self.0.0, hex(&self.1.0))
    }

    fn read(text: &str) -> Option<Self> {
        let (active, id) = text.split_at_checked(16)?;
        let active = u64::from_str_radix(active, 16).ok()?.cast_signed();
        Some((Millis(active), InteractionId(unhex(id, "")?)))
    }
}

/// What every list takes beside its cursor; for the description.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Limit {
    /// At most so many.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(rename = "limit")]
    _limit: Option<IgnoredAny>,
}

/// A list's page, as asked for: from the start unless said, 50 items unless said.
pub(crate) struct Paging<C> {
    pub(crate) after: Option<C>,
    pub(crate) limit: u32,
}

#[derive(Deserialize)]
struct Asked {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl<C: Cursor> FromRequestParts<Web> for Paging<C> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        let Query(asked) = Query::<Asked>::try_from_uri(&parts.uri).map_err(|_| web.fault(unreadable()))?;
        let bad_cursor = || web.fault(Fault::UNPROCESSABLE.detail("the cursor isn't one of ours"));
        let after = asked.cursor.map(|text| C::read(&text).ok_or_else(bad_cursor)).transpose()?;
        let limit = most(asked.limit).map_err(|fault| web.fault(*fault))?;
        Ok(Self { after, limit })
    }
}

fn most(asked: Option<u32>) -> Result<u32, Box<Fault>> {
    let limit = asked.unwrap_or(50);
    if (1..=200).contains(&limit) { Ok(limit) } else { Err(Fault::UNPROCESSABLE.detail("limit is 1 to 200").into()) }
}

/// The first of a list that doesn't go on: fifty unless said.
pub(crate) struct First(pub(crate) usize);

#[derive(Deserialize)]
struct AskedFirst {
    limit: Option<u32>,
}

impl First {
    /// As the address says it.
    pub(crate) fn read(uri: &Uri) -> Result<Self, Box<Fault>> {
        let Query(asked) = Query::<AskedFirst>::try_from_uri(uri).map_err(|_| unreadable())?;
        most(asked.limit).map(|limit| Self(limit as usize))
    }
}

impl FromRequestParts<Web> for First {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        Self::read(&parts.uri).map_err(|fault| web.fault(*fault))
    }
}

/// A query that can't be read at all.
pub(crate) fn unreadable() -> Fault {
    Fault::INVALID.detail("the query can't be read")
}
