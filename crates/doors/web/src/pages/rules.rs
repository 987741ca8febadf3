//! `/security/rules` and `/security/decisions`: who may do what, and whether somebody could do something right now.

use super::ask::{Choice, Select, choice, sentence};
use super::who::Who;
use super::{error_page, for_role, page, watches};
use crate::api::decisions::{Asked, DecisionAnswer};
use crate::api::rules::RuleInWords;
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{FieldKind, PersonId, Purpose};
use vault::{PolicyAct, StaffFound};

const WHOM: &str = "Could";

/// `/security/rules`: the rules in words.
#[derive(Debug, Clone, Template)]
#[template(path = "security-rules.html")]
pub(super) struct RulesPage {
    /// The officer's name.
    pub(super) person_name: String,
    /// In the order in which they speak.
    pub(super) rules: Vec<RuleInWords>,
    /// May who reads them change them?
    pub(super) changes: bool,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

/// `/security/decisions`: could somebody do something right now, and why not?
#[derive(Debug, Clone, Template)]
#[template(path = "security-decisions.html")]
pub(super) struct Decisions {
    /// The officer's name.
    pub(super) person_name: String,
    /// Whom it is asked about.
    pub(super) who: Who,
    /// The form's lists.
    pub(super) selects: Vec<Select>,
    /// What the question lacks.
    pub(super) problem: Option<&'static str>,
    /// The answer; none before anything was asked.
    pub(super) found: Option<DecisionAnswer>,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

/// The rules in words, file by file.
pub(super) async fn rules(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let scope = match for_role(&web, signed, watches) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    let page_of = RulesPage {
        person_name: scope.name().to_owned(),
        rules: web.vault.rules_told(&scope).iter().map(RuleInWords::of).collect(),
        changes: web.vault.changes_power(&scope),
        banner: web.config.banner.clone(),
    };
    page(StatusCode::OK, &page_of)
}

/// The form, and the answer where something was asked.
pub(super) async fn decisions(
    State(web): State<Web>,
    signed: Result<Signed, Failed>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let scope = match for_role(&web, signed, watches) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    // Nothing asked yet: the form alone.
    let mut asked = asked.ok().map(|Query(asked)| tidy(asked));
    let typed = asked.as_ref().map(|asked| asked.person.as_str()).unwrap_or_default();
    let who = match Who::find(&web, &scope, WHOM, typed).await {
        Err(error) => return error_page(&web, Fault::of(&web, &error)),
        Ok(who) => who,
    };
    let mut found = None;
    let mut problem = None;
    if let Some(asked) = &mut asked {
        asked.person = who.id().unwrap_or_default();
        match asked.whether(&web) {
            Err(_) => problem = Some(who.problem().unwrap_or_else(|| wrong(asked))),
            Ok(whether) => match web.vault.could(&scope, &whether).await {
                Ok(could) => found = Some(DecisionAnswer::of(&could)),
                Err(error) => return error_page(&web, Fault::of(&web, &error)),
            },
        }
    }
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page_of = Decisions {
        person_name: scope.name().to_owned(),
        who,
        selects: selects(&asked.unwrap_or_default()),
        problem,
        found,
        banner: web.config.banner.clone(),
    };
    page(status, &page_of)
}

/// What the form leaves empty isn't asked; what an act has no use for isn't either.
fn tidy(asked: Asked) -> Asked {
    let full = |text: Option<String>| text.filter(|text| !text.is_empty());
    let takes_field = matches!(asked.act.as_str(), "reveal" | "verify" | "break_glass");
    Asked {
        field: full(asked.field).filter(|_| takes_field),
        purpose: full(asked.purpose).filter(|_| asked.act == "reveal"),
        interaction: full(asked.interaction),
        device: full(asked.device),
        ..asked
    }
}

fn wrong(asked: &Asked) -> &'static str {
    if PersonId::parse(&asked.person).is_none() {
        return "Write whom you ask about";
    }
    match crate::api::decisions::act(asked) {
        Err(_) if asked.act == "reveal" => "Choose a field and a purpose: a value is shown for a purpose",
        Err(_) if asked.act == "verify" => "Choose a field: it is one answer that is checked",
        Err(_) if asked.act == "break_glass" => "Choose a field: one value is seen behind the glass",
        Err(_) => "Choose what they would do",
        Ok(_) => "The interaction or the device isn't one",
    }
}

/// The form's lists, as they were filled in.
pub(super) fn selects(asked: &Asked) -> Vec<Select> {
    let mut acts: Vec<Choice> = Vec::new();
    for act in PolicyAct::all() {
        if acts.iter().all(|known| known.value != act.slug()) {
            acts.push(choice(act.slug(), &sentence(act.slug())));
        }
    }
    let fields = FieldKind::ALL.iter().map(|one| choice(one.slug(), &sentence(one.slug()))).collect();
    let purposes = Purpose::ALL.iter().map(|one| choice(one.slug(), one.label())).collect();
    let devices = ["page", "program"].map(|one| choice(one, &sentence(one))).into();
    let select = |name, label, any, choices, chosen: &str| Select {
        name,
        label,
        any,
        rare: false,
        choices,
        chosen: chosen.to_owned(),
    };
    let said = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        select("act", "do this", "Choose an act", acts, &asked.act),
        select("field", "with", "No field", fields, &said(&asked.field)),
        select("purpose", "for", "No purpose", purposes, &said(&asked.purpose)),
        select("device", "using", "A page", devices, &said(&asked.device)),
    ]
}

/// The pages with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let rule = RuleInWords {
        id: "nothing-shown-on-hold".to_owned(),
        file: "3-grounds.cedar".to_owned(),
        effect: "forbid",
        says: "The customer is on hold".to_owned(),
        why: Some("A value is shown while you talk to the customer.".to_owned()),
        next: Some("Take the customer off hold, then reveal.".to_owned()),
        text: "forbid (principal, action, resource);".to_owned(),
    };
    let rules = RulesPage {
        person_name: "Ingrid Solberg".to_owned(),
        rules: vec![rule],
        changes: true,
        banner: banner.clone(),
    };
    let none = RulesPage { rules: Vec::new(), ..rules.clone() };
    let form = Decisions {
        person_name: "Ingrid Solberg".to_owned(),
        who: Who::unasked(WHOM),
        selects: selects(&Asked::default()),
        problem: None,
        found: None,
        banner,
    };
    let wrong = Decisions { problem: Some("Choose what they would do"), ..form.clone() };
    let ana = |number: u8, team: &str| StaffFound {
        person: PersonId([number; 16]),
        name: "Ana Diaz".to_owned(),
        role: domain::Role::Agent,
        team: team.to_owned(),
        left: false,
    };
    let who = Who::of(WHOM, "Ana", &[ana(1, "Orders"), ana(2, "Payments")]);
    let several = Decisions { problem: who.problem(), who, ..form.clone() };
    Ok(vec![
        ("security-rules.html", rules.render()?),
        ("security-rules-none.html", none.render()?),
        ("security-decisions.html", form.render()?),
        ("security-decisions-wrong.html", wrong.render()?),
        ("security-decisions-several.html", several.render()?),
    ])
}
