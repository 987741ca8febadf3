//! `bench start`: from the start of the process to the first authenticated answer.

use crate::process::free_address;
use crate::report;
use crate::statistics::median;
use crate::systems::ringfence::Installation;
use crate::{Outcome, http};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// Agents of the installation: the one that asks is the first of them.
const AGENTS: u64 = 64;

#[derive(Serialize)]
struct Line {
    customers: u64,
    rounds: usize,
    median_ms: f64,
    slowest_ms: f64,
    date: String,
}

/// Starts the server several times, prints and writes the median.
///
/// # Errors
/// When it doesn't come up.
pub(crate) fn run(customers: u64, rounds: usize, results: &Path) -> Outcome<()> {
    let installation = Installation::copy_with(customers, AGENTS, "ringfence-run")?;
    let agent = installation.agents()?.into_iter().next().ok_or("the installation has no agent")?;
    let times = (0..rounds).map(|_| start_once(&installation, &agent.token)).collect::<Outcome<Vec<f64>>>()?;
    let round = |millis: f64| (millis * 10.0).round() / 10.0;
    let line = Line {
        customers,
        rounds,
        median_ms: round(median(times.iter().copied())),
        slowest_ms: round(times.iter().copied().fold(0.0, f64::max)),
        date: report::today(),
    };
    println!(
        "start with {customers} customers: median {} ms, slowest {} ms of {rounds}",
        line.median_ms, line.slowest_ms
    );
    report::write_lines(&results.join("start.jsonl"), &[line])
}

fn start_once(installation: &Installation, token: &str) -> Outcome<f64> {
    let target = free_address()?;
    let bearer = format!("Bearer {token}");
    let begun = Instant::now();
    let mut server = installation.serve(target)?;
    server.wait_until("it answers its first caller", || {
        http::call(target, "GET", "/v1/me", &[("authorization", &bearer)], "").is_ok_and(|(status, _)| status == 200)
    })?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}
