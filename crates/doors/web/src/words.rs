//! Words of the API that aren't plain text: read strictly, and described so.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use identity::jose::PublicKey;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Bytes in base64url, without padding and with no bit to spare (RFC 4648, 5 and 3.5).
#[derive(Clone, Default)]
pub(crate) struct Base64Url(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(|_| D::Error::custom("not base64url"))
    }
}

impl Serialize for Base64Url {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// The last letter of bytes that fill no whole group has bits that must be zero.
const BASE64URL: &str = "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$";

impl PartialSchema for Base64Url {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(BASE64URL)).into()
    }
}

impl ToSchema for Base64Url {}

/// The name of a role.
#[derive(Clone, Copy)]
pub(crate) struct RoleName(pub(crate) Role);

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Role::from_slug(&text).map(Self).ok_or_else(|| D::Error::custom("not a role"))
    }
}

impl PartialSchema for RoleName {
    fn schema() -> RefOr<Schema> {
        let names = Role::ALL.iter().map(|role| role.slug());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl ToSchema for RoleName {}

/// A public JSON Web Key (RFC 7517) of a kind that counts.
pub(crate) struct PublicJwk(pub(crate) PublicKey);

impl<'de> Deserialize<'de> for PublicJwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        PublicKey::parse(&value.to_string()).map(Self).map_err(D::Error::custom)
    }
}

/// 32 bytes in base64url.
const HALF_POINT: &str = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$";
/// 256 bytes or more.
const MODULUS: &str =
    "^([A-Za-z0-9_-]{4}){85,340}([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-]{4})$";
const EXPONENT: &str = "^(AQAB|Aw)$";

impl PartialSchema for PublicJwk {
    fn schema() -> RefOr<Schema> {
        let word = |word: &str| ObjectBuilder::new().schema_type(Type::String).enum_values(Some([word])).into();
        let bytes = |pattern| ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into();
        let shape = |kty, members: Vec<(&str, RefOr<Schema>)>| {
            let shape = ObjectBuilder::new().property("kty", word(kty)).required("kty");
            let shape =
                members.into_iter().fold(shape, |shape, (name, member)| shape.property(name, member).required(name));
            let id = ObjectBuilder::new().schema_type(Type::String);
            let shape = shape.property("use", word("sig")).property("kid", id);
            shape.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        };
        let half = || bytes(HALF_POINT);
        OneOfBuilder::new()
            .item(shape("EC", vec![("crv", word("P-256")), ("x", half()), ("y", half())]))
            .item(shape("OKP", vec![("crv", word("Ed25519")), ("x", half())]))
            .item(shape("RSA", vec![("n", bytes(MODULUS)), ("e", bytes(EXPONENT))]))
            .into()
    }
}

impl ToSchema for PublicJwk {}
