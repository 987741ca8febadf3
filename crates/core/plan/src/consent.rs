//! What customers are asked: one question for each purpose of each entry that rests on their agreement.

use crate::entry::{Basis, Entry, Plan, Protection, SubProcessor, What};
use crate::kind::{Act, Kind};
use crate::words::{Language, Words};
use jiff::civil::Date;

/// May this be held, or done, for this purpose?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'p> {
    /// Of what.
    pub entry: &'p Entry,
    /// What for: one of the entry's purposes.
    pub purpose: &'p str,
}

impl Plan {
    /// Everything that customers are asked on a day: of what has begun, hasn't ended and is protected.
    pub fn questions(&self, day: Date) -> impl Iterator<Item = Question<'_>> {
        let asked = move |entry: &&Entry| entry.basis == Basis::Consent && self.is_there(entry, day);
        let questions = |entry| move |purpose| Question { entry, purpose };
        self.entries
            .iter()
            .filter(asked)
            .flat_map(move |entry| entry.purposes.iter().map(|one| one.as_str()).map(questions(entry)))
    }

    /// The questions of which one yes lets this be done on a day. None where it may be done without, or not at all.
    #[must_use]
    pub fn rests_on(&self, kind: Kind, act: Act, purpose: Option<&str>, day: Date) -> Vec<Question<'_>> {
        let fits = |own: &str| purpose.is_none_or(|purpose| purpose == own);
        let speaks = |entry: &&Entry| self.speaks_of(entry, kind, act) && self.is_there(entry, day);
        let free = |entry: &Entry| entry.basis != Basis::Consent && entry.purposes.iter().any(|own| fits(own));
        if self.entries.iter().filter(speaks).any(free) {
            return Vec::new();
        }
        self.questions(day).filter(|one| speaks(&one.entry) && fits(one.purpose)).collect()
    }

    /// All that a customer says yes to, and to whom, in both languages: who said yes to less hasn't said yes to this. A line each,
    /// as words have none within.
    ///
    /// INVARIANT: whatever of it `diff` calls widening is here, so that an earlier yes counts for nothing wider. Days aren't: a yes
    /// keeps the `ends` that it was given to, and nobody is asked before `starts`. Nor are suite and weight, since to strengthen either must
    /// ask nobody anew. Nor is whether it is told under `[[future]]`, as
    /// nobody is asked before what it needs is there.
    #[must_use]
    pub fn terms(&self, question: &Question<'_>) -> String {
        let Question { entry, purpose } = question;
        let mut lines = vec![entry.id.clone(), (*purpose).to_owned(), self.head.company.clone()];
        for language in Language::ALL {
            lines.push(entry.words.said(language).to_owned());
            lines.push(self.purpose(purpose).map(|words| words.said(language).to_owned()).unwrap_or_default());
        }
        match &entry.what {
            What::Data(kind) => lines.push(kind.slug().to_owned()),
            What::Derived { act, from } => {
                lines.push(act.slug().to_owned());
                lines.extend(from.iter().map(|id| format!("from {id}")));
            }
        }
        lines.extend(self.kinds(entry).iter().map(|kind| kind.slug().to_owned()));
        lines.push(format!("source {}", entry.origin.slug()));
        lines.extend(entry.roles.iter().map(|role| format!("role {}", role.slug())));
        lines.extend(entry.sub_processors.iter().flat_map(|id| self.helper(id)));
        lines.extend(entry.needs.iter().flat_map(|id| self.needed(id)));
        let Protection { mask, binding, .. } = entry.protection;
        lines.push(format!("mask {} binding {}", mask.slug(), binding.slug()));
        lines.push(format!("{} {}", entry.keep, entry.after.slug()));
        lines.join("\n")
    }

    /// The same as it was written until November 2026, when less was named. What customers said yes to then is known by this.
    #[must_use]
    pub fn terms_before(&self, question: &Question<'_>) -> String {
        let Question { entry, purpose } = question;
        let mut lines = vec![entry.id.clone(), (*purpose).to_owned()];
        for language in Language::ALL {
            lines.push(entry.words.said(language).to_owned());
            lines.push(self.purpose(purpose).map(|words| words.said(language).to_owned()).unwrap_or_default());
        }
        lines.push(match &entry.what {
            What::Data(kind) => kind.slug().to_owned(),
            What::Derived { act, .. } => act.slug().to_owned(),
        });
        lines.extend(self.kinds(entry).iter().map(|kind| kind.slug().to_owned()));
        lines.extend(entry.roles.iter().map(|role| format!("role {}", role.slug())));
        let helpers = entry.sub_processors.iter().filter_map(|id| Some((id, self.sub_processors.get(id)?)));
        // A name that is said in each language is another than was read then.
        let named = |one: &SubProcessor| one.name.each().collect::<Vec<_>>().join(" ");
        lines.extend(helpers.map(|(id, one)| format!("with {id} {} {}", named(one), one.country)));
        lines.push(format!("{} {}", entry.keep, entry.after.slug()));
        lines.join("\n")
    }

    /// Who else works on it: a name each, so that no text passes for another's.
    fn helper(&self, id: &str) -> Vec<String> {
        let Some(one) = self.sub_processors.get(id) else { return Vec::new() };
        let does = Language::ALL.into_iter().map(|language| format!("does {}", one.does.said(language)));
        let safe = one.safeguard.iter().flat_map(Words::each).map(|safeguard| format!("safe by {safeguard}"));
        let named = one.name.each().map(|name| format!("named {name}"));
        core::iter::once(format!("with {id} in {}", one.country)).chain(named).chain(does).chain(safe).collect()
    }

    /// What protects it.
    fn needed(&self, id: &str) -> Vec<String> {
        let Some(one) = self.safeguards.get(id) else { return Vec::new() };
        let words = Language::ALL.into_iter().map(|language| format!("which is {}", one.words.said(language)));
        core::iter::once(format!("needs {id}")).chain(words).collect()
    }

    fn is_there(&self, entry: &Entry, day: Date) -> bool {
        entry.dates.hold(day) && self.is_protected(entry)
    }
}
