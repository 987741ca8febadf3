//! The papers that are made from a plan, as data: names are those that each paper's readers expect.

mod dpia;
mod fides;
mod record;

pub use dpia::{Assessment, Processing, Risk};
pub(crate) use fides::DATA_USES;
pub use fides::{Collection, Dataset, Declaration, Fides, Field, System};
pub use record::{Activity, Recipient, Record};

use crate::entry::{Entry, Plan, What};

/// `data` and what it is made of, as one name.
fn category(entry: &Entry) -> String {
    match &entry.what {
        What::Data(kind) => kind.slug().to_owned(),
        What::Derived { act, .. } => format!("{} ({})", entry.id, act.slug()),
    }
}

/// The purposes of an entry in English.
fn purposes(plan: &Plan, entry: &Entry) -> Vec<String> {
    entry.purposes.iter().map(|slug| plan.purpose(slug).map_or_else(|| slug.clone(), |words| words.en)).collect()
}

/// How an entry's data is protected, in a line each.
fn measures(plan: &Plan, entry: &Entry) -> Vec<String> {
    let protection = entry.protection;
    let mut measures = vec![
        format!("sealed value by value with suite {}", protection.suite),
        format!("shown as the mask {} until it is needed", protection.mask.slug()),
        format!("shown in live interactions on the binding {} only", protection.binding.slug()),
        format!("each showing costs {} points of an allowance, and is an entry of a log", protection.weight),
    ];
    let needed = entry.needs.iter().filter_map(|id| plan.safeguards.get(id));
    measures.extend(needed.map(|safeguard| format!("not before there is: {}", safeguard.words.en)));
    measures
}
