//! What the service can do (RFC 7644, 4). For those who keep the list.

use super::reading::{Error, Resource};
use super::{Failed, Program, answer, base, keeps};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use identity::scim::{self, ScimError, list};
use serde_json::Value;
use vault::Scope;

/// What the service can do.
///
/// RFC 7643, 5. For machine clients that keep the list of people.
#[utoipa::path(get, path = "/scim/v2/ServiceProviderConfig", tag = "people", operation_id = "scimServiceProviderConfig",
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 401, body = Error, content_type = "application/scim+json"),
        (status = 403, body = Error, content_type = "application/scim+json"), (status = 409, body = Error, content_type = "application/scim+json"),
        (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn service_provider(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let base = base(&web, &headers);
    keeps(&web, &scope).await?;
    Ok(answer(StatusCode::OK, &scim::service_provider(&base)))
}

/// Which resources there are.
///
/// RFC 7643, 6. For machine clients that keep the list of people.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes", tag = "people", operation_id = "scimResourceTypes",
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 401, body = Error, content_type = "application/scim+json"),
        (status = 403, body = Error, content_type = "application/scim+json"), (status = 409, body = Error, content_type = "application/scim+json"),
        (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn resource_types(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    all(&web, &scope, &headers, scim::resource_types).await
}

/// One kind of resource.
///
/// RFC 7643, 6. For machine clients that keep the list of people.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes/{id}", tag = "people", operation_id = "scimResourceType", params(("id" = String, Path)),
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 401, body = Error, content_type = "application/scim+json"),
        (status = 403, body = Error, content_type = "application/scim+json"), (status = 404, body = Error, content_type = "application/scim+json"),
        (status = 409, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn resource_type(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    one(&web, &scope, &headers, &id, scim::resource_type).await
}

/// Of which attributes resources consist.
///
/// RFC 7643, 7. For machine clients that keep the list of people.
#[utoipa::path(get, path = "/scim/v2/Schemas", tag = "people", operation_id = "scimSchemas",
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 401, body = Error, content_type = "application/scim+json"),
        (status = 403, body = Error, content_type = "application/scim+json"), (status = 409, body = Error, content_type = "application/scim+json"),
        (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn schemas(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    all(&web, &scope, &headers, scim::schemas).await
}

/// One schema.
///
/// RFC 7643, 7. For machine clients that keep the list of people.
#[utoipa::path(get, path = "/scim/v2/Schemas/{id}", tag = "people", operation_id = "scimSchema", params(("id" = String, Path)),
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 401, body = Error, content_type = "application/scim+json"),
        (status = 403, body = Error, content_type = "application/scim+json"), (status = 404, body = Error, content_type = "application/scim+json"),
        (status = 409, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn schema(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    one(&web, &scope, &headers, &id, scim::schema).await
}

async fn all(web: &Web, scope: &Scope, headers: &HeaderMap, of: fn(&str) -> Vec<Value>) -> Result<Response, Failed> {
    let resources = of(&base(web, headers));
    keeps(web, scope).await?;
    let total = resources.len();
    Ok(answer(StatusCode::OK, &list(resources, total, 1)))
}

async fn one(
    web: &Web,
    scope: &Scope,
    headers: &HeaderMap,
    id: &str,
    of: fn(&str, &str) -> Option<Value>,
) -> Result<Response, Failed> {
    let found = of(&base(web, headers), id);
    keeps(web, scope).await?;
    Ok(answer(StatusCode::OK, &found.ok_or_else(|| ScimError::new(404, "nothing has this id"))?))
}
