//! The officer's form that asks the log, and what it found: a plain GET form, rendered here.

use super::who::Who;
use crate::api::disclosures::{Line, names};
use crate::api::log_filter::Filter;
use crate::api::paging::Paging;
use crate::state::Web;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use domain::{EntryId, FieldKind, Purpose};
use vault::{Decided, Kind, LogQuery, Scope, Shown, VaultError};

const PERSON: &str = "Person";

/// What the page shows unless something else is asked for.
pub(super) const USUAL: Shown = Shown::Looks;

/// One choice of a list.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

/// One list of choices.
#[derive(Debug, Clone)]
pub struct Select {
    /// The parameter, also the element's id.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// The words for no choice.
    pub any: &'static str,
    /// Is it folded away at first?
    pub rare: bool,
    /// The choices.
    pub choices: Vec<Choice>,
    /// The value chosen, empty for none.
    pub chosen: String,
}

/// The form, as it was filled in.
#[derive(Debug, Clone)]
pub struct AskForm {
    /// Its lists.
    pub selects: Vec<Select>,
    /// Who acted.
    pub who: Who,
    /// The customer's handle.
    pub customer: String,
    /// From when on, as `datetime-local` writes it.
    pub from: String,
    /// Before when.
    pub to: String,
    /// Is something filled in that is folded away at first?
    pub narrowed: bool,
}

/// A line of the log, in words.
#[derive(Debug, Clone)]
pub struct FoundRow {
    /// `ent_…`.
    pub entry: String,
    /// RFC 3339.
    pub at: String,
    /// The date of it.
    pub day: String,
    /// The time of it, to the second.
    pub clock: String,
    /// Who, by name where there is one.
    pub person: String,
    /// The kind's stable name.
    pub kind: &'static str,
    /// The kind in words.
    pub what: String,
    /// The kind of field in words.
    pub field: String,
    /// The customer's handle.
    pub customer: String,
    /// The purpose in words.
    pub purpose: String,
    /// allowed, refused or damaged.
    pub decision: &'static str,
    /// The same as a word on the page.
    pub decided: String,
    /// Why not.
    pub reason: String,
}

/// What a question found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Why it couldn't be asked.
    pub problem: Option<String>,
    /// The lines, newest first.
    pub rows: Vec<FoundRow>,
    /// Where to look further back.
    pub older: Option<String>,
}

/// An officer's question, as the address says it.
pub(super) enum Question {
    /// None: the live page.
    Live,
    /// One that can be asked.
    Asked { filter: Box<Filter>, who: Box<Who>, query: LogQuery, paging: Paging<EntryId> },
    /// One that can't, and why.
    Wrong { filter: Box<Filter>, who: Box<Who>, problem: &'static str },
}

impl Question {
    /// Reads the address; what the form leaves empty isn't asked. A person is looked for by what was typed.
    pub(super) async fn read(parts: &mut Parts, web: &Web, scope: &Scope) -> Result<Self, VaultError> {
        if parts.uri.query().is_none_or(str::is_empty) {
            return Ok(Self::Live);
        }
        let Ok(Query(filter)) = Query::<Filter>::try_from_uri(&parts.uri) else {
            let (filter, who) = (Box::default(), Who::unasked(PERSON).into());
            return Ok(Self::Wrong { filter, who, problem: "the address names something that can't be asked" });
        };
        let mut filter = tidy(filter);
        let who = Who::find(web, scope, PERSON, filter.person.as_deref().unwrap_or_default()).await?;
        filter.person = who.id();
        let paging = Paging::from_request_parts(parts, web).await;
        let asked = match (who.problem(), filter.question(), paging) {
            (None, Ok(query), Ok(paging)) => Ok((query, paging)),
            (Some(problem), ..) | (None, Err(problem), _) => Err(problem),
            (None, Ok(_), Err(_)) => Err("the cursor or the limit can't be used"),
        };
        let (filter, who) = (filter.into(), who.into());
        Ok(match asked {
            Ok((query, paging)) => Self::Asked { filter, who, query, paging },
            Err(problem) => Self::Wrong { filter, who, problem },
        })
    }

