//! `GET /v1/disclosures`, `GET /v1/disclosures/stream`: the log as security reads it.

use super::interactions::{bad_cursor, limit};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use core::convert::Infallible;
use domain::{EntryId, FieldKind, InteractionId, PersonId};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};
use vault::{AuditBody, Disclosure, Scope, Vault};

#[derive(Serialize, ToSchema)]
pub(crate) struct Disclosures {
    items: Vec<Line>,
    next: Option<String>,
}

/// One act.
#[derive(Serialize, ToSchema)]
pub(crate) struct Line {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    #[schema(example = "reveal")]
    kind: &'static str,
    /// allowed, refused, or damaged if the entry's row was edited.
    decision: &'static str,
    /// Why it was refused.
    reason: Option<&'static str>,
    person: Option<String>,
    person_name: Option<String>,
    field: Option<&'static str>,
    purpose: Option<&'static str>,
    /// A pseudonym of the customer.
    customer_alias: Option<String>,
    /// Known while it happens only.
    interaction: Option<String>,
}

type Names = HashMap<PersonId, String>;

fn line(entry: EntryId, body: Option<&AuditBody>, interaction: Option<InteractionId>, names: &Names) -> Line {
    let Some(body) = body else { return damaged(entry) };
    Line {
        id: entry.to_string(),
        at: body.at.to_string(),
        kind: body.kind.slug(),
        decision: if body.decision.is_ok() { "allowed" } else { "refused" },
        reason: body.decision.err().map(domain::Refusal::slug),
        person: body.person.map(|person| person.to_string()),
        person_name: body.person.and_then(|person| names.get(&person).cloned()),
        field: body.field.and_then(FieldKind::from_code).map(FieldKind::slug),
        purpose: body.purpose.map(domain::Purpose::slug),
        customer_alias: body.alias.map(|alias| format!("c-{alias:08x}")),
        interaction: interaction.map(|id| id.to_string()),
    }
}

/// The row was edited: the leaf in the tree proves that, and nothing of it is believed.
fn damaged(entry: EntryId) -> Line {
    Line {
        id: entry.to_string(),
        at: domain::Millis(0).to_string(),
        kind: "unreadable",
        decision: "damaged",
        reason: Some("tampered"),
        person: None,
        person_name: None,
        field: None,
        purpose: None,
        customer_alias: None,
        interaction: None,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// The `next` of the page before.
    #[param(pattern = "^[0-9]{1,18}$")]
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Disclosures and refusals, newest first. Reading is an entry too.
///
/// For security: the audit half of each entry, which names no customer.
#[utoipa::path(get, path = "/v1/disclosures", tag = "log", operation_id = "listDisclosures", params(Page),
    responses((status = 200, body = Disclosures), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failed> {
    let Query(page) = page.map_err(|_| web.fault(Fault::INVALID.detail("the query can't be read")))?;
    let before =
        page.cursor.as_deref().map(|cursor| cursor.parse().map_err(|_| web.fault(bad_cursor()))).transpose()?;
    let limit = limit(&web, page.limit)?;
    let (lines, next) = web.vault.read_log(&scope, before, limit).await.map_err(|error| web.failed(&error))?;
    let names = names(&web.vault, &scope).await;
    let items = lines.iter().map(|found| line(found.entry, found.body.as_ref(), None, &names)).collect();
    Ok(ok(&Disclosures { items, next: next.map(|place| place.to_string()) }))
}

async fn names(vault: &Vault, scope: &Scope) -> Names {
    vault.staff_names(scope).await.unwrap_or_default().into_iter().collect()
}

/// The same, live, as server-sent events.
///
/// Opening and closing the stream are entries.
#[utoipa::path(get, path = "/v1/disclosures/stream", tag = "log", operation_id = "streamDisclosures",
    responses((status = 200, description = "event: disclosure, data: one line", body = String, content_type = "text/event-stream"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn stream(State(web): State<Web>, Signed(scope): Signed) -> Result<Response, Failed> {
    let receiver = web.vault.watch(&scope).await.map_err(|error| web.failed(&error))?;
    let names = names(&web.vault, &scope).await;
    let watching = Watching { vault: Arc::clone(&web.vault), scope, receiver, names };
    let events = stream::unfold(watching, |mut watching| async {
        let event = watching.next().await?;
        Some((Ok::<_, Infallible>(event), watching))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// An open stream; closing it is an entry.
struct Watching {
    vault: Arc<Vault>,
    scope: Scope,
    receiver: Receiver<Arc<Disclosure>>,
    names: Names,
}

impl Watching {
    /// The next thing to tell; the end once people or rules have changed: whoever still may watch signs in again.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let told = self.receiver.recv().await;
            if !self.vault.still_holds(&self.scope).await {
                return None;
            }
            match told {
                Ok(told) if told.tenant == self.scope.tenant() => return Some(self.event(&told).await),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    return Some(Event::default().event("missed").data(missed.to_string()));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    async fn event(&mut self, told: &Disclosure) -> Event {
        if told.body.person.is_some_and(|person| !self.names.contains_key(&person)) {
            self.names = names(&self.vault, &self.scope).await;
        }
        let line = line(told.entry, Some(&told.body), told.interaction, &self.names);
        let data = serde_json::to_string(&line).unwrap_or_default();
        Event::default().event("disclosure").data(data)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let (vault, scope) = (Arc::clone(&self.vault), self.scope.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = vault.unwatch(&scope).await {
                    tracing::warn!(%error, "the end of a live stream couldn't be logged");
                }
            });
        }
    }
}
