//! `bench view`: opening a customer's masks against revealing one value, on the same Ringfence.

use crate::Outcome;
use crate::interleave::{self, Contender, Plan};
use crate::report;
use crate::systems::{Setting, ringfence};
use std::path::Path;

/// Runs views and reveals in turn, prints both and the ratio of their median latencies, writes the results.
///
/// # Errors
/// As [`crate::reveal::run`].
pub(crate) fn run(setting: &Setting, plan: &Plan, results: &Path) -> Outcome<()> {
    let centre = ringfence::start(setting)?;
    let pids = centre.reveals.pids();
    let contenders = [
        Contender { name: "view".to_owned(), aim: centre.views.clone(), pids: pids.clone() },
        Contender { name: "reveal".to_owned(), aim: centre.reveals.aim.clone(), pids },
    ];
    let (lines, _) = interleave::run(&contenders, plan)?;
    report::print_table(&lines);
    for pair in lines.chunks_exact(2) {
        let (view, reveal) = (&pair[0], &pair[1]);
        println!("view p50 / reveal p50 at {:>3}: {:.2}", view.connections, view.p50_ms / reveal.p50_ms);
    }
    report::write_lines(&results.join("view.jsonl"), &lines)
}
