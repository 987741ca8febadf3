//! `bench reveal`: what it costs to hand out one value with a durable record, in each system.

use crate::Outcome;
use crate::interleave::{self, Contender, Plan};
use crate::systems::{Running, Setting, System};
use crate::{ratios, report};
use std::path::Path;

/// Brings all systems up, runs them in turn, prints the table and the ratios, writes the results.
///
/// # Errors
/// When a system can't be brought up, a run fails or the results can't be written.
pub(crate) fn run(systems: &[System], setting: &Setting, plan: &Plan, results: &Path) -> Outcome<()> {
    let mut running: Vec<(System, Running)> = Vec::new();
    for system in systems {
        eprintln!("preparing {}", system.name());
        let up = system.start(setting).map_err(|error| format!("{}: {error}", system.name()))?;
        running.push((*system, up));
    }
    let contenders: Vec<Contender> = running.iter().map(|(system, up)| contender(*system, up)).collect();
    let (lines, singles) = interleave::run(&contenders, plan)?;
    report::print_table(&lines);
    ratios::print(&lines);
    report::write_lines(&results.join("reveal.jsonl"), &lines)?;
    report::write_lines(&results.join("reveal-rounds.jsonl"), &singles)
}

fn contender(system: System, up: &Running) -> Contender {
    Contender { name: system.name().to_owned(), aim: up.aim.clone(), pids: up.pids() }
}
