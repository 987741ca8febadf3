//! What a customer is asked: each question of the data plan with their answer, one button to change it, and a receipt.

use super::acts::{At, file, who};
use super::consent_receipt::{self, ConsentEvent, ConsentFacts};
use super::told::{moment, upper};
use super::whole::why;
use super::{Frame, Place};
use crate::identify::origin;
use crate::pages::page;
use crate::state::Web;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Refusal;
use plan::{Plan, Question};
use serde::Deserialize;
use vault::{Answer, ConsentTold, CustomerScope, InForce, OwnConsent, VaultError};

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) entry: String,
    pub(super) purpose: String,
    /// What is held or done.
    pub(super) title: String,
    /// What for.
    pub(super) what_for: String,
    /// What the notice says of it.
    pub(super) why: Vec<String>,
    /// Yes, to what is asked today?
    pub(super) yes: bool,
    /// What they said last, in words.
    pub(super) said: String,
    /// Is there a receipt?
    pub(super) answered: bool,
}

/// All questions, in the plan's order.
pub(super) async fn asked(
    web: &Web,
    place: &Place,
    scope: &CustomerScope,
    in_force: &InForce,
) -> Result<Vec<Asked>, VaultError> {
    let plan = in_force.planned.plan();
    let notice = plan.notice(place.language, in_force.day);
    let consents = web.vault.own_consents(scope).await?;
    let asked = |own: OwnConsent| {
        let entry = plan.entry(&own.entry)?;
        Some(Asked {
            title: upper(entry.words.said(place.language)),
            what_for: plan.purpose(&own.purpose)?.said(place.language).to_owned(),
            why: why(&notice, &own.entry),
            yes: own.answer.is_some_and(Answer::counts),
            said: said(place, own.answer),
            answered: own.answer.is_some(),
            entry: own.entry,
            purpose: own.purpose,
        })
    };
    Ok(consents.into_iter().filter_map(asked).collect())
}

fn said(place: &Place, answer: Option<Answer>) -> String {
    let say = place.say;
    let Some(answer) = answer else { return say.never_answered.to_owned() };
    let words = match (answer.given, answer.current, answer.told) {
        (false, ..) => say.took_back,
        (true, false, _) => say.asked_anew,
        (true, true, ConsentTold::Themselves) => say.said_yes,
        (true, true, ConsentTold::WithTheirData) => say.yes_with_data,
    };
    format!("{words} {} UTC", moment(&answer.at.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answered {
    entry: String,
    purpose: String,
    answer: String,
}

/// Said once, after an answer.
#[derive(Debug, Clone, Template)]
#[template(path = "me-answered.html")]
pub(super) struct AnsweredPage {
    frame: Frame,
    banner: Option<String>,
    yes: bool,
    entry: String,
    purpose: String,
}

pub(super) async fn answer(
    State(web): State<Web>,
    Path(at): At,
    headers: HeaderMap,
    form: Result<Form<Answered>, FormRejection>,
) -> Response {
    let (place, scope) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let answered = form.ok().map(|Form(form)| form);
    let yes = answered.as_ref().and_then(|form| match form.answer.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let Some((Answered { entry, purpose, .. }, yes)) = answered.zip(yes) else {
        return place.said(StatusCode::UNPROCESSABLE_ENTITY, place.say.nothing_done, place.say.unreadable);
    };
    match web.vault.own_answer(&scope, (&entry, &purpose), yes).await {
        Ok(_) => page(StatusCode::OK, &AnsweredPage { frame: place.frame, banner: place.banner, yes, entry, purpose }),
        Err(error) => place.failed(&web, &error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    entry: String,
    purpose: String,
}

/// The receipt of the last answer, to be kept.
pub(super) async fn receipt(
    State(web): State<Web>,
    Path(at): At,
    headers: HeaderMap,
    form: Result<Form<Which>, FormRejection>,
) -> Response {
    let (place, scope) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let Ok(Form(which)) = form else {
        return place.said(StatusCode::UNPROCESSABLE_ENTITY, place.say.nothing_done, place.say.unreadable);
    };
    let from = origin(&web, &headers).unwrap_or_default();
    match made(&web, &place, &scope, &which, &from).await {
        Ok(receipt) => file("consent-receipt.jsonld", &receipt),
        Err(error) => place.failed(&web, &error),
    }
}

async fn made(
    web: &Web,
    place: &Place,
    scope: &CustomerScope,
    which: &Which,
    from: &str,
) -> Result<serde_json::Value, VaultError> {
    let gone = || VaultError::Refused { refusal: Refusal::NotFound, entry: None, rule: None, spent: None, plan: None };
    let in_force = web.vault.plan_in_force(scope.tenant()).await?;
    let plan = in_force.planned.plan();
    let own = web.vault.own_consents(scope).await?;
    let own = own.into_iter().find(|own| own.entry == which.entry && own.purpose == which.purpose).ok_or_else(gone)?;
    let answer = own.answer.ok_or_else(gone)?;
    let question = question(plan, &own).ok_or_else(gone)?;
    let names = web.vault.consent_names(scope, &own.entry, &own.purpose)?;
    let hex = |bytes: &[u8; 16]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let facts = ConsentFacts {
        receipt: format!("{}-{}", hex(&names.record), answer.at.0),
        record: hex(&names.record),
        customer: hex(&names.customer),
        created: web.vault.now().to_string(),
        language: place.language,
        notice: format!("{from}{}", place.frame.notice),
        control: format!("{from}{}", place.frame.here),
        event: ConsentEvent {
            given: answer.given,
            at: answer.at.to_string(),
            themselves: answer.told == ConsentTold::Themselves,
        },
    };
    Ok(consent_receipt::receipt(plan, &question, &facts))
}

fn question<'p>(plan: &'p Plan, own: &OwnConsent) -> Option<Question<'p>> {
    let entry = plan.entry(&own.entry)?;
    let purpose = entry.purposes.get(&own.purpose)?;
    Some(Question { entry, purpose })
}

/// A question in each state, and what is said after a yes.
pub(super) fn samples(frame: &Frame, banner: Option<String>) -> (Vec<Asked>, AnsweredPage) {
    let say = frame.say;
    let one = |said: &str, yes, answered| Asked {
        entry: "preference".to_owned(),
        purpose: "delivery".to_owned(),
        title: "Your wishes".to_owned(),
        what_for: "to bring you what you order".to_owned(),
        why: vec!["Why may we? Only if you say yes. You can take that back.".to_owned()],
        yes,
        said: said.to_owned(),
        answered,
    };
    let at = |words: &str| format!("{words} 2026-11-27 22:10 UTC");
    let all = vec![
        one(say.never_answered, false, false),
        one(&at(say.said_yes), true, true),
        one(&at(say.yes_with_data), true, true),
        one(&at(say.took_back), false, true),
        one(&at(say.asked_anew), false, true),
    ];
    let (entry, purpose) = ("preference".to_owned(), "delivery".to_owned());
    (all, AnsweredPage { frame: frame.clone(), banner, yes: true, entry, purpose })
}
