//! The plan from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod allowing;
mod comparing;
mod consenting;
mod exporting;
mod faults;
mod forecasting;
mod fuzz_targets;
mod fuzzing;
mod noticing;
mod shipped;

use plan::{Date, Plan};

/// A plan with one entry, into which a test writes its own.
const SMALL: &str = r#"[plan]
company = "A"
contact = "B"
officer = "C"
authority = "D"

[[sub_processor]]
id = "courier"
name = "Courier"
country = "DE"
does = { en = "brings", de = "bringt" }

[[safeguard]]
id = "vault"
words = { en = "locked", de = "verschlossen" }
ready = 2028-01-01
in_place = false

[[data]]
id = "phone"
kind = "phone"
purposes = ["callback", "delivery"]
basis = "contract"
owner = "Head"
source = "company"
seen_by = ["agent"]
sub_processors = ["courier"]
protection = { suite = 1, mask = "last_two", binding = "matched", weight = 1 }
retention = { keep = "2 years", after = "collected" }
starts = 2026-01-01
ends = 2030-12-31
"#;

fn small() -> Plan {
    Plan::parse(SMALL).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The small plan with a part of its text replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    SMALL.replace(from, to)
}

/// An entry of a derived use, to be put after the small plan.
fn derived(id: &str, from: &str, dates: &str) -> String {
    format!(
        r#"
[[derived]]
id = "{id}"
use = "search"
from = [{from}]
words = {{ en = "w", de = "w" }}
purposes = ["callback"]
basis = "contract"
owner = "Head"
protection = {{ suite = 1, mask = "hidden", binding = "none", weight = 1 }}
retention = {{ keep = "1 year", after = "collected" }}
{dates}
"#
    )
}

/// An entry that is looked ahead to.
fn future(kind: &str, starts: &str, needs: &str) -> String {
    format!(
        r#"
[[future]]
id = "later"
kind = "{kind}"
purposes = ["complaint"]
basis = "consent"
owner = "Head"
source = "device"
protection = {{ suite = 1, mask = "hidden", binding = "proven", weight = 3 }}
retention = {{ keep = "90 days", after = "collected" }}
starts = {starts}
ends = 2040-01-01
needs = [{needs}]
"#
    )
}
