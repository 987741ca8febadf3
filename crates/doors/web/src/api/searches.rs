//! `POST /v1/interactions/{id}/searches`: find the caller blindly, by exactly one of five ways.

use super::{hex, id};
use crate::body::{Json, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::InteractionId;
use domain::field::{
    FieldError, SearchTerm, query_card_last4_date, query_email, query_order, query_phone, query_postcode_family_name,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// What is looked for: exactly one of the five.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Search {
    /// By phone number.
    Phone(ByPhone),
    /// By e-mail address.
    Email(ByEmail),
    /// By order number.
    Order(ByOrder),
    /// By postcode and family name together.
    PostcodeName(ByPostcodeName),
    /// By the last four digits of a card and an order's date together.
    Card(ByCard),
}

macro_rules! by {
    ($(#[$doc:meta])* $name:ident { $($member:ident = $example:literal),* }) => {
        $(#[$doc])*
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $(#[schema(value_type = String, max_length = 400, example = $example)] $member: Zeroizing<String>,)*
        }
    };
}

by!(
    /// A phone number.
    ByPhone { phone = "+447700900123" }
);
by!(
    /// An e-mail address.
    ByEmail { email = "ana@example.org" }
);
by!(
    /// An order number.
    ByOrder { order = "RF-1042" }
);
by!(
    /// A postcode and a family name.
    ByPostcodeName { postcode = "LS1 4AB", family_name = "Diaz" }
);
by!(
    /// A card's last four digits and an order's date.
    ByCard { card_last4 = "1111", order_date = "2026-11-02" }
);

/// The longest member, in characters.
pub(crate) const LONGEST: usize = 400;

impl Search {
    pub(crate) fn longest(&self) -> usize {
        let members: [&str; 2] = match self {
            Self::Phone(by) => [&by.phone, ""],
            Self::Email(by) => [&by.email, ""],
            Self::Order(by) => [&by.order, ""],
            Self::PostcodeName(by) => [&by.postcode, &by.family_name],
            Self::Card(by) => [&by.card_last4, &by.order_date],
        };
        members.iter().map(|member| member.chars().count()).max().unwrap_or(0)
    }

    pub(crate) fn term(&self) -> Result<SearchTerm, FieldError> {
        match self {
            Self::Phone(by) => query_phone(&by.phone),
            Self::Email(by) => query_email(&by.email),
            Self::Order(by) => query_order(&by.order),
            Self::PostcodeName(by) => query_postcode_family_name(&by.postcode, &by.family_name),
            Self::Card(by) => query_card_last4_date(&by.card_last4, &by.order_date),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    /// At most three, masked.
    hits: Vec<Hit>,
    /// The search's log entry.
    receipt: String,
    /// Why what was looked for can't be read, and what to do, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Hit {
    customer: String,
    /// Proof that this search found them, for claiming.
    claim: String,
    /// The name's mask.
    name: String,
    /// The address's mask.
    town: String,
}

/// Find the caller.
///
/// The vault compares keyed digests; at most three masked hits come back. It costs one search, found or not; more than three hits is a refusal.
#[utoipa::path(post, path = "/v1/interactions/{id}/searches", tag = "interactions", operation_id = "searchCustomers", request_body = Search,
    params(("id" = String, Path, pattern = "^int_[0-9a-f]{32}$", description = "The live interaction.")),
    responses((status = 200, body = Found), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn search(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<Search>, Failed>,
) -> Result<Response, Failed> {
    let interaction = id(&web, &text, InteractionId::parse)?;
    let Json(search) = body?;
    if search.longest() > LONGEST {
        return Err(web.fault(Fault::UNPROCESSABLE.detail("each member is at most 400 characters")));
    }
    let (result, hint) = match search.term() {
        Ok(term) => (web.vault.search(&scope, interaction, &term).await, None),
        Err(error) => (web.vault.search_unreadable(&scope, interaction).await, Some(error.to_string())),
    };
    let result = result.map_err(|error| web.failed(&error))?;
    let hits = result
        .hits
        .into_iter()
        .map(|hit| Hit {
            customer: hit.customer.to_string(),
            claim: format!("clm_{}", hex(&hit.claim)),
            name: hit.name,
            town: hit.town,
        })
        .collect();
    Ok(ok(&Found { hits, receipt: result.receipt.to_string(), hint }))
}
