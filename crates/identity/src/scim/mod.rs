//! SCIM 2.0: one resource type, `User`, as the company's identity provider keeps it (RFC 7643, RFC 7644).

mod error;
mod filter;
mod patch;
mod query;
mod schema;
mod user;

pub use error::{Kind, ScimError};
pub use filter::Filter;
pub use patch::PatchRequest;
pub use query::{Query, page, project};
pub use schema::{MOST_RESULTS, resource_type, resource_types, schema, schemas, service_provider};
pub use user::{Shown, Standing, User, list};

/// The core schema of people.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What Ringfence adds: the role and team that are proposed, and what became of it.
pub const STAFF: &str = "urn:ringfence:params:scim:schemas:extension:staff:2.0:User";
/// The media type (RFC 7644, 3.1).
pub const MEDIA_TYPE: &str = "application/scim+json";
