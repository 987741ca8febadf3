//! The map: which column becomes which field.

use super::template::Template;
use crate::failure::{self, Failure};
use domain::FieldKind;
use serde::Deserialize;
use std::path::Path;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileFormat {
    /// RFC 4180, the first line naming the columns.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: FileFormat,
    key: String,
    guard: Option<String>,
    since: Option<String>,
    field: Vec<WrittenField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    kind: String,
    column: Option<String>,
    template: Option<String>,
    #[serde(default)]
    optional: bool,
    agreed: Option<String>,
}

/// A map that was read and makes sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Map {
    /// How the file is written.
    pub(super) format: FileFormat,
    /// The name of what identifies a row.
    pub(super) key: String,
    /// The name of what says why a customer is guarded, if anything does.
    pub(super) guard: Option<String>,
    /// The name of what says on which day the row was made at its source, if anything does.
    pub(super) since: Option<String>,
    /// The fields, in order.
    pub(super) fields: Vec<Field>,
}

/// One field of the map.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// What kind it becomes.
    pub(super) kind: FieldKind,
    /// Where it comes from.
    pub(super) source: Source,
    /// May a row do without?
    pub(super) optional: bool,
    /// The name of what says whether the customer agreed to its being held, if anything does: else it is left out.
    pub(super) agreed: Option<String>,
    /// The column or template as written, for error reports.
    pub(super) shown: String,
}

/// Where a field comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// One value of that name.
    Column(String),
    /// A value put together from others.
    Template(Template),
    /// Each element of the array of that name, put together by the template if there is one.
    Elements(String, Option<Template>),
}

impl Map {
    /// Reads a map's file; gives its text's bytes too, for the import's digest.
    ///
    /// # Errors
    /// If it can't be read or understood.
    pub(super) fn read(path: &Path) -> Result<(Self, Vec<u8>), Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
        let map = Self::parse(&text)
            .map_err(|(problem, next)| Failure::here(format!("{}: {problem}", path.display()), next))?;
        Ok((map, text.into_bytes()))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, (String, &'static str)> {
        const SHAPE: &str = "correct the map; docs/import.md lists every key";
        let written: Written = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start).min(text.len());
            let line = 1 + text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
            (format!("line {line}: {}", error.message().lines().next().unwrap_or_default()), SHAPE)
        })?;
        if written.key.is_empty() {
            return Err(("the key has no name".to_owned(), "name the column that identifies a row"));
        }
        if written.field.is_empty() {
            return Err(("it has no [[field]]".to_owned(), "add at least one"));
        }
        let fields = written.field.into_iter().map(|field| field.checked(written.format)).collect::<Result<_, _>>()?;
        Ok(Self { format: written.format, key: written.key, guard: written.guard, since: written.since, fields })
    }
}

impl WrittenField {
    fn checked(self, format: FileFormat) -> Result<Field, (String, &'static str)> {
        let kind = FieldKind::from_slug(&self.kind);
        let kind = kind.ok_or_else(|| {
            (format!("{:?} is no kind of field", self.kind), "use one of those that docs/import.md lists")
        })?;
        let about = |problem: &str| format!("[[field]] {}: {problem}", kind.slug());
        let template = self.template.as_deref().map(Template::parse).transpose();
        let template =
            template.map_err(|problem| (about(problem), "write names in braces, {{ and }} for single ones"))?;
        let shown = self.template.clone().or_else(|| self.column.clone()).unwrap_or_default();
        let array =
            self.column.as_deref().and_then(|column| column.strip_suffix("/*")).filter(|_| format == FileFormat::Jsonl);
        let source = match (array, self.column.as_deref(), template) {
            (Some(array), _, template) if !array.is_empty() => Source::Elements(array.to_owned(), template),
            (None, Some(column), None) if !column.is_empty() => Source::Column(column.to_owned()),
            (None, None, Some(template)) => Source::Template(template),
            _ => {
                return Err((
                    about("it needs a column or a template, both only for an array's elements"),
                    "give one of them",
                ));
            }
        };
        Ok(Field { kind, source, optional: self.optional, agreed: self.agreed, shown })
    }
}

#[cfg(test)]
mod tests {
    use super::{FileFormat, Map, Source};

    fn csv(field: &str) -> String {
        format!("format = \"csv\"\nkey = \"no\"\n[[field]]\n{field}\n")
    }

    #[test]
    fn the_shipped_maps_are_read() {
        let map = Map::parse(include_str!("../../../../examples/maps/generated.toml")).unwrap();
        assert_eq!((map.format, map.key.as_str(), map.fields.len()), (FileFormat::Csv, "customer_no", 9));
        let map = Map::parse(include_str!("../../../../examples/maps/complete-journey.toml")).unwrap();
        assert_eq!(map.format, FileFormat::Jsonl);
        assert!(matches!(&map.fields[7].source, Source::Elements(name, Some(_)) if name == "/orders"));
        assert!(matches!(&map.fields[8].source, Source::Elements(name, None) if name == "/preferences"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            String::new(),
            "format = \"csv\"\nkey = \"no\"\nfield = []\n".to_owned(),
            "format = \"xml\"\nkey = \"no\"\n[[field]]\nkind = \"name\"\ncolumn = \"n\"\n".to_owned(),
            "format = \"csv\"\nkey = \"\"\n[[field]]\nkind = \"name\"\ncolumn = \"n\"\n".to_owned(),
            csv("kind = \"shoe_size\"\ncolumn = \"n\""),
            csv("kind = \"name\""),
            csv("kind = \"name\"\ncolumn = \"\""),
            csv("kind = \"name\"\ncolumn = \"n\"\ntemplate = \"{n}\""),
            csv("kind = \"name\"\ncolumn = \"n\"\noptinal = true"),
            csv("kind = \"name\"\ntemplate = \"{n\""),
            csv("kind = \"name\"\ncolumn = \"n/*\"\ntemplate = \"{n}\""),
        ] {
            assert!(Map::parse(&wrong).is_err(), "{wrong}");
        }
        assert!(Map::parse(&csv("kind = \"name\"\ncolumn = \"n\"\noptional = true")).is_ok());
    }
}
