//! Filters (RFC 7644, 3.4.2.2), read once and asked of each resource as it would be shown.

use super::error::{Kind, ScimError};
use super::user::within;
use super::{STAFF, USER};
use serde_json::Value;
use std::cmp::Ordering;

/// The longest filter, in bytes, and how deep parentheses go.
const LONGEST: usize = 1_024;
const DEEPEST: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// One or both.
    Or(Box<Filter>, Box<Filter>),
    /// Not that.
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(Path),
    /// The attribute compares so.
    Is(Comparison),
}

/// A comparison of one attribute with one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    path: Path,
    compare: Compare,
    value: Value,
}

/// Names of members, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<String>);

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// 400 `invalidFilter`.
    pub fn parse(text: &str) -> Result<Self, ScimError> {
        let wrong = || {
            ScimError::of(
                Kind::InvalidFilter,
                "the filter can't be read; one looks like userName eq \"ada\" and active eq true",
            )
        };
        if text.len() > LONGEST {
            return Err(wrong());
        }
        let mut words = Words { rest: text, depth: 0 };
        let filter = words.any().ok_or_else(wrong)?;
        if words.rest.trim().is_empty() { Ok(filter) } else { Err(wrong()) }
    }

    /// Does it hold for this resource?
    #[must_use]
    pub fn holds(&self, resource: &Value) -> bool {
        match self {
            Self::And(one, other) => one.holds(resource) && other.holds(resource),
            Self::Or(one, other) => one.holds(resource) || other.holds(resource),
            Self::Not(inner) => !inner.holds(resource),
            Self::Present(path) => path.of(resource).is_some_and(|value| !value.is_null() && value != ""),
            Self::Is(comparison) => comparison.holds(resource),
        }
    }
}

impl Path {
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = match (within(text, STAFF), within(text, USER)) {
            (Some(rest), _) => (Some(STAFF), rest),
            (None, rest) => (None, rest.unwrap_or(text)),
        };
        let named = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphabetic())
                && part.chars().all(|one| one.is_ascii_alphanumeric() || "-_$".contains(one))
        };
        rest.split('.').all(named).then(|| Self(head.into_iter().chain(rest.split('.')).map(str::to_owned).collect()))
    }

    fn of<'a>(&self, resource: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(resource, |value, name| {
            value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })
    }

    /// Ids have case; names don't.
    fn has_case(&self) -> bool {
        self.0.last().is_some_and(|name| name.eq_ignore_ascii_case("id") || name.eq_ignore_ascii_case("externalId"))
    }
}

impl Comparison {
    fn holds(&self, resource: &Value) -> bool {
        let found = self.path.of(resource).unwrap_or(&Value::Null);
        match self.compare {
            Compare::NotEqual => !self.equal(found),
            Compare::Equal => self.equal(found),
            Compare::Contains => self.text(found, |text, part| text.contains(part)),
            Compare::StartsWith => self.text(found, |text, part| text.starts_with(part)),
            Compare::EndsWith => self.text(found, |text, part| text.ends_with(part)),
            Compare::Greater => self.order(found).is_some_and(Ordering::is_gt),
            Compare::GreaterOrEqual => self.order(found).is_some_and(Ordering::is_ge),
            Compare::Less => self.order(found).is_some_and(Ordering::is_lt),
            Compare::LessOrEqual => self.order(found).is_some_and(Ordering::is_le),
        }
    }

    fn equal(&self, found: &Value) -> bool {
        if found.is_string() { self.text(found, |text, other| text == other) } else { *found == self.value }
    }

    fn text(&self, found: &Value, fits: fn(&str, &str) -> bool) -> bool {
        let (Some(found), Some(asked)) = (found.as_str(), self.value.as_str()) else { return false };
        if self.path.has_case() { fits(found, asked) } else { fits(&found.to_lowercase(), &asked.to_lowercase()) }
    }

    fn order(&self, found: &Value) -> Option<Ordering> {
        match (found, &self.value) {
            (Value::String(found), Value::String(asked)) => Some(found.to_lowercase().cmp(&asked.to_lowercase())),
            (Value::Number(found), Value::Number(asked)) => found.as_f64()?.partial_cmp(&asked.as_f64()?),
            _ => None,
        }
    }
}

