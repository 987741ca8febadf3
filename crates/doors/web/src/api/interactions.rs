//! `GET /v1/interactions`, `GET /v1/interactions/{id}`: calls, chats and tickets, which nobody opens here; and cases.

use super::id;
use super::paging::{Cursor, Limit, Paging, unreadable};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::{CaseReason, InteractionId, Millis, Purpose};
use serde::{Deserialize, Serialize};
use store::InteractionRow;
use utoipa::{IntoParams, ToSchema};

/// An interaction.
#[derive(Serialize, ToSchema)]
pub(crate) struct Interaction {
    #[schema(example = "int_0192f7a0c0de7c0c8a3b000000000001")]
    id: String,
    /// The telephony or ticket system's own name for it; of a case why it was opened.
    reference: String,
    /// call, chat or ticket; case: the customer isn't on the line.
    #[schema(example = "call", pattern = "^(call|chat|ticket|case)$")]
    channel: &'static str,
    /// announced, connected, held or ended.
    state: &'static str,
    person: Option<String>,
    /// How surely it belongs to its customer: none, claimed, matched or proven.
    binding: &'static str,
    customer: Option<String>,
    #[schema(format = DateTime)]
    started_at: String,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Of a case, why it was opened, for people.
    case_label: Option<&'static str>,
    /// What a value may be needed for.
    purposes: Vec<PurposeChoice>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PurposeChoice {
    id: &'static str,
    label: &'static str,
}

impl From<InteractionRow> for Interaction {
    fn from(row: InteractionRow) -> Self {
        Self {
            case_label: row.casework().map(CaseReason::label),
            id: row.id.to_string(),
            reference: row.reference,
            channel: row.channel.slug(),
            state: row.phase.slug(),
            person: row.person.map(|person| person.to_string()),
            binding: row.binding.slug(),
            customer: row.customer.map(|customer| customer.to_string()),
            started_at: row.started.to_string(),
            ended_at: row.ended.map(|at| at.to_string()),
            purposes: Purpose::ALL
                .iter()
                .map(|purpose| PurposeChoice { id: purpose.slug(), label: purpose.label() })
                .collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Interactions {
    items: Vec<Interaction>,
    /// Where to go on, as `cursor`; null at the end.
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// `live` for those going on; all otherwise.
    #[param(pattern = "^(live|all)$")]
    state: Option<String>,
}

/// Interactions: one's own, or all for security.
///
/// Newest first. Interactions are opened and closed by signed events only; there is no way to open one here. One's open cases are among them.
#[utoipa::path(get, path = "/v1/interactions", tag = "interactions", operation_id = "listInteractions",
    params(Filter, ("cursor" = Option<String>, Query, pattern = "^[0-9a-f]{48}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Interactions), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<(Millis, InteractionId)>, Failed>,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failed> {
    let Query(filter) = filter.map_err(|_| web.fault(unreadable()))?;
    let live = match filter.state.as_deref() {
        None | Some("all") => false,
        Some("live") => true,
        Some(_) => return Err(web.fault(Fault::UNPROCESSABLE.detail("state is live or all"))),
    };
    let Paging { after, limit } = paging?;
    let page = web.vault.interactions(&scope, live, after, limit).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Interactions {
        items: page.items.into_iter().map(Interaction::from).collect(),
        next: page.next.map(|next| next.print()),
    }))
}

/// One interaction.
///
/// One's own; any for security. Others look as if they weren't there.
#[utoipa::path(get, path = "/v1/interactions/{id}", tag = "interactions", operation_id = "getInteraction",
    params(("id" = String, Path, pattern = "^int_[0-9a-f]{32}$", description = "The interaction's id.")),
    responses((status = 200, body = Interaction), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let id = id(&web, &text, InteractionId::parse)?;
    let row = web.vault.interaction(&scope, id).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&Interaction::from(row)))
}
