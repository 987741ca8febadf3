//! Which resources, and how much of each (RFC 7644, 3.4.2 and 3.9).

use super::error::{Kind, ScimError};
use super::filter::Filter;
use super::schema::MOST_RESULTS;
use super::user::{list, within};
use super::{STAFF, USER};
use serde_json::{Map, Value};

/// A question for resources, from an address or from the body of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    filter: Option<Filter>,
    /// From 1.
    start: usize,
    count: usize,
    attributes: Vec<String>,
    excluded: Vec<String>,
}

impl Query {
    /// From the parameters of an address; of the same name, the last counts.
    ///
    /// # Errors
    /// 400 for a filter or number that can't be read.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ScimError> {
        let mut body = Map::new();
        for (name, value) in pairs {
            let value = match name {
                "startIndex" | "count" => value.parse::<i64>().map_or(Value::Null, Value::from),
                "attributes" | "excludedAttributes" => value.split(',').map(str::trim).map(Value::from).collect(),
                _ => value.into(),
            };
            body.insert(name.to_owned(), value);
        }
        Self::read(&body)
    }

    /// From the body of `POST /.search`.
    ///
    /// # Errors
    /// As [`Query::from_pairs`], and for a body that isn't an object.
    pub fn searched(body: &Value) -> Result<Self, ScimError> {
        let body = body.as_object();
        Self::read(body.ok_or_else(|| ScimError::of(Kind::InvalidSyntax, "the body isn't a JSON object"))?)
    }

    fn read(body: &Map<String, Value>) -> Result<Self, ScimError> {
        let filter = match body.get("filter") {
            None | Some(Value::Null) => None,
            Some(filter) => Some(Filter::parse(filter.as_str().unwrap_or_default())?),
        };
        let number = |name: &str, otherwise: usize| match body.get(name) {
            None => Ok(otherwise),
            // Less than what there can be counts as that (RFC 7644, 3.4.2.4).
            Some(value) => value
                .as_i64()
                .map(|number| usize::try_from(number).unwrap_or(0))
                .ok_or_else(|| ScimError::of(Kind::InvalidValue, format!("{name} is a whole number"))),
        };
        let names = |name: &str| -> Vec<String> {
            let given = body.get(name).and_then(Value::as_array);
            given
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let (attributes, excluded) = (names("attributes"), names("excludedAttributes"));
        if !attributes.is_empty() && !excluded.is_empty() {
            return Err(ScimError::of(Kind::InvalidSyntax, "give attributes or excludedAttributes, not both"));
        }
        let count = number("count", MOST_RESULTS)?.min(MOST_RESULTS);
        Ok(Self { filter, start: number("startIndex", 1)?.max(1), count, attributes, excluded })
    }
}

/// The answer to a question: what the filter leaves of the resources, cut to a page and to the attributes asked for.
#[must_use]
pub fn page(resources: impl IntoIterator<Item = Value>, query: &Query) -> Value {
    let fits = |one: &Value| query.filter.as_ref().is_none_or(|filter| filter.holds(one));
    let found: Vec<Value> = resources.into_iter().filter(fits).collect();
    let total = found.len();
    let shown = found.into_iter().skip(query.start - 1).take(query.count).map(|one| project(one, query)).collect();
    list(shown, total, query.start)
}

/// One resource, as far as it was asked for. `schemas` and `id` always come.
#[must_use]
pub fn project(resource: Value, query: &Query) -> Value {
    let Value::Object(all) = resource else { return resource };
    if query.attributes.is_empty() && query.excluded.is_empty() {
        return Value::Object(all);
    }
    let keeps = !query.attributes.is_empty();
    let asked = if keeps { &query.attributes } else { &query.excluded };
    let mut out = Map::new();
    for (name, value) in all {
        let always = name == "schemas" || name == "id";
        let whole = asked.iter().any(|path| is(path, &name));
        if always || whole == keeps {
            out.insert(name, value);
        } else if keeps || !whole {
            // Nothing of it was asked for, or some of its own parts.
            if let Some(part) = parts(&name, value, asked) {
                out.insert(name, part);
            }
        }
    }
    Value::Object(if keeps { out } else { without_parts(out, asked) })
}

