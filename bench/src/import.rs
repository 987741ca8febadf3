//! `bench import`: a file of customers into an empty Ringfence.

use crate::Outcome;
use crate::report;
use crate::systems::ringfence::{Imported, Installation, customers_csv};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Line {
    customers: u64,
    seconds: f64,
    per_s: f64,
    peak_mib: f64,
    date: String,
}

/// Imports once, prints and writes what it took.
///
/// # Errors
/// When the import fails.
pub(crate) fn run(customers: u64, results: &Path) -> Outcome<()> {
    let csv = customers_csv(customers)?;
    let installation = Installation::new("ringfence-import")?;
    let line = line(customers, installation.import(&csv)?);
    println!(
        "{} customers in {:.1} s ({:.0} per s), peak resident memory {:.0} MiB",
        line.customers, line.seconds, line.per_s, line.peak_mib
    );
    report::write_lines(&results.join("import.jsonl"), &[line])
}

fn line(customers: u64, took: Imported) -> Line {
    Line {
        customers,
        seconds: (took.seconds * 100.0).round() / 100.0,
        per_s: (customers as f64 / took.seconds).round(),
        peak_mib: (took.peak_bytes as f64 / f64::from(1 << 20)).round(),
        date: report::today(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_units() {
        let line = line(1000, Imported { seconds: 2.0, peak_bytes: 3 << 20 });
        assert_eq!((line.per_s, line.peak_mib), (500.0, 3.0));
    }
}
