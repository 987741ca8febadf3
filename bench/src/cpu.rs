//! What the servers spend, read from `/proc`.

use crate::Outcome;
use std::fs;

/// Microseconds in one clock tick of `/proc/<pid>/stat`: Linux reports a hundred ticks a second on every architecture.
const MICROSECONDS_A_TICK: u64 = 10_000;

/// One process as `/proc/<pid>/stat` shows it. `ticks` counts the process and the children it has already reaped,
/// so that a worker which ends between two readings isn't lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    parent: u32,
    ticks: u64,
}

/// User and system time of `roots` and all their descendants so far, in microseconds.
pub(crate) fn spent_by_trees(roots: &[u32]) -> Outcome<u64> {
    let all = every_process()?;
    let ticks: u64 = tree(&all, roots).iter().map(|process| process.ticks).sum();
    Ok(ticks * MICROSECONDS_A_TICK)
}

/// The most resident memory that the process ever had, in bytes; `None` once it is gone.
pub(crate) fn peak_resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    peak_in_status(&status)
}

/// The machine's load average over the last minute: above about a half, something else is running too.
pub(crate) fn load_average() -> Outcome<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

fn peak_in_status(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn every_process() -> Outcome<Vec<Stat>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process may end while the directory is being read.
        if let Ok(line) = fs::read_to_string(format!("/proc/{pid}/stat")) {
            found.extend(parse_stat(&line));
        }
    }
    Ok(found)
}

/// Fields are counted from the closing bracket of the name, which may itself hold spaces and brackets.
fn parse_stat(line: &str) -> Option<Stat> {
    let pid = line.split(' ').next()?.parse().ok()?;
    let after_name = &line[line.rfind(')')? + 1..];
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let mut ticks = 0;
    for field in fields.get(11..15)? {
        ticks += field.parse::<u64>().ok()?;
    }
    Some(Stat { pid, parent, ticks })
}

fn tree(all: &[Stat], roots: &[u32]) -> Vec<Stat> {
    let mut chosen: Vec<Stat> = all.iter().filter(|process| roots.contains(&process.pid)).copied().collect();
    let mut next = 0;
    while let Some(parent) = chosen.get(next).map(|process| process.pid) {
        let known: Vec<u32> = chosen.iter().map(|process| process.pid).collect();
        chosen.extend(all.iter().filter(|p| p.parent == parent && !known.contains(&p.pid)));
        next += 1;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_a_bracket_in_the_name() {
        let line = "42 (post gres) x) S 7 1 1 0 -1 0 0 0 0 0 10 20 3 4 20 0 1 0 99 1 1";
        assert_eq!(parse_stat(line), Some(Stat { pid: 42, parent: 7, ticks: 37 }));
    }

    #[test]
    fn a_tree_holds_grandchildren_and_no_strangers() {
        let process = |pid, parent| Stat { pid, parent, ticks: 1 };
        let all = [process(1, 0), process(2, 1), process(3, 2), process(9, 0)];
        let pids: Vec<u32> = tree(&all, &[1]).iter().map(|process| process.pid).collect();
        assert_eq!(pids, [1, 2, 3]);
    }

    #[test]
    fn work_of_this_process_is_counted() {
        let own = [std::process::id()];
        let before = spent_by_trees(&own).unwrap();
        let started = std::time::Instant::now();
        let mut value = 1_u64;
        while started.elapsed().as_millis() < 100 {
            value = std::hint::black_box(value.wrapping_mul(3));
        }
        assert!(spent_by_trees(&own).unwrap() > before);
    }

    #[test]
    fn the_load_average_is_a_number() {
        assert!(load_average().unwrap() >= 0.0);
    }

    #[test]
    fn the_peak_is_read_in_bytes() {
        assert_eq!(peak_in_status("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2_097_152));
        assert!(peak_resident_bytes(std::process::id()).unwrap() > 0);
    }
}
