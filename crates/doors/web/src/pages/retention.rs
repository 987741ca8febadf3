//! `/security/retention`: what is kept how long, and what the last run destroyed. It names nobody.

use super::{error_page, for_role, moment, page};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use ::plan::{After, Plan, What};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Millis, Role};
use vault::RetentionRun;

/// `/security/retention`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-retention.html")]
struct RetentionPage {
    person_name: String,
    /// Does who looks see the other parts of security?
    watches: bool,
    /// May they ask that a customer be erased?
    erases: bool,
    last: Option<Last>,
    kept: Vec<Kept>,
    banner: Option<String>,
}

/// The last run.
#[derive(Debug, Clone)]
struct Last {
    at: String,
    /// Was nothing destroyed, only counted?
    rehearsed: bool,
    looked_at: u64,
    customers: u64,
    values: u64,
    held: u64,
    doubtful: u64,
}

/// An entry of the plan.
#[derive(Debug, Clone)]
struct Kept {
    what: String,
    long: String,
    from: &'static str,
}

pub(super) async fn show(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let may = |web: &Web, scope: &vault::Scope| super::watches(web, scope) || protects(scope.role());
    let scope = match for_role(&web, signed, may) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let in_force = match web.vault.plan_of(&scope).await {
        Ok(in_force) => in_force,
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let last = match web.vault.last_retention(scope.tenant()).await {
        Ok(last) => last,
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
    };
    let now = web.vault.now();
    let shown = RetentionPage {
        person_name: scope.name().to_owned(),
        watches: super::watches(&web, &scope),
        erases: web.vault.erases(&scope),
        last: last.map(|run| Last::of(&run, now)),
        kept: kept(in_force.planned.plan()),
        banner: web.config.banner.clone(),
    };
    page(StatusCode::OK, &shown)
}

fn protects(role: Role) -> bool {
    role == Role::DataProtectionOfficer
}

impl Last {
    fn of(run: &RetentionRun, now: Millis) -> Self {
        let RetentionRun { begun, rehearsed, looked_at, customers, values, held, doubtful } = *run;
        Self { at: moment(begun, now), rehearsed, looked_at, customers, values, held, doubtful }
    }
}

fn kept(plan: &Plan) -> Vec<Kept> {
    let data = plan.entries.iter().filter(|entry| matches!(entry.what, What::Data(_)) && !entry.future);
    let line = |entry: &::plan::Entry| Kept {
        what: entry.words.en.clone(),
        long: entry.keep.to_string(),
        from: match entry.after {
            After::Collected => "from when it came in",
            After::LastContact => "from the last contact",
            After::LastOrder => "from the last order or contact",
            After::ContractEnd => "from the end of the contract: not by itself",
        },
    };
    data.map(line).collect()
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let plan = Plan::parse(::plan::DEFAULT).map(|plan| kept(&plan)).unwrap_or_default();
    let last = Last {
        at: "00:01".to_owned(),
        rehearsed: false,
        looked_at: 41_200,
        customers: 318,
        values: 2_544,
        held: 2,
        doubtful: 0,
    };
    let whole = RetentionPage {
        person_name: "Ingrid Solberg".to_owned(),
        watches: true,
        erases: true,
        last: Some(last.clone()),
        kept: plan,
        banner,
    };
    let doubtful = RetentionPage { last: Some(Last { doubtful: 3, ..last.clone() }), ..whole.clone() };
    let rehearsed = RetentionPage { last: Some(Last { rehearsed: true, ..last.clone() }), ..whole.clone() };
    let first = RetentionPage { last: None, watches: false, erases: false, ..whole.clone() };
    Ok(vec![
        ("security-retention.html", whole.render()?),
        ("security-retention-doubtful.html", doubtful.render()?),
        ("security-retention-rehearsed.html", rehearsed.render()?),
        ("security-retention-first.html", first.render()?),
    ])
}
