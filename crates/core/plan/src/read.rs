//! From text to a plan: each name looked up, each date read; everything that is wrong is told at once.

mod deceptive;
mod entries;
mod names;

use crate::check;
use crate::entry::{Covers, Head, Milestone, Plan, Rotation, Safeguard, SubProcessor};
use crate::export::DATA_USES;
use crate::fault::{Fault, Faults};
use crate::keep::Keep;
use crate::raw::{RawEach, RawPlan, RawSaid, RawWords};
use crate::words::Words;
use domain::Purpose;
use jiff::civil::Date;
use names::Named;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::value::Datetime;

/// The longest text that is read, in bytes.
const LONGEST: usize = 256 * 1024;
/// The most entries, milestones and the like, of each sort.
const MOST: usize = 500;
/// The longest single text, in characters.
const LONGEST_WORDS: usize = 400;

impl Plan {
    /// Reads and judges a plan, without regard to today.
    ///
    /// # Errors
    /// All that is wrong, each with its line and its mend.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        let mut reader = Reader { text, faults: Vec::new(), deceptive: deceptive::within(text) };
        let plan = reader.whole();
        let Some(plan) = plan else { return Err(reader.given_up()) };
        reader.faults.extend(check::contradictions(&plan));
        Faults::of(reader.faults).map(|()| plan)
    }
}

pub(crate) struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
    deceptive: BTreeSet<(usize, char)>,
}

