//! The page itself: what is held, who looked, what can be done.

use super::correct::Fix;
use super::sign_in::sign_in_page;
use super::told::{self, field, moment};
use super::who::Told;
use super::words::Words;
use super::{Frame, Place, consents, words};
use crate::identify::origin;
use crate::pages::page;
use crate::state::Web;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{FieldKind, Millis, UseLimit};
use plan::{From, Language, Notice, What};
use vault::{CustomerScope, InForce, Masked, OwnRecord, VaultError};
use zeroize::Zeroizing;

/// `/me/{tenant}/{language}`, signed in.
#[derive(Debug, Clone, Template)]
#[template(path = "me.html")]
struct Whole {
    frame: Frame,
    banner: Option<String>,
    until: String,
    held: Vec<Held>,
    /// Until when nothing is corrected, because a way to reach the customer was.
    waits: Option<String>,
    asked: Vec<consents::Asked>,
    told: Told,
    /// What they told us: when, and what came of it.
    /// What they told us: on which day, what came of it, and what they were told.
    news: Vec<(String, &'static str, Vec<Zeroizing<String>>)>,
    /// Where the log is copied from.
    log: String,
    /// Why nothing can be erased.
    hold: Option<&'static str>,
    /// What they had limited.
    limits: Vec<&'static str>,
}

/// One kind of data.
#[derive(Debug, Clone)]
struct Held {
    title: String,
    masks: Vec<Mask>,
    why: Vec<String>,
    /// What of it may be corrected here.
    fixes: Vec<Fix>,
}

/// One value, in its short form.
#[derive(Debug, Clone)]
struct Mask {
    text: String,
    /// From when on it counts, where they corrected it lately.
    counts_from: Option<String>,
}

/// From when on a corrected value counts, in words.
fn counts_from(kind: FieldKind, moment: &str, say: &Words) -> String {
    let from = if kind == FieldKind::BankAccount { say.account_from } else { say.counts_from };
    format!("{from} {moment} UTC.")
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
        Err(VaultError::Unauthenticated) => return sign_in_page(&web, &place).await,
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
    let told = Told::of(web, place, scope, None).await?;
    let news = web.vault.own_news(scope).await?;
    let language = place.language;
    let until = |(kind, _, at): &(FieldKind, u32, Millis)| is_contact(*kind).then_some(*at);
    let waits = record.waiting.iter().filter_map(until).max();
    let can_correct = web.mailer(scope.tenant()).await.is_some() && waits.is_none();
    Ok(Whole {
        waits: waits.map(|at| moment(&at.to_string())),
        frame: place.frame.clone(),
        banner: place.banner.clone(),
        until: moment(&scope.ends().to_string()),
        held: held(&record, &in_force, place, can_correct),
        asked: consents::asked(web, place, scope, &in_force).await?,
        told,
        news: news.iter().map(|one| told_us(one, place.say)).collect(),
        log: log_from,
        hold: record.hold.map(|hold| words::hold(hold, language)),
        limits: record.limits.iter().map(|limit| words::limit(*limit, language)).collect(),
    })
}

/// A report of theirs, as they read it.
fn told_us(news: &vault::OwnNews, say: &Words) -> (String, &'static str, Vec<Zeroizing<String>>) {
    (news.at.to_string().chars().take(10).collect(), say.news(news), news.said.clone())
}

/// By what is the customer reached?
fn is_contact(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Phone | FieldKind::Email)
}

/// The masks by kind, each with what the notice says of it, and how it is corrected where that can be.
fn held(record: &OwnRecord, in_force: &InForce, place: &Place, can_correct: bool) -> Vec<Held> {
    let plan = in_force.planned.plan();
    let notice = plan.notice(place.language, in_force.day);
    let mut held: Vec<(FieldKind, Held)> = Vec::new();
    for masked in &record.masks {
        let kind = masked.field;
        let is_only = record.masks.iter().filter(|other| other.field == kind).count() == 1;
        let waits = record.waiting.iter().find(|(field, instance, _)| (*field, *instance) == (kind, masked.instance));
        let from = waits.map(|(_, _, at)| counts_from(kind, &moment(&at.to_string()), place.say));
        let mask = Mask { text: masked.mask.clone(), counts_from: from };
        let fix = Fix::of(masked, place.say, is_only).filter(|_| can_correct);
        match held.last_mut().filter(|(last, _)| *last == kind) {
            Some((_, same)) => {
                same.masks.push(mask);
                same.fixes.extend(fix);
            }
            None => {
                let entry = plan.entries.iter().find(|entry| {
                    matches!(entry.what, What::Data(plan::Kind::Field(field)) if field == kind) && !entry.future
                });
                let why = entry.map(|entry| why(&notice, &entry.id)).unwrap_or_default();
                let title = told::upper(&field(kind, place.language));
                held.push((kind, Held { title, masks: vec![mask], why, fixes: fix.into_iter().collect() }));
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

/// The page as samples of it are looked at: with questions that were never answered, answered, and asked anew; with what may be
/// corrected, and with what was a moment ago.
///
/// # Errors
/// If it can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let page = |language, until: Option<&str>| {
        let frame = super::sample_frame(language);
        let (asked, answered) = consents::samples(&frame, banner.clone());
        let whole = Whole {
            until: "2026-11-28 12:15".to_owned(),
            held: samples(frame.say, until),
            waits: until.map(ToOwned::to_owned),
            asked,
            told: Told::default(),
            news: vec![("2026-11-27".to_owned(), frame.say.told_stopped, vec![])],
            log: "https://desk.example.com/log/acme".to_owned(),
            hold: None,
            limits: UseLimit::ALL
                .iter()
                .map(|limit| words::limit(*limit, language))
                .filter(|_| until.is_some())
                .collect(),
            banner: banner.clone(),
            frame,
        };
        Ok::<_, askama::Error>((whole.render()?, answered.render()?))
    };
    let ((en, answered), (de, _)) = (page(Language::English, None)?, page(Language::German, None)?);
    let waiting = page(Language::English, Some("2026-12-01 10:15"))?.0;
    Ok(vec![
        ("me-asked-en.html", en),
        ("me-asked-de.html", de),
        ("me-waiting.html", waiting),
        ("me-answered.html", answered),
    ])
}

fn samples(say: &Words, until: Option<&str>) -> Vec<Held> {
    let one = |field, title: &str, text: &str| {
        let masked = Masked { field, instance: 1, mask: text.to_owned() };
        let fix = Fix::of(&masked, say, true).filter(|_| until.is_none());
        let is_new = [FieldKind::Email, FieldKind::BankAccount].contains(&field);
        let from = until.filter(|_| is_new).map(|until| counts_from(field, until, say));
        let masks = vec![Mask { text: masked.mask, counts_from: from }];
        Held { title: title.to_owned(), masks, why: Vec::new(), fixes: fix.into_iter().collect() }
    };
    vec![
        one(FieldKind::Name, "Your name", "A••• D•••"),
        one(FieldKind::Phone, "Your phone number", "•••• 18"),
        one(FieldKind::Email, "Your e-mail address", "a•••@example.org"),
        one(FieldKind::BankAccount, "Your bank account", "GB•• •••• •••• ••32"),
    ]
}
