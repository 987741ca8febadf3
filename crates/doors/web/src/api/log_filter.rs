//! What may be asked of the log, as the API's query and the page's form say it.

use super::paging::unreadable;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use domain::{FieldKind, Millis, PersonId, Purpose};
use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema, openapi::RefOr};
use vault::{Decided, Kind, LogQuery, Shown};

/// The name of a kind of entry; the list is the log's own.
pub(crate) struct KindName;

impl PartialSchema for KindName {
    fn schema() -> RefOr<Schema> {
        let names = Kind::ALL.iter().map(|kind| kind.slug());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl ToSchema for KindName {}

/// Which entries are wanted; each part narrows. A parameter that isn't known is refused: a question that was mistyped
/// must not be answered as a wider one.
#[derive(Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Who acted.
    #[param(pattern = "^per_[0-9a-f]{32}$")]
    pub(crate) person: Option<String>,
    /// The customer's handle, as `customer_alias` shows it.
    #[param(pattern = "^c-[0-9a-f]{8}$")]
    pub(crate) customer: Option<String>,
    /// What for.
    #[param(pattern = "^(delivery|callback|correspondence|payment|verification|complaint|correction)$")]
    pub(crate) purpose: Option<String>,
    /// Kind of field.
    #[param(pattern = "^(name|postal_address|phone|email|date_of_birth|card|bank_account|order|preference|note)$")]
    pub(crate) field: Option<String>,
    /// From this moment on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub(crate) from: Option<String>,
    /// Before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    pub(crate) to: Option<String>,
    /// What became of it. Entries whose rows were edited (damaged) come with every question.
    #[param(pattern = "^(allowed|refused|damaged)$")]
    pub(crate) decision: Option<String>,
    /// What kind of act.
    #[param(value_type = Option<KindName>, inline)]
    pub(crate) kind: Option<String>,
    /// How much: `looks` are disclosures and whatever was refused, `acts` all but allowed readings of the log itself;
    /// `all`, unless said.
    #[param(pattern = "^(all|acts|looks)$")]
    pub(crate) show: Option<String>,
    #[param(ignore)]
    #[serde(rename = "cursor")]
    _cursor: Option<IgnoredAny>,
    #[param(ignore)]
    #[serde(rename = "limit")]
    _limit: Option<IgnoredAny>,
}

/// What can't be used, in words that don't repeat it.
pub(crate) type Wrong = &'static str;

impl Filter {
    /// The question to the vault.
    pub(crate) fn question(&self) -> Result<LogQuery, Wrong> {
        Ok(LogQuery {
            person: read(self.person.as_deref(), PersonId::parse, "person is an id such as per_ and 32 hex digits")?,
            alias: read(
                self.customer.as_deref(),
                handle,
                "customer is a handle such as c-0123abcd, as the list shows",
            )?,
            purpose: read(self.purpose.as_deref(), Purpose::from_slug, "purpose isn't one of the plan's purposes")?,
            field: read(self.field.as_deref(), FieldKind::from_slug, "field isn't a kind of field")?,
            from: read(self.from.as_deref(), Millis::parse, "from is a moment such as 2026-03-01T09:00:00Z")?,
            to: read(self.to.as_deref(), Millis::parse, "to is a moment such as 2026-03-01T17:00:00Z")?,
            decision: read(self.decision.as_deref(), Decided::from_slug, "decision is allowed, refused or damaged")?,
            kind: read(self.kind.as_deref(), Kind::from_slug, "kind isn't a kind of entry")?,
            show: read(self.show.as_deref(), Shown::from_slug, "show is all, acts or looks")?.unwrap_or_default(),
        })
    }
}

pub(super) fn read<T>(text: Option<&str>, parse: fn(&str) -> Option<T>, wrong: Wrong) -> Result<Option<T>, Wrong> {
    text.map(|text| parse(text).ok_or(wrong)).transpose()
}

/// A customer's handle as shown.
pub(crate) fn shown(alias: u32) -> String {
    format!("c-{alias:08x}")
}

fn handle(text: &str) -> Option<u32> {
    let alias = u32::from_str_radix(text.strip_prefix("c-")?, 16).ok()?;
    (shown(alias) == text).then_some(alias)
}

impl FromRequestParts<Web> for Filter {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        let Query(filter) = Query::<Self>::try_from_uri(&parts.uri).map_err(|_| web.fault(unreadable()))?;
        Ok(filter)
    }
}

/// The question in a request's query, checked.
pub(crate) struct Asked(pub(crate) LogQuery);

impl FromRequestParts<Web> for Asked {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        let filter = Filter::from_request_parts(parts, web).await?;
        filter.question().map(Self).map_err(|wrong| web.fault(Fault::UNPROCESSABLE.detail(wrong)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_has_one_form() {
        assert_eq!(handle("c-00c0ffee"), Some(0x00c0_ffee));
        for wrong in ["", "c-", "c-c0ffee", "c-00C0FFEE", "c-+0c0ffee", "c-00c0ffee0", "00c0ffee"] {
            assert_eq!(handle(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn wrong_parts_are_named_and_not_repeated() {
        let secret = || Some("zzz-secret".to_owned());
        let none = Filter::default;
        for filter in [
            Filter { person: secret(), ..none() },
            Filter { customer: secret(), ..none() },
            Filter { purpose: secret(), ..none() },
            Filter { field: secret(), ..none() },
            Filter { from: secret(), ..none() },
            Filter { to: secret(), ..none() },
            Filter { decision: secret(), ..none() },
            Filter { kind: secret(), ..none() },
            Filter { show: secret(), ..none() },
        ] {
            assert!(filter.question().is_err_and(|wrong| !wrong.contains("secret")));
        }
        assert_eq!(none().question(), Ok(LogQuery::default()));
    }
}
