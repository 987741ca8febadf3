//! Tables for the person, JSON Lines for the documents that quote the numbers.

use crate::Outcome;
use crate::load::Measured;
use crate::statistics::median;
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// One line of `results/*.jsonl`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    /// What was measured.
    pub(crate) system: String,
    /// Concurrent connections.
    pub(crate) connections: usize,
    /// Requests per second.
    pub(crate) per_s: f64,
    /// Median latency, milliseconds.
    pub(crate) p50_ms: f64,
    /// 99th percentile of latency, milliseconds.
    pub(crate) p99_ms: f64,
    /// Server CPU per request, microseconds.
    pub(crate) cpu_us: f64,
    /// Customers in the store.
    pub(crate) customers: u64,
    /// Runs that the medians are taken over.
    pub(crate) rounds: usize,
    /// The machine's load average before anything was started: a number from a busy machine isn't one to quote.
    pub(crate) load_before: f64,
    /// The day of the measurement, UTC.
    pub(crate) date: String,
}

/// What a whole measurement has in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// Customers in the store.
    pub(crate) customers: u64,
    /// The machine's load average before anything was started.
    pub(crate) load_before: f64,
}

impl Line {
    /// The medians of several runs of one system at one number of connections.
    pub(crate) fn of_medians(
        system: &str,
        connections: usize,
        circumstances: Circumstances,
        runs: &[Measured],
    ) -> Self {
        let middle =
            |part: fn(&Measured) -> f64, a_unit: f64| (median(runs.iter().map(part)) * a_unit).round() / a_unit;
        Self {
            system: system.to_owned(),
            connections,
            per_s: middle(|run| run.per_s, 1.0),
            p50_ms: middle(|run| run.p50_ms, 1000.0),
            p99_ms: middle(|run| run.p99_ms, 1000.0),
            cpu_us: middle(|run| run.cpu_us, 10.0),
            customers: circumstances.customers,
            rounds: runs.len(),
            load_before: circumstances.load_before,
            date: today(),
        }
    }
}

/// Today's date in UTC, as the results carry it.
pub(crate) fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// Prints the lines as a table.
pub(crate) fn print_table(lines: &[Line]) {
    print!("{}", table(lines));
}

fn table(lines: &[Line]) -> String {
    let mut text =
        format!("{:<30} {:>5} {:>10} {:>9} {:>9} {:>9}\n", "system", "conns", "per s", "p50 ms", "p99 ms", "CPU µs");
    for line in lines {
        let Line { system, connections, per_s, p50_ms, p99_ms, cpu_us, .. } = line;
        let _ = writeln!(text, "{system:<30} {connections:>5} {per_s:>10.0} {p50_ms:>9.3} {p99_ms:>9.3} {cpu_us:>9.1}");
    }
    text
}

/// Replaces the file with the given values, one JSON object a line.
///
/// # Errors
/// When the file can't be written.
pub(crate) fn write_lines<T: Serialize>(path: &Path, values: &[T]) -> Outcome<()> {
    let mut text = String::new();
    for value in values {
        text.push_str(&serde_json::to_string(value)?);
        text.push('\n');
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    println!("written: {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Circumstances = Circumstances { customers: 10, load_before: 0.0 };

    fn run(per_s: f64) -> Measured {
        Measured { per_s, p50_ms: 0.4567, p99_ms: 1.5, cpu_us: 50.04 }
    }

    #[test]
    fn a_line_holds_medians_and_the_promised_keys() {
        let line = Line::of_medians("hello", 8, IDLE, &[run(3.0), run(1.0), run(2.0)]);
        let value = serde_json::to_value(&line).unwrap();
        assert_eq!(value["per_s"], 2.0);
        assert_eq!(value["rounds"], 3);
        assert_eq!(value["p50_ms"], 0.457);
        for key in ["system", "connections", "per_s", "p50_ms", "p99_ms", "cpu_us", "customers"] {
            assert!(value.get(key).is_some(), "{key}");
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_line() {
        let line = Line::of_medians("hello", 32, IDLE, &[run(12345.0)]);
        let text = table(&[line]);
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("12345"));
    }

    #[test]
    fn lines_are_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/results.jsonl");
        write_lines(&path, &[Line::of_medians("a", 1, IDLE, &[run(1.0)])]).unwrap();
        let text = fs::read_to_string(path).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(text.trim()).unwrap().is_object());
    }
}
