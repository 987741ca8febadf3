//! The page itself: what is held, who looked, what can be done.

use super::correct::Fix;
use super::sign_in::sign_in_page;
use super::told::{self, Line, field, line, moment};
use super::{Frame, Place, consents, words};
use crate::identify::origin;
use crate::pages::page;
use crate::state::Web;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use plan::{From, Notice, What};
use vault::{CustomerScope, InForce, Masked, VaultError};

/// `/me/{tenant}/{language}`, signed in.
#[derive(Debug, Clone, Template)]
#[template(path = "me.html")]
struct Whole {
    frame: Frame,
    banner: Option<String>,
    until: String,
    held: Vec<Held>,
    asked: Vec<consents::Asked>,
    looks: Vec<Line>,
    others: Vec<Line>,
    missing: u64,
    /// Where the log is copied from.
    log: String,
    /// Why nothing can be erased.
    hold: Option<&'static str>,
}

/// One kind of data.
#[derive(Debug, Clone)]
struct Held {
    title: String,
    masks: Vec<String>,
    why: Vec<String>,
    /// What of it may be corrected here.
    fixes: Vec<Fix>,
}

pub(super) async fn show(
    State(web): State<Web>,
    Path((slug, tag)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let place = match Place::of(&web, &slug, &tag).await {
        Ok(place) => place,
        Err(response) => return *response,
    };
    let scope = match place.customer(&web, &headers).await {
        Ok(scope) => scope,
        Err(VaultError::Unauthenticated) => return sign_in_page(&web, &place),
        Err(error) => return place.failed(&web, &error),
    };
    let from = origin(&web, &headers).unwrap_or_default();
    match whole(&web, &place, &scope, from).await {
        Ok(whole) => page(StatusCode::OK, &whole),
        Err(error) => place.failed(&web, &error),
    }
}

async fn whole(web: &Web, place: &Place, scope: &CustomerScope, log_from: String) -> Result<Whole, VaultError> {
    let in_force = web.vault.plan_in_force(scope.tenant()).await?;
    let record = web.vault.own_record(scope).await?;
    let log = web.vault.own_log(scope).await?;
    let (plan, language) = (in_force.planned.plan(), place.language);
    let told = |look| line(look, plan, language);
    let (looks, others) = log.looks.iter().map(told).partition(|line: &Line| line.by_staff);
    Ok(Whole {
        frame: place.frame.clone(),
        banner: place.banner.clone(),
        until: moment(&scope.ends().to_string()),
        held: held(&record.masks, &in_force, place, web.config.mailer.is_some()),
        asked: consents::asked(web, place, scope, &in_force).await?,
        looks,
        others,
        missing: log.missing,
        log: log_from,
        hold: record.hold.map(|hold| words::hold(hold, language)),
    })
}

/// The masks by kind, each with what the notice says of it, and how it is corrected where letters can be sent.
fn held(masks: &[Masked], in_force: &InForce, place: &Place, mail: bool) -> Vec<Held> {
    let plan = in_force.planned.plan();
    let notice = plan.notice(place.language, in_force.day);
    let mut held: Vec<(domain::FieldKind, Held)> = Vec::new();
    for masked in masks {
        let mask = masked.mask.clone();
        match held.last_mut().filter(|(kind, _)| *kind == masked.field) {
            Some((_, same)) => {
                same.masks.push(mask);
                same.fixes.extend(Fix::of(masked, place).filter(|_| mail));
            }
            None => {
                let entry = plan.entries.iter().find(|entry| {
                    matches!(entry.what, What::Data(plan::Kind::Field(kind)) if kind == masked.field) && !entry.future
                });
                let why = entry.map(|entry| why(&notice, &entry.id)).unwrap_or_default();
                let title = told::upper(&field(masked.field, place.language));
                let fixes = Fix::of(masked, place).filter(|_| mail).into_iter().collect();
                held.push((masked.field, Held { title, masks: vec![mask], why, fixes }));
            }
        }
    }
    held.into_iter().map(|(_, held)| held).collect()
}

/// What the notice says of an entry of the plan.
pub(super) fn why(notice: &Notice, id: &str) -> Vec<String> {
    let lines = notice.sections.iter().flat_map(|section| &section.blocks).flat_map(|block| &block.lines);
    let own = lines.filter(|line| matches!(&line.from, From::Entry(entry) if entry == id));
    own.map(|line| line.text.clone()).collect()
}

/// The page as samples of it are looked at: with questions that were never answered, answered, and asked anew.
///
/// # Errors
/// If it can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let page = |language| {
        let frame = super::sample_frame(language);
        let (asked, answered) = consents::samples(&frame, banner.clone());
        let held = Held {
            title: "Your phone number".to_owned(),
            masks: vec!["…18".to_owned()],
            why: Vec::new(),
            fixes: vec![Fix::sample()],
        };
        let whole = Whole {
            until: "2026-11-28 12:15".to_owned(),
            held: vec![held],
            asked,
            looks: Vec::new(),
            others: Vec::new(),
            missing: 0,
            log: "https://desk.example.com/log/acme".to_owned(),
            hold: None,
            banner: banner.clone(),
            frame,
        };
        Ok::<_, askama::Error>((whole.render()?, answered.render()?))
    };
    let ((en, answered), (de, _)) = (page(plan::Language::English)?, page(plan::Language::German)?);
    Ok(vec![("me-asked-en.html", en), ("me-asked-de.html", de), ("me-answered.html", answered)])
}
