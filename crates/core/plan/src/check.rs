//! What can't be true at once, and what can't be true on a day.

use crate::cycles::circle;
use crate::entry::{After, Basis, Dates, Entry, Plan, What};
use crate::fault::{Fault, Faults};
use crate::kind::Act;
use crate::mask::MaskForm;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// How many years a plan looks ahead.
const AHEAD: i64 = 5;

impl Plan {
    /// Judges a plan that is to count from this day on: nothing that is over is still planned, and what is looked ahead to
    /// lies in the five years to come.
    ///
    /// # Errors
    /// All that is wrong, each with its line and its mend.
    pub fn counts_from(&self, today: Date) -> Result<(), Faults> {
        let last = today.saturating_add(AHEAD.years());
        let mut faults = Vec::new();
        for entry in &self.entries {
            let Dates { starts, ends } = entry.dates;
            if ends < today {
                let problem = format!("{} ended on {ends}, in the past", entry.id);
                faults.push(fault(entry.line, problem, "leave the entry out, or write a later day as ends"));
            }
            if entry.future && starts <= today {
                let problem = format!("{} is looked ahead to, and starts on {starts}, not after today", entry.id);
                faults.push(fault(entry.line, problem, "write a later day as starts, or move it to [[data]]"));
            }
            if entry.future && starts > last {
                let problem = format!("{} starts on {starts}, more than five years ahead", entry.id);
                faults.push(fault(
                    entry.line,
                    problem,
                    "write a day up to five years ahead, or leave it out until then",
                ));
            }
        }
        faults.extend(self.entries.iter().filter_map(|entry| outlasts(self, entry)));
        faults.extend(deceptive(self));
        for (id, safeguard) in &self.safeguards {
            if !safeguard.in_place && safeguard.ready < today {
                let problem = format!("{id} should have been there on {}, in the past", safeguard.ready);
                faults.push(fault(safeguard.line, problem, "write the day on which it will be, or in_place = true"));
            }
        }
        Faults::of(faults)
    }
}

/// What would be signed as something else than is read. Asked of plans that are to count only, as [`outlasts`] is.
fn deceptive(plan: &Plan) -> impl Iterator<Item = Fault> {
    let told = |(line, letter): &(usize, char)| {
        let problem =
            format!("U+{:04X} isn't seen, and can make the line read differently from what it is", u32::from(*letter));
        fault(*line, problem, "delete that character, or write the line anew")
    };
    plan.deceptive.iter().map(told)
}

fn fault(line: usize, problem: String, next: &str) -> Fault {
    Fault { line, problem, next: next.to_owned() }
}

/// Everything that contradicts itself.
pub(crate) fn contradictions(plan: &Plan) -> Vec<Fault> {
    let mut faults: Vec<Fault> = plan.entries.iter().flat_map(alone).collect();
    faults.extend(plan.entries.iter().flat_map(|entry| needed(plan, entry)));
    if let Some(circle) = circle(plan) {
        let names: Vec<&str> = circle.iter().map(|entry| entry.id.as_str()).collect();
        let problem = format!("derived from each other in a circle: {}", names.join(", "));
        let line = circle.first().map_or(1, |entry| entry.line);
        faults.push(fault(line, problem, "take one of them out of another's from"));
    } else {
        faults.extend(plan.entries.iter().flat_map(|entry| outlives(plan, entry)));
        faults.extend(twice(plan));
        faults.extend(plan.entries.iter().flat_map(|entry| unasked(plan, entry)));
    }
    faults.extend(milestones(plan));
    faults
}

/// What an entry says against itself.
fn alone(entry: &Entry) -> Vec<Fault> {
    let mut faults = Vec::new();
    let made = match entry.what {
        What::Data(kind) => MaskForm::of(kind),
        What::Derived { .. } => entry.protection.mask,
    };
    if entry.protection.mask != made {
        let problem = format!("no mask {} is made of {}", entry.protection.mask.slug(), entry.id);
        faults.push(fault(entry.line, problem, &format!("write mask = \"{}\"", made.slug())));
    }
    if !entry.roles.is_empty() && matches!(entry.what, What::Data(_)) && entry.protection.weight == 0 {
        let problem = format!("{} is seen by people and costs them nothing", entry.id);
        faults.push(fault(entry.line, problem, "write a weight of at least 1, or an empty seen_by"));
    }
    if entry.future && entry.needs.is_empty() {
        let problem = format!("{} is to come, and nothing is said that must protect it before", entry.id);
        faults.push(fault(entry.line, problem, "name a [[safeguard]] in needs"));
    }
    faults
}

/// Protections that come too late.
fn needed(plan: &Plan, entry: &Entry) -> Vec<Fault> {
    let late = |id: &String| {
        let safeguard = plan.safeguards.get(id).filter(|safeguard| safeguard.ready > entry.dates.starts)?;
        let (starts, ready) = (entry.dates.starts, safeguard.ready);
        let problem = format!("{} starts on {starts}, before {id} is there on {ready}", entry.id);
        Some(fault(entry.line, problem, "let the entry start later, or the safeguard be ready sooner"))
    };
    entry.needs.iter().filter_map(late).collect()
}

