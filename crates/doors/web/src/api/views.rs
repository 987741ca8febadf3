//! `POST /v1/customers/{id}/views`: look at the masked record; one logged act.

use super::{id, interaction};
use crate::body::{Json, ok};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::CustomerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vault::{MaskedField, SecondPersonFor};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct View {
    #[schema(pattern = "^int_[0-9a-f]{32}$")]
    interaction: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Record {
    customer: String,
    /// A second person must agree to each value of theirs that is shown.
    guarded: bool,
    fields: Vec<Field>,
    receipt: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Field {
    #[schema(example = "phone")]
    field: &'static str,
    instance: u32,
    label: &'static str,
    mask: String,
    why_masked: &'static str,
    /// What can be done with it: verify, reveal.
    can: Vec<&'static str>,
    /// For which purposes it could be shown.
    purposes: Vec<&'static str>,
    /// When it is shown only if a second person agrees: always, or while it isn't proven who is on the line. Null for never.
    #[schema(pattern = "^(always|unproven)$")]
    second_person: Option<&'static str>,
}

impl From<MaskedField> for Field {
    fn from(field: MaskedField) -> Self {
        let kind = field.masked.field;
        let can = [("verify", field.verifiable), ("reveal", !field.purposes.is_empty())];
        Self {
            field: kind.slug(),
            instance: field.masked.instance,
            label: kind.label(),
            mask: field.masked.mask,
            why_masked: kind.why_masked(),
            can: can.into_iter().filter(|(_, can)| *can).map(|(what, _)| what).collect(),
            purposes: field.purposes.iter().map(|purpose| purpose.slug()).collect(),
            second_person: field.second_person.map(SecondPersonFor::slug),
        }
    }
}

/// Look at the masked record of the interaction's customer.
///
/// One logged look that opens no field: the masks were made when the values were sealed.
#[utoipa::path(post, path = "/v1/customers/{id}/views", tag = "customers", operation_id = "viewCustomer", request_body = View,
    params(("id" = String, Path, pattern = "^cus_[0-9a-f]{32}$", description = "The customer's id.")),
    responses((status = 200, body = Record), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"), (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn view(
    State(web): State<Web>,
    Signed(scope): Signed,
    Path(text): Path<String>,
    body: Result<Json<View>, Failed>,
) -> Result<Response, Failed> {
    let customer = id(&web, &text, CustomerId::parse)?;
    let Json(view) = body?;
    let interaction = interaction(&web, &view.interaction)?;
    let record = web.vault.view(&scope, interaction, customer).await.map_err(|error| web.failed(&error))?;
    let fields = record.fields.into_iter().map(Field::from).collect();
    Ok(ok(&Record {
        customer: record.customer.to_string(),
        guarded: record.guarded,
        fields,
        receipt: record.receipt.to_string(),
    }))
}