    /// The form and what was found.
    pub(super) async fn answer(self, web: &Web, scope: &Scope) -> Result<(AskForm, Option<Found>), VaultError> {
        match self {
            Self::Live => Ok((form(&Filter::default(), Who::unasked(PERSON)), None)),
            Self::Wrong { filter, who, problem } => Ok((form(&filter, *who), Some(Found::wrong(problem)))),
            Self::Asked { filter, who, query, paging } => {
                let page = web.vault.read_log(scope, &query, paging.after, paging.limit).await?;
                let names = names(&web.vault, scope).await;
                let rows = page.lines.iter().map(|line| FoundRow::of(Line::of(line, &names))).collect();
                let older = page.next.map(|next| format!("/security?{}&cursor={next}", address(&filter)));
                Ok((form(&filter, *who), Some(Found { problem: None, rows, older })))
            }
        }
    }
}

/// Empty boxes ask nothing, and a local time is UTC's. Unless it says how much to show, it is what security wants to see
/// most; who asks for a kind wants that kind.
fn tidy(mut filter: Filter) -> Filter {
    let boxes = [
        &mut filter.person,
        &mut filter.customer,
        &mut filter.purpose,
        &mut filter.field,
        &mut filter.from,
        &mut filter.to,
        &mut filter.decision,
        &mut filter.kind,
        &mut filter.show,
    ];
    for text in boxes {
        *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    for moment in [&mut filter.from, &mut filter.to] {
        *moment = moment.take().map(|text| utc(&text));
    }
    filter.customer = filter.customer.map(|handle| handle.to_ascii_lowercase());
    let usual = if filter.kind.is_some() { Shown::All } else { USUAL };
    filter.show = filter.show.or_else(|| Some(usual.slug().to_owned()));
    filter
}

/// What `datetime-local` writes has no zone, and seconds only where they were typed.
fn utc(text: &str) -> String {
    match text.len() {
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    }
}

/// The address's query that asks this again. Every part was read before, so none needs more than `+` escaped.
pub(super) fn address(filter: &Filter) -> String {
    let parts = [
        ("person", &filter.person),
        ("customer", &filter.customer),
        ("purpose", &filter.purpose),
        ("field", &filter.field),
        ("from", &filter.from),
        ("to", &filter.to),
        ("decision", &filter.decision),
        ("kind", &filter.kind),
        ("show", &filter.show),
    ];
    let said = parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?.replace('+', "%2B"))));
    said.collect::<Vec<_>>().join("&")
}

fn form(filter: &Filter, who: Who) -> AskForm {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let local = |value: &Option<String>| text(value).trim_end_matches('Z').to_owned();
    let select =
        |name, label, any, rare, choices, chosen| Select { name, label, any, rare, choices, chosen: text(chosen) };
    let decisions =
        [Decided::Allowed, Decided::Refused, Decided::Damaged].map(|one| choice(one.slug(), &sentence(one.slug())));
    let kinds = Kind::ALL.iter().map(|kind| choice(kind.slug(), &kind_label(*kind))).collect();
    let purposes = Purpose::ALL.iter().map(|one| choice(one.slug(), one.label())).collect();
    let shown = [Shown::Acts, Shown::All].map(|one| choice(one.slug(), shown_label(one)));
    let fields = FieldKind::ALL.iter().map(|one| choice(one.slug(), &sentence(one.slug()))).collect();
    let rare = [&filter.customer, &filter.purpose, &filter.field, &filter.from, &filter.to];
    let narrowed = !who.text.is_empty() || rare.iter().any(|part| part.is_some());
    AskForm {
        selects: vec![
            select("show", "Show", shown_label(USUAL), false, shown.into(), &filter.show),
            select("decision", "Decision", "Every decision", false, decisions.into(), &filter.decision),
            select("kind", "Kind", "Every kind", false, kinds, &filter.kind),
            select("purpose", "Purpose", "Every purpose", true, purposes, &filter.purpose),
            select("field", "Field", "Every field", true, fields, &filter.field),
        ],
        customer: text(&filter.customer),
        from: local(&filter.from),
        to: local(&filter.to),
        narrowed,
        who,
    }
}

