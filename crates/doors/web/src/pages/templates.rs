//! The pages' shells: one struct per page, each with typed sample data for the gallery.
//!
//! A shell carries no customer data at all: what is shown about a customer arrives later, over
//! `/v1`, and is written into the page by the scripts in [`ASSETS`]. So a cached or logged page
//! can give nothing away.
//!
//! Every shell takes an optional `banner`: one line shown on top of each page (the demonstration
//! says there that its people are invented).

pub mod sign_in;

use super::ask::{AskForm, Found};
use super::{
    approvals, board, budgets, ceremony, glass, governing, guard, keys, notice, people, plan, posture, requests,
    retention, roles, rules, sessions, trust,
};
use crate::api::log_status::AlarmLine;
use askama::Template;
use domain::Millis;
use sign_in::PickPerson;
use vault::{Alarm, AlarmKind};

/// One static file of the pages, served as it is under [`Asset::path`].
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Absolute URL path, such as `/assets/style.css`.
    pub path: &'static str,
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The file's text.
    pub body: &'static str,
}

/// The content security policy that every page is made for: own scripts, styles and requests only,
/// nothing inline, no framing.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
     style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

const fn asset(path: &'static str, content_type: &'static str, body: &'static str) -> Asset {
    Asset { path, content_type, body }
}

