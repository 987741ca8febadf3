//! Runs of several systems, taken in turn, so that a noisy minute of the machine hits all of them alike.

use crate::Outcome;
use crate::load::{self, Aim, Measured, Pace};
use crate::report::{Circumstances, Line};
use serde::Serialize;
use std::time::Duration;

/// One contender: a name, what to send, whose CPU counts.
pub(crate) struct Contender {
    /// As it appears in the results.
    pub(crate) name: String,
    /// What to send.
    pub(crate) aim: Aim,
    /// Roots of its process trees.
    pub(crate) pids: Vec<u32>,
}

/// How often and how long.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Numbers of concurrent connections.
    pub(crate) connections: Vec<usize>,
    /// Counted seconds a run.
    pub(crate) seconds: u64,
    /// Runs of each contender at each number of connections.
    pub(crate) rounds: usize,
    /// For the results.
    pub(crate) circumstances: Circumstances,
}

/// One single run, kept beside the medians so that the spread can be seen.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Single {
    round: usize,
    system: String,
    connections: usize,
    per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_us: f64,
    #[serde(skip)]
    measured: Measured,
}

/// Runs round by round, every contender in each; returns the medians and the single runs.
///
/// # Errors
/// When any run fails.
pub(crate) fn run(contenders: &[Contender], plan: &Plan) -> Outcome<(Vec<Line>, Vec<Single>)> {
    let mut singles = Vec::new();
    for round in 1..=plan.rounds {
        for &connections in &plan.connections {
            for contender in contenders {
                singles.push(run_once(contender, plan, round, connections)?);
            }
        }
    }
    Ok((medians(contenders, plan, &singles), singles))
}

fn run_once(contender: &Contender, plan: &Plan, round: usize, connections: usize) -> Outcome<Single> {
    let pace = Pace { connections, warm_up: Duration::from_secs(1), window: Duration::from_secs(plan.seconds) };
    let measured = load::measure(&contender.aim, pace, &contender.pids)
        .map_err(|error| format!("{} at {connections} connections: {error}", contender.name))?;
    let Measured { per_s, p50_ms, p99_ms, cpu_us } = measured;
    eprintln!("round {round}: {:<30} {connections:>3} connections {per_s:>9.0}/s", contender.name);
    Ok(Single { round, system: contender.name.clone(), connections, per_s, p50_ms, p99_ms, cpu_us, measured })
}

fn medians(contenders: &[Contender], plan: &Plan, singles: &[Single]) -> Vec<Line> {
    let mut lines = Vec::new();
    for &connections in &plan.connections {
        for contender in contenders {
            let runs: Vec<Measured> = singles
                .iter()
                .filter(|single| single.system == contender.name && single.connections == connections)
                .map(|single| single.measured)
                .collect();
            lines.push(Line::of_medians(&contender.name, connections, plan.circumstances, &runs));
        }
    }
    lines
}
