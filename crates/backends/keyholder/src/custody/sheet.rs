//! A sheet: the one text form of what custodians keep. A line for each field, long ones as numbered lines of words, and
//! check words over everything at its end; so it can be printed, typed in again, and is never half right.

use aws_lc_rs::digest::{SHA256, digest};
use keys::words::{self, WordsError, words};

/// Words in a numbered line.
const IN_LINE: usize = 8;
/// More bytes than this stand in numbered lines.
const SHORT: usize = 32;
const CHECK: usize = 10;
/// No sheet is nearly as long.
const LONGEST: usize = 1 << 18;

/// Text that isn't the sheet that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Something else.
    #[error("that isn't a {0}")]
    Other(&'static str),
    /// A line that should come isn't there.
    #[error("the line `{0}:` is missing, or stands in the wrong place")]
    Missing(&'static str),
    /// A line says something that can't be.
    #[error("the line `{0}:` says something that can't be")]
    Value(&'static str),
    /// A word was mistyped.
    #[error("under `{0}:` {1}")]
    Words(&'static str, WordsError),
    /// Each line reads, and yet they aren't what was written.
    #[error("the sheet doesn't fit its check words: a line was changed")]
    Check,
}

/// What a line holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Number,
    Bytes(usize),
}

/// What a line says.
pub(crate) enum Value {
    Text(String),
    Number(u8),
    Bytes(Vec<u8>),
}

/// A sheet's text.
pub(crate) fn write(title: &str, fields: &[(&'static str, Value)]) -> String {
    let said = said(title, fields);
    let check = words(&sum(&said)).join(" ");
    format!("{said}check: {check}\n")
}

fn sum(said: &str) -> [u8; CHECK] {
    let mut sum = [0; CHECK];
    sum.copy_from_slice(&digest(&SHA256, said.as_bytes()).as_ref()[..CHECK]);
    sum
}

fn said(title: &str, fields: &[(&'static str, Value)]) -> String {
    let mut out = format!("ringfence {title} v1\n");
    for (name, value) in fields {
        out.push_str(name);
        out.push(':');
        match value {
            Value::Text(text) => out.push_str(&format!(" {text}")),
            Value::Number(number) => out.push_str(&format!(" {number}")),
            Value::Bytes(bytes) if bytes.len() <= SHORT => out.push_str(&format!(" {}", words(bytes).join(" "))),
            Value::Bytes(bytes) => {
                // A line's number is its first word's.
                for (number, line) in (1..).step_by(IN_LINE).zip(words(bytes).chunks(IN_LINE)) {
                    out.push_str(&format!("\n{number:3}  {}", line.join(" ")));
                }
            }
        }
        out.push('\n');
    }
    out
}

/// Reads a sheet with exactly these lines, in their order.
pub(crate) fn read(
    title: &'static str,
    fields: &[(&'static str, Kind)],
    text: &str,
) -> Result<Vec<(&'static str, Value)>, SheetError> {
    let first = format!("ringfence {title} v1");
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    // What is printed above it, for whoever finds the paper, isn't part of it.
    if text.len() > LONGEST || !lines.any(|line| line == first) {
        return Err(SheetError::Other(title));
    }
    let mut values = Vec::with_capacity(fields.len());
    for (name, kind) in fields.iter().chain([&("check", Kind::Bytes(CHECK))]) {
        let line = lines.next().and_then(|line| line.split_once(':'));
        let value = line.filter(|(said, _)| said.trim() == *name).ok_or(SheetError::Missing(name))?.1;
        let mut value = value.trim().to_owned();
        while let Some(more) = lines.next_if(|line| !line.contains(':')) {
            // The number in front is for the eye, and shorter than a word.
            let numbered = more.split_once(' ').filter(|(number, _)| number.len() < 4);
            value.push(' ');
            value.push_str(numbered.map_or(more, |(_, words)| words));
        }
        values.push((*name, parse(name, *kind, &value)?));
    }
    let check = values.pop().map(|(_, check)| check);
    match check {
        Some(Value::Bytes(check)) if lines.next().is_none() && check == sum(&said(title, &values)) => Ok(values),
        _ => Err(SheetError::Check),
    }
}

fn parse(name: &'static str, kind: Kind, value: &str) -> Result<Value, SheetError> {
    match kind {
        Kind::Text if value.is_empty() => Err(SheetError::Value(name)),
        Kind::Text => Ok(Value::Text(value.to_owned())),
        Kind::Number => value.parse().map(Value::Number).map_err(|_| SheetError::Value(name)),
        Kind::Bytes(length) => words::read(value.split_whitespace(), length)
            .map(Value::Bytes)
            .map_err(|error| SheetError::Words(name, error)),
    }
}

/// What a sheet said, taken in the order of its lines.
pub(crate) struct Said(std::vec::IntoIter<(&'static str, Value)>);

impl Said {
    pub(crate) fn read(title: &'static str, fields: &[(&'static str, Kind)], text: &str) -> Result<Self, SheetError> {
        Ok(Self(read(title, fields, text)?.into_iter()))
    }

    pub(crate) fn text(&mut self) -> Result<String, SheetError> {
        match self.0.next() {
            Some((_, Value::Text(text))) => Ok(text),
            other => Err(wrong(other)),
        }
    }

    pub(crate) fn number(&mut self) -> Result<u8, SheetError> {
        match self.0.next() {
            Some((_, Value::Number(number))) => Ok(number),
            other => Err(wrong(other)),
        }
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], SheetError> {
        match self.0.next() {
            Some((name, Value::Bytes(bytes))) => bytes.try_into().map_err(|_| SheetError::Value(name)),
            other => Err(wrong(other)),
        }
    }
}

fn wrong(field: Option<(&'static str, Value)>) -> SheetError {
    SheetError::Value(field.map_or("check", |(name, _)| name))
}
