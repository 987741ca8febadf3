//! Rows of several tables, looked up by one statement; and locked, or only read.
//!
//! The keys are handed over in order, and each is looked up by itself (`LATERAL`): no plan can lock a table's rows in another
//! order, or read more of it, whatever the planner believes of a table that was made a moment ago. Each table is a branch
//! of a `UNION ALL`, so that a batch costs one message instead of eight; what the branches share is a row wide enough for
//! any of them.

use super::value::Value;
use crate::rows::{Columns, Wrong};
use core::fmt::Write;
use std::borrow::Cow;
use std::sync::OnceLock;
use tokio_postgres::Row;

/// A column's type; also the order of the common row's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Blob,
    Text,
}

use Kind::{Blob, Int, Text};

/// The common row: which branch it is of, then so many columns of each type.
const WIDTHS: [(Kind, &str, usize); 3] = [(Int, "BIGINT", 4), (Blob, "BYTEA", 6), (Text, "TEXT", 4)];

/// How rows of one table are found. All of the first columns are the key's.
pub(super) struct Lookup {
    table: &'static str,
    keys: usize,
    columns: &'static [(&'static str, Kind)],
    /// What becomes of a row that is found.
    then: &'static str,
}

const LOCKED: &str = "FOR UPDATE";
/// Keeps the planner from joining another way.
const READ: &str = "OFFSET 0";

/// Of so many of [`TABLES`], the first ones, rows are locked; of the others they are only read, by a later statement.
pub(super) const LOCKED_TABLES: usize = 6;

/// Tables in the order in which their rows are locked.
pub(super) const TABLES: [Lookup; 9] = [
    Lookup {
        table: "power",
        keys: 1,
        columns: &[("tenant", Int), ("version", Int), ("tag", Blob), ("root", Blob)],
        then: "FOR SHARE",
    },
    Lookup {
        table: "customer",
        keys: 2,
        columns: &[
            ("tenant", Int),
            ("id", Blob),
            ("epoch", Int),
            ("wrapped", Blob),
            ("n", Int),
            ("head", Blob),
            ("tag", Blob),
            ("guard", Int),
            ("shown", Blob),
            ("last", Blob),
        ],
        then: LOCKED,
    },
    Lookup {
        table: "interaction",
        keys: 2,
        columns: &[
            ("tenant", Int),
            ("id", Blob),
            ("reference", Text),
            ("channel", Text),
            ("phase", Text),
            ("person", Blob),
            ("customer", Blob),
            ("binding", Text),
            ("started", Int),
            ("ended", Int),
            ("active", Int),
            ("events", Blob),
            ("tag", Blob),
        ],
        then: LOCKED,
    },
    Lookup {
        table: "code",
        keys: 2,
        columns: &[
            ("tenant", Int),
            ("interaction", Blob),
            ("mac", Blob),
            ("expires", Int),
            ("wrong", Int),
            ("used", Int),
            ("tag", Blob),
        ],
        then: LOCKED,
    },
    Lookup {
        table: "budget",
        keys: 2,
        columns: &[
            ("tenant", Int),
            ("counter", Blob),
            ("total", Int),
            ("history", Blob),
            ("last", Blob),
            ("tag", Blob),
        ],
        then: LOCKED,
    },
    Lookup {
        table: "admission",
        keys: 3,
        columns: &[("tenant", Int), ("kind", Int), ("id", Blob), ("body", Blob), ("expires", Int), ("tag", Blob)],
        then: LOCKED,
    },
    Lookup {
        table: "request",
        keys: 2,
        columns: &[
            ("tenant", Int),
            ("id", Blob),
            ("content", Blob),
            ("session", Blob),
            ("entry", Blob),
            ("at", Int),
            ("answer", Int),
        ],
        then: READ,
    },
    Lookup {
        table: "field",
        keys: 4,
        columns: &[
            ("tenant", Int),
            ("customer", Blob),
            ("field", Int),
            ("instance", Int),
            ("version", Int),
            ("sealed", Blob),
        ],
        then: READ,
    },
    // Nothing to lock: of two closes with one number, only one can be inserted.
    Lookup {
        table: "close",
        keys: 1,
        columns: &[("tenant", Int), ("number", Int)],
        then: "ORDER BY number DESC LIMIT 1",
    },
];

/// One statement for the tables of which something is wanted: a bit for each, and one more for locking people's and rules'
/// version against others that only read it.
pub(super) fn statement(wanted: u16, changes_power: bool) -> &'static str {
    static ALL: [OnceLock<String>; 1024] = [const { OnceLock::new() }; 1024];
    ALL[usize::from(wanted) | usize::from(changes_power) << TABLES.len()].get_or_init(|| {
        let mut sql = String::new();
        let mut parameter = 1;
        for (branch, lookup) in TABLES.iter().enumerate().filter(|(branch, _)| wanted & 1 << branch != 0) {
            let union = if sql.is_empty() { "" } else { " UNION ALL " };
            let then = if branch == 0 && changes_power { LOCKED } else { lookup.then };
            let _ = write!(sql, "{union}{}", lookup.branch(branch, parameter, then));
            parameter += lookup.keys;
        }
        sql
    })
}

