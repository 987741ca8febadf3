//! `GET /v1/disclosures`, `/v1/disclosures/export`: the log as security reads it.

use super::hex;
use super::log_filter::{Asked, Filter, shown};
use super::paging::{Cursor, Limit, Paging};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{EntryId, FieldKind, PersonId};
use futures_util::stream;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use vault::{
    AuditBody, CeremonyNote, Decided, Disclosure, DrillNote, DrillPlace, DrillVerdict, FoundLine, PackNote, Scope,
    Shown, Vault,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct Disclosures {
    items: Vec<Line>,
    next: Option<String>,
}

/// One act.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Line {
    pub(crate) id: String,
    /// Its place in the log; null for a moment after it happened.
    place: Option<u64>,
    #[schema(format = DateTime)]
    pub(crate) at: String,
    #[schema(example = "reveal")]
    pub(crate) kind: &'static str,
    /// allowed, refused, or damaged if the entry's row was edited.
    pub(crate) decision: &'static str,
    /// Why it was refused.
    pub(crate) reason: Option<&'static str>,
    /// The narrowest `show` that includes it: looks, acts or all.
    shown: &'static str,
    pub(crate) person: Option<String>,
    pub(crate) person_name: Option<String>,
    /// Of a change of people: whom it is about.
    upon: Option<String>,
    pub(crate) field: Option<&'static str>,
    pub(crate) purpose: Option<&'static str>,
    /// A pseudonym of the customer.
    pub(crate) customer_alias: Option<String>,
    /// A number whose meaning the kind tells: see docs/log-entries.md.
    detail: Option<u64>,
    /// Of a step of the root key's ceremony: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceremony: Option<LoggedStep>,
    /// Of a drill's result: which, and what it showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<LoggedDrill>,
    /// Of a partner pack, and of a drill that was tried for one: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pack: Option<LoggedPack>,
    /// Known while it happens only.
    interaction: Option<String>,
    /// Where its receipt is.
    receipt_url: String,
    /// The page that shows its proof and how to check it.
    proof_url: String,
}

/// A step of the root key's ceremony, as the log has it. Ids and numbers, no names.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedStep {
    /// The ceremony's id; empty of a rehearsal.
    ceremony: String,
    #[schema(example = "share-taken")]
    step: String,
    /// Of which share.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<u8>,
    /// How many custodians it takes, and how many there are.
    needed: u8,
    of: u8,
    /// Its place among all steps, from 1.
    place: u64,
    /// SHA-256 of its line in the key holder's ceremonies.jsonl, in hex.
    hash: String,
}

impl LoggedStep {
    fn of(note: &CeremonyNote) -> Self {
        Self {
            ceremony: note.ceremony.clone(),
            step: note.step.clone(),
            share: (note.share > 0).then_some(note.share),
            needed: note.needed,
            of: note.of,
            place: note.place,
            hash: hex(&note.hash),
        }
    }
}

/// What a drill showed, as the log has it.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedDrill {
    drill: String,
    /// held, pierced or proves_nothing.
    verdict: &'static str,
    /// deployment or scratch.
    r#where: &'static str,
    /// From when on it counts no more.
    #[schema(format = DateTime)]
    expires: String,
}

impl LoggedDrill {
    fn of(note: &DrillNote) -> Self {
        Self {
            drill: note.drill.clone(),
            verdict: DrillVerdict::from_code(note.verdict).map_or("unknown", DrillVerdict::slug),
            r#where: DrillPlace::from_code(note.place).map_or("unknown", DrillPlace::slug),
            expires: note.expires.to_string(),
        }
    }
}

/// Which partner pack an entry is of.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedPack {
    /// What the buyer's nonce hashes to.
    nonce: String,
    /// What the list of its parts hashes to; none of a drill, which is tried before.
    manifest: Option<String>,
}

impl LoggedPack {
    fn of(note: &PackNote) -> Self {
        Self { nonce: hex(&note.nonce), manifest: note.manifest.as_ref().map(|manifest| hex(manifest)) }
    }
}

pub(crate) type Names = HashMap<PersonId, String>;

impl Line {
    /// A line that a question found.
    pub(crate) fn of(found: &FoundLine, names: &Names) -> Self {
        Self { place: found.place, ..Self::new(found.entry, found.body.as_ref(), names) }
    }

    /// A line of what just happened.
    pub(crate) fn told(told: &Disclosure, names: &Names) -> Self {
        let interaction = told.interaction.map(|id| id.to_string());
        Self { interaction, ..Self::new(told.entry, Some(&told.body), names) }
    }

