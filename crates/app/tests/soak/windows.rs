//! What a run showed, by windows of a tenth, and whether that is steady.

use crate::centre::Centre;
use crate::server::Server;
use std::fs;
use std::io::Write as _;
use testkit::TestDatabase;

/// Parts of a run. The first one warms up and counts for nothing; of the others, the first three are compared with the last
/// three, each by their median: one pause of the machine is in one or two windows.
pub(crate) const WINDOWS: usize = 10;
const EARLY: std::ops::Range<usize> = 1..4;
const LATE: std::ops::Range<usize> = WINDOWS - 3..WINDOWS;

/// The server at the end of a window.
pub(crate) struct Observed {
    rss_kib: u64,
    files: u64,
    /// Entries that wait for their places.
    waiting: u64,
    /// What else an engine has to show.
    engine: Vec<(&'static str, u64)>,
}

/// A window's times, in milliseconds, and its end.
pub(crate) struct Window {
    requests: usize,
    p50: f64,
    p99: f64,
    observed: Observed,
}

impl Window {
    /// From microseconds, unsorted.
    pub(crate) fn new(mut times: Vec<u32>, observed: Observed) -> Self {
        times.sort_unstable();
        let share = |share: f64| f64::from(times[(times.len() as f64 * share) as usize]) / 1_000.0;
        Self { requests: times.len(), p50: share(0.50), p99: share(0.99), observed }
    }
}

/// Looks at the process and the database.
pub(crate) fn observe(centre: &Centre, server: &Server) -> Observed {
    let process = format!("/proc/{}", server.pid());
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let rss_kib = rss.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    let files = fs::read_dir(format!("{process}/fd")).unwrap().count() as u64;
    let waiting = centre.number("SELECT count(*) FROM pending");
    Observed { rss_kib, files, waiting, engine: engine(centre) }
}

fn engine(centre: &Centre) -> Vec<(&'static str, u64)> {
    match centre.database() {
        TestDatabase::File(file) => {
            let mib = |end: &str| fs::metadata(format!("{}{end}", file.display())).map_or(0, |file| file.len() >> 20);
            vec![("file MiB", mib("")), ("WAL MiB", mib("-wal"))]
        }
        TestDatabase::Server(..) => {
            let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
            let dead = |table: &str| {
                centre.number(&format!("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = '{table}'"))
            };
            vec![
                ("sessions", centre.number(sessions)),
                ("dead pending", dead("pending")),
                ("dead budget", dead("budget")),
                ("MiB", centre.number("SELECT pg_database_size(current_database())") >> 20),
            ]
        }
    }
}

/// Prints a table, past what a test's output is caught by: it is for whoever runs the long form.
pub(crate) fn print(title: &str, windows: &[Window]) {
    let mut table = format!("\n{title}\n{:>6} {:>8} {:>8} {:>9}", "window", "requests", "p50 ms", "p99 ms");
    table += &format!(" {:>8} {:>5} {:>7}", "RSS MiB", "files", "waiting");
    for (name, _) in &windows[0].observed.engine {
        table += &format!(" {name:>12}");
    }
    for (n, Window { requests, p50, p99, observed }) in windows.iter().enumerate() {
        let rss = observed.rss_kib as f64 / 1_024.0;
        table += &format!("\n{n:>6} {requests:>8} {p50:>8.2} {p99:>9.2} {rss:>8.1}");
        table += &format!(" {:>5} {:>7}", observed.files, observed.waiting);
        for (_, value) in &observed.engine {
            table += &format!(" {value:>12}");
        }
    }
    writeln!(std::io::stdout(), "{table}").unwrap();
}

/// Says what isn't steady, if anything.
pub(crate) fn judge(windows: &[Window]) -> Result<(), String> {
    let compare = |what: &str, most: fn(f64) -> f64, value: fn(&Window) -> f64| {
        let (early, late) = (median(&windows[EARLY], value), median(&windows[LATE], value));
        if late <= most(early) { Ok(()) } else { Err(format!("{what}: {early:.1} early, {late:.1} late")) }
    };
    compare("resident KiB", |early| early * 1.25, |window| window.observed.rss_kib as f64)?;
    compare("99th percentile in ms", |early| early * 2.0 + 5.0, |window| window.p99)?;
    compare("open files", |early| early, |window| window.observed.files as f64)?;
    compare("entries waiting", |early| early * 4.0 + 2_000.0, |window| window.observed.waiting as f64)
}

fn median(windows: &[Window], value: fn(&Window) -> f64) -> f64 {
    let mut values: Vec<f64> = windows.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
