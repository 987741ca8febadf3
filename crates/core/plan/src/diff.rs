//! What differs between two plans, in plain words: each difference one sentence, and whether it widens what is done.

use crate::entry::{Entry, Milestone, Plan, SubProcessor, What};
use crate::words::Language;
use domain::Role;
use std::collections::{BTreeMap, BTreeSet};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In a sentence.
    pub says: String,
    /// Is more done with data, by more people, for longer or with less protection?
    pub widens: bool,
}

/// Each difference, in the order of the entries.
#[must_use]
pub fn diff(old: &Plan, new: &Plan) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    found.head(old, new);
    found.entries(old, new);
    found.sub_processors(old, new);
    found.safeguards(old, new);
    found.milestones(old, new);
    found.rotations(old, new);
    found.purposes(old, new);
    found.0
}

struct Found(Vec<Difference>);

impl Found {
    fn say(&mut self, widens: bool, says: String) {
        self.0.push(Difference { says, widens });
    }

    fn head(&mut self, old: &Plan, new: &Plan) {
        let (old, new) = (&old.head, &new.head);
        let pairs = [
            ("The company that answers", &old.company, &new.company),
            ("Where customers ask", &old.contact, &new.contact),
            ("The data protection officer", &old.officer, &new.officer),
            ("The authority to complain to", &old.authority, &new.authority),
        ];
        for (what, old, new) in pairs.into_iter().filter(|(_, old, new)| old != new) {
            self.say(false, format!("{what} is {new:?} in place of {old:?}."));
        }
    }

    fn entries(&mut self, old: &Plan, new: &Plan) {
        for entry in &new.entries {
            match old.entry(&entry.id) {
                None => self.say(true, format!("New: {}.", described(entry))),
                Some(before) => self.entry(before, entry),
            }
        }
        for gone in old.entries.iter().filter(|entry| new.entry(&entry.id).is_none()) {
            self.say(false, format!("Gone: {}.", described(gone)));
        }
    }

    fn entry(&mut self, old: &Entry, new: &Entry) {
        let id = &new.id;
        if old.what != new.what {
            self.say(!is_less(old, new), format!("{id} is now {}, and was {}.", about(new), about(old)));
        }
        self.sets(id, "used for", &old.purposes, &new.purposes);
        let roles = |entry: &Entry| entry.roles.iter().map(|role| Role::slug(*role).to_owned()).collect();
        self.sets(id, "open to", &roles(old), &roles(new));
        self.sets(id, "given to", &old.sub_processors, &new.sub_processors);
        if (old.basis, &old.because) != (new.basis, &new.because) {
            let said = |entry: &Entry| {
                let because = entry.because.as_ref().map_or(String::new(), |words| format!(" ({})", words.en));
                format!("{}{because}", entry.basis.slug())
            };
            self.say(old.basis != new.basis, format!("{id} rests on {} in place of {}.", said(new), said(old)));
        }
        self.plain(id, "is owned by", &old.owner, &new.owner, false);
        self.plain(id, "comes from", old.origin.slug(), new.origin.slug(), true);
        self.plain(id, "is told to customers as", &old.words.en, &new.words.en, false);
        self.plain(id, "is told in German as", &old.words.de, &new.words.de, false);
        self.protection(old, new);
        self.dates(old, new);
        let less: Vec<&String> = old.needs.difference(&new.needs).collect();
        for safeguard in &less {
            self.say(true, format!("{id} no longer needs {safeguard}."));
        }
        for safeguard in new.needs.difference(&old.needs) {
            self.say(false, format!("{id} also needs {safeguard}."));
        }
        if old.future != new.future {
            let now = if new.future { "looked ahead to" } else { "data of today" };
            self.say(!new.future, format!("{id} is now {now}."));
        }
    }

    fn protection(&mut self, old: &Entry, new: &Entry) {
        let (id, was, is) = (&new.id, &old.protection, &new.protection);
        self.plain(id, "is masked as", was.mask.slug(), is.mask.slug(), true);
        self.plain(id, "is sealed with suite", &was.suite.to_string(), &is.suite.to_string(), is.suite < was.suite);
        self.plain(id, "needs the binding", was.binding.slug(), is.binding.slug(), is.binding < was.binding);
        self.plain(id, "costs points:", &was.weight.to_string(), &is.weight.to_string(), is.weight < was.weight);
    }

