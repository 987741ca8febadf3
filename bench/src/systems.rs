//! The systems that are compared, each behind the same three facts: where it listens, what to send, what to count.

pub(crate) mod hello;
pub(crate) mod openbao;
pub(crate) mod postgresql;
pub(crate) mod postgresql_front;
pub(crate) mod ringfence;
mod ringfence_centre;
mod ringfence_files;
mod served;

use crate::Outcome;
use crate::load::Aim;
use crate::process::Server;
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// Bytes of the value that every system hands out.
pub(crate) const VALUE_BYTES: usize = 100;

/// Customers that are served at the same time: a live interaction each in Ringfence, a distinct request each elsewhere.
pub(crate) const SERVED: u64 = 5_000;

/// A system under comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum System {
    /// The ceiling: the same web stack, answering a fixed text.
    Hello,
    /// Ringfence with its embedded store.
    RingfenceEmbedded,
    /// The same, its keys with a program of their own.
    RingfenceKeyholder,
    /// Ringfence with its tables in PostgreSQL 15, one node.
    RingfencePostgresql,
    /// PostgreSQL 15: BEGIN, decrypt, audit row, COMMIT.
    PostgresqlPgcryptoAudit,
    /// The same four statements, sent without waiting in between.
    PostgresqlPgcryptoPipelined,
    /// Decrypt and audit row in one statement.
    PostgresqlPgcryptoStatement,
    /// OpenBao's transit decrypt: raft storage, file audit, an application's token as OpenBao makes it.
    OpenbaoTransit,
    /// The same, its token without the built-in policy `default`: OpenBao at its fastest.
    OpenbaoTransitTuned,
}

impl System {
    /// The name in tables and results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::RingfenceEmbedded => "ringfence-embedded",
            Self::RingfenceKeyholder => "ringfence-keyholder",
            Self::RingfencePostgresql => "ringfence-postgresql",
            Self::PostgresqlPgcryptoAudit => "postgresql-pgcrypto-audit",
            Self::PostgresqlPgcryptoPipelined => "postgresql-pgcrypto-pipelined",
            Self::PostgresqlPgcryptoStatement => "postgresql-pgcrypto-statement",
            Self::OpenbaoTransit => "openbao-transit",
            Self::OpenbaoTransitTuned => "openbao-transit-tuned",
        }
    }

    /// Brings the system up with its data, ready for load.
    ///
    /// # Errors
    /// When a program is missing or its preparation fails.
    pub(crate) fn start(self, setting: &Setting) -> Outcome<Running> {
        use openbao::Policies;
        use postgresql_front::Shape;
        match self {
            Self::Hello => hello::start(setting),
            Self::RingfenceEmbedded => ringfence::start(setting).map(|centre| centre.reveals),
            Self::RingfenceKeyholder => ringfence::start_with_keyholder(setting),
            Self::RingfencePostgresql => ringfence::start_on_postgresql(setting),
            Self::PostgresqlPgcryptoAudit => postgresql::start(setting, Shape::Transaction),
            Self::PostgresqlPgcryptoPipelined => postgresql::start(setting, Shape::Pipelined),
            Self::PostgresqlPgcryptoStatement => postgresql::start(setting, Shape::Statement),
            Self::OpenbaoTransit => openbao::start(Policies::AsShipped),
            Self::OpenbaoTransitTuned => openbao::start(Policies::Least),
        }
    }
}

/// What all systems are prepared with.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Customers in the store.
    pub(crate) customers: u64,
    /// Live interactions opened before the load.
    pub(crate) interactions: u64,
    /// Agents that share the interactions.
    pub(crate) agents: u64,
    /// The field that is revealed.
    pub(crate) field: String,
    /// The purpose that is given.
    pub(crate) purpose: String,
    /// Connections that the PostgreSQL front holds open.
    pub(crate) pool: usize,
}

/// A system that is up: dropping it ends its processes.
pub(crate) struct Running {
    /// What to send.
    pub(crate) aim: Aim,
    /// Kept alive for the run, and the roots of the process trees whose CPU counts; ended in this order.
    pub(crate) servers: Vec<Server>,
}

impl Running {
    /// Process ids for the CPU reading.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.servers.iter().map(Server::pid).collect()
    }
}

/// A folder below `bench/`.
pub(crate) fn bench_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A small seeded generator (splitmix64): which customers a run asks for is the same every time.
pub(crate) struct Choice(u64);

impl Choice {
    /// Starts at a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound` (which must not be 0).
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_repeat_and_stay_in_bounds() {
        let draw = |seed| {
            let mut choice = Choice::seeded(seed);
            (0..100).map(|_| choice.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(3).iter().all(|number| *number < 10));
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for system in System::value_variants() {
            assert_eq!(system.to_possible_value().unwrap().get_name(), system.name());
        }
    }
}
