//! What a run showed, by windows of a tenth, and whether that is steady.

use crate::centre::Centre;
use crate::neighbour::Met;
use crate::server::Server;
use std::fs;
use std::io::Write as _;
use testkit::TestDatabase;

/// Parts of a run. The first one warms up and counts for nothing; of the others, the first three are compared with the last
/// three, each by their median: one pause of the machine is in one or two windows.
pub(crate) const WINDOWS: usize = 10;
const EARLY: std::ops::Range<usize> = 1..4;
const LATE: std::ops::Range<usize> = WINDOWS - 3..WINDOWS;

/// A disk that needs longer than this for four kibibytes has stood still, whoever uses it: what the server's answers took in that
/// window says nothing of the server.
const STOOD_STILL_MS: f64 = 500.0;
/// A processor that on average takes so much longer for the same bytes than in the best window is slow, as those of machines that
/// share theirs are at times. Seven tenths of the load are then more than there is. (On average: two processors of one core
/// slow each other down by half whenever both are busy, which the server itself sees to.)
const SLOWER: f64 = 1.3;
/// Below this a 99th percentile isn't slow on a machine that others use.
const SLOW_MS: f64 = 100.0;
/// In more windows than this, the run says nothing.
const MOST_DISTURBED: usize = 3;

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
    met: Met,
    observed: Observed,
}

impl Window {
    /// From microseconds, unsorted.
    pub(crate) fn new(mut times: Vec<u32>, met: Met, observed: Observed) -> Self {
        times.sort_unstable();
        let share = |share: f64| f64::from(times[(times.len() as f64 * share) as usize]) / 1_000.0;
        Self { requests: times.len(), p50: share(0.50), p99: share(0.99), met, observed }
    }

    /// What a processor took on average.
    fn hashing(&self) -> f64 {
        self.met.hashing.iter().sum::<f64>() / self.met.hashing.len().max(1) as f64
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
    let mut table = format!(
        "\n{title}\n{:>6} {:>8} {:>8} {:>9} {:>8} {:>6}",
        "window", "requests", "p50 ms", "p99 ms", "disk ms", "slower"
    );
    table += &format!(" {:>8} {:>5} {:>7}", "RSS MiB", "files", "waiting");
    for (name, _) in &windows[0].observed.engine {
        table += &format!(" {name:>12}");
    }
    let usual = usual(windows);
    for (n, window) in windows.iter().enumerate() {
        let Window { requests, p50, p99, met, observed } = window;
        let (disk, slower) = (met.disk, window.hashing() / usual);
        let rss = observed.rss_kib as f64 / 1_024.0;
        table += &format!("\n{n:>6} {requests:>8} {p50:>8.2} {p99:>9.2} {disk:>8.1} {slower:>6.2} {rss:>8.1}");
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
    let usual = usual(windows);
    let disturbed = |window: &Window| window.met.disk > STOOD_STILL_MS || window.hashing() > usual * SLOWER;
    // What came due meanwhile is answered in the next window.
    let counts = |n: usize| !disturbed(&windows[n]) && !(n > 0 && disturbed(&windows[n - 1]));
    let counted =
        |range: std::ops::Range<usize>| range.filter(|n| counts(*n)).map(|n| windows[n].p99).collect::<Vec<_>>();
    let count = windows.iter().filter(|window| disturbed(window)).count();
    if count > MOST_DISTURBED {
        return Err(format!(
            "the machine stood still or was slow in {count} of {WINDOWS} windows: nothing can be said of the server"
        ));
    }
    let (early, late) = (worst(&counted(EARLY)), worst(&counted(1..WINDOWS)));
    if late > early.max(SLOW_MS) * 4.0 {
        return Err(format!("the slowest window's 99th percentile is {late:.1} ms, {early:.1} early"));
    }
    compare("resident KiB", |early| early * 1.25, |window| window.observed.rss_kib as f64)?;
    compare("open files", |early| early, |window| window.observed.files as f64)?;
    compare("entries waiting", |early| early * 4.0 + 2_000.0, |window| window.observed.waiting as f64)
}

/// The worst of them, not only the one in the middle, which hides a bad one; 0 of none.
fn worst(times: &[f64]) -> f64 {
    times.iter().copied().fold(0.0, f64::max)
}

/// What a processor usually takes: the best window's.
fn usual(windows: &[Window]) -> f64 {
    windows.iter().map(Window::hashing).fold(f64::INFINITY, f64::min)
}

fn median(windows: &[Window], value: fn(&Window) -> f64) -> f64 {
    middle(windows.iter().map(value).collect())
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