struct Words<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Words<'a> {
    /// `or` binds weakest.
    fn any(&mut self) -> Option<Filter> {
        let mut filter = self.all()?;
        while self.word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all()?));
        }
        Some(filter)
    }

    fn all(&mut self) -> Option<Filter> {
        let mut filter = self.one()?;
        while self.word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Some(filter)
    }

    fn one(&mut self) -> Option<Filter> {
        let before = self.rest;
        if self.word("not") {
            if self.rest.trim_start().starts_with('(') {
                return self.grouped().map(|inner| Filter::Not(Box::new(inner)));
            }
            self.rest = before;
        }
        if self.rest.trim_start().starts_with('(') {
            return self.grouped();
        }
        let path = Path::parse(self.next_word()?)?;
        let compare = match self.next_word()?.to_ascii_lowercase().as_str() {
            "pr" => return Some(Filter::Present(path)),
            "eq" => Compare::Equal,
            "ne" => Compare::NotEqual,
            "co" => Compare::Contains,
            "sw" => Compare::StartsWith,
            "ew" => Compare::EndsWith,
            "gt" => Compare::Greater,
            "ge" => Compare::GreaterOrEqual,
            "lt" => Compare::Less,
            "le" => Compare::LessOrEqual,
            _ => return None,
        };
        Some(Filter::Is(Comparison { path, compare, value: self.value()? }))
    }

    fn grouped(&mut self) -> Option<Filter> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        self.rest = self.rest.trim_start().strip_prefix('(')?;
        let inner = self.any()?;
        self.rest = self.rest.trim_start().strip_prefix(')')?;
        self.depth -= 1;
        Some(inner)
    }

    /// Takes this word, if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let before = self.rest;
        let taken = self.next_word().is_some_and(|next| next.eq_ignore_ascii_case(word));
        if !taken {
            self.rest = before;
        }
        taken
    }

    fn next_word(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let end = rest.find(|one: char| one.is_whitespace() || "()".contains(one)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        self.rest = after;
        (!word.is_empty()).then_some(word)
    }

    /// A JSON value: text, a number, true, false or null.
    fn value(&mut self) -> Option<Value> {
        let rest = self.rest.trim_start();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let value = values.next()?.ok()?;
        self.rest = rest.get(values.byte_offset()..)?;
        (!value.is_object() && !value.is_array()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn holds(filter: &str) -> bool {
        let ada = json!({"id": "per_1", "userName": "Ada@acme.example", "active": false, "meta": {"created": "2026-01-02T00:00:00Z"},
            STAFF: {"team": "Blue", "standing": "proposed"}});
        Filter::parse(filter).unwrap().holds(&ada)
    }

    #[test]
    fn comparisons() {
        for yes in [
            r#"userName eq "ada@ACME.example""#,
            r#"USERNAME sw "ada""#,
            r#"userName ew ".example" and active eq false"#,
            r#"userName co "x" and active eq true or active eq false"#,
            "active ne true",
            "displayName ne \"a\"",
            "not (displayName pr)",
            "userName pr",
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada""#,
            r#"urn:ringfence:params:scim:schemas:extension:staff:2.0:User:team eq "blue""#,
            r#"meta.created gt "2026-01-01T00:00:00Z""#,
            r#"(id eq "per_1") and (active eq false and (userName pr))"#,
            r#"displayName eq null"#,
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in [
            r#"id eq "PER_1""#,
            "active eq true",
            "active gt true",
            r#"userName eq "ada""#,
            "nothing pr",
            "not (userName pr)",
        ] {
            assert!(!holds(no), "{no}");
        }
    }

    #[test]
    fn what_cant_be_read_is_said() {
        let deep = format!("{}userName pr{}", "(".repeat(20), ")".repeat(20));
        for wrong in [
            "",
            "userName",
            "userName eq",
            "userName is \"a\"",
            "(userName pr",
            "userName pr)",
            "userName eq {}",
            "userName eq \"a\" and",
            "emails[type eq \"work\"] pr",
            "1 pr",
            &deep,
            &"a".repeat(2_000),
        ] {
            assert_eq!(Filter::parse(wrong).unwrap_err().kind, Some(Kind::InvalidFilter), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[a-z()\"\\\\ .:é]{0,80}") {
            if let Ok(filter) = Filter::parse(&text) {
                let asked = json!({"userName": "ada"});
                prop_assert_eq!(filter.holds(&asked), filter.clone().holds(&asked));
            }
        }
    }
}
