//! `GET /v1/decisions`: could somebody do something right now, and why not?

use super::{id, member};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::{Channel, FieldKind, InteractionId, PersonId, Purpose, Role};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, ToSchema};
use vault::{Could, Device, PolicyAct, Verdict, Whether};

/// What is asked.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Could this person …
    #[param(example = "per_0192f7a0c0de7c0c8a3b000000000001", pattern = "^per_[0-9a-f]{32}$")]
    pub(crate) person: String,
    /// … do this …
    #[param(example = "reveal", schema_with = known_act)]
    pub(crate) act: String,
    /// … with this field (to reveal or verify) …
    #[param(example = "postal_address")]
    pub(crate) field: Option<String>,
    /// … for this purpose (to reveal) …
    #[param(example = "delivery")]
    pub(crate) purpose: Option<String>,
    /// … in this interaction? Left out: in the one that they handle now.
    #[param(example = "int_0192f7a0c0de7c0c8a3b000000000001", pattern = "^int_[0-9a-f]{32}$")]
    pub(crate) interaction: Option<String>,
    /// On a page, or with a program?
    #[param(pattern = "^(page|program)$")]
    pub(crate) device: Option<String>,
}

/// The name of an act: of the list of those that the rules know.
fn known_act() -> Schema {
    let mut names: Vec<&str> = PolicyAct::all().map(PolicyAct::slug).collect();
    names.dedup();
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
}

/// The act that the words name, or what is wrong with them.
pub(crate) fn act(asked: &Asked) -> Result<PolicyAct, &'static str> {
    let field = || {
        let name = asked.field.as_deref().ok_or("this act needs a field")?;
        FieldKind::from_slug(name).ok_or("field isn't a kind of field")
    };
    let purpose = || {
        let name = asked.purpose.as_deref().ok_or("a reveal needs a purpose")?;
        Purpose::from_slug(name).ok_or("purpose isn't one that Ringfence knows")
    };
    match asked.act.as_str() {
        "reveal" => Ok(PolicyAct::Reveal(field()?, purpose()?)),
        "verify" => Ok(PolicyAct::Verify(field()?)),
        "break_glass" => Ok(PolicyAct::BreakGlass(field()?)),
        other => {
            let found = PolicyAct::all().find(|act| act.slug() == other);
            found.ok_or("act isn't one that the rules know")
        }
    }
}

impl Asked {
    /// As the vault is asked.
    pub(crate) fn whether(&self, web: &Web) -> Result<Whether, Failed> {
        let device = match self.device.as_deref() {
            None | Some("page") => Device::Page,
            Some("program") => Device::Program,
            Some(_) => return Err(web.fault(Fault::UNPROCESSABLE.detail("device is page or program"))),
        };
        let interaction = self.interaction.as_deref();
        Ok(Whether {
            person: id(web, &self.person, PersonId::parse)?,
            act: act(self).map_err(|problem| web.fault(Fault::UNPROCESSABLE.detail(problem)))?,
            device,
            interaction: interaction
                .map(|text| member(web, text, InteractionId::parse, "interaction isn't an interaction's id"))
                .transpose()?,
        })
    }
}

/// The answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DecisionAnswer {
    /// yes; no; needs_approval: only if somebody else approves it.
    #[schema(pattern = "^(yes|no|needs_approval)$", example = "no")]
    pub(crate) decision: &'static str,
    /// The kind of refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "binding-too-weak")]
    pub(crate) reason: Option<&'static str>,
    /// The rule that stands against it; left out where nothing does, or where simply no rule permits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "contact-data-needs-a-match")]
    pub(crate) rule: Option<String>,
    /// What is the case.
    pub(crate) says: String,
    /// Why it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// What it rests on.
    pub(crate) facts: DecisionFacts,
}

/// What an answer rests on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DecisionFacts {
    /// Who it is about.
    pub(crate) name: String,
    /// Their role.
    #[schema(example = "agent")]
    pub(crate) role: &'static str,
    /// Are they new here?
    pub(crate) probation: bool,
    /// The interaction it was looked at in; left out where they handle none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interaction: Option<String>,
    /// By which channel the customer is in touch; case: they aren't.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(call|chat|ticket|case)$")]
    pub(crate) channel: Option<&'static str>,
    /// Is it going on, and theirs?
    pub(crate) live: bool,
    /// Is the customer on the line, not on hold?
    pub(crate) talking: bool,
    /// How surely it belongs to its customer.
    #[schema(pattern = "^(none|claimed|matched|proven)$")]
    pub(crate) binding: &'static str,
    /// What is left of their own allowance for such an act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<u32>,
}

impl DecisionAnswer {
    /// The words of an answer.
    pub(crate) fn of(could: &Could) -> Self {
        let rule = could.rule.as_deref();
        let plain = could.refusal;
        let word = |of_rule: Option<&String>, of_refusal: Option<&'static str>| {
            of_rule.cloned().or_else(|| of_refusal.map(str::to_owned))
        };
        let says = word(rule.map(|rule| &rule.says), plain.map(domain::Refusal::title));
        let ground = could.interaction.map(|(_, ground)| ground);
        Self {
            decision: could.verdict.slug(),
            reason: plain.map(domain::Refusal::slug),
            rule: rule.map(|rule| rule.id.clone()),
            says: says.unwrap_or_else(|| "Nothing stands against it".to_owned()),
            why: word(rule.map(|rule| &rule.why), plain.map(domain::Refusal::why)),
            next: word(rule.map(|rule| &rule.next), plain.map(domain::Refusal::next)),
            facts: DecisionFacts {
                name: could.name.clone(),
                role: could.role.slug(),
                probation: could.probation,
                interaction: could.interaction.map(|(id, _)| id.to_string()),
                channel: ground.map(|ground| Channel::slug(ground.channel)),
                live: ground.is_some_and(|ground| ground.live),
                talking: ground.is_some_and(|ground| ground.talking),
                binding: ground.map_or("none", |ground| ground.binding.slug()),
                left: could.left,
            },
        }
    }

    /// The role, for people.
    pub(crate) fn role_words(&self) -> &'static str {
        Role::from_slug(self.facts.role).map_or(self.facts.role, Role::label)
    }

    /// Does nothing stand against it?
    pub(crate) fn is_yes(&self) -> bool {
        self.decision == Verdict::Yes.slug()
    }
}

/// Could somebody do something right now, and why not?
///
/// For who may read the log. Nothing is tried and nothing disclosed; the question itself is an entry.
#[utoipa::path(get, path = "/v1/decisions", tag = "rules", operation_id = "askDecision", params(Asked),
    responses((status = 200, body = DecisionAnswer), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn decide(
    State(web): State<Web>,
    Signed(scope): Signed,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failed> {
    web.vault.may_ask(&scope).await.map_err(|error| web.failed(&error))?;
    let Ok(Query(asked)) = asked else {
        return Err(web.fault(Fault::INVALID.detail("ask with person, act, and what the act is done with")));
    };
    let whether = asked.whether(&web)?;
    let could = web.vault.could(&scope, &whether).await.map_err(|error| web.failed(&error))?;
    Ok(ok(&DecisionAnswer::of(&could)))
}
