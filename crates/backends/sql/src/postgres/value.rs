//! Parameters. Each says its own type, so that no statement must be prepared to learn it.

use super::columns::escaped;
use bytes::BytesMut;
use std::borrow::Cow;
use std::error::Error;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

/// One parameter; the plural ones are arrays, for `unnest`.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Int(i64),
    Bool(bool),
    Blob(Cow<'a, [u8]>),
    MaybeBlob(Option<&'a [u8]>),
    Text(Cow<'a, str>),
    Ints(Vec<i64>),
    MaybeInts(Vec<Option<i64>>),
    Blobs(Vec<&'a [u8]>),
    OwnBlobs(Vec<Vec<u8>>),
    MaybeBlobs(Vec<Option<&'a [u8]>>),
    MaybeOwnBlobs(Vec<Option<Vec<u8>>>),
    Texts(Vec<Cow<'a, str>>),
}

/// Numbers of the contract are at most `i64::MAX`; a larger one would be a mistake that no query can find.
pub(super) fn int(number: impl TryInto<i64>) -> Value<'static> {
    Value::Int(number.try_into().unwrap_or(i64::MAX))
}

pub(super) fn blob(bytes: &[u8]) -> Value<'_> {
    Value::Blob(Cow::Borrowed(bytes))
}

/// Bytes that the statement keeps.
pub(super) fn own(bytes: impl Into<Vec<u8>>) -> Value<'static> {
    Value::Blob(Cow::Owned(bytes.into()))
}

pub(super) fn text(text: &str) -> Value<'_> {
    Value::Text(escaped(text))
}

pub(super) fn ints<N: TryInto<i64>>(numbers: impl IntoIterator<Item = N>) -> Value<'static> {
    Value::Ints(numbers.into_iter().map(|number| number.try_into().unwrap_or(i64::MAX)).collect())
}

pub(super) fn blobs<'a>(all: impl IntoIterator<Item = &'a [u8]>) -> Value<'a> {
    Value::Blobs(all.into_iter().collect())
}

pub(super) fn texts<'a>(all: impl IntoIterator<Item = &'a str>) -> Value<'a> {
    Value::Texts(all.into_iter().map(escaped).collect())
}

impl Value<'_> {
    pub(super) fn kind(&self) -> Type {
        match self {
            Self::Int(_) => Type::INT8,
            Self::Bool(_) => Type::BOOL,
            Self::Blob(_) | Self::MaybeBlob(_) => Type::BYTEA,
            Self::Text(_) => Type::TEXT,
            Self::Ints(_) | Self::MaybeInts(_) => Type::INT8_ARRAY,
            Self::Blobs(_) | Self::OwnBlobs(_) | Self::MaybeBlobs(_) | Self::MaybeOwnBlobs(_) => Type::BYTEA_ARRAY,
            Self::Texts(_) => Type::TEXT_ARRAY,
        }
    }

    fn inner(&self) -> &dyn ToSql {
        match self {
            Self::Int(value) => value,
            Self::Bool(value) => value,
            Self::Blob(value) => value,
            Self::MaybeBlob(value) => value,
            Self::Text(value) => value,
            Self::Ints(value) => value,
            Self::MaybeInts(value) => value,
            Self::Blobs(value) => value,
            Self::OwnBlobs(value) => value,
            Self::MaybeBlobs(value) => value,
            Self::MaybeOwnBlobs(value) => value,
            Self::Texts(value) => value,
        }
    }
}

type Written = Result<IsNull, Box<dyn Error + Sync + Send>>;

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Written {
        self.inner().to_sql_checked(kind, out)
    }

    fn accepts(_: &Type) -> bool {
        // Each says its own type, and the one inside checks it once more.
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Written {
        self.inner().to_sql_checked(kind, out)
    }

    fn encode_format(&self, kind: &Type) -> Format {
        self.inner().encode_format(kind)
    }
}
