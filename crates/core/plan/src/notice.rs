//! What customers read: made from the plan, and from nothing else. Each line says which part of the plan it comes from.

mod phrases;
mod written;

use crate::entry::{Entry, Plan, What};
use crate::words::Language;
use jiff::civil::Date;
use phrases::Phrases;

/// From which part of the plan a line comes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// `[plan]`.
    Head,
    /// An entry.
    Entry(String),
    /// A sub-processor.
    SubProcessor(String),
}

/// A line: one to a few short sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// Where it comes from.
    pub from: From,
}

/// What is said about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Of what; empty where the section is about one thing.
    pub title: String,
    /// In this order.
    pub lines: Vec<Line>,
}

/// A part of the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// The whole notice in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// In which language.
    pub language: Language,
    /// Its heading.
    pub title: String,
    /// Its parts.
    pub sections: Vec<Section>,
}

impl Plan {
    /// The notice of this day: what holds then, and what is looked ahead to.
    #[must_use]
    pub fn notice(&self, language: Language, day: Date) -> Notice {
        let say = Writer { plan: self, say: Phrases::of(language), language, day };
        let sections = [say.held(), say.made(), say.ahead(), say.helpers(), say.rights()];
        let sections = sections.into_iter().filter(|section| !section.blocks.is_empty()).collect();
        Notice { language, title: say.say.title(&self.head.company), sections }
    }

    /// Does the notice speak of it on this day? As long as anything may be left of it, since what isn't on the notice isn't stored.
    /// Of what was only looked ahead to when it ended, nothing ever came.
    pub(crate) fn is_told(&self, entry: &Entry, day: Date) -> bool {
        let came = !entry.future || self.is_protected(entry);
        day <= entry.dates.ends || (came && entry.may_be_left(day))
    }
}

struct Writer<'p> {
    plan: &'p Plan,
    say: &'static Phrases,
    language: Language,
    day: Date,
}