impl Reader<'_> {
    fn whole(&mut self) -> Option<Plan> {
        if self.text.len() > LONGEST {
            self.fault(0, "a plan has at most 256 KiB", "leave out what no entry needs");
            return None;
        }
        let raw: RawPlan = match toml::from_str(self.text) {
            Ok(raw) => raw,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let said = error.message().lines().next().unwrap_or_default().to_owned();
                self.fault(at, &said, "correct the line; docs/plan.md lists every key");
                return None;
            }
        };
        let sizes = [raw.data.len() + raw.derived.len() + raw.future.len(), raw.purpose.len(), raw.sub_processor.len()];
        let more = [raw.safeguard.len(), raw.milestone.len(), raw.rotation.len()];
        if sizes.into_iter().chain(more).any(|size| size > MOST) {
            self.fault(0, "a plan has at most 500 entries of each sort", "put together what is treated alike");
            return None;
        }
        Some(self.plan(raw))
    }

    fn plan(&mut self, raw: RawPlan) -> Plan {
        let head = Head {
            company: self.words_of(&raw.plan.company),
            contact: self.words_of(&raw.plan.contact),
            officer: self.words_of(&raw.plan.officer),
            authority: self.words_of(&raw.plan.authority),
        };
        let (mut purposes, mut fides) = (BTreeMap::new(), BTreeMap::new());
        let mut named = Named::new("purpose");
        for raw in &raw.purpose {
            let id = self.id(&mut named, &raw.id);
            if Purpose::from_slug(&id).is_some() {
                let problem = format!("the purpose {id} is one that the program knows");
                self.fault(raw.id.span().start, &problem, "leave this [[purpose]] out, or give it another id");
            }
            let data_use =
                raw.fides.as_ref().and_then(|said| self.one_of(said, "Fides data use", &DATA_USES, |key| key));
            fides.extend(data_use.map(|key| (id.clone(), key)));
            purposes.insert(id, self.both(&raw.words));
        }
        let mut sub_processors = BTreeMap::new();
        let mut named = Named::new("sub-processor");
        for raw in &raw.sub_processor {
            let id = self.id(&mut named, &raw.id);
            let safeguard = raw.safeguard.as_ref().map(|safeguard| self.once_or_each(safeguard));
            let country = self.country(&raw.country, safeguard.is_some());
            let (name, does) = (self.once_or_each(&raw.name), self.both(&raw.does));
            sub_processors.insert(id, SubProcessor { name, country, does, safeguard });
        }
        let mut safeguards = BTreeMap::new();
        let mut named = Named::new("safeguard");
        for raw in &raw.safeguard {
            let (id, line) = (self.id(&mut named, &raw.id), self.line(raw.id.span().start));
            let (words, ready) = (self.both(&raw.words), self.day(&raw.ready));
            safeguards.insert(id, Safeguard { words, ready, in_place: raw.in_place, line });
        }
        let (milestones, rotations) = (self.milestones(&raw), self.rotations(&raw));
        let known = entries::Known::of(&purposes, &sub_processors, &safeguards, &raw);
        let entries = self.entries(&raw, &known);
        let deceptive = core::mem::take(&mut self.deceptive);
        Plan { head, purposes, fides, sub_processors, safeguards, entries, milestones, rotations, deceptive }
    }

    fn milestones(&mut self, raw: &RawPlan) -> Vec<Milestone> {
        let mut named = Named::new("milestone");
        let mut all = Vec::new();
        for raw in &raw.milestone {
            let (id, line) = (self.id(&mut named, &raw.id), self.line(raw.id.span().start));
            let level = self.one_of(&raw.level, "level", &crate::Level::ALL, crate::Level::slug);
            let (on, of, words) = (self.day(&raw.on), self.words_of(&raw.of), self.both(&raw.words));
            let source = self.words_of(&raw.source);
            let covers = raw.covers.as_ref().and_then(|said| self.one_of(said, "covers", &Covers::ALL, Covers::slug));
            all.extend(level.map(|level| Milestone { id, on, level, of, covers, words, source, line }));
        }
        all.sort_by(|a, b| (a.on, &a.id).cmp(&(b.on, &b.id)));
        all
    }

    fn rotations(&mut self, raw: &RawPlan) -> Vec<Rotation> {
        let mut named = Named::new("rotation");
        let mut all = Vec::new();
        for raw in &raw.rotation {
            let (id, words, every) = (self.id(&mut named, &raw.id), self.both(&raw.words), self.keep(&raw.every));
            all.extend(every.map(|every| Rotation { id, words, every }));
        }
        all
    }

    /// Nothing could be read: there is a fault that says why.
    fn given_up(&mut self) -> Faults {
        let faults = core::mem::take(&mut self.faults);
        let unread = Fault { line: 1, problem: "it can't be read".to_owned(), next: "look at docs/plan.md".to_owned() };
        Faults::of(faults).err().unwrap_or_else(|| Faults::one(unread))
    }

    fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn fault(&mut self, at: usize, problem: &str, next: &str) {
        let (line, problem, next) = (self.line(at), problem.to_owned(), next.to_owned());
        self.faults.push(Fault { line, problem, next });
    }

    /// One line of text that says something.
    fn words_of(&mut self, said: &Spanned<String>) -> String {
        self.one_line(said.span().start, said.get_ref())
    }

    fn one_line(&mut self, at: usize, said: &str) -> String {
        let text = said.trim();
        if text.is_empty() || text.chars().any(char::is_control) || text.chars().count() > LONGEST_WORDS {
            self.fault(at, "that is no text of 1 to 400 characters in one line", "say it in a line");
        }
        // An escape writes what the file itself doesn't show.
        let line = self.line(at);
        self.deceptive.extend(text.chars().filter(|letter| deceptive::is(*letter)).map(|letter| (line, letter)));
        text.to_owned()
    }

    /// A text in each language; where there is one only, it is said in all.
    fn once_or_each(&mut self, said: &Spanned<RawSaid>) -> Words {
        let at = said.span().start;
        match said.get_ref() {
            RawSaid::Once(text) => Words::once(self.one_line(at, text)),
            RawSaid::Each(RawEach { en, de }) => Words { en: self.one_line(at, en), de: self.one_line(at, de) },
        }
    }

    fn both(&mut self, raw: &RawWords) -> Words {
        Words { en: self.words_of(&raw.en), de: self.words_of(&raw.de) }
    }

    fn day(&mut self, said: &Spanned<Datetime>) -> Date {
        let read = match said.get_ref() {
            Datetime { date: Some(day), time: None, offset: None } => {
                let month_day = i8::try_from(day.month).ok().zip(i8::try_from(day.day).ok());
                let year = i16::try_from(day.year).ok();
                year.zip(month_day).and_then(|(year, (month, day))| Date::new(year, month, day).ok())
            }
            _ => None,
        };
        if read.is_none() {
            self.fault(said.span().start, "that is no day", "write it as 2031-12-31, without quotes or a time");
        }
        read.unwrap_or_default()
    }

    fn keep(&mut self, said: &Spanned<String>) -> Option<Keep> {
        let keep = Keep::parse(said.get_ref());
        if keep.is_none() {
            let problem = format!("{:?} is no length of time", names::short(said.get_ref()));
            self.fault(said.span().start, &problem, "write 90 days, 18 months or 3 years; at most 50 years");
        }
        keep
    }
}