/// Does the path name this member as a whole?
fn is(path: &str, name: &str) -> bool {
    within(path, USER).unwrap_or(path).eq_ignore_ascii_case(name)
}

/// The part of a member that a path such as `meta.version` or `urn:…:team` names, if it names one of this member.
fn inner<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    if name == STAFF {
        return within(path, STAFF);
    }
    let (head, rest) = within(path, USER).unwrap_or(path).split_once('.')?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

fn parts(name: &str, value: Value, asked: &[String]) -> Option<Value> {
    let Value::Object(all) = value else { return None };
    let named =
        |part: &str| asked.iter().any(|path| inner(path, name).is_some_and(|one| one.eq_ignore_ascii_case(part)));
    let some: Map<String, Value> = all.into_iter().filter(|(part, _)| named(part)).collect();
    (!some.is_empty()).then_some(Value::Object(some))
}

fn without_parts(mut out: Map<String, Value>, asked: &[String]) -> Map<String, Value> {
    for (name, value) in &mut out {
        if let Value::Object(all) = value {
            all.retain(|part, _| {
                !asked.iter().any(|path| inner(path, name).is_some_and(|one| one.eq_ignore_ascii_case(part)))
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ada() -> Value {
        json!({"schemas": [USER, STAFF], "id": "per_1", "userName": "ada", "displayName": "Ada", "active": false,
            STAFF: {"team": "Blue", "standing": "proposed"}, "meta": {"version": "W/1", "created": "x"}})
    }

    fn asked(pairs: &[(&'static str, &'static str)]) -> Value {
        project(ada(), &Query::from_pairs(pairs.iter().copied()).unwrap())
    }

    #[test]
    fn only_what_was_asked_for() {
        assert_eq!(
            asked(&[("attributes", "USERNAME, meta.version")]),
            json!({"schemas": [USER, STAFF], "id": "per_1", "userName": "ada", "meta": {"version": "W/1"}})
        );
        assert_eq!(
            asked(&[("attributes", "urn:ringfence:params:scim:schemas:extension:staff:2.0:User:team")]),
            json!({"schemas": [USER, STAFF], "id": "per_1", STAFF: {"team": "Blue"}})
        );
        assert_eq!(
            asked(&[(
                "excludedAttributes",
                "id,displayName,meta,urn:ringfence:params:scim:schemas:extension:staff:2.0:User:team"
            )]),
            json!({"schemas": [USER, STAFF], "id": "per_1", "userName": "ada", "active": false, STAFF: {"standing": "proposed"}})
        );
        assert_eq!(asked(&[]), ada());
    }

    #[test]
    fn pages_begin_with_one() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let query = Query::from_pairs(pairs.iter().copied()).unwrap();
            let answer = page((0..5).map(|n| json!({"id": n.to_string()})), &query);
            let ids: Vec<String> = answer["Resources"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].as_str().unwrap().to_owned())
                .collect();
            (answer["totalResults"].as_u64().unwrap(), answer["startIndex"].as_u64().unwrap(), ids.join(""))
        };
        assert_eq!(of(&[]), (5, 1, "01234".to_owned()));
        assert_eq!(of(&[("startIndex", "2"), ("count", "2")]), (5, 2, "12".to_owned()));
        assert_eq!(of(&[("startIndex", "-3"), ("count", "-1")]), (5, 1, String::new()));
        assert_eq!(of(&[("startIndex", "9")]), (5, 9, String::new()));
        assert_eq!(of(&[("filter", "id gt \"2\""), ("count", "1")]), (2, 1, "3".to_owned()));
        for wrong in [("count", "many"), ("filter", "?"), ("startIndex", "1.5")] {
            assert!(Query::from_pairs([wrong]).is_err(), "{wrong:?}");
        }
    }
}
