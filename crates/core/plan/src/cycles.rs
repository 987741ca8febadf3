//! Derived uses that are derived from each other.

use crate::entry::{Entry, Plan, What};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open,
    Done,
}

/// The entries of a circle, if there is one, each derived from the next.
pub(crate) fn circle(plan: &Plan) -> Option<Vec<&Entry>> {
    let mut marks: BTreeMap<&str, Mark> = BTreeMap::new();
    for entry in &plan.entries {
        let mut path: Vec<(&Entry, Vec<&Entry>)> = Vec::new();
        open(plan, entry, &mut marks, &mut path);
        while let Some((at, left)) = path.last_mut() {
            let Some(next) = left.pop() else {
                marks.insert(&at.id, Mark::Done);
                path.pop();
                continue;
            };
            if marks.get(next.id.as_str()) == Some(&Mark::Open) {
                let way = path.iter().map(|(entry, _)| *entry);
                return Some(way.skip_while(|entry| entry.id != next.id).collect());
            }
            open(plan, next, &mut marks, &mut path);
        }
    }
    None
}

fn open<'p>(
    plan: &'p Plan,
    entry: &'p Entry,
    marks: &mut BTreeMap<&'p str, Mark>,
    path: &mut Vec<(&'p Entry, Vec<&'p Entry>)>,
) {
    if marks.contains_key(entry.id.as_str()) {
        return;
    }
    marks.insert(&entry.id, Mark::Open);
    let from = match &entry.what {
        What::Data(_) => Vec::new(),
        What::Derived { from, .. } => from.iter().filter_map(|id| plan.entry(id)).collect(),
    };
    path.push((entry, from));
}
