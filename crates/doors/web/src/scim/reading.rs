//! Shapes for the description: SCIM describes itself more exactly at `/Schemas`.

use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// A SCIM resource or list (RFC 7643; RFC 7644, 3.4.2).
#[derive(Serialize, ToSchema)]
#[schema(as = ScimResource)]
pub(crate) struct Resource {
    /// What shapes it has.
    schemas: Vec<String>,
    /// As these say.
    #[serde(flatten)]
    attributes: HashMap<String, serde_json::Value>,
}

/// A SCIM error (RFC 7644, 3.12).
#[derive(Serialize, ToSchema)]
#[schema(as = ScimError)]
pub(crate) struct Error {
    schemas: Vec<String>,
    /// The HTTP status, as text.
    status: String,
    /// What programs tell apart.
    #[serde(rename = "scimType", skip_serializing_if = "Option::is_none")]
    scim_type: Option<String>,
    /// What is the case and what to do.
    detail: String,
}
