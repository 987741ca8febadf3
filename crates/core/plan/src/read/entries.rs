//! The entries: data, derived uses and what is looked ahead to.

use super::Reader;
use super::names::Named;
use crate::entry::{After, Basis, Dates, Entry, Origin, Protection, Safeguard, SubProcessor, What};
use crate::keep::Keep;
use crate::kind::{Act, Kind};
use crate::mask::MaskForm;
use crate::raw::{RawData, RawDerived, RawPlan, RawProtection, RawRetention, RawWords};
use crate::words::Words;
use domain::{Binding, Purpose, Role, Suite};
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::value::Datetime;

/// What entries may name.
pub(super) struct Known {
    purposes: Vec<String>,
    sub_processors: Vec<String>,
    safeguards: Vec<String>,
    entries: Vec<String>,
}

impl Known {
    pub(super) fn of(
        purposes: &BTreeMap<String, Words>,
        sub_processors: &BTreeMap<String, SubProcessor>,
        safeguards: &BTreeMap<String, Safeguard>,
        raw: &RawPlan,
    ) -> Self {
        let own = Purpose::ALL.into_iter().map(|purpose| purpose.slug().to_owned());
        let data = raw.data.iter().chain(&raw.future).map(|raw| raw.id.get_ref().clone());
        Self {
            purposes: own.chain(purposes.keys().cloned()).collect(),
            sub_processors: sub_processors.keys().cloned().collect(),
            safeguards: safeguards.keys().cloned().collect(),
            entries: data.chain(raw.derived.iter().map(|raw| raw.id.get_ref().clone())).collect(),
        }
    }
}

/// What all three sorts say alike.
struct Common<'a> {
    id: &'a Spanned<String>,
    purposes: &'a Spanned<Vec<Spanned<String>>>,
    basis: &'a Spanned<String>,
    because: Option<&'a RawWords>,
    owner: &'a Spanned<String>,
    roles: &'a [Spanned<String>],
    sub_processors: &'a [Spanned<String>],
    protection: &'a Spanned<RawProtection>,
    retention: &'a RawRetention,
    starts: &'a Spanned<Datetime>,
    ends: &'a Spanned<Datetime>,
    needs: &'a [Spanned<String>],
}

macro_rules! common {
    ($raw:expr, $roles:ident) => {
        Common {
            id: &$raw.id,
            purposes: &$raw.purposes,
            basis: &$raw.basis,
            because: $raw.because.as_ref(),
            owner: &$raw.owner,
            roles: &$raw.$roles,
            sub_processors: &$raw.sub_processors,
            protection: &$raw.protection,
            retention: &$raw.retention,
            starts: &$raw.starts,
            ends: &$raw.ends,
            needs: &$raw.needs,
        }
    };
}

