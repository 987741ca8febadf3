//! The rules as they are read by people: each with its words and its text.

use crate::rules::Rules;
use cedar_policy::{Effect, Policy};

/// One rule, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name, `@id`.
    pub id: String,
    /// In which file it stands.
    pub file: String,
    /// Does it forbid? Otherwise it permits.
    pub forbids: bool,
    /// What it is for, or what the person who is stopped reads first: `@says`.
    pub says: String,
    /// Why it matters, for one that forbids.
    pub why: Option<String>,
    /// What to do instead, for one that forbids.
    pub next: Option<String>,
    /// The rule itself, in Cedar, without its words.
    pub text: String,
}

impl Told {
    pub(crate) fn of(file: &str, policy: &Policy) -> Self {
        let said = |what| policy.annotation(what).map(str::to_owned);
        let whole = policy.to_string();
        // Annotations come first, one a line; the rule begins with its effect.
        let begins = ["permit", "forbid"].iter().filter_map(|effect| rule_begins(&whole, effect)).min().unwrap_or(0);
        Self {
            id: policy.id().to_string(),
            file: file.to_owned(),
            forbids: policy.effect() == Effect::Forbid,
            says: said("says").unwrap_or_default(),
            why: said("why"),
            next: said("next"),
            text: whole[begins..].to_owned(),
        }
    }
}

/// Where a line begins with this effect.
fn rule_begins(whole: &str, effect: &str) -> Option<usize> {
    let rule = |rest: &str| rest.strip_prefix(effect).is_some_and(|after| after.trim_start().starts_with('('));
    let lines = core::iter::once(0).chain(whole.match_indices('\n').map(|(at, _)| at + 1));
    lines.into_iter().find(|at| rule(&whole[*at..]))
}

impl Rules {
    /// Every rule in words, in the order in which they speak.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.told
    }
}
