//! Rows of a JSON Lines file. Values are taken as they are written, so that no number is rounded.

use super::csv_rows::LONGEST;
use super::row::{Element, Found, Row, text};
use super::source::{ReadError, Reading, Visit};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, Read as _};

/// A JSON Lines file.
pub(super) struct Json<R> {
    reader: R,
}

impl<R: BufRead> Json<R> {
    /// Rows of this reader.
    pub(super) fn open(reader: R) -> Self {
        Self { reader }
    }

    /// The next line into `line`; `Some(false)` if it was too long and was passed over.
    fn next(&mut self, line: &mut Vec<u8>) -> Result<Option<bool>, ReadError> {
        line.clear();
        let io = |error: std::io::Error| ReadError::Io(error.kind());
        let count = self.reader.by_ref().take(LONGEST + 1).read_until(b'\n', line).map_err(io)?;
        if count as u64 <= LONGEST || line.ends_with(b"\n") {
            return Ok((count > 0).then_some(true));
        }
        while !line.ends_with(b"\n") {
            line.clear();
            if self.reader.by_ref().take(LONGEST).read_until(b'\n', line).map_err(io)? == 0 {
                break;
            }
        }
        Ok(Some(false))
    }
}

impl<R: BufRead> Reading for Json<R> {
    fn each(&mut self, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        let (mut line, mut number, mut at) = (Vec::new(), 0, 0);
        while let Some(fits) = self.next(&mut line)? {
            at += line.len() as u64;
            let bytes = line.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(&line).trim_ascii();
            if fits && bytes.is_empty() {
                continue;
            }
            number += 1;
            let row = object(bytes);
            let seen = match (fits, &row) {
                (false, _) => Err(("the row is longer than 4 MiB", "shorten it")),
                (true, Some(row)) => Ok(row as &dyn Row),
                (true, None) => Err(("the line isn't one JSON object", "write one object a line, as UTF-8")),
            };
            if visit(number, at, seen).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// An object's members, each still as written.
struct Object<'a>(HashMap<String, &'a RawValue>);

fn object(bytes: &[u8]) -> Option<Object<'_>> {
    serde_json::from_slice(bytes).ok().map(Object)
}

impl<'a> Object<'a> {
    /// A member's name, or a JSON pointer (RFC 6901).
    fn at(&self, name: &str) -> Option<&'a RawValue> {
        let Some(pointer) = name.strip_prefix('/') else { return self.0.get(name).copied() };
        let mut steps = pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
        let mut value = *self.0.get(&steps.next()?)?;
        for step in steps {
            value = inside(value, &step)?;
        }
        Some(value)
    }
}

fn inside<'a>(value: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    match value.get().as_bytes().first()? {
        b'{' => object(value.get().as_bytes())?.0.get(step).copied(),
        b'[' => list(value)?.get(step.parse::<usize>().ok().filter(|place| place.to_string() == step)?).copied(),
        _ => None,
    }
}

fn list(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

fn plain(value: &RawValue) -> Found<'_> {
    let written = value.get();
    match written.as_bytes().first() {
        None | Some(b'n') => Found::Missing,
        Some(b'"') => serde_json::from_str::<String>(written).map_or(Found::Nested, |string| text(Cow::Owned(string))),
        Some(b'{' | b'[') => Found::Nested,
        Some(_) => text(Cow::Borrowed(written)),
    }
}

impl Row for Object<'_> {
    fn find(&self, name: &str) -> Found<'_> {
        let Some(value) = self.at(name) else { return Found::Missing };
        let Some(items) = value.get().starts_with('[').then(|| list(value)).flatten() else { return plain(value) };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match plain(item) {
                Found::Missing => {}
                Found::Text(text) => texts.push(text.into_owned()),
                Found::Texts(_) | Found::Nested => return Found::Nested,
            }
        }
        Found::Texts(texts)
    }

    fn elements(&self, name: &str) -> Option<Vec<Element<'_>>> {
        let Some(value) = self.at(name) else { return Some(Vec::new()) };
        if value.get() == "null" {
            return Some(Vec::new());
        }
        let items = value.get().starts_with('[').then(|| list(value)).flatten()?;
        let element = |item: &'_ RawValue| match plain(item) {
            Found::Missing => None,
            Found::Text(text) => Some(Element::Text(Cow::Owned(text.into_owned()))),
            Found::Texts(_) | Found::Nested => None,
        };
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            match item.get().as_bytes().first() {
                Some(b'{') => out.push(
                    object(item.get().as_bytes()).map_or(Element::Nested, |object| Element::Object(Box::new(object))),
                ),
                Some(b'[') => out.push(Element::Nested),
                _ => out.extend(element(item)),
            }
        }
        Some(out)
    }
}
