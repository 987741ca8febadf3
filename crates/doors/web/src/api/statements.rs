//! `POST /v1/customers/{id}/statements`: a customer's own key of the log, and the entries about them.

use super::{hex, id};
use crate::body::answer;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{CustomerId, FieldKind, Hold, Millis, TenantId};
use serde::Serialize;
use utoipa::ToSchema;
use vault::StatementLine;

#[derive(Serialize, ToSchema)]
pub(crate) struct Statement {
    /// The name under which the log signs.
    origin: String,
    customer: String,
    /// V_c, in hex: finds the customer's entries, and opens no value.
    key: String,
    #[schema(format = DateTime)]
    given_at: String,
    /// The statement's own entry.
    receipt: String,
    /// Why nothing of the customer's is destroyed although they ask for it or its time is over: litigation, authority,
    /// fraud_evidence; none where nothing is held.
    held_for: Option<&'static str>,
    /// First to last; the last is the statement's own.
    entries: Vec<StatementEntry>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StatementEntry {
    /// Which of the customer's, from 1.
    n: u64,
    entry: String,
    /// Its place in the log; none for a moment.
    place: Option<u64>,
    /// The customer's half, to be checked against the leaf; none where the row was edited.
    half: Option<EntryHalf>,
    /// What the audit half says: the centre's word, which the customer can't open.
    said: Option<EntrySaid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct EntryHalf {
    interaction: Option<String>,
    instance: u32,
    version: u64,
    /// The entry before it about the same customer; none of the first, and of those from before that was written.
    previous: Option<String>,
    /// Blinds the half, in hex.
    rc: String,
    /// H(ra ‖ A), in hex.
    audit_digest: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct EntrySaid {
    #[schema(format = DateTime)]
    at: String,
    kind: &'static str,
    /// Why it was refused, if it was.
    refused: Option<&'static str>,
    purpose: Option<&'static str>,
    field: Option<&'static str>,
    /// Where the customer wasn't on the line: why the case was opened that it happened in.
    #[schema(pattern = "^(returned_mail|refund|complaint|delivery|correction)$")]
    casework: Option<&'static str>,
}

impl From<StatementLine> for StatementEntry {
    fn from(line: StatementLine) -> Self {
        let half = line.half.map(|(rc, body, audit_digest)| EntryHalf {
            interaction: body.interaction.map(|id| id.to_string()),
            instance: body.instance,
            version: body.version,
            previous: body.previous.map(|id| id.to_string()),
            rc: hex(&rc),
            audit_digest: hex(&audit_digest),
        });
        let said = line.audit.map(|audit| EntrySaid {
            at: audit.at.to_string(),
            kind: audit.kind.slug(),
            refused: audit.decision.err().map(domain::Refusal::slug),
            casework: audit.kind.casework(audit.detail).map(domain::CaseReason::slug),
            purpose: audit.purpose.map(domain::Purpose::slug),
            field: audit.field.and_then(FieldKind::from_code).map(FieldKind::slug),
        });
        Self { n: line.n, entry: line.entry.to_string(), place: line.place, half, said }
    }
}

impl Statement {
    /// What is handed over, as it is sent.
    pub(crate) fn of(
        web: &Web,
        tenant: TenantId,
        customer: CustomerId,
        given_at: Millis,
        given: vault::Statement,
    ) -> Self {
        let origin = web.vault.tenants().iter().find(|known| known.id == tenant).map(|known| known.origin.clone());
        Self {
            origin: origin.unwrap_or_default(),
            customer: customer.to_string(),
            key: hex(given.key.bytes()),
            given_at: given_at.to_string(),
            receipt: given.receipt.to_string(),
            held_for: given.hold.map(Hold::slug),
            entries: given.lines.into_iter().map(StatementEntry::from).collect(),
        }
    }
}

/// Give a customer their statement.
///
/// For the data protection officer. With it the customer, or whoever checks for them, can verify alone that the log holds all entries about them, and see what these say. The statement is an entry too, before anything is opened.
#[utoipa::path(post, path = "/v1/customers/{id}/statements", tag = "customers", operation_id = "giveStatement",
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 201, body = Statement), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn give(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let given_at: Millis = web.vault.now();
    let statement = web.vault.give_statement(&scope, customer).await.map_err(|error| web.failed(&error))?;
    Ok(answer(StatusCode::CREATED, &Statement::of(&web, scope.tenant(), customer, given_at, statement)))
}