    fn dates(&mut self, old: &Entry, new: &Entry) {
        let id = &new.id;
        let longer = new.keep.days() > old.keep.days();
        self.plain(id, "is kept for", &old.keep.to_string(), &new.keep.to_string(), longer);
        self.plain(id, "is kept from", old.after.slug(), new.after.slug(), true);
        let (was, is) = (old.dates, new.dates);
        self.plain(id, "starts on", &was.starts.to_string(), &is.starts.to_string(), is.starts < was.starts);
        self.plain(id, "ends on", &was.ends.to_string(), &is.ends.to_string(), is.ends > was.ends);
    }

    fn plain(&mut self, id: &str, verb: &str, old: &str, new: &str, widens: bool) {
        if old != new {
            self.say(widens, format!("{id} {verb} {new} in place of {old}."));
        }
    }

    fn sets(&mut self, id: &str, verb: &str, old: &BTreeSet<String>, new: &BTreeSet<String>) {
        for more in new.difference(old) {
            self.say(true, format!("{id} is also {verb} {more}."));
        }
        for less in old.difference(new) {
            self.say(false, format!("{id} is no longer {verb} {less}."));
        }
    }

    fn sub_processors(&mut self, old: &Plan, new: &Plan) {
        for (id, now) in &new.sub_processors {
            match old.sub_processors.get(id) {
                None => self.say(false, format!("New sub-processor: {id} ({}, {}).", now.name.en, now.country)),
                Some(before) => self.sub_processor(id, before, now),
            }
        }
        self.gone("sub-processor", old.sub_processors.keys(), |id| new.sub_processors.contains_key(id), false);
    }

    fn sub_processor(&mut self, id: &str, old: &SubProcessor, new: &SubProcessor) {
        let once = [old, new].into_iter().all(|one| one.name.de == one.name.en);
        for (language, is) in [(Language::English, "is"), (Language::German, "is in German")] {
            let [was, now] = [old, new].map(|one| helper(one, language, once));
            if was != now {
                self.say(true, format!("The sub-processor {id} {is} {now}; it was {was}."));
            }
        }
        let safe = |one: &SubProcessor| {
            let texts = one.safeguard.as_ref().map(|words| words.each().collect::<Vec<_>>().join(", in German "));
            texts.unwrap_or_else(|| "nothing".to_owned())
        };
        if old.safeguard != new.safeguard {
            let says = format!("Data with the sub-processor {id} is safe by {} in place of {}.", safe(new), safe(old));
            self.say(true, says);
        }
    }

    fn safeguards(&mut self, old: &Plan, new: &Plan) {
        for (id, now) in &new.safeguards {
            let Some(before) = old.safeguards.get(id) else {
                let state = if now.in_place { "there".to_owned() } else { format!("there by {}", now.ready) };
                self.say(false, format!("New protection: {id} ({}), {state}.", now.words.en));
                continue;
            };
            if before.in_place != now.in_place {
                let said =
                    if now.in_place { "is there now, so what needs it may start" } else { "isn't there any more" };
                self.say(now.in_place, format!("The protection {id} {said}."));
            }
            let later = now.ready > before.ready;
            self.plain(id, "is ready on", &before.ready.to_string(), &now.ready.to_string(), later);
            self.plain(id, "is called", &before.words.en, &now.words.en, true);
            self.plain(id, "is called in German", &before.words.de, &now.words.de, false);
        }
        self.gone("protection", old.safeguards.keys(), |id| new.safeguards.contains_key(id), true);
    }