impl Writer<'_> {
    fn held(&self) -> Section {
        let held = |entry: &&Entry| matches!(entry.what, What::Data(_)) && !self.is_ahead(entry);
        self.section(self.say.held, held, |entry| {
            let lines = [self.why(entry), self.right(entry), self.long(entry), self.seen(entry)];
            self.over(entry, self.say.taken_no_more).into_iter().chain(lines).chain(self.given(entry)).collect()
        })
    }

    fn made(&self) -> Section {
        let made = |entry: &&Entry| matches!(entry.what, What::Derived { .. }) && !self.is_ahead(entry);
        self.section(self.say.made, made, |entry| {
            let lines = [self.made_of(entry), self.why(entry), self.right(entry), self.long(entry)];
            self.over(entry, self.say.made_no_more).into_iter().chain(lines).chain(self.given(entry)).collect()
        })
    }

    fn ahead(&self) -> Section {
        self.section(
            self.say.ahead,
            |entry| self.is_ahead(entry),
            |entry| {
                let needs = entry.needs.iter().filter_map(|id| self.plan.safeguards.get(id));
                let first: Vec<String> = needs.map(|one| upper(one.words.said(self.language))).collect();
                let when = format!("{} {}.", self.say.not_before, self.say.day(entry.dates.starts));
                let when =
                    if first.is_empty() { when } else { format!("{when} {} {}.", self.say.first, first.join(". ")) };
                vec![when, self.why(entry), self.right(entry), self.long(entry), self.seen(entry)]
            },
        )
    }

    fn helpers(&self) -> Section {
        let blocks = self.plan.sub_processors.iter().filter(|(id, _)| {
            let told = |entry: &Entry| self.plan.is_told(entry, self.day);
            self.plan.entries.iter().any(|entry| entry.sub_processors.contains(*id) && told(entry))
        });
        let block = |(id, one): (&String, &crate::SubProcessor)| {
            let place = format!("{} {}: {}.", self.say.sits_in, one.country, one.does.said(self.language));
            let safe = one.safeguard.as_ref();
            let safe = safe.map(|words| format!("{} {}.", self.say.safe_by, words.said(self.language)));
            let texts = core::iter::once(place).chain(safe);
            let lines = texts.map(|text| Line { text, from: From::SubProcessor(id.clone()) }).collect();
            Block { title: upper(one.name.said(self.language)), lines }
        };
        Section { title: self.say.helpers, blocks: blocks.map(block).collect() }
    }

    fn rights(&self) -> Section {
        let head = &self.plan.head;
        let lines = [
            self.say.obeyed.to_owned(),
            self.say.logged.to_owned(),
            self.say.ask.replace("{contact}", &head.contact),
            self.say.kept_out.to_owned(),
            self.say.officer.replace("{officer}", &head.officer),
            self.say.complain.replace("{authority}", &head.authority),
        ];
        let lines = lines.into_iter().map(|text| Line { text, from: From::Head }).collect();
        Section { title: self.say.rights, blocks: vec![Block { title: String::new(), lines }] }
    }

    /// Not yet: its day hasn't come, or what must protect it isn't there.
    fn is_ahead(&self, entry: &Entry) -> bool {
        entry.dates.starts > self.day || !(self.is_over(entry) || self.plan.is_protected(entry))
    }

    /// Its last day was before: nothing comes in, and nothing is shown.
    fn is_over(&self, entry: &Entry) -> bool {
        entry.dates.ends < self.day
    }

    /// That it has ended, and until when there is something left.
    fn over(&self, entry: &Entry, no_more: &str) -> Option<String> {
        self.is_over(entry).then(|| format!("{no_more} {}", self.say.left(entry.kept_until())))
    }

    fn section(
        &self,
        title: &'static str,
        holds: impl Fn(&&Entry) -> bool,
        lines: impl Fn(&Entry) -> Vec<String>,
    ) -> Section {
        let there = |entry: &&Entry| self.plan.is_told(entry, self.day) && holds(entry);
        let block = |entry: &Entry| {
            let from = || From::Entry(entry.id.clone());
            let lines = lines(entry).into_iter().map(|text| Line { text, from: from() }).collect();
            Block { title: upper(entry.words.said(self.language)), lines }
        };
        Section { title, blocks: self.plan.entries.iter().filter(there).map(block).collect() }
    }

    fn why(&self, entry: &Entry) -> String {
        let purposes = entry.purposes.iter().filter_map(|slug| self.plan.purpose(slug));
        let said: Vec<String> = purposes.map(|words| format!("{}.", upper(words.said(self.language)))).collect();
        format!("{} {}", self.say.why, said.join(" "))
    }

    fn right(&self, entry: &Entry) -> String {
        let because = entry.because.as_ref().map_or("", |words| words.said(self.language));
        format!("{} {}", self.say.may, self.say.basis(entry.basis).replace("{because}", because))
    }

    fn long(&self, entry: &Entry) -> String {
        format!("{} {} {}.", self.say.how_long, self.say.span(entry.keep), self.say.after(entry.after))
    }

    fn seen(&self, entry: &Entry) -> String {
        let seen = if entry.roles.is_empty() || self.is_over(entry) { self.say.unseen } else { self.say.seen };
        format!("{} {seen}", self.say.who)
    }

    fn given(&self, entry: &Entry) -> Option<String> {
        let names = entry.sub_processors.iter().filter_map(|id| self.plan.sub_processors.get(id));
        let names: Vec<&str> = names.map(|one| one.name.said(self.language)).collect();
        (!names.is_empty()).then(|| format!("{} {}.", self.say.given, names.join(", ")))
    }

    fn made_of(&self, entry: &Entry) -> String {
        let kinds = self.plan.kinds(entry);
        let kinds: Vec<String> = kinds.iter().map(|kind| kind.words().said(self.language).to_owned()).collect();
        format!("{} {}.", self.say.made_of, kinds.join(", "))
    }
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