fn shown_label(shown: Shown) -> &'static str {
    match shown {
        Shown::Looks => "Looks and refusals",
        Shown::Acts => "All acts",
        Shown::All => "Reads of the log too",
    }
}

pub(super) fn choice(value: &str, label: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned() }
}

pub(super) fn sentence(slug: &str) -> String {
    let words = slug.replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

fn kind_label(kind: Kind) -> String {
    match kind {
        Kind::View => "Masked record".to_owned(),
        Kind::Code => "One-time code sent".to_owned(),
        Kind::CodeEntered => "One-time code entered".to_owned(),
        Kind::Event => "Interaction event".to_owned(),
        other => sentence(other.slug()),
    }
}

impl FoundRow {
    fn of(line: Line) -> Self {
        let (day, clock) = line.at.split_once('T').unwrap_or((&line.at, ""));
        Self {
            day: day.to_owned(),
            clock: clock.get(..8).unwrap_or(clock).to_owned(),
            person: line.person_name.or(line.person).unwrap_or_default(),
            what: Kind::from_slug(line.kind).map_or_else(|| sentence(line.kind), kind_label),
            field: line.field.map(|field| field.replace('_', " ")).unwrap_or_default(),
            customer: line.customer_alias.unwrap_or_default(),
            purpose: line.purpose.map(sentence).unwrap_or_default(),
            decided: sentence(line.decision),
            reason: line.reason.map(|reason| reason.replace('-', " ")).unwrap_or_default(),
            entry: line.id,
            at: line.at,
            kind: line.kind,
            decision: line.decision,
        }
    }
}

impl AskForm {
    /// An empty form.
    #[must_use]
    pub fn sample() -> Self {
        form(&Filter::default(), Who::unasked(PERSON))
    }
}

impl Found {
    /// A question that can't be asked.
    #[must_use]
    pub fn wrong(problem: &str) -> Self {
        let (first, rest) = problem.split_at_checked(1).unwrap_or_default();
        Self { problem: Some(first.to_uppercase() + rest), ..Self::default() }
    }

    /// One refused reveal.
    #[must_use]
    pub fn sample() -> Self {
        let row = FoundRow {
            entry: "ent_0192f7a0c0de7c0c8a3b000000000001".to_owned(),
            at: "2026-03-01T09:00:03.000Z".to_owned(),
            day: "2026-03-01".to_owned(),
            clock: "09:00:03".to_owned(),
            person: "Ana Diaz".to_owned(),
            kind: "reveal",
            what: "Reveal".to_owned(),
            field: "card".to_owned(),
            customer: "c-00c0ffee".to_owned(),
            purpose: "Payment".to_owned(),
            decision: "refused",
            decided: "Refused".to_owned(),
            reason: "never shown".to_owned(),
        };
        Self { problem: None, rows: vec![row], older: Some("/security?kind=reveal&cursor=x".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_boxes_ask_nothing_and_local_times_are_read_as_utc() {
        let sent = "/security?person=&customer=%20C-00C0FFEE%20&from=2026-03-01T09:00".parse().unwrap();
        let Query(sent) = Query::<Filter>::try_from_uri(&sent).unwrap();
        let tidied = tidy(sent);
        let query = tidied.question().unwrap();
        assert_eq!((query.person, query.alias, query.show), (None, Some(0x00c0_ffee), Shown::Looks));
        assert_eq!(query.from.unwrap().to_string(), "2026-03-01T09:00:00.000Z");
        assert_eq!(address(&tidied), "customer=c-00c0ffee&from=2026-03-01T09:00:00Z&show=looks");
        let mut kind = Filter::default();
        kind.kind = Some("sign_in".to_owned());
        assert_eq!(address(&tidy(kind)), "kind=sign_in&show=all");
    }
}
