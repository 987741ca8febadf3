//! `GET /v1/blast-radius`: how far a breach may have gone.

use super::devices;
use super::log_filter::{Wrong, read, shown};
use super::paging::unreadable;
use crate::identify::Signed;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::body::Body;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use domain::{FieldKind, Millis, PersonId};
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use utoipa::IntoParams;
use vault::{Acts, BlastRadius, Fields, InForce, Reached, Stage, Suspicion};

/// What is suspected; each part narrows. A parameter that isn't known is refused: a mistyped question must not be answered as
/// another one.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Suspected {
    /// Acts of this person.
    #[param(pattern = "^per_[0-9a-f]{32}$")]
    person: Option<String>,
    /// Acts of this device's person since it was enrolled.
    #[param(pattern = "^dev_[0-9a-f]{32}$")]
    device: Option<String>,
    /// Acts through this node, by the name that it made up when it started (`by_node` of an answer); and those of which nobody
    /// can say through which node they went.
    #[param(pattern = "^[0-9a-f]{32}$")]
    node: Option<String>,
    /// Customers whose keys lie on this shelf. Alone: everything that is stored of them.
    #[param(minimum = 1, maximum = 4_294_967_295_u32)]
    shelf: Option<u32>,
    /// Acts from this moment on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Acts before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
}

impl Suspected {
    fn suspicion(&self) -> Result<Suspicion, Wrong> {
        let acts = Acts {
            person: read(self.person.as_deref(), PersonId::parse, "person is an id such as per_ and 32 hex digits")?,
            node: read(self.node.as_deref(), node, "node is 32 hex digits, as by_node shows")?,
            from: read(self.from.as_deref(), Millis::parse, "from is a moment such as 2026-03-01T09:00:00Z")?,
            until: read(self.to.as_deref(), Millis::parse, "to is a moment such as 2026-03-01T17:00:00Z")?,
        };
        if acts.from.zip(acts.until).is_some_and(|(from, until)| from >= until) {
            return Err("from is before to");
        }
        let device = read(self.device.as_deref(), devices::parse, "device is an id such as dev_ and 32 hex digits")?;
        Ok(Suspicion { acts, device, shelf: self.shelf })
    }
}

/// Two lower-case hex digits a byte.
fn node(text: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(text, 16).ok()?;
    (format!("{number:032x}") == text).then(|| number.to_be_bytes())
}

impl FromRequestParts<Web> for Suspected {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failed> {
        let Query(asked) = Query::<Self>::try_from_uri(&parts.uri).map_err(|_| web.fault(unreadable()))?;
        Ok(asked)
    }
}

/// A customer who was reached.
#[derive(Serialize)]
struct CustomerLine {
    customer: String,
    /// Their handle in the log.
    customer_alias: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stored: Vec<&'static str>,
    #[serde(flatten)]
    told: Option<ToldLine>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    shared_alias: bool,
}

#[derive(Serialize)]
struct ToldLine {
    shown: Vec<&'static str>,
    used: Vec<&'static str>,
    masks: bool,
    acts: u64,
    first: String,
    last: String,
    /// The first entries; their receipts prove them.
    entries: Vec<String>,
}

/// Who answers for the data, as the data plan that officers signed names them: the first line, for the drafts.
#[derive(Serialize)]
struct ControllerLine {
    controller: Controller,
}

#[derive(Serialize)]
struct Controller {
    company: String,
    contact: String,
    officer: String,
}

impl ControllerLine {
    /// None of a plan that came with the program: that names an invented company.
    fn of(in_force: &InForce) -> Option<Self> {
        let head = &in_force.planned.plan().head;
        let [company, contact, officer] = [&head.company, &head.contact, &head.officer].map(String::clone);
        in_force.signed.then_some(Self { controller: Controller { company, contact, officer } })
    }
}

/// How far the answer is, or, in its last line, what it counted.
#[derive(Serialize)]
struct ProgressLine {
    done: bool,
    /// Entries read, of so many.
    read: u64,
    of: u64,
    customers: u64,
    #[serde(flatten)]
    summary: Option<SummaryLine>,
}

#[derive(Serialize)]
struct SummaryLine {
    acts: u64,
    /// Entries whose row was edited: nobody can say what they told.
    damaged: u64,
    /// Customers among them who were erased since.
    erased: usize,
    by_person: BTreeMap<String, u64>,
    by_node: BTreeMap<String, u64>,
    nodeless: u64,
    /// The places of the entries that were read: from one, to below another.
    places: [u64; 2],
    receipt: String,
}

fn slugs(fields: Fields) -> Vec<&'static str> {
    fields.kinds().map(FieldKind::slug).collect()
}

impl CustomerLine {
    fn of(reached: &Reached) -> Self {
        let told = reached.touched.as_ref().map(|touched| ToldLine {
            shown: slugs(touched.shown),
            used: slugs(touched.used),
            masks: touched.masks,
            acts: touched.acts,
            first: touched.first.to_string(),
            last: touched.last.to_string(),
            entries: touched.entries().map(|entry| entry.to_string()).collect(),
        });
        Self {
            customer: reached.customer.to_string(),
            customer_alias: shown(reached.alias),
            stored: slugs(reached.stored),
            told,
            shared_alias: reached.shared,
        }
    }
}

