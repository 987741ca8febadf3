//! People. Adding and changing them is a proposal to security; that one left counts at once.

use super::reading::{Error, Resource};
use super::{Failed, Program, answer, base, failed, json, keeps};
use crate::state::Web;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::PersonId;
use identity::scim::{Kind, PatchRequest, Query as Wanted, ScimError, Shown, User, page, project};
use vault::Listed;

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// List people.
///
/// Each reading is a log entry.
#[utoipa::path(get, path = "/scim/v2/Users", tag = "people", operation_id = "scimListUsers",
    params(("filter" = Option<String>, Query, description = "RFC 7644, 3.4.2.2."), ("startIndex" = Option<i64>, Query), ("count" = Option<i64>, Query),
        ("attributes" = Option<String>, Query), ("excludedAttributes" = Option<String>, Query)),
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 400, body = Error, content_type = "application/scim+json"),
        (status = 401, body = Error, content_type = "application/scim+json"), (status = 403, body = Error, content_type = "application/scim+json"),
        (status = 409, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, Failed> {
    keeps(&web, &scope).await?;
    let wanted = wanted(pairs)?;
    let all = web.vault.directory(&scope).await.map_err(|error| failed(&web, &error))?;
    let base = base(&web, &headers);
    Ok(answer(StatusCode::OK, &page(all.iter().map(|one| one.shown.resource(&base)), &wanted)))
}

/// Search people, with the question in the body.
///
/// RFC 7644, 3.4.3. Each reading is a log entry.
#[utoipa::path(post, path = "/scim/v2/Users/.search", tag = "people", operation_id = "scimSearchUsers", request_body = Resource,
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 400, body = Error, content_type = "application/scim+json"),
        (status = 401, body = Error, content_type = "application/scim+json"), (status = 403, body = Error, content_type = "application/scim+json"),
        (status = 409, body = Error, content_type = "application/scim+json"), (status = 413, body = Error, content_type = "application/scim+json"),
        (status = 415, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn search(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Failed> {
    keeps(&web, &scope).await?;
    let wanted = Wanted::searched(&json(&web, request).await?)?;
    let all = web.vault.directory(&scope).await.map_err(|error| failed(&web, &error))?;
    let base = base(&web, &headers);
    Ok(answer(StatusCode::OK, &page(all.iter().map(|one| one.shown.resource(&base)), &wanted)))
}

/// Propose somebody new.
///
/// The answer shows them inactive: they can do nothing until security agrees.
#[utoipa::path(post, path = "/scim/v2/Users", tag = "people", operation_id = "scimCreateUser", request_body = Resource,
    responses((status = 201, body = Resource, content_type = "application/scim+json"), (status = 400, body = Error, content_type = "application/scim+json"),
        (status = 401, body = Error, content_type = "application/scim+json"), (status = 403, body = Error, content_type = "application/scim+json"),
        (status = 409, body = Error, content_type = "application/scim+json"), (status = 413, body = Error, content_type = "application/scim+json"),
        (status = 415, body = Error, content_type = "application/scim+json"), (status = 429, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn create(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    pairs: Pairs,
    request: Request,
) -> Result<Response, Failed> {
    keeps(&web, &scope).await?;
    let wanted = wanted(pairs)?;
    let user = User::posted(&json(&web, request).await?)?;
    let made = web.vault.propose_person(&scope, user).await.map_err(|error| failed(&web, &error))?;
    let base = base(&web, &headers);
    let mut response = shown(StatusCode::CREATED, &made.shown, &base, &wanted);
    if let Ok(location) = HeaderValue::from_str(&format!("{base}/Users/{}", made.shown.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Show somebody.
///
/// Each reading is a log entry.
#[utoipa::path(get, path = "/scim/v2/Users/{id}", tag = "people", operation_id = "scimGetUser",
    params(("id" = String, Path), ("attributes" = Option<String>, Query), ("excludedAttributes" = Option<String>, Query)),
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 304, description = "As the one that is known."),
        (status = 400, body = Error, content_type = "application/scim+json"), (status = 401, body = Error, content_type = "application/scim+json"),
        (status = 403, body = Error, content_type = "application/scim+json"), (status = 404, body = Error, content_type = "application/scim+json"),
        (status = 409, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn show(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    Path(id): Path<String>,
    pairs: Pairs,
) -> Result<Response, Failed> {
    keeps(&web, &scope).await?;
    let wanted = wanted(pairs)?;
    let one = web.vault.directory_entry(&scope, person(&id)?).await.map_err(|error| failed(&web, &error))?;
    if named(&headers, header::IF_NONE_MATCH).is_some_and(|tags| one.shown.is_version(tags)) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    Ok(shown(StatusCode::OK, &one.shown, &base(&web, &headers), &wanted))
}

/// Replace what is said of somebody.
///
/// A proposal, but for `active: false`.
#[utoipa::path(put, path = "/scim/v2/Users/{id}", tag = "people", operation_id = "scimReplaceUser", request_body = Resource, params(("id" = String, Path)),
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 400, body = Error, content_type = "application/scim+json"),
        (status = 401, body = Error, content_type = "application/scim+json"), (status = 403, body = Error, content_type = "application/scim+json"),
        (status = 404, body = Error, content_type = "application/scim+json"), (status = 409, body = Error, content_type = "application/scim+json"),
        (status = 412, body = Error, content_type = "application/scim+json"), (status = 413, body = Error, content_type = "application/scim+json"),
        (status = 415, body = Error, content_type = "application/scim+json"), (status = 429, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn replace(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    Path(id): Path<String>,
    pairs: Pairs,
    request: Request,
) -> Result<Response, Failed> {
    keeps(&web, &scope).await?;
    let (wanted, body) = (wanted(pairs)?, json(&web, request).await?);
    let seen = seen(&web, &scope, &headers, &id).await?;
    let user = seen.shown.user.replaced(&body)?;
    let now = web.vault.repropose_person(&scope, &seen, user).await.map_err(|error| failed(&web, &error))?;
    Ok(shown(StatusCode::OK, &now.shown, &base(&web, &headers), &wanted))
}

/// Change what is said of somebody.
///
/// A proposal, but for `active: false`: then they have left, at once.
#[utoipa::path(patch, path = "/scim/v2/Users/{id}", tag = "people", operation_id = "scimPatchUser", request_body = Resource, params(("id" = String, Path)),
    responses((status = 200, body = Resource, content_type = "application/scim+json"), (status = 400, body = Error, content_type = "application/scim+json"),
        (status = 401, body = Error, content_type = "application/scim+json"), (status = 403, body = Error, content_type = "application/scim+json"),
        (status = 404, body = Error, content_type = "application/scim+json"), (status = 409, body = Error, content_type = "application/scim+json"),
        (status = 412, body = Error, content_type = "application/scim+json"), (status = 413, body = Error, content_type = "application/scim+json"),
        (status = 415, body = Error, content_type = "application/scim+json"), (status = 429, body = Error, content_type = "application/scim+json"), (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn patch(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    Path(id): Path<String>,
    pairs: Pairs,
    request: Request,
) -> Result<Response, Failed> {
    keeps(&web, &scope).await?;
    let wanted = wanted(pairs)?;
    let operations = PatchRequest::read(&json(&web, request).await?)?;
    let seen = seen(&web, &scope, &headers, &id).await?;
    let user = operations.apply(&seen.shown.user)?;
    let now = web.vault.repropose_person(&scope, &seen, user).await.map_err(|error| failed(&web, &error))?;
    Ok(shown(StatusCode::OK, &now.shown, &base(&web, &headers), &wanted))
}

/// Somebody has left.
///
/// At once, everywhere: sessions, tokens and streams of theirs end within a second.
#[utoipa::path(delete, path = "/scim/v2/Users/{id}", tag = "people", operation_id = "scimDeleteUser", params(("id" = String, Path)),
    responses((status = 204, description = "They have left."), (status = 401, body = Error, content_type = "application/scim+json"),
        (status = 403, body = Error, content_type = "application/scim+json"), (status = 404, body = Error, content_type = "application/scim+json"),
        (status = 409, body = Error, content_type = "application/scim+json"), (status = 412, body = Error, content_type = "application/scim+json"),
        (status = 503, body = Error, content_type = "application/scim+json")))]
pub(crate) async fn delete(
    State(web): State<Web>,
    Program(scope): Program,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    keeps(&web, &scope).await?;
    let seen = seen(&web, &scope, &headers, &id).await?;
    web.vault.retire_person(&scope, &seen).await.map_err(|error| failed(&web, &error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Somebody who is to be changed, as whoever asks has seen them.
async fn seen(web: &Web, scope: &vault::Scope, headers: &HeaderMap, id: &str) -> Result<Listed, Failed> {
    let seen = web.vault.directory_entry(scope, person(id)?).await.map_err(|error| failed(web, &error))?;
    match named(headers, header::IF_MATCH) {
        Some(tags) if !seen.shown.is_version(tags) => {
            Err(ScimError::new(412, "they were changed meanwhile: read them again, then change what you see").into())
        }
        _ => Ok(seen),
    }
}

fn person(id: &str) -> Result<PersonId, Failed> {
    Ok(PersonId::parse(id).ok_or_else(|| ScimError::new(404, "nobody has this id"))?)
}

fn named(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn wanted(pairs: Pairs) -> Result<Wanted, Failed> {
    let Ok(Query(pairs)) = pairs else {
        return Err(ScimError::of(Kind::InvalidValue, "the address's parameters can't be read").into());
    };
    Ok(Wanted::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))?)
}

fn shown(status: StatusCode, one: &Shown, base: &str, wanted: &Wanted) -> Response {
    let mut response = answer(status, &project(one.resource(base), wanted));
    if let Ok(tag) = HeaderValue::from_str(&one.version()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
