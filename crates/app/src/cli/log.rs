//! `ringfence log …`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use domain::{FieldKind, Purpose};
use std::path::PathBuf;
use vault::{Decided, Kind, Shown};

/// `log`.
#[derive(Debug, Subcommand)]
pub enum Log {
    /// Copy logs as plain files; again and again, only what is new
    Mirror(Mirror),
    /// Recompute every hash of a log, up to its signed checkpoint
    Fsck(Fsck),
    /// Follow a log: print new entries, each proven to be in it
    Tail(Tail),
    /// Export what security may read, as JSON Lines (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    Export(Export),
}

/// `log mirror`.
#[derive(Debug, Args)]
pub struct Mirror {
    /// A log's address, or its server's for all its logs; --data DIR copies from a data directory
    #[arg(value_name = "URL")]
    pub url: Option<String>,
    /// The directory to copy to, made where it isn't there
    #[arg(long, value_name = "DIR2")]
    pub to: PathBuf,
    /// The logs' verifier keys; without, those that the mirror was begun with, and the logs' own the first time
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,
    /// Which tenant's log only
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
}

/// `log fsck`.
#[derive(Debug, Args)]
pub struct Fsck {
    /// A log's directory or address, a mirror or a server; --data DIR checks a data directory's tiles
    #[arg(value_name = "DIR|URL")]
    pub place: Option<String>,
    /// The logs' verifier keys, as served at /log/<tenant>/key; may be repeated
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,
    /// Which witnesses must have signed too: lines of witness, group and quorum
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Which tenant's log only
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
}

/// `log tail`.
#[derive(Debug, Args)]
pub struct Tail {
    /// A log's address, or its server's with --tenant
    pub url: String,
    /// The first entry to print, from zero; without, only what comes from now on
    #[arg(long, value_name = "PLACE")]
    pub from: Option<u64>,
    /// The log's verifier keys; without, those that it serves itself
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,
    /// Which tenant's log
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
}

/// `log export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The new file to write; without, standard output. One that broke off goes on where it stopped
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Who acted, per_…
    #[arg(long, value_name = "ID")]
    pub person: Option<String>,
    /// About whom: a handle such as c-0123abcd, as the list shows
    #[arg(long, value_name = "HANDLE")]
    pub customer: Option<String>,
    /// What for
    #[arg(long, value_name = "PURPOSE", hide_possible_values = true, value_parser = names(Purpose::ALL.iter().map(|one| one.slug())))]
    pub purpose: Option<String>,
    /// Which kind of field
    #[arg(long, value_name = "KIND", hide_possible_values = true, value_parser = names(FieldKind::ALL.iter().map(|one| one.slug())))]
    pub field: Option<String>,
    /// From this moment on, such as 2026-03-01T09:00:00Z
    #[arg(long, value_name = "MOMENT")]
    pub since: Option<String>,
    /// Before this moment
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<String>,
    /// What became of it
    #[arg(long, value_parser = names(DECISIONS.iter().map(|one| one.slug())))]
    pub decision: Option<String>,
    /// What kind of act; docs/log-entries.md lists them
    #[arg(long, value_name = "KIND", hide_possible_values = true, value_parser = names(Kind::ALL.iter().map(|one| one.slug())))]
    pub kind: Option<String>,
    /// How much: disclosures and refusals; all but reads of the log; everything
    #[arg(long, default_value = Shown::All.slug(), value_parser = names(Shown::ALL.iter().map(|one| one.slug())))]
    pub show: String,
    /// Only entries below this one, ent_…: to go on where standard output broke off
    #[arg(long, value_name = "ID", conflicts_with = "to")]
    pub before: Option<String>,
}

const DECISIONS: [Decided; 3] = [Decided::Allowed, Decided::Refused, Decided::Damaged];

fn names(known: impl Iterator<Item = &'static str>) -> PossibleValuesParser {
    PossibleValuesParser::new(known)
}