impl ProgressLine {
    fn of(answer: &BlastRadius) -> Self {
        let (counts, (first, end)) = (answer.counts(), answer.places());
        let done = answer.stage() == Stage::Done;
        let summary = done.then(|| SummaryLine {
            acts: counts.acts,
            damaged: counts.damaged,
            erased: answer.gone(),
            by_person: counts.by_person.iter().map(|(person, acts)| (person.to_string(), *acts)).collect(),
            by_node: counts.by_node.iter().map(|(node, acts)| (hex(node), *acts)).collect(),
            nodeless: counts.nodeless,
            places: [first, end],
            receipt: answer.receipt().to_string(),
        });
        Self { done, read: counts.read, of: end - first, customers: answer.named(), summary }
    }
}

fn hex(node: &[u8; 16]) -> String {
    node.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn push(lines: &mut Vec<u8>, line: &impl Serialize) {
    lines.extend(serde_json::to_vec(line).unwrap_or_default());
    lines.push(b'\n');
}

/// How far a breach may have gone.
///
/// For security. Streamed as JSON Lines: who answers for the data where officers signed a plan that says so (`controller`:
/// `company`, `contact`, `officer`), one for each customer who was reached (`customer`, `customer_alias`, `shown`: values that
/// somebody saw, `used`: values that went to a carrier or a comparison unseen, `masks`, `acts`, `first`, `last`, `entries`: the
/// first ones, whose receipts prove it; or `stored`), between them how far it is (`done` false, `read`, `of`, `customers`), and
/// at last what was counted (`done` true). `shared_alias`: an earlier line's customer has the same handle, and the acts may be
/// about either. It names customers and tells no value. One entry; one such question at a time on a node. An answer without a line
/// that says `done` broke off.
#[utoipa::path(get, path = "/v1/blast-radius", tag = "log", operation_id = "measureBreach", params(Suspected),
    responses((status = 200, description = "Lines of JSON.", body = String, content_type = "application/x-ndjson"),
        (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn measure(
    State(web): State<Web>,
    Signed(scope): Signed,
    asked: Result<Suspected, Failed>,
) -> Result<Response, Failed> {
    let asked = asked?;
    web.vault.expect_breach_measurer(&scope).await.map_err(|error| web.failed(&error))?;
    let suspicion = asked.suspicion().map_err(|wrong| web.fault(Fault::UNPROCESSABLE.detail(wrong)))?;
    // After a breach the plan itself may be in doubt: then nobody is named, and the answer comes all the same.
    let in_force = web.vault.plan_in_force(scope.tenant()).await.ok();
    let mut first = Vec::new();
    in_force.as_ref().and_then(ControllerLine::of).iter().for_each(|line| push(&mut first, line));
    let begun = web.vault.blast_radius(scope, suspicion).await.map_err(|error| web.failed(&error))?;
    let lines = stream::try_unfold(Some(begun), |answer| async {
        let Some(answer) = answer else { return Ok(None) };
        match answer.step().await {
            Ok((answer, reached)) => {
                let mut lines = Vec::new();
                reached.iter().for_each(|one| push(&mut lines, &CustomerLine::of(one)));
                push(&mut lines, &ProgressLine::of(&answer));
                let more = answer.stage() != Stage::Done;
                Ok(Some((lines, more.then_some(answer))))
            }
            Err(error) => {
                tracing::warn!(%error, "the measure of a breach broke off");
                Err(error)
            }
        }
    });
    let lines = stream::iter([Ok(first)]).chain(lines);
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_ends_before_it_begins_is_none() {
        let asked = |from: &str, to: &str| {
            let [from, to] = [from, to].map(|text| Some(text.to_owned()));
            Suspected { person: None, device: None, node: None, shelf: None, from, to }.suspicion().map(|_| ())
        };
        let (early, late) = ("2026-03-01T09:00:00Z", "2026-03-01T17:00:00Z");
        assert_eq!(asked(early, late), Ok(()));
        assert_eq!((asked(late, early), asked(late, late)), (Err("from is before to"), Err("from is before to")));
    }

    #[test]
    fn who_answers_is_told_of_a_signed_plan_alone() {
        let told = |signed| {
            let planned = vault::Planned::read(plan::DEFAULT).unwrap().into();
            let in_force = InForce { planned, version: 1, signed, day: plan::day_of(Millis(0)) };
            ControllerLine::of(&in_force).map(|line| serde_json::to_value(line).unwrap())
        };
        let head = plan::Plan::parse(plan::DEFAULT).unwrap().head;
        let known = serde_json::json!({"company": head.company, "contact": head.contact, "officer": head.officer});
        assert_eq!(told(true), Some(serde_json::json!({"controller": known})));
        assert_eq!(told(false), None, "the program's own names an invented company");
    }

    #[test]
    fn a_node_has_one_form() {
        assert_eq!(node("000000000000000000000000000000ff").map(|node| node[15]), Some(255));
        for wrong in ["", "ff", "000000000000000000000000000000FF", "+00000000000000000000000000000ff"] {
            assert_eq!(node(wrong), None, "{wrong:?}");
        }
        assert_eq!(hex(&node(&"0123456789abcdef".repeat(2)).unwrap()), "0123456789abcdef".repeat(2));
    }
}