/// Every static file that the pages ask for.
pub const ASSETS: &[Asset] = &[
    asset("/assets/style.css", "text/css; charset=utf-8", include_str!("../../assets/style.css")),
    asset("/assets/icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
    asset("/assets/keep.js", SCRIPT, include_str!("../../assets/keep.js")),
    asset("/assets/browser.js", SCRIPT, include_str!("../../assets/browser.js")),
    asset("/assets/sign-in.js", SCRIPT, include_str!("../../assets/sign-in.js")),
    asset("/assets/arrived.js", SCRIPT, include_str!("../../assets/arrived.js")),
    asset("/assets/resume.js", SCRIPT, include_str!("../../assets/resume.js")),
    asset("/assets/passkey.js", SCRIPT, include_str!("../../assets/passkey.js")),
    asset("/assets/ceremony.js", SCRIPT, include_str!("../../assets/ceremony.js")),
    asset("/assets/ceremony-watch.js", SCRIPT, include_str!("../../assets/ceremony-watch.js")),
    asset("/assets/account.js", SCRIPT, include_str!("../../assets/account.js")),
    asset("/assets/common.js", SCRIPT, include_str!("../../assets/common.js")),
    asset("/assets/second.js", SCRIPT, include_str!("../../assets/second.js")),
    asset("/assets/approvals.js", SCRIPT, include_str!("../../assets/approvals.js")),
    asset("/assets/approvals-count.js", SCRIPT, include_str!("../../assets/approvals-count.js")),
    asset("/assets/record.js", SCRIPT, include_str!("../../assets/record.js")),
    asset("/assets/budgets.js", SCRIPT, include_str!("../../assets/budgets.js")),
    asset("/assets/find.js", SCRIPT, include_str!("../../assets/find.js")),
    asset("/assets/report.js", SCRIPT, include_str!("../../assets/report.js")),
    asset("/assets/reports.js", SCRIPT, include_str!("../../assets/reports.js")),
    asset("/assets/own-reports.js", SCRIPT, include_str!("../../assets/own-reports.js")),
    asset("/assets/desk.js", SCRIPT, include_str!("../../assets/desk.js")),
    asset("/assets/log-health.js", SCRIPT, include_str!("../../assets/log-health.js")),
    asset("/assets/message.js", SCRIPT, include_str!("../../assets/message.js")),
    asset("/assets/lessons.js", SCRIPT, include_str!("../../assets/lessons.js")),
    asset("/assets/culture.js", SCRIPT, include_str!("../../assets/culture.js")),
    asset("/assets/cases.js", SCRIPT, include_str!("../../assets/cases.js")),
    asset("/assets/team-cases.js", SCRIPT, include_str!("../../assets/team-cases.js")),
    asset("/assets/team.js", SCRIPT, include_str!("../../assets/team.js")),
    asset("/assets/power.js", SCRIPT, include_str!("../../assets/power.js")),
    asset("/assets/waiting.js", SCRIPT, include_str!("../../assets/waiting.js")),
    asset("/assets/trial.js", SCRIPT, include_str!("../../assets/trial.js")),
    asset("/assets/guard.js", SCRIPT, include_str!("../../assets/guard.js")),
    asset("/assets/erase.js", SCRIPT, include_str!("../../assets/erase.js")),
    asset("/assets/limits.js", SCRIPT, include_str!("../../assets/limits.js")),
    asset("/assets/requests.js", SCRIPT, include_str!("../../assets/requests.js")),
    asset("/assets/board.js", SCRIPT, include_str!("../../assets/board.js")),
    asset("/assets/glass.js", SCRIPT, include_str!("../../assets/glass.js")),
    asset("/assets/proposals.js", SCRIPT, include_str!("../../assets/proposals.js")),
    asset("/assets/governing.js", SCRIPT, include_str!("../../assets/governing.js")),
    asset("/assets/people.js", SCRIPT, include_str!("../../assets/people.js")),
    asset("/assets/sessions.js", SCRIPT, include_str!("../../assets/sessions.js")),
    asset("/assets/security.js", SCRIPT, include_str!("../../assets/security.js")),
];

/// `/worker.js`: signs the requests of pages.
pub const WORKER: &str = include_str!("../../assets/worker.js");

/// `/desk`: the agent's one screen.
#[derive(Debug, Clone, Template)]
#[template(path = "desk.html")]
pub struct Desk {
    /// The agent's name: shown on top and in the watermark.
    pub person_name: String,
    /// The agent's id, `per_…`.
    pub person_id: String,
    /// The tenant's short name, as in `/log/{tenant}`.
    pub tenant: String,
    /// Does this person lead a team?
    pub leads: bool,
    /// Could they be somebody's second person?
    pub approves: bool,
    /// Micro-lessons that they weren't shown of late.
    pub lessons: Vec<domain::Lesson>,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/team`: what a team and its members have spent, for who leads it.
#[derive(Debug, Clone, Template)]
#[template(path = "team.html")]
pub struct Team {
    /// The leader's name.
    pub person_name: String,
    /// Their id.
    pub person_id: String,
    /// The team; empty for none.
    pub team: String,
    /// Could they be somebody's second person?
    pub approves: bool,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/security`: the security officer's live view, or what a question to the log found.
#[derive(Debug, Clone, Template)]
#[template(path = "security.html")]
pub struct Security {
    /// The officer's name.
    pub person_name: String,
    /// The tenant's short name, as in `/log/{tenant}`.
    pub tenant: String,
    /// What is wrong with the log right now.
    pub alarms: Vec<AlarmLine>,
    /// Could they be somebody's second person?
    pub approves: bool,
    /// The form that asks the log.
    pub form: AskForm,
    /// What it found; none on the live page.
    pub found: Option<Found>,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/security` for who sees alarms and not the log.
#[derive(Debug, Clone, Template)]
#[template(path = "alarms.html")]
pub struct Alarms {
    /// Who looks.
    pub person_name: String,
    /// What is wrong right now.
    pub alarms: Vec<AlarmLine>,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/security/proof/{entry}`: one entry's receipt, and how to check it.
#[derive(Debug, Clone, Template)]
#[template(path = "proof.html")]
pub struct Proof {
    /// The officer's name.
    pub person_name: String,
    /// The tenant's short name, as in `/log/{tenant}`.
    pub tenant: String,
    /// The entry's id, `ent_…`.
    pub entry: String,
    /// The receipt's text; none for a moment after the entry was written.
    pub receipt: Option<String>,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// Any page that can't be shown: the words of a problem.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// HTTP status code.
    pub status: u16,
    /// What happened, in a few words.
    pub title: String,
    /// Why it is so.
    pub why: String,
    /// What the person can do now.
    pub next: String,
    /// Line on top of the page.
    pub banner: Option<String>,
}

fn sample_banner() -> Option<String> {
    Some("Demonstration centre: invented people, no real data.".to_owned())
}

fn sample_alarm() -> AlarmLine {
    AlarmLine::of(Alarm { kind: AlarmKind::SetBack, since: Millis(1_772_355_600_000) })
}

impl Desk {
    /// The agent's shell.
    #[must_use]
    pub fn sample() -> Self {
        let person = PickPerson::sample();
        let (person_name, person_id) = (person.name, person.id);
        Self {
            person_name,
            person_id,
            tenant: "acme".to_owned(),
            leads: false,
            approves: false,
            lessons: domain::Lesson::ALL.to_vec(),
            banner: sample_banner(),
        }
    }
}

impl Team {
    /// The leader's shell.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            person_name: PickPerson::sample().name,
            person_id: PickPerson::sample().id,
            team: "Orders".to_owned(),
            approves: true,
            banner: sample_banner(),
        }
    }
}

impl Security {
    /// The officer's shell.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            person_name: PickPerson::sample_officer().name,
            tenant: "acme".to_owned(),
            alarms: Vec::new(),
            approves: true,
            form: AskForm::sample(),
            found: None,
            banner: sample_banner(),
        }
    }

    fn sample_found(found: Found) -> Self {
        Self { found: Some(found), ..Self::sample() }
    }
}