impl Reader<'_> {
    pub(super) fn entries(&mut self, raw: &RawPlan, known: &Known) -> Vec<Entry> {
        let mut named = Named::new("entry");
        let mut all = Vec::new();
        for (raw, future) in raw.data.iter().map(|raw| (raw, false)).chain(raw.future.iter().map(|raw| (raw, true))) {
            all.extend(self.data(raw, future, known, &mut named));
        }
        for raw in &raw.derived {
            all.extend(self.derived(raw, known, &mut named));
        }
        all
    }

    fn data(&mut self, raw: &RawData, future: bool, known: &Known, named: &mut Named) -> Option<Entry> {
        let kind = self.kind(&raw.kind, future);
        let origin = self.one_of(&raw.source, "source", &Origin::ALL, Origin::slug);
        let words = raw.words.as_ref().map(|words| self.both(words));
        let entry = self.common(&common!(raw, seen_by), known, named);
        let (kind, entry) = kind.zip(entry)?;
        let words = words.unwrap_or_else(|| kind.words());
        Some(Entry { what: What::Data(kind), origin: origin?, words, future, ..entry })
    }

    fn derived(&mut self, raw: &RawDerived, known: &Known, named: &mut Named) -> Option<Entry> {
        let acts: Vec<Act> = Act::ALL.into_iter().filter(|act| Act::derived(act.slug()).is_some()).collect();
        let act = self.one_of(&raw.act, "use", &acts, Act::slug);
        if raw.from.get_ref().is_empty() {
            self.fault(raw.from.span().start, "a derived use is made from something", "name the entries in from");
        }
        let mut from = BTreeSet::new();
        for id in raw.from.get_ref() {
            let there = known.entries.iter().map(String::as_str);
            self.known(id, "entry", there, "name an entry of [[data]], [[derived]] or [[future]] by its id");
            from.insert(id.get_ref().clone());
        }
        let words = self.both(&raw.words);
        let entry = self.common(&common!(raw, used_by), known, named)?;
        Some(Entry { what: What::Derived { act: act?, from }, words, origin: Origin::Derived, ..entry })
    }

    /// A kind that the program stores; one that is looked ahead to may be any.
    fn kind(&mut self, said: &Spanned<String>, future: bool) -> Option<Kind> {
        let all: Vec<Kind> = Kind::all().collect();
        let kind = self.one_of(said, "kind", &all, Kind::slug)?;
        if let (Kind::Coming(_), false) = (kind, future) {
            let problem = format!("this program stores no {} yet", kind.slug());
            self.fault(said.span().start, &problem, "move the entry to [[future]]");
        }
        Some(kind)
    }

    /// The entry but for what it is about.
    fn common(&mut self, raw: &Common<'_>, known: &Known, named: &mut Named) -> Option<Entry> {
        let (id, line) = (self.id(named, raw.id), self.line(raw.id.span().start));
        let purposes = self.purposes(raw.purposes, known);
        let basis = self.one_of(raw.basis, "lawful basis", &Basis::ALL, Basis::slug);
        let because = raw.because.map(|words| self.both(words));
        if basis.is_some_and(Basis::needs_reason) && because.is_none() {
            let problem = format!("the basis {} says nothing without its reason", raw.basis.get_ref());
            self.fault(
                raw.basis.span().start,
                &problem,
                "add because = { en = …, de = … }: which law, or which interest",
            );
        }
        let owner = self.words_of(raw.owner);
        let read = |reader: &mut Self, role| reader.one_of(role, "role", &Role::ALL, Role::slug);
        let roles = raw.roles.iter().filter_map(|role| read(self, role)).collect();
        let (mut sub_processors, mut needs) = (BTreeSet::new(), BTreeSet::new());
        for id in raw.sub_processors {
            let there = known.sub_processors.iter().map(String::as_str);
            self.known(id, "sub-processor", there, "add a [[sub_processor]] of this id, or correct the name");
            sub_processors.insert(id.get_ref().clone());
        }
        for id in raw.needs {
            let there = known.safeguards.iter().map(String::as_str);
            self.known(id, "safeguard", there, "add a [[safeguard]] of this id, or correct the name");
            needs.insert(id.get_ref().clone());
        }
        let protection = self.protection(raw.protection);
        let keep: Option<Keep> = self.keep(&raw.retention.keep);
        let after = self.one_of(&raw.retention.after, "start of retention", &After::ALL, After::slug);
        let dates = self.dates(raw.starts, raw.ends);
        Some(Entry {
            id,
            what: What::Derived { act: Act::Analyse, from: BTreeSet::new() },
            words: Words::of("", ""),
            purposes,
            basis: basis?,
            because,
            owner,
            origin: Origin::Derived,
            roles,
            sub_processors,
            protection: protection?,
            keep: keep?,
            after: after?,
            dates,
            future: false,
            needs,
            line,
        })
    }

    fn purposes(&mut self, said: &Spanned<Vec<Spanned<String>>>, known: &Known) -> BTreeSet<String> {
        if said.get_ref().is_empty() {
            self.fault(said.span().start, "nothing is held without a purpose", "say what for, or leave the entry out");
        }
        let mut purposes = BTreeSet::new();
        for purpose in said.get_ref() {
            let names = known.purposes.join(", ");
            let next = format!("write one of {names}, or add a [[purpose]] of this id");
            self.known(purpose, "purpose", known.purposes.iter().map(String::as_str), &next);
            purposes.insert(purpose.get_ref().clone());
        }
        purposes
    }

    fn protection(&mut self, said: &Spanned<RawProtection>) -> Option<Protection> {
        let raw = said.get_ref();
        let mask = self.one_of(&raw.mask, "mask", &MaskForm::ALL, MaskForm::slug);
        let binding = self.one_of(&raw.binding, "binding", &Binding::ALL, Binding::slug);
        let (code, weight) = (*raw.suite.get_ref(), *raw.weight.get_ref());
        let suite = Suite::from_code(code);
        if suite.is_none() {
            let problem = format!("{code} is no suite that is known");
            self.fault(raw.suite.span().start, &problem, "name one of those in docs/cryptography.md");
        }
        if weight > 1_000 {
            self.fault(raw.weight.span().start, "a weight is at most 1000 points", "write what showing it costs");
        }
        Some(Protection { suite: suite?, mask: mask?, binding: binding?, weight })
    }

    fn dates(&mut self, starts: &Spanned<Datetime>, ends: &Spanned<Datetime>) -> Dates {
        let dates = Dates { starts: self.day(starts), ends: self.day(ends) };
        if dates.ends < dates.starts {
            let problem = format!("it ends on {}, before it starts on {}", dates.ends, dates.starts);
            self.fault(ends.span().start, &problem, "write the later day as ends");
        }
        dates
    }
}
