//! From a row to a customer's values: whole, or not at all.

use super::map::{Field, Map, Source};
use super::row::{Element, Found, Row};
use super::template::{Part, Template};
use domain::field::Incoming;
use domain::{FieldKind, Guard};
use plan::Date;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use vault::NewRecord;
use zeroize::Zeroizing;

/// How much of a value's shape a report shows.
const SHAPE: usize = 40;
const MOST_KEY: usize = 64;

/// One line of the error file. Contains nothing from a row but its key and a value's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct RowError {
    /// From 1.
    pub(super) row: u64,
    /// The row's key, if it can be shown.
    pub(super) key: Option<String>,
    /// The kind of field.
    pub(super) field: Option<&'static str>,
    /// Which of several.
    pub(super) instance: Option<u32>,
    /// The column or template.
    pub(super) column: Option<String>,
    /// Letters as `a`, digits as `9`.
    pub(super) shape: Option<String>,
    /// What is wrong.
    pub(super) problem: &'static str,
    /// What to do.
    pub(super) next: &'static str,
}

impl RowError {
    /// A row that can't be read as a whole.
    #[must_use]
    pub(super) fn whole(row: u64, key: Option<String>, (problem, next): (&'static str, &'static str)) -> Self {
        Self { row, key, field: None, instance: None, column: None, shape: None, problem, next }
    }
}

/// The row's key, if it has one that can be shown.
#[must_use]
pub(super) fn key_of(map: &Map, row: &dyn Row) -> Option<String> {
    let Found::Text(key) = row.find(&map.key) else { return None };
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (key.len() <= MOST_KEY && key.bytes().all(fine)).then(|| key.into_owned())
}

/// The row as a customer: values, whether they are guarded, and since when it is there; or everything that is wrong with it.
///
/// # Errors
/// One report for each bad value.
pub(super) fn record(map: &Map, number: u64, key: &str, row: &dyn Row) -> Result<NewRecord, Vec<RowError>> {
    let (values, guard, since) = (values(map, number, key, row), guard(map, row), since(map, row));
    match (values, guard, since) {
        (Ok((values, agreed)), Ok(guard), Ok(since)) => Ok(NewRecord { values, guard, agreed, since }),
        (values, guard, since) => {
            let mut errors = values.err().unwrap_or_default();
            let others = [(guard.err(), &map.guard), (since.err(), &map.since)];
            errors.extend(others.into_iter().filter_map(|(wrong, column)| {
                let whole = RowError::whole(number, Some(key.to_owned()), wrong?);
                Some(RowError { column: column.clone(), ..whole })
            }));
            Err(errors)
        }
    }
}

/// Why the customer is guarded, if the map names a column that says so.
fn guard(map: &Map, row: &dyn Row) -> Result<Option<Guard>, (&'static str, &'static str)> {
    match map.guard.as_deref().map(|name| row.find(name)) {
        None | Some(Found::Missing) => Ok(None),
        Some(Found::Text(text)) => Guard::from_slug(&text).map(Some).ok_or(NO_GUARD),
        Some(Found::Texts(_) | Found::Nested) => Err(NO_GUARD),
    }
}

/// On which day the row was made at its source, if the map names a column that says so.
fn since(map: &Map, row: &dyn Row) -> Result<Option<Date>, (&'static str, &'static str)> {
    match map.since.as_deref().map(|name| row.find(name)) {
        None | Some(Found::Missing) => Ok(None),
        Some(Found::Text(text)) => plan::day_in(&text).map(Some).ok_or(NO_DAY),
        Some(Found::Texts(_) | Found::Nested) => Err(NO_DAY),
    }
}

/// The row's values, or everything that is wrong with them.
fn values(
    map: &Map,
    number: u64,
    key: &str,
    row: &dyn Row,
) -> Result<(Vec<Incoming>, BTreeSet<FieldKind>), Vec<RowError>> {
    let values = Vec::with_capacity(map.fields.len());
    let mut build = Build { number, key, values, agreed: BTreeSet::new(), errors: Vec::new(), seen: [0; 11] };
    for field in &map.fields {
        build.agreed_field(field, row);
    }
    if build.errors.is_empty() { Ok((build.values, build.agreed)) } else { Err(build.errors) }
}

struct Build<'a> {
    number: u64,
    key: &'a str,
    values: Vec<Incoming>,
    /// Kinds whose keeping the customer agreed to.
    agreed: BTreeSet<FieldKind>,
    errors: Vec<RowError>,
    /// Values of each kind so far, by the kind's code.
    seen: [u32; 11],
}

const MISSING: (&str, &str) = ("the value is missing", "fill it in, or make the field optional in the map");
const NESTED: (&str, &str) =
    ("there is an object or array where a value is expected", "name what is inside in the map");
const BAR: (&str, &str) =
    ("a part holds the sign |, which would shift the parts behind it", "write the part without it");
const NO_GUARD: (&str, &str) =
    ("it is no reason to guard a customer", "write well_known, vulnerable, own_staff or contested, or leave it empty");