    fn milestones(&mut self, old: &Plan, new: &Plan) {
        let by_id = |plan: &Plan| -> BTreeMap<String, Milestone> {
            plan.milestones.iter().map(|one| (one.id.clone(), Milestone { line: 0, ..one.clone() })).collect()
        };
        let (old, new) = (by_id(old), by_id(new));
        for (id, now) in &new {
            match old.get(id) {
                None => self.say(false, format!("New milestone: {} on {}.", now.words.en, now.on)),
                Some(before) if before != now => {
                    let other = now.of != before.of || now.covers != before.covers;
                    let later = now.on > before.on || now.level < before.level || other;
                    let said =
                        |one: &Milestone| format!("{} {} on {} ({})", one.of, one.level.slug(), one.on, one.words.en);
                    self.say(later, format!("The milestone {id} is {}; it was {}.", said(now), said(before)));
                }
                Some(_) => {}
            }
        }
        self.gone("milestone", old.keys(), |id| new.contains_key(id), true);
    }

    fn rotations(&mut self, old: &Plan, new: &Plan) {
        for now in &new.rotations {
            match old.rotations.iter().find(|before| before.id == now.id) {
                None => self.say(false, format!("New rotation: {}, every {}.", now.words.en, now.every)),
                Some(before) => {
                    let rarer = now.every.days() > before.every.days();
                    self.plain(&now.id, "turns every", &before.every.to_string(), &now.every.to_string(), rarer);
                    self.plain(&now.id, "is called", &before.words.en, &now.words.en, false);
                    self.plain(&now.id, "is called in German", &before.words.de, &now.words.de, false);
                }
            }
        }
        let there = |id: &String| new.rotations.iter().any(|now| now.id == *id);
        self.gone("rotation", old.rotations.iter().map(|before| &before.id), there, true);
    }

    fn purposes(&mut self, old: &Plan, new: &Plan) {
        for (id, now) in &new.purposes {
            match old.purposes.get(id) {
                None => self.say(false, format!("New purpose: {id} ({}).", now.en)),
                Some(before) if before != now => {
                    self.say(true, format!("The purpose {id} is now {:?}, and was {:?}.", now.en, before.en));
                }
                Some(_) => {}
            }
        }
        for id in new.purposes.keys().filter(|id| old.purposes.contains_key(*id)) {
            let said = |plan: &Plan| plan.fides.get(id).copied().unwrap_or("what its uses are").to_owned();
            self.plain(id, "is told in the Fides language as", &said(old), &said(new), false);
        }
        self.gone("purpose", old.purposes.keys(), |id| new.purposes.contains_key(id), false);
    }

    fn gone<'a>(
        &mut self,
        sort: &str,
        old: impl Iterator<Item = &'a String>,
        there: impl Fn(&String) -> bool,
        widens: bool,
    ) {
        for id in old.filter(|id| !there(id)) {
            self.say(widens, format!("Gone: the {sort} {id}."));
        }
    }
}

/// Is the same done, of fewer things?
fn is_less(old: &Entry, new: &Entry) -> bool {
    match (&old.what, &new.what) {
        (What::Derived { act: was, from: all }, What::Derived { act: is, from: some }) => {
            was == is && some.is_subset(all)
        }
        _ => false,
    }
}

/// What customers read of a sub-processor, in a language; where names are said once, they are told in English alone.
fn helper(one: &SubProcessor, language: Language, once: bool) -> String {
    let (name, does) = (one.name.said(language), one.does.said(language));
    match language {
        Language::English => format!("{name} in {}: {does}", one.country),
        Language::German if once => does.to_owned(),
        Language::German => format!("{name}: {does}"),
    }
}

fn about(entry: &Entry) -> String {
    match &entry.what {
        What::Data(kind) => format!("data of the kind {}", kind.slug()),
        What::Derived { act, from } => {
            let from: Vec<&str> = from.iter().map(String::as_str).collect();
            format!("the use {} of {}", act.slug(), from.join(", "))
        }
    }
}

fn described(entry: &Entry) -> String {
    let purposes: Vec<&str> = entry.purposes.iter().map(String::as_str).collect();
    let (id, starts, ends) = (&entry.id, entry.dates.starts, entry.dates.ends);
    format!("{id}, {}, for {}, from {starts} until {ends}", about(entry), purposes.join(", "))
}
