//! What the server's lines say.

use crate::output;
use domain::FieldKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A customer who was reached.
pub(super) struct Customer {
    pub(super) id: String,
    /// Values that somebody saw, or that lay where they could be read.
    pub(super) exposed: Vec<FieldKind>,
    /// Values that went to a carrier or a comparison, unseen by people.
    pub(super) used: Vec<FieldKind>,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) entries: Vec<String>,
}

impl Customer {
    /// The customer of a line; none if the line is another.
    pub(super) fn read(line: &Value) -> Option<Self> {
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        let all = |name: &str| line[name].as_array().cloned().unwrap_or_default();
        let kinds = |name: &str| -> Vec<FieldKind> {
            all(name).iter().filter_map(Value::as_str).filter_map(FieldKind::from_slug).collect()
        };
        let exposed = if line["stored"].is_array() { kinds("stored") } else { kinds("shown") };
        let entries = all("entries").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let (first, last) = (text("first"), text("last"));
        Some(Self { id: text("customer")?, exposed, used: kinds("used"), first, last, entries })
    }
}

/// Who answers for the data; what isn't known, people fill in.
#[derive(Default)]
pub(super) struct Controller {
    pub(super) company: Option<String>,
    /// Where customers ask.
    pub(super) contact: Option<String>,
    /// The data protection officer.
    pub(super) officer: Option<String>,
}

impl Controller {
    /// The one that a line names; none if the line is another.
    pub(super) fn read(line: &Value) -> Option<Self> {
        let said = line.get("controller")?;
        let text = |name: &str| said[name].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        Some(Self { company: text("company"), contact: text("contact"), officer: text("officer") })
    }
}

/// What was counted.
#[derive(Default)]
pub(super) struct Found {
    pub(super) customers: u64,
    /// Of whom nothing but masks was seen, and nothing used.
    pub(super) masks_only: u64,
    /// Customers by kind of value that was exposed.
    pub(super) exposed: BTreeMap<FieldKind, u64>,
    /// Customers by kind of value that was used unseen.
    pub(super) used: BTreeMap<FieldKind, u64>,
    /// Values exposed in all.
    pub(super) values: u64,
    pub(super) controller: Controller,
    /// The server's last line.
    pub(super) done: Value,
    said: u64,
}

impl Found {
    pub(super) fn add(&mut self, customer: &Customer) {
        self.customers += 1;
        self.masks_only += u64::from(customer.exposed.is_empty() && customer.used.is_empty());
        self.values += customer.exposed.len() as u64;
        for (counts, kinds) in [(&mut self.exposed, &customer.exposed), (&mut self.used, &customer.used)] {
            kinds.iter().for_each(|kind| *counts.entry(*kind).or_default() += 1);
        }
    }

    /// Says how far it is, each tenth of the way.
    pub(super) fn progress(&mut self, read: u64, of: u64) {
        let tenth = (read * 10).checked_div(of).unwrap_or(10);
        if tenth > self.said && of > 100_000 {
            self.said = tenth;
            output::aside(&format!("{read} of {of} entries read"));
        }
    }

    pub(super) fn number(&self, name: &str) -> u64 {
        self.done[name].as_u64().unwrap_or(0)
    }

    pub(super) fn summary(&self, to: &Path) -> Value {
        json!({
            "customers": self.customers,
            "masks_only": self.masks_only,
            "values": self.values,
            "acts": self.number("acts"),
            "entries_read": self.number("read"),
            "damaged": self.number("damaged"),
            "erased": self.number("erased"),
            "receipt": self.done["receipt"],
            "written_to": to.display().to_string(),
        })
    }
}