const NO_DAY: (&str, &str) =
    ("it isn't the day on which the row was made", "write it as year-month-day, or leave it empty where nobody knows");
const NO_ANSWER: (&str, &str) =
    ("it says neither yes nor no to this being held", "write yes or no; empty is no, and the value is left out");
const NO_ARRAY: (&str, &str) = ("there is no array", "name it in the map without /*");
const NO_OBJECT: (&str, &str) = ("an element isn't an object, as the template needs", "correct the element or the map");

impl Build<'_> {
    /// Of what is held with the customer's agreement only, nothing is taken where the row doesn't say that they agreed.
    fn agreed_field(&mut self, field: &Field, row: &dyn Row) {
        let Some(name) = &field.agreed else { return self.field(field, row) };
        match row.find(name) {
            Found::Text(said) if matches!(&*said, "yes" | "true") => {
                self.agreed.insert(field.kind);
                self.field(field, row);
            }
            Found::Text(said) if matches!(&*said, "no" | "false") => {}
            Found::Missing => {}
            Found::Text(_) | Found::Texts(_) | Found::Nested => self.wrong(field, None, NO_ANSWER),
        }
    }

    fn field(&mut self, field: &Field, row: &dyn Row) {
        match &field.source {
            Source::Column(name) => match row.find(name) {
                Found::Missing => self.missing(field),
                Found::Text(text) => self.value(field, &text),
                Found::Texts(_) | Found::Nested => self.wrong(field, None, NESTED),
            },
            Source::Template(template) => self.filled(field, template, row, field.optional),
            Source::Elements(name, template) => self.elements(field, name, template.as_ref(), row),
        }
    }

    fn elements(&mut self, field: &Field, name: &str, template: Option<&Template>, row: &dyn Row) {
        let Some(elements) = row.elements(name) else { return self.wrong(field, None, NO_ARRAY) };
        if elements.is_empty() {
            return self.missing(field);
        }
        for element in elements {
            match (element, template) {
                (Element::Text(text), None) => self.value(field, &text),
                (Element::Object(object), Some(template)) => self.filled(field, template, &*object, true),
                (Element::Text(_), Some(_)) => self.wrong(field, None, NO_OBJECT),
                (Element::Object(_), None) | (Element::Nested, _) => self.wrong(field, None, NESTED),
            }
        }
    }

    /// `passed_over`: is it fine if all values of the template are missing?
    fn filled(&mut self, field: &Field, template: &Template, row: &dyn Row, passed_over: bool) {
        match fill(template, row) {
            Ok(Some(text)) => self.value(field, &text),
            Ok(None) if passed_over => {}
            Ok(None) => self.wrong(field, None, MISSING),
            Err(problem) => self.wrong(field, None, problem),
        }
    }

    fn missing(&mut self, field: &Field) {
        if !field.optional {
            self.wrong(field, None, MISSING);
        }
    }

    fn value(&mut self, field: &Field, text: &str) {
        match Incoming::parse(field.kind, text) {
            Ok(value) => {
                *self.count(field.kind) += 1;
                self.values.push(value);
            }
            Err(error) => self.wrong(field, Some(text), (error.problem(), error.next())),
        }
    }

    fn wrong(&mut self, field: &Field, text: Option<&str>, (problem, next): (&'static str, &'static str)) {
        let count = self.count(field.kind);
        *count += 1;
        let instance = Some(*count);
        self.errors.push(RowError {
            row: self.number,
            key: Some(self.key.to_owned()),
            field: Some(field.kind.slug()),
            instance,
            column: Some(field.shown.clone()),
            shape: text.map(shape),
            problem,
            next,
        });
    }

    fn count(&mut self, kind: FieldKind) -> &mut u32 {
        // INVARIANT: kinds' codes run from 1 to 10.
        &mut self.seen[usize::from(kind.code()) % 11]
    }
}

fn fill(template: &Template, row: &dyn Row) -> Result<Option<Zeroizing<String>>, (&'static str, &'static str)> {
    let mut text = Zeroizing::new(String::with_capacity(256));
    let mut any = false;
    for part in &template.0 {
        let value = match part {
            Part::Text(plain) => {
                text.push_str(plain);
                continue;
            }
            Part::Name(name) => row.find(name),
        };
        let value = match value {
            Found::Missing => continue,
            Found::Text(value) => value,
            Found::Texts(values) if values.is_empty() => continue,
            Found::Texts(values) => Cow::Owned(values.join(";")),
            Found::Nested => return Err(NESTED),
        };
        if value.contains('|') {
            return Err(BAR);
        }
        any = true;
        text.push_str(&value);
    }
    Ok(any.then_some(text))
}

/// Letters as `a`, digits as `9`, the rest as it is, cut.
fn shape(text: &str) -> String {
    let letter = |letter: char| match letter {
        _ if letter.is_alphabetic() => 'a',
        _ if letter.is_numeric() => '9',
        _ => letter,
    };
    text.chars().take(SHAPE).map(letter).collect()
}

#[cfg(test)]
mod tests;
