//! `GET /v1/rules`: the rules in words.

use crate::body::ok;
use crate::identify::Signed;
use crate::problem::Problem;
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use vault::Told;

#[derive(Serialize, ToSchema)]
pub(crate) struct RuleList {
    /// In the order in which they speak: of several that forbid, the first is told.
    rules: Vec<RuleInWords>,
}

/// One rule, for programs and, on /security/rules, for people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RuleInWords {
    /// Its name.
    #[schema(example = "nothing-shown-on-hold")]
    pub(crate) id: String,
    /// The file in which it stands.
    #[schema(example = "3-grounds.cedar")]
    pub(crate) file: String,
    /// Does it permit or forbid?
    #[schema(pattern = "^(permit|forbid)$", example = "forbid")]
    pub(crate) effect: &'static str,
    /// What it is for, or what the person who is stopped reads first.
    pub(crate) says: String,
    /// Why it matters, for one that forbids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// What to do instead, for one that forbids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// The rule itself, in Cedar.
    pub(crate) text: String,
}

impl RuleInWords {
    /// The words of a rule.
    pub(crate) fn of(told: &Told) -> Self {
        Self {
            id: told.id.clone(),
            file: told.file.clone(),
            effect: if told.forbids { "forbid" } else { "permit" },
            says: told.says.clone(),
            why: told.why.clone(),
            next: told.next.clone(),
            text: told.text.clone(),
        }
    }
}

/// Which rules hold?
///
/// Who may do what, each rule in words and as it is written. Whoever works here may read the rules that hold them.
#[utoipa::path(get, path = "/v1/rules", tag = "rules", operation_id = "listRules",
    responses((status = 200, body = RuleList), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(web): State<Web>, Signed(scope): Signed) -> Response {
    ok(&RuleList { rules: web.vault.rules_told(&scope).iter().map(RuleInWords::of).collect() })
}