    fn new(entry: EntryId, body: Option<&AuditBody>, names: &Names) -> Self {
        let decision = Decided::of(body).slug();
        let (receipt_url, proof_url) = (format!("/v1/receipts/{entry}"), format!("/security/proof/{entry}"));
        let at = body.map_or_else(|| entry.minted(), |body| body.at).to_string();
        let shown_by = Shown::narrowest(body).slug();
        let bare =
            Self { id: entry.to_string(), at, decision, shown: shown_by, receipt_url, proof_url, ..Self::default() };
        // The row was edited: the leaf in the tree proves that, and nothing of it is believed.
        let Some(body) = body else { return Self { kind: "unreadable", reason: Some("tampered"), ..bare } };
        Self {
            kind: body.kind.slug(),
            reason: body.decision.err().map(domain::Refusal::slug),
            person: body.person.map(|person| person.to_string()),
            person_name: body.person.and_then(|person| names.get(&person).cloned()),
            upon: body.upon.map(|person| person.to_string()),
            field: body.field.and_then(FieldKind::from_code).map(FieldKind::slug),
            purpose: body.purpose.map(domain::Purpose::slug),
            customer_alias: body.alias.map(shown),
            detail: body.detail,
            ceremony: body.ceremony.as_deref().map(LoggedStep::of),
            drill: body.drill.as_deref().map(LoggedDrill::of),
            pack: body.pack.as_deref().map(LoggedPack::of),
            ..bare
        }
    }
}

/// Disclosures and refusals that fit, newest first. Each question is an entry too.
///
/// For security: the audit half of each entry, which names no customer. At most 5,000 entries are looked at for one
/// question; then it answers with what was found so far, and `next` says where to go on.
#[utoipa::path(get, path = "/v1/disclosures", tag = "log", operation_id = "listDisclosures",
    params(Filter, ("cursor" = Option<String>, Query, pattern = "^ent_[0-9a-f]{32}$", description = "The `next` of the page before."), Limit),
    responses((status = 200, body = Disclosures), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<EntryId>, Failed>,
    asked: Result<Asked, Failed>,
) -> Result<Response, Failed> {
    let (Paging { after, limit }, Asked(query)) = (paging?, asked?);
    let page = web.vault.read_log(&scope, &query, after, limit).await.map_err(|error| web.failed(&error))?;
    let names = names(&web.vault, &scope).await;
    let items = page.lines.iter().map(|found| Line::of(found, &names)).collect();
    Ok(ok(&Disclosures { items, next: page.next.map(|next| next.print()) }))
}

/// Everything that fits, newest first, as JSON Lines. One entry for the whole export.
///
/// For security. Streamed; an answer that breaks off isn't whole: `cursor` with the last whole line's id goes on there.
#[utoipa::path(get, path = "/v1/disclosures/export", tag = "log", operation_id = "exportDisclosures",
    params(Filter, ("cursor" = Option<String>, Query, pattern = "^ent_[0-9a-f]{32}$", description = "Only lines below this entry.")),
    responses((status = 200, description = "One line of JSON for each entry, as in the list.", body = String, content_type = "application/x-ndjson"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn export(
    State(web): State<Web>,
    Signed(scope): Signed,
    paging: Result<Paging<EntryId>, Failed>,
    asked: Result<Asked, Failed>,
) -> Result<Response, Failed> {
    let (Paging { after, .. }, Asked(query)) = (paging?, asked?);
    let export = web.vault.export_log(scope.clone(), query, after).await.map_err(|error| web.failed(&error))?;
    let names = names(&web.vault, &scope).await;
    let lines = stream::try_unfold((export, names), |(mut export, names)| async {
        match export.next().await {
            Ok(lines) => Ok(lines.map(|lines| (json_lines(&lines, &names), (export, names)))),
            Err(error) => {
                tracing::warn!(%error, "an export broke off");
                Err(error)
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"ringfence-log.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

fn json_lines(lines: &[FoundLine], names: &Names) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len() * 512);
    for line in lines {
        out.extend(serde_json::to_vec(&Line::of(line, names)).unwrap_or_default());
        out.push(b'\n');
    }
    out
}

pub(crate) async fn names(vault: &Vault, scope: &Scope) -> Names {
    vault.staff_names(scope).await.unwrap_or_default().into_iter().collect()
}
