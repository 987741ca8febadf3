//! Invented customers as records.

use crate::failure::Failure;
use domain::FieldKind;
use domain::field::Incoming;
use simulation::identity::Identity;
use std::collections::BTreeSet;
use vault::NewRecord;

/// All that is invented about somebody, ready to be sealed.
///
/// # Errors
/// If a value can't be read, which no seed is known to do.
pub(crate) fn record(who: &Identity) -> Result<NewRecord, Failure> {
    let parse = |(slug, text): (&'static str, String)| {
        let kind = FieldKind::from_slug(slug)?;
        Incoming::parse(kind, &text).ok()
    };
    let values: Option<Vec<Incoming>> = who.fields().map(parse).collect();
    let values = values.ok_or_else(|| Failure::there("an invented customer can't be read", "give another --seed"))?;
    Ok(NewRecord { values, guard: None, agreed: BTreeSet::new(), since: None })
}