impl Lookup {
    /// `SELECT 3, f.a, NULL::BIGINT, f.b FROM unnest($7, $8) AS w (a, b), LATERAL (SELECT a, b FROM t WHERE …) AS f`
    fn branch(&self, number: usize, parameter: usize, then: &str) -> String {
        let names = |columns: &[(&'static str, Kind)]| columns.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let keys = names(&self.columns[..self.keys]);
        let mut out = format!("SELECT {number}");
        for (kind, sql, width) in WIDTHS {
            let own = self.columns.iter().filter(|(_, of)| *of == kind).map(|(name, _)| format!(", f.{name}"));
            out.extend(own.chain(core::iter::repeat(format!(", NULL::{sql}"))).take(width));
        }
        let parameters: Vec<_> = (parameter..).take(self.keys).map(|number| format!("${number}")).collect();
        let fits: Vec<_> = keys.iter().map(|key| format!("{key} = w.{key}")).collect();
        let _ = write!(
            out,
            " FROM unnest({}) AS w ({}), LATERAL (SELECT {} FROM {} WHERE {} {then}) AS f",
            parameters.join(", "),
            keys.join(", "),
            names(self.columns).join(", "),
            self.table,
            fits.join(" AND "),
        );
        out
    }

    /// Where a column stands in the common row.
    fn place(&self, column: usize) -> Option<usize> {
        let kind = self.columns.get(column)?.1;
        let before = WIDTHS.iter().take_while(|(of, ..)| *of != kind).map(|(.., width)| width).sum::<usize>();
        let earlier = self.columns[..column].iter().filter(|(_, of)| *of == kind).count();
        Some(1 + before + earlier)
    }
}

/// A row that was found, with the columns of its own table from one on.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    row: &'a Row,
    lookup: &'static Lookup,
    from: usize,
}

impl<'a> Found<'a> {
    /// The table's number and the row.
    pub(super) fn read(row: &'a Row) -> Result<(usize, Self), Wrong> {
        let branch: i32 = row.try_get(0).map_err(|_| Wrong(0))?;
        let branch = usize::try_from(branch).map_err(|_| Wrong(0))?;
        let lookup = TABLES.get(branch).ok_or(Wrong(0))?;
        Ok((branch, Self { row, lookup, from: 0 }))
    }

    /// The same from a later column on.
    pub(super) fn from(self, column: usize) -> Self {
        Self { from: self.from + column, ..self }
    }

    fn place(&self, column: usize) -> Result<usize, Wrong> {
        self.lookup.place(self.from + column).ok_or(Wrong(column))
    }
}

impl Columns for Found<'_> {
    fn int(&self, column: usize) -> Result<Option<i64>, Wrong> {
        self.row.int(self.place(column)?)
    }

    fn blob(&self, column: usize) -> Result<Option<&[u8]>, Wrong> {
        self.row.blob(self.place(column)?)
    }

    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Wrong> {
        self.row.text(self.place(column)?)
    }
}

/// The keys of one table, as parameters.
pub(super) type Keys<'a> = Vec<Value<'a>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_fits_into_the_common_row() {
        for lookup in &TABLES {
            for (kind, _, width) in WIDTHS {
                assert!(lookup.columns.iter().filter(|(_, of)| *of == kind).count() <= width, "{}", lookup.table);
            }
            let mut places: Vec<_> = (0..lookup.columns.len()).map(|column| lookup.place(column).unwrap()).collect();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), lookup.columns.len());
            assert_eq!(lookup.place(lookup.columns.len()), None);
        }
    }

    #[test]
    fn branches_number_their_parameters_one_after_another() {
        let sql = statement(0b101, true);
        assert!(
            sql.starts_with("SELECT 0, f.tenant, f.version, NULL::BIGINT, NULL::BIGINT, f.tag, f.root, NULL::BYTEA"),
            "{sql}"
        );
        assert!(
            sql.contains("FROM unnest($1) AS w (tenant), LATERAL (SELECT tenant, version, tag, root FROM power"),
            "{sql}"
        );
        assert!(sql.contains("WHERE tenant = w.tenant FOR UPDATE) AS f UNION ALL SELECT 2, f.tenant"), "{sql}");
        assert!(sql.contains("FROM unnest($2, $3) AS w (tenant, id), LATERAL"), "{sql}");
        assert!(statement(1, false).ends_with("FOR SHARE) AS f"));
    }
}