/// A derived use is there only while that is there of which it is made.
fn outlives(plan: &Plan, entry: &Entry) -> Vec<Fault> {
    let What::Derived { from, .. } = &entry.what else { return Vec::new() };
    let outlived = |id: &String| {
        let source = plan.entry(id)?.dates;
        let own = entry.dates;
        let fits = source.starts <= own.starts && own.ends <= source.ends;
        let problem = format!(
            "{} is made of {id} from {} until {}, which is there from {} until {}",
            entry.id, own.starts, own.ends, source.starts, source.ends
        );
        (!fits).then(|| fault(entry.line, problem, "let it start later and end sooner than what it is made of"))
    };
    from.iter().filter_map(outlived).collect()
}

/// A use that is kept longer than everything that it is made of. Of several the one that is kept longest counts: each part goes
/// with what it is made of.
///
/// It is asked of plans that are to count, not whenever one is read: one that was signed before this was asked would stop all
/// disclosures.
fn outlasts(plan: &Plan, entry: &Entry) -> Option<Fault> {
    let What::Derived { from, .. } = &entry.what else { return None };
    let sources: Vec<&Entry> = from.iter().filter_map(|id| plan.entry(id)).collect();
    let fits = |source: &&Entry| !entry.keep.outlasts(source.keep) && order_of(entry.after) <= order_of(source.after);
    if sources.is_empty() || sources.iter().any(fits) {
        return None;
    }
    let kept = |one: &Entry| format!("{} from {}", one.keep, one.after.slug());
    let all: Vec<String> = sources.iter().map(|source| format!("{} ({})", source.id, kept(source))).collect();
    let problem =
        format!("{} is kept {}, longer than all that it is made of: {}", entry.id, kept(entry), all.join(", "));
    Some(fault(entry.line, problem, "keep it no longer than one of them, counted from the same"))
}

/// What retention may count from, by what can be later: no contact is before the taking in, each counts as an order too
/// (`Known::since`), and when a contract ends nobody knows.
const fn order_of(after: After) -> u8 {
    match after {
        After::Collected => 0,
        After::LastContact | After::LastOrder => 1,
        After::ContractEnd => 2,
    }
}

/// What customers can't be asked, and what goes round their answer.
fn unasked(plan: &Plan, entry: &Entry) -> Vec<Fault> {
    let What::Derived { act, from } = &entry.what else { return Vec::new() };
    if entry.basis == Basis::Consent {
        // A mask is made as data comes in, and a search is for whom isn't known yet.
        let early = matches!(act, Act::Mask | Act::Search);
        let problem = format!("{} is done before the customer can be asked, so it can't rest on consent", entry.id);
        return early.then(|| fault(entry.line, problem, "write another basis, or leave it out")).into_iter().collect();
    }
    // A mask goes with its value, and a copy is for the customer, by their own wish.
    let apart = matches!(act, Act::Mask | Act::Export);
    let taken_back = |id: &String| {
        let source = plan.entry(id).filter(|source| source.basis == Basis::Consent && !apart)?;
        let problem =
            format!("{} is made of {}, which customers may take back, and goes on without them", entry.id, source.id);
        Some(fault(entry.line, problem, "write basis = \"consent\", or leave it out of from"))
    };
    from.iter().filter_map(taken_back).collect()
}

/// Two entries that say different things of the same data, for the same purpose, on the same day.
fn twice(plan: &Plan) -> Vec<Fault> {
    let data = plan.entries.iter().filter(|entry| matches!(entry.what, What::Data(_)));
    let mut faults = Vec::new();
    let mut before: Vec<&Entry> = Vec::new();
    for entry in data {
        for other in before.iter().filter(|other| other.what == entry.what && other.dates.meet(entry.dates)) {
            let shared: BTreeSet<&String> = other.purposes.intersection(&entry.purposes).collect();
            if let Some(purpose) = shared.first() {
                let problem = format!("{} and {} both say what holds for {purpose}", other.id, entry.id);
                faults.push(fault(entry.line, problem, "take the purpose out of one of them, or let one end sooner"));
            }
        }
        before.push(entry);
    }
    faults
}

/// What is deprecated after it was disallowed.
fn milestones(plan: &Plan) -> Vec<Fault> {
    let mut faults = Vec::new();
    for one in &plan.milestones {
        let reversed = |other: &&crate::Milestone| {
            other.of == one.of && other.source == one.source && other.level > one.level && other.on < one.on
        };
        if let Some(other) = plan.milestones.iter().find(reversed) {
            let (level, later) = (one.level.slug(), other.level.slug());
            let problem = format!("{} is {level} on {}, after {} is {later} on {}", one.id, one.on, other.id, other.on);
            faults.push(fault(one.line, problem, "write the days in their order: prepare, deprecated, disallowed"));
        }
    }
    faults
}
