//! How the product stands against each of the others, and what it aims at.

use crate::report::Line;
use std::fmt::Write as _;

/// The system whose ratios are shown.
const OURS: &str = "ringfence-embedded";

/// At least this many times the other's throughput, at 8 and at 32 connections.
const TARGETS: [(&str, f64, f64); 3] =
    [("hello", 0.14, 0.22), ("postgresql-pgcrypto-audit", 2.0, 2.5), ("openbao-transit", 5.0, 5.0)];

/// At most this much of our own server CPU (µs) and p99 latency (ms), at 8 and at 32 connections.
const LIMITS: [(usize, f64, f64); 2] = [(8, 75.0, 3.0), (32, 45.0, 5.0)];

/// Prints every ratio and limit for which both sides were measured.
pub(crate) fn print(lines: &[Line]) {
    print!("{}", text(lines));
}

fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    for ours in lines.iter().filter(|line| line.system == OURS) {
        for other in lines.iter().filter(|line| line.connections == ours.connections && line.system != OURS) {
            let ratio = ours.per_s / other.per_s;
            let aim = target(&other.system, ours.connections)
                .map_or(String::new(), |aim| format!("  aim ≥ {aim:<5} {}", verdict(ratio >= aim)));
            let _ = writeln!(text, "{OURS} / {:<30} at {:>3}: {ratio:>6.2}{aim}", other.system, ours.connections);
        }
        for (_, cpu, p99) in LIMITS.iter().filter(|limit| limit.0 == ours.connections) {
            let _ = writeln!(
                text,
                "{OURS} at {:>3}: CPU {:.1} µs, aim ≤ {cpu} {}; p99 {:.2} ms, aim ≤ {p99} {}",
                ours.connections,
                ours.cpu_us,
                verdict(ours.cpu_us <= *cpu),
                ours.p99_ms,
                verdict(ours.p99_ms <= *p99),
            );
        }
    }
    text
}

fn target(other: &str, connections: usize) -> Option<f64> {
    let (_, at_8, at_32) = TARGETS.iter().find(|(name, ..)| *name == other)?;
    match connections {
        8 => Some(*at_8),
        32 => Some(*at_32),
        _ => None,
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Measured;
    use crate::report::Circumstances;

    fn line(system: &str, connections: usize, per_s: f64) -> Line {
        let run = Measured { per_s, p50_ms: 1.0, p99_ms: 4.0, cpu_us: 50.0 };
        Line::of_medians(system, connections, Circumstances { customers: 1, load_before: 0.0 }, &[run])
    }

    #[test]
    fn ratios_compare_equal_connections_only_and_name_misses() {
        let lines = [
            line("hello", 8, 100.0),
            line("hello", 32, 100.0),
            line(OURS, 8, 15.0),
            line("postgresql-pgcrypto-audit", 8, 10.0),
        ];
        let shown = text(&lines);
        let rows: Vec<&str> = shown.lines().collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[0].contains("hello") && rows[0].contains("0.15") && rows[0].ends_with("met"));
        assert!(rows[1].contains("1.50") && rows[1].ends_with("MISSED"));
        assert!(rows[2].contains("CPU 50.0 µs, aim ≤ 75 met") && rows[2].ends_with("MISSED"));
    }

    #[test]
    fn without_us_there_is_nothing_to_say() {
        assert_eq!(text(&[line("hello", 8, 1.0)]), "");
    }
}
