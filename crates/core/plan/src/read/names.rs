//! Names: their form, that each is there once, and that what is named exists.

use super::{Reader, deceptive};
use std::collections::BTreeMap;
use toml::Spanned;

/// Names of one sort, each with its line.
pub(super) struct Named {
    sort: &'static str,
    seen: BTreeMap<String, usize>,
}

impl Named {
    pub(super) fn new(sort: &'static str) -> Self {
        Self { sort, seen: BTreeMap::new() }
    }
}

/// The member states of the European Economic Area, as in ISO 3166-1.
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

impl Reader<'_> {
    /// A name of its own: small letters, digits and `_`.
    pub(super) fn id(&mut self, named: &mut Named, said: &Spanned<String>) -> String {
        let (id, at) = (said.get_ref(), said.span().start);
        let form = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if id.is_empty() || id.len() > 60 || !id.bytes().all(form) {
            self.fault(at, "an id has 1 to 60 small letters, digits and _", "write it so: callback_number");
        }
        let line = self.line(at);
        if let Some(first) = named.seen.insert(id.clone(), line) {
            let problem = format!("the {} {} is there twice, first in line {first}", named.sort, short(id));
            self.fault(at, &problem, "put both into one, or give this one another id");
        }
        id.clone()
    }

    /// One of a closed list.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        said: &Spanned<String>,
        sort: &str,
        all: &[T],
        slug: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let found = all.iter().copied().find(|one| slug(*one) == said.get_ref());
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|one| slug(*one)).collect();
            let problem = format!("{:?} is no {sort} that is known", short(said.get_ref()));
            self.fault(said.span().start, &problem, &format!("write one of {}", words.join(", ")));
        }
        found
    }

    /// Something that the plan itself must name elsewhere.
    pub(super) fn known<'n>(
        &mut self,
        said: &Spanned<String>,
        sort: &str,
        mut names: impl Iterator<Item = &'n str>,
        next: &str,
    ) -> bool {
        let known = names.any(|name| name == said.get_ref());
        if !known {
            let problem = format!("{:?} is no {sort} of this plan", short(said.get_ref()));
            self.fault(said.span().start, &problem, next);
        }
        known
    }

    pub(super) fn country(&mut self, said: &Spanned<String>, safeguarded: bool) -> String {
        let (code, at) = (said.get_ref(), said.span().start);
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.fault(at, "a country is two capital letters (ISO 3166-1)", "write it so: DE");
        } else if !EEA.contains(&code.as_str()) && !safeguarded {
            let problem = format!("{code} is outside the European Economic Area, and nothing protects data there");
            self.fault(at, &problem, "add safeguard = \"adequacy decision\" or what else it is");
        }
        code.clone()
    }
}

/// What somebody wrote, cut so that an error stays one line.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control() && !deceptive::is(*letter)).take(60).collect()
}