impl Proof {
    /// An entry that has its place.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            person_name: PickPerson::sample_officer().name,
            tenant: "acme".to_owned(),
            entry: "ent_0192f7a0c0de7c0c8a3b000000000001".to_owned(),
            receipt: Some("c2sp.org/tlog-proof@v1\nindex 7\n".to_owned()),
            banner: sample_banner(),
        }
    }
}

impl ErrorPage {
    /// An agent who opened the officer's page.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            status: 403,
            title: "This page is for another role".to_owned(),
            why: "Each role sees only what its work needs; yours doesn't include this page.".to_owned(),
            next: "Go back to your own page, or ask your team leader if your work has changed.".to_owned(),
            banner: sample_banner(),
        }
    }
}

/// Renders every page with its sample data: file name and page.
///
/// # Errors
/// When a template can't be rendered.
pub fn gallery() -> Result<Vec<(&'static str, String)>, askama::Error> {
    let mut all = sign_in::gallery()?;
    all.extend([
        ("desk.html", Desk::sample().render()?),
        ("desk-leader.html", Desk { leads: true, ..Desk::sample() }.render()?),
        ("team.html", Team::sample().render()?),
        ("security.html", Security::sample().render()?),
        ("security-alarm.html", Security { alarms: vec![sample_alarm()], ..Security::sample() }.render()?),
        ("security-found.html", Security::sample_found(Found::sample()).render()?),
        ("security-nothing.html", Security::sample_found(Found::default()).render()?),
        (
            "security-wrong.html",
            Security::sample_found(Found::wrong("decision is allowed, refused or damaged")).render()?,
        ),
        ("proof.html", Proof::sample().render()?),
        ("proof-pending.html", Proof { receipt: None, ..Proof::sample() }.render()?),
        ("error.html", ErrorPage::sample().render()?),
    ]);
    all.extend(rules::gallery(sample_banner())?);
    all.extend(roles::gallery(sample_banner())?);
    all.extend(approvals::gallery(sample_banner())?);
    all.extend(people::gallery(sample_banner())?);
    all.extend(governing::gallery(sample_banner())?);
    all.extend(glass::gallery(sample_banner())?);
    all.extend(guard::gallery(sample_banner())?);
    all.extend(budgets::gallery(sample_banner())?);
    all.extend(sessions::gallery(sample_banner())?);
    all.extend(keys::gallery(sample_banner())?);
    all.extend(super::culture::gallery(sample_banner())?);
    all.extend(ceremony::gallery(sample_banner())?);
    all.extend(plan::gallery(sample_banner())?);
    all.extend(board::gallery(sample_banner())?);
    all.extend(posture::gallery(sample_banner())?);
    all.extend(trust::gallery(sample_banner())?);
    all.extend(retention::gallery(sample_banner())?);
    all.extend(requests::gallery(sample_banner())?);
    all.extend(super::reports::gallery(sample_banner())?);
    all.extend(crate::speak_up::gallery(sample_banner())?);
    all.extend(notice::gallery(sample_banner())?);
    all.extend(crate::me::gallery(sample_banner())?);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_needs_anything_inline() {
        for (name, page) in gallery().unwrap() {
            assert!(page.starts_with("<!doctype html>"), "{name}");
            assert!(!page.contains(" style="), "{name} has an inline style");
            assert!(!page.contains("<style"), "{name} has an inline sheet");
            assert!(!page.contains("javascript:"), "{name} has a script link");
            for script in page.split("<script").skip(1) {
                let (tag, rest) = script.split_once('>').unwrap();
                assert!(tag.contains(" src=\"/assets/"), "{name}: {tag}");
                assert!(rest.starts_with("</script>"), "{name} has an inline script");
            }
            let handler = page.split_whitespace().find(|word| word.starts_with("on") && word.contains("=\""));
            assert_eq!(handler, None, "{name} has an inline handler");
        }
    }

    /// All states of all pages, to be looked at: `RINGFENCE_GALLERY=DIR cargo test -p ringfence-web -- gallery`.
    #[test]
    fn the_gallery_has_each_state_once_and_is_written_where_it_is_asked_for() {
        let all: std::collections::BTreeMap<_, _> = gallery().unwrap().into_iter().collect();
        assert_eq!(all.len(), gallery().unwrap().len());
        if let Some(folder) = std::env::var_os("RINGFENCE_GALLERY") {
            let write = |(name, page)| std::fs::write(std::path::Path::new(&folder).join(name), page);
            all.into_iter().try_for_each(write).unwrap();
        }
    }

    #[test]
    fn every_asset_that_a_page_or_script_asks_for_is_served() {
        let mut texts: Vec<String> = gallery().unwrap().into_iter().map(|(_, page)| page).collect();
        texts.extend(ASSETS.iter().map(|asset| asset.body.to_owned()));
        let mut asked = 0;
        for text in &texts {
            let links = text.split("\"/assets/").skip(1).map(|rest| (rest, '"'));
            let imports = text.split("from './").skip(1).map(|rest| (rest, '\''));
            for (rest, quote) in links.chain(imports) {
                let path = format!("/assets/{}", rest.split(quote).next().unwrap());
                assert!(ASSETS.iter().any(|asset| asset.path == path), "{path} is not served");
                asked += 1;
            }
        }
        assert!(asked > 8, "only {asked} links found");
    }

    #[test]
    fn scripts_write_values_as_text_only_and_keep_nothing() {
        // Nothing is put into the address; what another site put there may be taken out.
        const CLEARED: &str = "history.replaceState(null, '', location.pathname);";
        for asset in ASSETS.iter().filter(|asset| asset.content_type == SCRIPT) {
            let body = asset.body.replace(CLEARED, "");
            for banned in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "localStorage",
                "sessionStorage",
                "console.",
                "eval(",
                "document.cookie",
                "document.title",
                "pushState",
                "replaceState",
            ] {
                assert!(!body.contains(banned), "{} uses {banned}", asset.path);
            }
            let lines = asset.body.lines().count();
            assert!(lines <= 250, "{} has {lines} lines", asset.path);
        }
    }

    #[test]
    fn names_are_escaped() {
        let mut page = Desk::sample();
        page.person_name = "<script>alert(1)</script>".to_owned();
        page.person_id = "\"><b>".to_owned();
        let html = page.render().unwrap();
        assert!(!html.contains("<script>alert"));
        assert!(!html.contains("\"><b>"));
    }

    #[test]
    fn the_banner_is_on_each_page_that_has_one_and_on_no_other() {
        for (name, page) in gallery().unwrap() {
            let expected = !matches!(name, "sign-in-error.html" | "role-picker-empty.html");
            assert_eq!(page.contains("Demonstration centre"), expected, "{name}");
        }
    }

    #[test]
    fn the_desk_form_fields_have_no_name_that_a_plain_submit_could_send() {
        let html = Desk::sample().render().unwrap();
        let names: Vec<&str> = html
            .split(" name=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|name| !matches!(*name, "by" | "viewport" | "color-scheme" | "robots"))
            .collect();
        assert!(names.is_empty(), "{names:?}");
        assert!(!html.contains("method=\"get\""));
    }

    #[test]
    fn the_error_says_why_and_what_to_do() {
        let page = ErrorPage::sample();
        let html = page.render().unwrap();
        for part in ["403", "This page is for another role", "sees only what its work needs", "ask your team leader"] {
            assert!(html.contains(part), "{part}");
        }
    }
}
