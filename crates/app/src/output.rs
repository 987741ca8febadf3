//! What commands print: a table for people, JSON or JSON Lines for programs. Standard output holds results only.

use crate::failure::Failure;
use clap::ValueEnum;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
}

/// Prints lines of text.
///
/// # Errors
/// If standard output is closed.
pub fn text(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .map_err(|error| closed(&error))
}

/// Prints one object: as `key  value` lines, or as JSON.
///
/// # Errors
/// If standard output is closed.
pub fn one(format: Format, object: &Value) -> Result<(), Failure> {
    let object = &sorted(object);
    match format {
        Format::Table => text(&pairs(object)),
        Format::Json | Format::Jsonl => text(&object.to_string()),
    }
}

/// Prints a list of objects: a table of `columns`, a JSON array, or JSON Lines.
///
/// # Errors
/// If standard output is closed.
pub fn list(format: Format, columns: &[&str], rows: &[Value]) -> Result<(), Failure> {
    let rows: Vec<Value> = rows.iter().map(sorted).collect();
    match format {
        Format::Table => text(&table(columns, &rows)),
        Format::Json => text(&Value::Array(rows).to_string()),
        Format::Jsonl if rows.is_empty() => Ok(()),
        Format::Jsonl => text(&rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// Says something beside the results, on standard error. With that closed there is nowhere left to say it.
pub fn aside(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// What it means that standard output can't be written.
pub(crate) fn closed(error: &io::Error) -> Failure {
    Failure::here(format!("standard output can't be written: {}", error.kind()), "check where it goes")
}

/// Names in alphabetical order, as they always came: a dependency makes JSON keep the order of writing.
fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    value.sort_all_objects();
    value
}

/// A value for a person: without what would move their cursor.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.chars().filter(|letter| !letter.is_control()).collect(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn pairs(object: &Value) -> String {
    let empty = Map::new();
    let object = object.as_object().unwrap_or(&empty);
    let width = object.keys().map(|key| key.chars().count()).max().unwrap_or(0);
    object.iter().map(|(key, value)| format!("{key:width$}  {}", cell(value))).collect::<Vec<_>>().join("\n")
}

fn table(columns: &[&str], rows: &[Value]) -> String {
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|column| column.to_uppercase()).collect()];
    lines.extend(rows.iter().map(|row| columns.iter().map(|column| cell(&row[*column])).collect()));
    let width = |column: usize| lines.iter().map(|line: &Vec<String>| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{pairs, table};
    use serde_json::json;

    #[test]
    fn tables_line_up() {
        let rows = [json!({"id": "per_1", "name": "Ana"}), json!({"id": null, "name": "Åsa\u{1b}[1m", "more": 1})];
        assert_eq!(table(&["id", "name"], &rows), "ID     NAME\nper_1  Ana\n-      Åsa[1m");
        assert_eq!(table(&["id"], &[]), "ID");
    }

    #[test]
    fn objects_are_pairs() {
        assert_eq!(pairs(&json!({"a": 1, "long": ["x", "y"]})), "a     1\nlong  x, y");
    }
}
