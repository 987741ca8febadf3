//! The command line.

use crate::interleave::Plan;
use crate::report::Circumstances;
use crate::systems::postgresql_front::{self, Shape};
use crate::systems::{Setting, System, bench_folder, hello};
use crate::{Outcome, cpu, import, log, reveal, start, view};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A load average above which other work disturbs the measurement.
const BUSY: f64 = 0.5;

#[derive(Parser)]
#[command(about = "Speed, side by side with peers")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reveals over HTTP: Ringfence and its peers, in turn
    Reveal {
        #[command(flatten)]
        common: Common,
        /// The systems to compare, in this order
        #[arg(long, value_delimiter = ',', default_values = default_systems().map(System::name))]
        systems: Vec<System>,
    },
    /// Opening a customer's masks against revealing one value
    View {
        #[command(flatten)]
        common: Common,
    },
    /// How long an import takes, and how much memory
    Import {
        #[command(flatten)]
        size: Size,
    },
    /// How long the server takes from its start to the first authenticated answer
    Start {
        #[command(flatten)]
        size: Size,
        /// Starts; the median is shown
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// The log by itself: appending, proofs, the check of a whole log
    Log {
        /// Seconds of appending
        #[arg(long, default_value_t = 8)]
        seconds: u64,
        /// Entries of the log that is proven from and checked
        #[arg(long, default_value_t = 1_000_000)]
        entries: u64,
        /// Where the results go
        #[arg(long, default_value_os_t = bench_folder("results"))]
        results: PathBuf,
    },
    /// One of the servers that are measured
    #[command(hide = true)]
    ServeHello {
        #[arg(long)]
        port: u16,
    },
    /// One of the servers that are measured
    #[command(hide = true)]
    ServePg {
        #[arg(long)]
        port: u16,
        #[arg(long)]
        database: String,
        #[arg(long)]
        pool: usize,
        #[arg(long, value_enum)]
        shape: Shape,
    },
}

#[derive(Args)]
struct Size {
    /// Customers in the store
    #[arg(long, default_value_t = 1_000_000)]
    customers: u64,
    /// Where the results go
    #[arg(long, default_value_os_t = bench_folder("results"))]
    results: PathBuf,
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    size: Size,
    /// Concurrent connections
    #[arg(long, value_delimiter = ',', default_values_t = [8, 32])]
    connections: Vec<usize>,
    /// Counted seconds a run (a second of warm-up comes before)
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Runs of each system at each number of connections; medians are shown
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Live interactions opened in Ringfence before the load
    #[arg(long, default_value_t = crate::systems::SERVED)]
    interactions: u64,
    /// Agents that share the interactions
    #[arg(long, default_value_t = 64)]
    agents: u64,
    /// The field to reveal
    #[arg(long, default_value = "postal_address")]
    field: String,
    /// The purpose to give
    #[arg(long, default_value = "delivery")]
    purpose: String,
    /// Connections between PostgreSQL and its web front
    #[arg(long, default_value_t = 16)]
    pool: usize,
}

impl Common {
    fn setting(&self) -> Setting {
        Setting {
            customers: self.size.customers,
            interactions: self.interactions,
            agents: self.agents,
            field: self.field.clone(),
            purpose: self.purpose.clone(),
            pool: self.pool,
        }
    }

    fn plan(&self) -> Outcome<Plan> {
        let load_before = cpu::load_average()?;
        if load_before > BUSY {
            eprintln!("the machine is busy (load average {load_before}): compare ratios, don't quote numbers");
        }
        Ok(Plan {
            connections: self.connections.clone(),
            seconds: self.seconds,
            rounds: self.rounds,
            circumstances: Circumstances { customers: self.size.customers, load_before },
        })
    }
}

/// OpenBao twice: its default costs it more than half of its speed, and a reader should see both.
fn default_systems() -> [System; 6] {
    [
        System::Hello,
        System::RingfenceEmbedded,
        System::RingfencePostgresql,
        System::PostgresqlPgcryptoAudit,
        System::OpenbaoTransit,
        System::OpenbaoTransitTuned,
    ]
}

/// Reads the command line and does what it says.
///
/// # Errors
/// What the subcommand reports.
pub(crate) fn run() -> Outcome<()> {
    match Cli::parse().command {
        Command::Reveal { common, systems } => {
            reveal::run(&systems, &common.setting(), &common.plan()?, &common.size.results)
        }
        Command::View { common } => view::run(&common.setting(), &common.plan()?, &common.size.results),
        Command::Import { size } => import::run(size.customers, &size.results),
        Command::Start { size, rounds } => start::run(size.customers, rounds, &size.results),
        Command::Log { seconds, entries, results } => log::run(seconds, entries, &results),
        Command::ServeHello { port } => hello::serve(port),
        Command::ServePg { port, database, pool, shape } => postgresql_front::serve(port, &database, pool, shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lists_are_split_at_commas() {
        let cli = Cli::parse_from(["bench", "reveal", "--connections", "1,2", "--systems", "hello,openbao-transit"]);
        let Command::Reveal { common, systems } = cli.command else {
            panic!("not a reveal");
        };
        assert_eq!(common.connections, [1, 2]);
        assert_eq!(systems, [System::Hello, System::OpenbaoTransit]);
    }
}
